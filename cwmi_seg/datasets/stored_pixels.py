"""The content of an image file, before it is known whether an image or a mask is meant."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.info import Pixels

Stored = NDArray[np.integer]


class UnfitImage(Exception):
    """An image that can be read, but not be used: "what is wrong; how to repair it"."""


@dataclass(frozen=True)
class StoredPixels:
    """The numbers of a file, turned the way that its orientation tag asks for.

    Args:
        pixels: H W or H W C; bits are 0 and 1, a palette leaves positions in it, an opaque alpha channel is dropped.
        bits: Number of bits of a value.
        palette: The colour of each position, 256 x 3.
        transparent: Whether pixels are marked transparent by their colour or by their position in the palette.
        min_is_white: Whether the file says that its smallest number is shown white and its largest black.
        numbers_meant: Whether the numbers count all the same, since its writer (tifffile, ImageJ) never inverts them.
    """

    pixels: Stored
    bits: int = 8
    palette: NDArray[np.uint8] | None = None
    transparent: bool = False
    min_is_white: bool = False
    numbers_meant: bool = False

    def shown(self) -> Stored:
        """Grey H W or colours H W C as a viewer shows them; numbers of 1, 2 and 4 bits are stretched to 0 ... 255.

        Raises:
            UnfitImage: white is the smallest of numbers with a sign or of more than 16 bits.
        """
        if self.palette is not None:
            return self.palette[self.pixels]
        return stretched(inverted(self.pixels, self.bits) if self.min_is_white else self.pixels, self.bits)


def stretched(numbers: Stored, bits: int) -> Stored:
    """Scale numbers of 1, 2 or 4 bits to grey of 8 bits, 255 for the largest; all others stay as they are."""
    return numbers * np.uint8(255 // (2**bits - 1)) if bits < 8 else numbers


def inverted(numbers: Stored, bits: int) -> Stored:
    """Exchange the smallest number and the largest, and all between likewise.

    Raises:
        UnfitImage: Numbers with a sign, or of more than 16 bits.
    """
    if numbers.dtype.kind != "u" or bits > 16:
        raise UnfitImage(
            f"expected the largest number as white, got the smallest of {numbers.dtype}; convert the image"
        )
    return (2**bits - 1 - numbers).astype(numbers.dtype)


def opaque(pixels: Stored, channel: int = -1, repair: str = "save it without transparency") -> Stored:
    """Drop the alpha channel of colours (or grey) H W C.

    Raises:
        UnfitImage: A pixel is not opaque; the message names the ``repair``.
    """
    if np.any(pixels[..., channel] != np.iinfo(pixels.dtype).max):
        raise UnfitImage(f"expected opaque pixels, got transparent pixels; {repair}")
    kept = np.delete(pixels, channel, axis=2)
    return np.ascontiguousarray(kept[..., 0] if kept.shape[2] == 1 else kept)


def compact(pixels: NDArray[np.generic]) -> Stored:
    """Turn bits into uint8, and whole numbers into uint8 or uint16 where they fit, in native byte order.

    Raises:
        UnfitImage: The numbers are not whole.
    """
    if pixels.dtype == bool:
        return pixels.astype(np.uint8)
    if pixels.dtype.kind not in "iu":
        raise UnfitImage(f"expected whole numbers, got the pixel format F ({pixels.dtype}); convert the image")
    numbers = cast(Stored, pixels)
    if numbers.dtype.itemsize == 1:
        return numbers.astype(np.uint8) if numbers.dtype.kind == "i" and numbers.min(initial=0) >= 0 else numbers
    fits = numbers.min(initial=0) >= 0 and numbers.max(initial=0) < 2**16
    return numbers.astype(np.uint16) if fits else numbers.astype(numbers.dtype.newbyteorder("="))


def image_pixels(stored: StoredPixels) -> Pixels | Stored:
    """The pixels H W C as a viewer shows them.

    Raises:
        UnfitImage: transparent pixels.
    """
    if stored.transparent:
        raise UnfitImage("expected opaque pixels, got transparent pixels; save it without transparency")
    pixels = stored.shown()
    return pixels[..., None] if pixels.ndim == 2 else pixels
