"""Image and mask files to arrays and back: one reader for every command; every error names the file.

An image is read as a viewer shows it, a mask as the numbers that are stored, both turned the way the file asks for.
Where the numbers of a mask can be meant in two ways (:mod:`cwmi_seg.datasets.mask_readings`) the one that makes a mask
counts, and a file of which both do, but different ones, is refused.
"""

import io
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cwmi_seg.datasets import numpy_files, pillow_files, portable_files
from cwmi_seg.datasets.file_kinds import is_numpy, is_portable, is_tif
from cwmi_seg.datasets.info import Pixels
from cwmi_seg.datasets.mask_readings import Convert, classes_of
from cwmi_seg.datasets.mask_values import binary
from cwmi_seg.datasets.read_errors import named_errors
from cwmi_seg.datasets.size_limit import open_bounded
from cwmi_seg.datasets.stored_pixels import StoredPixels, UnfitImage, image_pixels
from cwmi_seg.mistakes import Mistake

__all__ = [
    "binary", "encode", "num_pages", "read_binary", "read_image", "read_labels",
    "read_mask", "read_pair", "read_palette", "require_same_size", "suffix",
]  # fmt: skip


def read_image(path: Path, page: int | None = None) -> Pixels:
    """Read an image as H W I, uint8 or uint16, as a viewer shows it: palettes become colours, opaque alpha is dropped.

    Args:
        path: png, jpg, bmp, gif, webp, jp2, ppm, pgm, tif, or npy H W [I]; tif and npy may have any number of channels.
        page: Number of the page of a tif, from 0, thumbnails not counted; None expects a single page.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no readable 8- or 16-bit image, or one that is too large (:mod:`cwmi_seg.datasets.size_limit`).
    """
    with named_errors(path):
        pixels = image_pixels(numpy_files.decode(path, colours=True) if is_numpy(path) else _decode(path, page))
    if pixels.dtype == np.uint8 or pixels.dtype == np.uint16:
        return cast(Pixels, pixels)
    raise Mistake(f"{path}: expected 8- or 16-bit unsigned pixels, got {pixels.dtype}; convert the image.")


def read_mask(
    path: Path, convert: Convert, page: int | None = None, *, two_classes: bool = False
) -> NDArray[np.integer]:
    """Classes H W of a mask.

    Args:
        path: An image file, or npy, or npz of one array.
        convert: Function that makes classes of numbers H W and raises ValueError, with the path that it is given, for
            numbers that are no mask.
        page: Number of the page of a tif, as for :func:`read_image`.
        two_classes: Whether the classes are background and structure; the colours of a palette must then not say the
            opposite.

    Raises:
        FileNotFoundError: no such file.
        ValueError: unreadable, no mask, or one that can be meant in two ways.
    """
    with named_errors(path):
        stored = _decode(path, page)
    try:
        return classes_of(stored, path, convert, two_classes=two_classes)
    except UnfitImage as error:
        raise Mistake(f"{path}: {error}.") from None


def read_labels(path: Path, page: int | None = None) -> NDArray[np.integer]:
    """Read the stored numbers H W (class numbers, instance ids); a black and white palette gives 0 and 1.

    Colour is accepted where it is grey; :func:`read_mask` settles more of the files with two readings.
    """
    return read_mask(path, lambda labels, _: labels, page)


def read_binary(path: Path) -> NDArray[np.uint8]:
    """Read a mask H W as 1 where it is white, else 0; the file may hold 0/1, 0/255, 0/65535 or a palette."""
    return read_mask(path, binary, two_classes=True).astype(np.uint8, copy=False)


def read_palette(path: Path, page: int | None = None) -> tuple[NDArray[np.integer], NDArray[np.uint8]] | None:
    """The positions of a palette that occur in a file, in order, and their colours N x 3; None without a palette.

    Raises:
        FileNotFoundError, ValueError: As for :func:`read_image`.
    """
    with named_errors(path):
        stored = _decode(path, page)
    if stored.palette is None:
        return None
    positions = np.unique(stored.pixels)
    return positions, stored.palette[positions]


def num_pages(path: Path) -> int:
    """The number of pages of a tif, thumbnails not counted; 1 for every other file. No pixel is read."""
    with named_errors(path):
        if is_numpy(path):
            return 1
        if is_tif(path):
            from cwmi_seg.datasets import tif_files

            return tif_files.num_pages(path)
        with open_bounded(path):
            return 1


def read_pair(image: Path, mask: Path) -> tuple[Pixels, NDArray[np.uint8]]:
    """Image H W I and binary mask H W of two files."""
    return read_image(image), read_binary(mask)


def require_same_size(image: Pixels, mask: NDArray[np.uint8], image_path: Path, mask_path: Path) -> None:
    """Check that an image H W I and a mask H W have one size.

    Raises:
        ValueError: they differ.
    """
    if image.shape[:2] != mask.shape:
        (height, width), got = mask.shape, image.shape
        raise Mistake(
            f"{image_path}: expected the size of its mask {mask_path.name}, {height} x {width}, "
            f"got {got[0]} x {got[1]}; is it the mask of another image?"
        )


def encode(pixels: Pixels) -> bytes:
    """Write pixels H W [I] as PNG where that format can hold them, else as TIFF (see :func:`suffix`)."""
    pixels = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    buffer = io.BytesIO()
    if suffix(1 if pixels.ndim == 2 else pixels.shape[2], str(pixels.dtype)) == ".png":
        Image.fromarray(pixels).save(buffer, "png", compress_level=3)
    else:
        import tifffile

        tifffile.imwrite(buffer, pixels, photometric="minisblack", planarconfig="contig", compression="zlib")
    return buffer.getvalue()


def suffix(channels: int, dtype: str) -> str:
    """ ".png" for grey of 8 or 16 bit and for RGB of 8 bit, else ".tif"."""
    return ".png" if (channels, dtype) in ((1, "uint8"), (3, "uint8"), (1, "uint16")) else ".tif"


def _decode(path: Path, page: int | None) -> StoredPixels:
    if is_numpy(path):
        return numpy_files.decode(path)
    if is_tif(path):
        from cwmi_seg.datasets import tif_files  # tifffile takes a while to import

        return tif_files.decode(path, page)
    if is_portable(path):
        return portable_files.decode(path)
    return pillow_files.decode(path)
