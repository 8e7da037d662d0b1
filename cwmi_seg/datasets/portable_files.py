"""ppm, pgm and pbm (netpbm) to stored pixels: the numbers as they lie in the file.

Pillow scales numbers whose largest is not 255, which makes other class numbers of a mask, and cuts 16-bit colour.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.size_limit import refuse_huge
from cwmi_seg.datasets.stored_pixels import Stored, StoredPixels, UnfitImage

_HEADER = re.compile(rb"P([1-6])((?:(?:\s|#[^\n]*\n)+\d+){2,3})(?:#[^\n]*\n)?\s")
_BITMAP = re.compile(rb"P([14])((?:(?:\s|#[^\n]*\n)+\d+){2})(?:#[^\n]*\n)?\s")
_LONGEST_HEADER = 2**16
_BITS = {1: 1, 3: 2, 15: 4}  # of the largest number


def decode(path: Path) -> StoredPixels:
    """Read P1 to P6; of a bitmap, whose bits are 1 where it is black, 1 for white."""
    with path.open("rb") as file:
        head = file.read(_LONGEST_HEADER)
    bitmap = head[:2] in (b"P1", b"P4")
    match = (_BITMAP if bitmap else _HEADER).match(head)
    if match is None:
        raise UnfitImage("expected a portable pixmap (P1 to P6), got another header; copy it again, or save it as png")
    width, height, *largest = map(int, re.sub(rb"#[^\n]*\n", b" ", match[2]).split())
    channels = 3 if match[1] in b"36" else 1
    refuse_huge(path, height, width, channels)
    body = path.read_bytes()[match.end() :]
    shape = (height, width, channels) if channels > 1 else (height, width)
    if bitmap:
        return StoredPixels(1 - _bits(body, height, width, plain=match[1] == b"1"), bits=1)
    return _numbers(body, shape, largest[0], plain=match[1] in b"23")


def _numbers(body: bytes, shape: tuple[int, ...], largest: int, *, plain: bool) -> StoredPixels:
    dtype = np.dtype(np.uint8 if largest < 256 else ">u2")
    count = int(np.prod(shape))
    numbers: Stored = (
        np.array(body.split()[:count], dtype=np.uint16)
        if plain
        else np.frombuffer(body[: count * dtype.itemsize], dtype=dtype)
    )
    if numbers.size != count or not 0 < largest < 2**16:
        raise UnfitImage(f"expected {count} numbers of at most 65535, got {numbers.size}; copy it again")
    pixels: Stored = numbers.reshape(shape).astype(np.uint8 if largest < 256 else np.uint16)
    return StoredPixels(pixels, _BITS.get(largest, 8 * pixels.itemsize))


def _bits(body: bytes, height: int, width: int, *, plain: bool) -> NDArray[np.uint8]:
    if plain:
        digits = np.frombuffer(re.sub(rb"[^01]", b"", body), np.uint8) - ord("0")
        return _whole(digits, height, width)
    row = -(-width // 8)
    packed = _whole(np.frombuffer(body[: height * row], np.uint8), height, row)
    return np.unpackbits(packed, axis=1)[:, :width]


def _whole(numbers: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    if numbers.size < height * width:
        raise UnfitImage("expected all rows of the bitmap, got a file cut short; copy it again")
    return numbers[: height * width].reshape(height, width).astype(np.uint8)
