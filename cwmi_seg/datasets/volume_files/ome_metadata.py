"""What the metadata of OME files say about axes and spacing: of OME-Zarr in its attributes, of OME-TIFF in XML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from cwmi_seg.datasets.volume_files.letters import letters
from cwmi_seg.datasets.volume_files.stored import Step
from cwmi_seg.datasets.volume_files.units import in_one_unit


@dataclass(frozen=True)
class Multiscale:
    """An image of OME-Zarr: the paths of its arrays, the largest first, their axes, and steps and unit of each."""

    paths: tuple[str, ...]
    axes: str
    scales: tuple[tuple[tuple[Step, ...], str], ...]


def multiscale(attributes: Mapping[str, Any]) -> Multiscale | None:
    """The first image in the attributes of a group; None where they hold none (versions 0.1 to 0.5 of the format)."""
    ome = attributes.get("ome")
    found = (ome if isinstance(ome, Mapping) else attributes).get("multiscales")
    if not (isinstance(found, list) and found and isinstance(found[0], Mapping)):
        return None
    image = found[0]
    datasets = [each for each in image.get("datasets") or [] if isinstance(each, Mapping) and "path" in each]
    if not datasets:
        return None
    axes = image.get("axes") or ["t", "c", "z", "y", "x"]
    named = letters([axis.get("name") if isinstance(axis, Mapping) else axis for axis in axes])
    units = [axis.get("unit", "") if isinstance(axis, Mapping) else "" for axis in axes]
    scales = tuple(_steps(named, units, [image, each]) for each in datasets)
    return Multiscale(tuple(str(each["path"]) for each in datasets), named, scales)


def _steps(axes: str, units: Sequence[object], holders: Sequence[Mapping[str, Any]]) -> tuple[tuple[Step, ...], str]:
    """The product of all scales that the image and one of its arrays have, along the axes of space."""
    product: list[float | None] = [None] * len(axes)
    for transform in (each for holder in holders for each in holder.get("coordinateTransformations") or []):
        scale = transform.get("scale") if isinstance(transform, Mapping) else None
        if isinstance(scale, list) and len(scale) == len(axes):
            product = [float(step) * (known or 1) for step, known in zip(scale, product, strict=True)]
    spatial = [letter in "ZYX" for letter in axes]
    kept = [step if is_spatial else None for step, is_spatial in zip(product, spatial, strict=True)]
    return in_one_unit(kept, [*units][: len(axes)] or [""] * len(axes))


def pixel_sizes(xml: str) -> dict[str, tuple[object, str]]:
    """Step and unit of x, y and z of the first image in the XML of an OME-TIFF; µm where it says no unit."""
    for element in ElementTree.fromstring(xml).iter():
        if element.tag.rpartition("}")[2] == "Pixels":
            return {axis: _physical(element.attrib, axis) for axis in "ZYX"}
    return {}


def _physical(attributes: Mapping[str, str], axis: str) -> tuple[object, str]:
    return attributes.get(f"PhysicalSize{axis}"), attributes.get(f"PhysicalSize{axis}Unit", "µm")
