"""NRRD with its data in the same file, by pynrrd: axes by their kinds, spacing by ``spacings`` or directions."""

import bz2
import gzip
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import nrrd
import numpy as np

from cwmi_seg.datasets.size_limit import refuse_huge_volume
from cwmi_seg.datasets.stored_pixels import UnfitImage
from cwmi_seg.datasets.volume_files.stored import Step, StoredVolume, of_array
from cwmi_seg.datasets.volume_files.units import in_one_unit
from cwmi_seg.datasets.volume_files.unpacking import Stream, unpacked
from cwmi_seg.mistakes import Mistake

_TYPES = {
    "i1": "int8, int8_t, signed char", "u1": "uint8, uint8_t, uchar, unsigned char",
    "i2": "int16, int16_t, short, short int, signed short, signed short int",
    "u2": "uint16, uint16_t, ushort, unsigned short, unsigned short int",
    "i4": "int32, int32_t, int, signed int", "u4": "uint32, uint32_t, uint, unsigned int",
    "i8": "int64, int64_t, longlong, long long, long long int, signed long long, signed long long int",
    "u8": "uint64, uint64_t, ulonglong, unsigned long long, unsigned long long int", "f4": "float", "f8": "double",
}  # fmt: skip
_DTYPES = {name: code for code, names in _TYPES.items() for name in names.split(", ")}
_SPATIAL = ("domain", "space")
_GZIP, _BZIP2 = ("gzip", "gz"), ("bzip2", "bz2")
_ELSEWHERE = ("data file", "datafile")


@contextmanager
def open_nrrd(path: Path) -> Iterator[StoredVolume]:
    """Map the data into memory; packed ones are unpacked into a temporary file when they are read."""
    with path.open("rb") as file:
        header = nrrd.read_header(file)
        start = file.tell()
    dtype, shape = _layout(header)
    refuse_huge_volume(path, shape)
    axes = _axes(header, len(shape))
    steps, unit = _steps(header, axes or "?" * len(shape))
    if header["encoding"] == "raw":
        yield of_array(_mapped(path, dtype, shape, start), axes, steps, unit)
        return
    with unpacked(lambda: _stream(path, start, header["encoding"]), prod(shape) * dtype.itemsize) as data:
        array = cache(lambda: _mapped(data(), dtype, shape, 0))
        yield StoredVolume(shape, dtype, lambda index: np.array(array()[index]), axes, steps, unit)


@contextmanager
def _stream(path: Path, start: int, encoding: str) -> Iterator[Stream]:
    with path.open("rb") as file:
        file.seek(start)
        with gzip.GzipFile(fileobj=file) if encoding in _GZIP else bz2.BZ2File(file) as stream:
            yield stream


def _layout(header: Mapping[str, Any]) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Type and shape, the fastest axis first, as the format lists them."""
    if any(key in header for key in _ELSEWHERE):
        raise UnfitImage("expected the data in the same file, got the name of another file; save it as one .nrrd")
    if any(int(header.get(key, 0)) for key in ("line skip", "lineskip", "byte skip", "byteskip")):
        raise UnfitImage("expected the data right behind the header, got bytes or lines to skip; save it again")
    kind = header["type"]
    if kind not in _DTYPES:
        raise UnfitImage(f"expected numbers, got the type {kind}; convert it")
    shape = tuple(int(size) for size in header["sizes"])
    if min(shape) < 1:
        raise UnfitImage(f"expected positive sizes, got {shape}; save it again")
    if header["encoding"] not in ("raw", *_GZIP, *_BZIP2):
        raise UnfitImage(f"expected the encoding raw, gzip or bzip2, got {header['encoding']}; save it as one of these")
    return np.dtype(_DTYPES[kind]).newbyteorder(">" if header.get("endian") == "big" else "<"), shape


def _mapped(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int) -> np.memmap[Any, Any]:
    if path.stat().st_size < offset + prod(shape) * dtype.itemsize:
        raise Mistake("the file is cut short")
    return np.memmap(path, dtype, "r", offset, shape, order="F")


def _axes(header: Mapping[str, Any], number: int) -> str:
    """Spatial axes are x, y, z in their order; others hold the channels of a voxel, or time."""
    kinds = header.get("kinds")
    if kinds is None:
        directions = header.get("space directions")
        if directions is None or len(directions) != number:
            return "XYZ" if number == 3 else ""
        kinds = ["space" if _norm(row) is not None else "list" for row in directions]
    names = iter("XYZ")
    kinds = ["domain" if kind in (None, "???", "none") and number == 3 else kind for kind in kinds]
    return "".join(next(names, "?") if kind in _SPATIAL else "T" if kind == "time" else "C" for kind in kinds)


def _steps(header: Mapping[str, Any], axes: str) -> tuple[tuple[Step, ...], str]:
    directions = header.get("space directions")
    if directions is not None:
        found: Sequence[Any] = [_norm(row) for row in directions]
        units = iter(header.get("space units") or [])
        each = [next(units, "") if step is not None else "" for step in found]
    else:
        found = header.get("spacings", [None] * len(axes))
        each = list(header.get("units") or [""] * len(axes))
    if not len(found) == len(each) == len(axes):
        return (None,) * len(axes), ""
    return in_one_unit([step if letter in "XYZ" else None for step, letter in zip(found, axes, strict=True)], each)


def _norm(row: Any) -> float | None:
    """Length of the vector from one sample to the next; None for an axis that is none of space."""
    vector = np.asarray(row, dtype=float) if row is not None else np.array([np.nan])
    return float(np.linalg.norm(vector)) if np.isfinite(vector).all() else None
