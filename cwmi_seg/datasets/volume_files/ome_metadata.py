"""What the metadata of OME files say about axes and spacing: of OME-Zarr in its attributes, of OME-TIFF in XML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree

from cwmi_seg.datasets.volume_files.letters import letters
from cwmi_seg.datasets.volume_files.stored import Step
from cwmi_seg.datasets.volume_files.units import in_one_unit


@dataclass(frozen=True)
class Multiscale:
    """An image of OME-Zarr: the paths of its arrays, largest first, and the axes and steps of one of them."""

    paths: tuple[str, ...]
    axes: str
    steps: tuple[Step, ...]
    unit: str
    scales: tuple[tuple[tuple[Step, ...], str], ...] = ()

    def of(self, name: str) -> "Multiscale | None":
        """The same image with the steps of the array ``name``; None where it has no such array."""
        if name not in self.paths:
            return None
        steps, unit = self.scales[self.paths.index(name)]
        return replace(self, steps=steps, unit=unit)


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
    names = [axis.get("name") if isinstance(axis, Mapping) else axis for axis in axes]
    units = [axis.get("unit", "") if isinstance(axis, Mapping) else "" for axis in axes]
    scales = tuple(in_one_unit(_scale(image, each, names), units_of_space(names, units)) for each in datasets)
    return Multiscale(tuple(str(each["path"]) for each in datasets), letters(names), *scales[0], scales)


def units_of_space(names: Sequence[object], units: Sequence[object]) -> list[object]:
    """The units, without those of time and channels."""
    return [
        unit if letter in "ZYX" else "" for letter, unit in zip(letters(names) or "?" * len(names), units, strict=True)
    ]


def _scale(image: Mapping[str, Any], dataset: Mapping[str, Any], names: Sequence[object]) -> list[float | None]:
    """Product of the scales of the image and of one of its arrays along the axes of space; None where there is none."""
    product: list[float | None] = [None] * len(names)
    for holder in (dataset, image):
        for transform in holder.get("coordinateTransformations") or []:
            scale = transform.get("scale") if isinstance(transform, Mapping) else None
            if isinstance(scale, list) and len(scale) == len(names):
                product = [
                    float(step) * (1 if known is None else known) for step, known in zip(scale, product, strict=True)
                ]
    spatial = letters(names)
    return [
        step if letter in "ZYX" else None for step, letter in zip(product, spatial or "?" * len(names), strict=True)
    ]


def pixel_sizes(xml: str) -> dict[str, tuple[float | None, str]]:
    """Step and unit of x, y and z of the first image in the XML of an OME-TIFF; µm where it says no unit."""
    for element in ElementTree.fromstring(xml).iter():
        if element.tag.rpartition("}")[2] == "Pixels":
            return {axis: _physical(element.attrib, axis) for axis in "ZYX"}
    return {}


def _physical(attributes: Mapping[str, str], axis: str) -> tuple[float | None, str]:
    text = attributes.get(f"PhysicalSize{axis}")
    return (None, "") if text is None else (float(text), attributes.get(f"PhysicalSize{axis}Unit", "µm"))
