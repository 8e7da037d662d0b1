"""Image files to arrays and back; every error names the file."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cwmi_seg.datasets.info import Pixels

_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "I", "I;16", "I;16B")
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # first bytes; + is a BigTIFF


def read_image(path: Path, page: int | None = None) -> Pixels:
    """H W I, uint8 or uint16; palettes become colours, an opaque alpha channel is dropped.

    Args:
        path: png, jpg, bmp, gif or tif; tif may have any number of channels.
        page: of a multi-page tif, from 0; None expects a single page.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no readable 8- or 16-bit image.
    """
    pixels = _read(path, page, colours=True)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if pixels.dtype == np.uint8 or pixels.dtype == np.uint16:
        return cast(Pixels, pixels)
    raise ValueError(f"{path}: expected 8- or 16-bit unsigned pixels, got {pixels.dtype}; convert the image.")


def read_labels(path: Path, page: int | None = None) -> NDArray[np.integer]:
    """H W, the stored numbers as they are (palette indices, instance ids); colour is accepted where it is grey."""
    labels = _read(path, page, colours=False)
    if labels.ndim == 3:
        if np.any(labels[..., 1:] != labels[..., :1]):
            raise ValueError(
                f"{path}: expected a mask of one channel, got a colour image; are images and masks swapped? "
                "Save class numbers in one channel."
            )
        labels = labels[..., 0]
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{path}: expected integer labels, got {labels.dtype}; convert the mask.")
    return labels


def read_binary(path: Path) -> NDArray[np.uint8]:
    """H W, 1 where the mask is white; the file may hold 0/1, 0/255, 0/65535 or a palette of black and white."""
    pixels = _read(path, None, colours=True)
    if pixels.ndim == 3 and np.all(pixels == pixels[..., :1]):
        pixels = pixels[..., 0]
    return binary(pixels, path)


def num_pages(path: Path) -> int:
    """Of a tif, without reading the pixels; 1 for every other image."""
    with _named_errors(path):
        if _head(path)[:4] not in _TIFF:
            with Image.open(path):
                return 1
        import tifffile  # Pillow does not open every kind of tif that can be read here

        with tifffile.TiffFile(path) as file:
            if len(file.pages) == 0:
                raise ValueError("no pages")
            return len(file.pages)


def read_pair(image: Path, mask: Path) -> tuple[Pixels, NDArray[np.uint8]]:
    """Image H W I and binary mask H W of two files."""
    return read_image(image), read_binary(mask)


def binary(labels: NDArray[np.integer], path: Path) -> NDArray[np.uint8]:
    """0 and 1 from two values.

    Raises:
        ValueError: other values than 0 and one of 1, 255, 65535.
    """
    if labels.ndim != 2:
        raise ValueError(f"{path}: expected a mask of one channel, got a colour image; are images and masks swapped?")
    values = np.unique(labels)
    if not any(np.isin(values, (0, structure)).all() for structure in (1, 255, 65535)):
        raise ValueError(f"{path}: expected a mask of 0 and 1 or 0 and 255, got {_listing(values)}; repair the mask.")
    return (labels != 0).astype(np.uint8)


def require_same_size(image: Pixels, mask: NDArray[np.uint8], image_path: Path, mask_path: Path) -> None:
    """Raises ValueError for an image H W I and a mask H W of different sizes."""
    if image.shape[:2] != mask.shape:
        (height, width), got = mask.shape, image.shape
        raise ValueError(
            f"{image_path}: expected the size of its mask {mask_path.name}, {height} x {width}, "
            f"got {got[0]} x {got[1]}; is it the mask of another image?"
        )


def encode(pixels: Pixels) -> bytes:
    """PNG where that format can hold the pixels H W [I], else TIFF (see :func:`suffix`)."""
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


def _read(path: Path, page: int | None, *, colours: bool) -> NDArray[np.integer]:
    with _named_errors(path):
        return _decode(path, page, colours=colours)


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    """Whatever goes wrong in reading the file, as one line that names it."""
    reader, level = logging.getLogger("tifffile"), logging.getLogger("tifffile").level
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd but readable tags and palettes
            reader.setLevel(logging.CRITICAL)  # it writes lines about them, and about what it raises besides
            yield
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such file; copy it from the download.") from None
    except PermissionError:
        raise PermissionError(f"{path}: may not be read; run chmod u+r on it.") from None
    except _Unfit as error:
        raise ValueError(f"{path}: {error}.") from None
    except Exception as error:  # decoders raise whatever they like on damaged bytes
        raise ValueError(f"{path}: cannot be read as an image ({error}); copy it again from the download.") from error
    finally:
        reader.setLevel(level)


class _Unfit(Exception):
    """An image that can be read, but not be used: "what is wrong; how to repair it"."""


def _decode(path: Path, page: int | None, *, colours: bool) -> NDArray[np.integer]:
    head = _head(path)
    if _is_deep_colour_png(head):
        return _decode_deep_png(path)
    if head[:4] in _TIFF and _needs_tifffile(path, page or 0):
        return _decode_tiff(path, page, colours=colours)
    with Image.open(path) as image:
        if image.format == "PNG":
            image.verify()  # checksums; the image must be opened again afterwards
    with Image.open(path) as image:
        _check_pages(getattr(image, "n_frames", 1), page)
        image.seek(page or 0)
        if image.mode not in _MODES:
            raise _Unfit(f"expected grey, RGB or a palette, got the pixel format {image.mode}; convert the image")
        if image.mode in ("P", "PA") and colours:
            return _opaque(np.asarray(image.convert("RGBA")))
        pixels = np.asarray(image)
    if image.mode in ("LA", "PA", "RGBA"):
        return _opaque(pixels)
    return _compact(pixels, colours=colours)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(26)


def _check_pages(pages: int, page: int | None) -> None:
    if page is None and pages > 1:
        raise _Unfit(f"expected a single image, got {pages} pages; save each page as an image, channels in one page")


def _opaque(pixels: NDArray[np.integer]) -> NDArray[np.integer]:
    """Colours (or grey) without the alpha channel, which has to say nothing."""
    if np.any(pixels[..., -1] != np.iinfo(pixels.dtype).max):
        raise _Unfit("expected opaque pixels, got transparent pixels; save it without transparency")
    return np.ascontiguousarray(pixels[..., :-1]) if pixels.shape[2] > 2 else np.ascontiguousarray(pixels[..., 0])


def _compact(pixels: NDArray[np.integer], *, colours: bool) -> NDArray[np.integer]:
    """1-bit as uint8 (white: the colour 255 or the number 1), what fits into 16 bit as uint16 in native byte order."""
    if pixels.dtype == bool:
        return pixels.astype(np.uint8) * np.uint8(255 if colours else 1)
    fits = pixels.dtype.kind in "iu" and pixels.itemsize > 1 and pixels.min() >= 0 and pixels.max() < 2**16
    return pixels.astype(np.uint16) if fits else pixels


def _needs_tifffile(path: Path, page: int) -> bool:
    """Pillow cuts 16-bit colour to 8 bit, or cannot read it, and takes a channel beside grey for alpha, or drops it."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        tags: Any = file.pages[page]
        channels, alpha = tags.samplesperpixel, any(tags.extrasamples)
        grey = tags.photometric in (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.MINISWHITE)
    return channels > 3 or (channels > 1 and (tags.bitspersample > 8 or (grey and not alpha)))


def _decode_tiff(path: Path, page: int | None, *, colours: bool) -> NDArray[np.integer]:
    import tifffile

    with tifffile.TiffFile(path) as file:
        _check_pages(len(file.pages), page)
        pixels = file.pages[page or 0].asarray()
        planar = file.pages[page or 0].planarconfig == tifffile.PLANARCONFIG.SEPARATE  # type: ignore[union-attr]
    return _compact(np.ascontiguousarray(np.moveaxis(pixels, 0, -1)) if planar else pixels, colours=colours)


def _is_deep_colour_png(head: bytes) -> bool:
    return head[:8] == b"\x89PNG\r\n\x1a\n" and head[24:25] == b"\x10" and head[25:26] != b"\0"


def _decode_deep_png(path: Path) -> NDArray[np.integer]:
    from torchvision.io import ImageReadMode, decode_image

    pixels = decode_image(str(path), ImageReadMode.UNCHANGED).permute(1, 2, 0).numpy()
    return _opaque(pixels) if pixels.shape[2] in (2, 4) else np.ascontiguousarray(pixels)


def _listing(values: NDArray[np.integer]) -> str:
    shown = ", ".join(str(value) for value in values[:5])
    return shown if len(values) <= 5 else f"{len(values)} values ({shown}, ...)"
