"""png, jpg, bmp, gif and webp to stored pixels; of a phone's jpg of several pictures (MPO) the first."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cwmi_seg.datasets.orientation import of_image, upright
from cwmi_seg.datasets.size_limit import open_bounded
from cwmi_seg.datasets.stored_pixels import StoredPixels, UnfitImage, compact, opaque, stretched

MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "I", "I;16", "I;16B")
_PNG = b"\x89PNG\r\n\x1a\n"
_GREY, _PALETTE = 0, 3  # colour types of a png


def decode(path: Path) -> StoredPixels:
    """Read a file that is neither a tif nor a numpy array."""
    with open_bounded(path) as image:
        if image.format == "PNG":
            image.verify()  # checksums; the image must be opened again afterwards
    with path.open("rb") as file:
        head = file.read(26)
    with open_bounded(path) as image:
        frames = getattr(image, "n_frames", 1)
        if frames > 1 and image.format != "MPO":
            raise UnfitImage(
                f"expected a single image, got {frames} pages; save each page as an image, channels in one page"
            )
        if _is_deep_colour_png(head):
            return StoredPixels(upright(_deep_colours(path), of_image(image)), bits=16)
        bits = head[24] if head[:8] == _PNG and head[25] == _GREY else None
        return stored(image, bits)


def stored(image: Image.Image, bits: int | None = None) -> StoredPixels:
    """The stored numbers of an opened image.

    Args:
        image: The image.
        bits: Bits of a number where Pillow has stretched fewer than 8 to 0 ... 255; None where it has not.
    """
    if image.mode not in MODES:
        raise UnfitImage(f"expected grey, RGB or a palette, got the pixel format {image.mode}; convert the image")
    image.load()
    turn, palette, transparent = of_image(image), None, False
    if image.mode in ("P", "PA"):
        palette, alpha = _palette(image)
        pixels = np.asarray(image) if image.mode == "P" else opaque(np.asarray(image))
        transparent = bool(np.any(alpha[pixels] != 255))
    else:
        pixels = compact(np.asarray(image))
        pixels = opaque(pixels) if image.mode in ("LA", "RGBA") else pixels
    bits = 1 if image.mode == "1" else bits or 8 * pixels.itemsize
    if bits in (2, 4) and image.mode == "L":
        pixels = pixels // stretched(np.ones((), np.uint8), bits)
    if image.mode not in ("P", "PA") and "transparency" in image.info:
        transparent = _holds(pixels, image.info["transparency"])
    return StoredPixels(upright(pixels, turn), bits, palette, transparent)


def _palette(image: Image.Image) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Colours 256 x 3 and alpha 256; positions that the file does not name are black, as other readers show them."""
    image.apply_transparency()
    table = np.zeros((256, 4), dtype=np.uint8)
    table[:, 3] = 255
    named = np.array(image.getpalette("RGBA"), dtype=np.uint8).reshape(-1, 4)
    table[: len(named)] = named
    return table[:, :3], table[:, 3]


def _holds(pixels: NDArray[np.generic], colour: object) -> bool:
    """Whether a pixel has the one colour that the file calls transparent."""
    same = pixels == np.asarray(colour)
    return bool(np.any(same.all(-1) if pixels.ndim == 3 else same))


def _is_deep_colour_png(head: bytes) -> bool:
    """Pillow cuts 16-bit colour to 8 bit."""
    return head[:8] == _PNG and head[24] == 16 and head[25] not in (_GREY, _PALETTE)


def _deep_colours(path: Path) -> NDArray[np.integer]:
    from torchvision.io import ImageReadMode, decode_image

    pixels = decode_image(str(path), ImageReadMode.UNCHANGED).permute(1, 2, 0).numpy()
    return opaque(pixels) if pixels.shape[2] in (2, 4) else np.ascontiguousarray(pixels)
