"""NIfTI (``.nii``, ``.nii.gz``) by nibabel: axes x, y, z, time; spacing and its unit are in the header."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from math import prod
from pathlib import Path
from typing import Any, cast

import nibabel
import numpy as np

from cwmi_seg.datasets.size_limit import refuse_huge_volume
from cwmi_seg.datasets.stored_pixels import UnfitImage
from cwmi_seg.datasets.volume_files.stored import StoredVolume
from cwmi_seg.datasets.volume_files.units import in_one_unit
from cwmi_seg.datasets.volume_files.unpacking import unpacked
from cwmi_seg.mistakes import Mistake

_AXES = "XYZT???"  # of the format; what the further axes mean, it leaves open


@contextmanager
def open_nifti(path: Path) -> Iterator[StoredVolume]:
    """Open the file in the order of its samples, whatever its affine transform says about left and right."""
    with _silent():
        image = _image(path)
        end = image.dataobj.offset + prod(image.shape) * image.get_data_dtype().itemsize
        if path.name.lower().endswith(".gz"):
            with unpacked(lambda: gzip.open(path), end) as file:
                yield _stored(image, cache(lambda: _samples(image, file())))
        elif path.stat().st_size < end:
            raise Mistake("the file is cut short")
        else:
            yield _stored(image, lambda: image.dataobj)


@contextmanager
def _silent() -> Iterator[None]:
    """Without the lines that nibabel writes about odd headers, which it mends."""
    logger = nibabel.imageglobals.logger
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


def _image(path: Path) -> Any:
    """The image of a file, of which the header is read."""
    image = nibabel.load(path)
    if not isinstance(image, nibabel.Nifti1Image):
        raise UnfitImage(f"expected NIfTI, got {type(image).__name__}; convert it")
    refuse_huge_volume(path, image.shape)
    return image


def _samples(image: Any, unpacked_file: Path) -> Any:
    """As those of the image, but in the unpacked file."""
    packed, proxy = image.dataobj, cast(Any, nibabel.arrayproxy.ArrayProxy)
    return proxy(unpacked_file, (packed.shape, packed.dtype, packed.offset, packed.slope, packed.inter))


def _stored(image: Any, samples: Callable[[], Any]) -> StoredVolume:
    scaled = (image.dataobj.slope, image.dataobj.inter) != (1, 0)  # meant are slope * number + inter
    length, _ = image.header.get_xyzt_units()
    zooms = [float(zoom) for zoom in image.header.get_zooms()]
    steps, unit = in_one_unit(zooms[:3], [length] * len(zooms[:3]))
    shown = [None if step is None else float(f"{step:.7g}") for step in steps]  # the header has 32-bit floats
    return StoredVolume(
        shape=image.shape,
        dtype=np.dtype(np.float64) if scaled else image.get_data_dtype(),
        read=lambda index: np.asanyarray(samples()[index]),
        axes=_AXES[: len(image.shape)],
        steps=(*shown, *[None] * (len(image.shape) - len(shown))),
        unit=unit,
    )
