"""One mask of two classes, saved as programs save it: every format, depth, palette and compression."""

import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

Bits = NDArray[np.bool_]
Write = Callable[[Path, Bits], Path]
_RED, _WHITE, _BLACK = (200, 0, 0), (255, 255, 255), (0, 0, 0)


def numbers(suffix: str, white: int, dtype: str = "uint8", **options: Any) -> Write:
    """By Pillow, 0 and ``white``."""

    def write(folder: Path, mask: Bits) -> Path:
        path = folder / f"a{suffix}"
        Image.fromarray((mask * white).astype(dtype)).save(path, **options)
        return path

    return write


def bits(suffix: str, **options: Any) -> Write:
    """By Pillow, 1 bit."""

    def write(folder: Path, mask: Bits) -> Path:
        Image.fromarray(mask).save(folder / f"a{suffix}", **options)
        return folder / f"a{suffix}"

    return write


def tif(white: int, dtype: str, **options: Any) -> Write:
    """By tifffile."""

    def write(folder: Path, mask: Bits) -> Path:
        tifffile.imwrite(folder / "a.tif", (mask * white).astype(dtype), **options)
        return folder / "a.tif"

    return write


def shallow_png(depth: int, white: int) -> Write:
    """A grey png of 2 or 4 bits, which Pillow does not write."""

    def write(folder: Path, mask: Bits) -> Path:
        path, per_byte = folder / "a.png", 8 // depth
        assert mask.shape[1] % per_byte == 0
        groups = (mask * white).reshape(len(mask), -1, per_byte)
        rows = (groups << depth * np.arange(per_byte)[::-1]).sum(2).astype(np.uint8)
        content = b"".join(b"\0" + row.tobytes() for row in rows)
        head = struct.pack(">IIBBBBB", mask.shape[1], len(mask), depth, 0, 0, 0, 0)
        chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(content)), (b"IEND", b""))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks))
        return path

    return write


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def palette(
    suffix: str, background: int, structure: int, colours: Mapping[int, tuple[int, ...]], **options: Any
) -> Write:
    """By Pillow: positions of background and structure in a palette, and the colours there."""

    def write(folder: Path, mask: Bits) -> Path:
        table = np.zeros((256, 3), dtype=np.uint8)
        for position, colour in colours.items():
            table[position] = colour
        image = Image.fromarray(np.where(mask, structure, background).astype(np.uint8))
        image.putpalette(table.tobytes())
        image.save(folder / f"a{suffix}", **options)
        return folder / f"a{suffix}"

    return write


def array(suffix: str, white: int, dtype: str) -> Write:
    """By numpy."""

    def write(folder: Path, mask: Bits) -> Path:
        path, values = folder / f"a{suffix}", (mask * white).astype(dtype)
        np.save(path, values) if suffix == ".npy" else np.savez(path, mask=values)
        return path

    return write


def colours(suffix: str, mode: str, **options: Any) -> Write:
    """By Pillow, black and white in a mode of colours or with an alpha channel that says nothing."""

    def write(folder: Path, mask: Bits) -> Path:
        Image.fromarray(mask.astype(np.uint8) * 255).convert(mode).save(folder / f"a{suffix}", **options)
        return folder / f"a{suffix}"

    return write


def imagej(folder: Path, mask: Bits) -> Path:
    """As ImageJ saves a mask with an inverting colour table: 255 for the structure, which is shown black."""
    tifffile.imwrite(
        folder / "a.tif", mask.astype(np.uint8) * 255, photometric="miniswhite", software=False, metadata=None,
        description="ImageJ=1.54f\n",
    )  # fmt: skip
    return folder / "a.tif"


def white_is_smallest(background: int, structure: int, dtype: str = "uint8") -> Write:
    """By Pillow, which stores the greys turned round then."""

    def write(folder: Path, mask: Bits) -> Path:
        shown = np.where(mask, structure, background).astype(dtype)
        Image.fromarray(shown).save(folder / "a.tif", tiffinfo={262: 0})
        return folder / "a.tif"

    return write


BLACK_FIRST, WHITE_FIRST = {0: _BLACK, 1: _WHITE}, {0: _WHITE, 1: _BLACK}
READ: dict[str, Write] = {
    "png 1 bit": bits(".png"),
    "png 2 bit 0 1": shallow_png(2, 1),
    "png 2 bit 0 3": shallow_png(2, 3),
    "png 4 bit 0 1": shallow_png(4, 1),
    "png 4 bit 0 15": shallow_png(4, 15),
    "png 8 bit 0 1": numbers(".png", 1),
    "png 8 bit 0 255": numbers(".png", 255),
    "png 16 bit 0 1": numbers(".png", 1, "uint16"),
    "png 16 bit 0 255": numbers(".png", 255, "uint16"),
    "png 16 bit 0 65535": numbers(".png", 65535, "uint16"),
    "png grey RGB": colours(".png", "RGB"),
    "png opaque RGBA": colours(".png", "RGBA"),
    "png opaque LA": colours(".png", "LA"),
    "png palette black first": palette(".png", 0, 1, BLACK_FIRST),
    "png palette white first": palette(".png", 1, 0, WHITE_FIRST),
    "png palette white first of 1 bit": palette(".png", 1, 0, WHITE_FIRST, bits=1),
    "png palette of many colours": palette(".png", 215, 3, {3: _WHITE, 5: _RED}),
    "png palette as VOC has it": palette(".png", 0, 1, {1: _RED, 2: (0, 200, 0)}),
    "png palette transparent background": palette(".png", 0, 1, BLACK_FIRST, transparency=0),
    "gif": numbers(".gif", 255),
    "gif white first": palette(".gif", 1, 0, WHITE_FIRST),
    "bmp 1 bit": bits(".bmp"),
    "bmp 8 bit": numbers(".bmp", 255),
    "bmp white first": palette(".bmp", 1, 0, WHITE_FIRST),
    "tif bool by tifffile": tif(1, "bool"),
    "tif bool minisblack": tif(1, "bool", photometric="minisblack"),
    "tif bool deflate": tif(1, "bool", compression="zlib"),
    "tif uint8": tif(255, "uint8"),
    "tif uint8 miniswhite by tifffile": tif(255, "uint8", photometric="miniswhite"),
    "tif uint8 miniswhite by ImageJ": imagej,
    "tif 0 1 miniswhite by others": white_is_smallest(255, 254),
    "tif uint16": tif(65535, "uint16"),
    "tif uint16 big endian": tif(65535, "uint16", byteorder=">"),
    "tif int8": tif(1, "int8"),
    "tif int32": tif(1, "int32"),
    "tif uint32": tif(255, "uint32"),
    "tif deflate with predictor": tif(255, "uint8", compression="zlib", predictor=2),
    "tif in tiles": tif(255, "uint8", tile=(16, 16)),
    "tif 1 bit": bits(".tif"),
    "tif 1 bit group 4": bits(".tif", compression="group4"),
    "tif 1 bit lzw": bits(".tif", compression="tiff_lzw"),
    "tif packbits": numbers(".tif", 255, compression="packbits"),
    "tif lzw": numbers(".tif", 255, compression="tiff_lzw"),
    "tif 16 bit lzw": numbers(".tif", 65535, "uint16", compression="tiff_lzw"),
    "tif palette white first": palette(".tif", 1, 0, WHITE_FIRST),
    "tif palette white first lzw": palette(".tif", 1, 0, WHITE_FIRST, compression="tiff_lzw"),
    "jpg of quality 100": numbers(".jpg", 255, quality=100),
    "webp": colours(".webp", "RGB", lossless=True),
    "npy bool": array(".npy", 1, "bool"),
    "npy uint8": array(".npy", 255, "uint8"),
    "npy int64": array(".npy", 1, "int64"),
    "npz": array(".npz", 1, "uint8"),
}  # fmt: skip

REFUSED: dict[str, tuple[Write, str]] = {
    "palette whose brighter colour is number 0": (
        palette(".png", 0, 1, {0: _RED, 1: _BLACK}),
        "number 0 is the brighter",
    ),
    "palette of other greys": (palette(".png", 0, 1, {0: (200,) * 3, 1: (9,) * 3}), "number 0 is the brighter"),
    "palette white first and transparent": (
        palette(".png", 0, 1, WHITE_FIRST, transparency=0),
        "colours say different",
    ),
    "tif 0 255 miniswhite by others": (white_is_smallest(0, 255), "miniswhite.*save it as a grey png"),
    "tif 1 bit miniswhite by others": (white_is_smallest(0, 1, "bool"), "miniswhite.*save it as a grey png"),
    "tif int8 0 -1": (tif(-1, "int8"), "got -1"),
    "tif uint32 of ones": (tif(2**32 - 1, "uint32"), "got .*4294967295"),
    "tif float": (tif(1, "float32"), "pixel format F"),
    "npy of floats": (array(".npy", 1, "float32"), "expected whole numbers H x W, got float32"),
    "npy of objects": (array(".npy", 1, "object"), "expected whole numbers H x W, got object"),
}
