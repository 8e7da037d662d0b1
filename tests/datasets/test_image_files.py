"""Tifs as other programs write them, in every number of channels and both layouts."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import tifffile
from numpy.typing import DTypeLike, NDArray
from PIL import Image, ImageOps

from cwmi_seg.datasets import pillow_files
from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.image_files import encode, num_pages, read_binary, read_image, read_labels
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.datasets.preparation import prepare
from cwmi_seg.datasets.prepared import PreparedImages
from cwmi_seg.prediction.conversion import Conversion
from cwmi_seg.prediction.inputs import ImageFile
from tests.support import fake_data

Pixels = NDArray[np.generic]
Write = Callable[[Path], Path]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [2, 3, 4, 5])
@pytest.mark.parametrize("layout", ["contig", "separate"])
def test_no_channel_of_a_tif_is_lost(tmp_path: Path, dtype: DTypeLike, channels: int, layout: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 20, channels)).astype(dtype)
    stored = pixels if layout == "contig" else np.moveaxis(pixels, 2, 0)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="minisblack", planarconfig=layout)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), pixels)
    assert num_pages(tmp_path / "a.tif") == 1
    (tmp_path / "b.tif").write_bytes(encode(pixels))
    np.testing.assert_array_equal(read_image(tmp_path / "b.tif"), pixels)


@pytest.mark.parametrize("layout", ["contig", "separate"])
def test_colour_and_opaque_grey_tifs_are_read(tmp_path: Path, layout: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 20, 3), dtype=np.uint8)
    stored = pixels if layout == "contig" else np.moveaxis(pixels, 2, 0)
    tifffile.imwrite(tmp_path / "rgb.tif", stored, photometric="rgb", planarconfig=layout)
    np.testing.assert_array_equal(read_image(tmp_path / "rgb.tif"), pixels)
    grey = np.dstack([pixels[..., 0], np.full((16, 20), 255, dtype=np.uint8)])
    Image.fromarray(grey, "LA").save(tmp_path / "grey.tif")
    np.testing.assert_array_equal(read_image(tmp_path / "grey.tif"), pixels[..., :1])


@pytest.mark.parametrize("ending", ["png", "tif", "bmp"])
def test_white_of_one_bit_is_white_in_an_image_and_1_in_a_mask(tmp_path: Path, ending: str) -> None:
    white = np.random.default_rng(0).random((16, 20)) > 0.5
    Image.fromarray(white).save(tmp_path / f"a.{ending}")
    np.testing.assert_array_equal(read_image(tmp_path / f"a.{ending}")[..., 0], 255 * white)
    np.testing.assert_array_equal(read_binary(tmp_path / f"a.{ending}"), white)
    if ending != "bmp":  # a palette, of whatever order
        np.testing.assert_array_equal(read_labels(tmp_path / f"a.{ending}"), white)


@pytest.mark.parametrize("length", [20, 200])
def test_a_damaged_tif_is_one_error_and_nothing_besides(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, length: int
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((64, 64), np.uint8))
    (tmp_path / "a.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:length])
    with pytest.raises(ValueError, match=r"a\.tif: cannot be read as an image"):
        read_image(tmp_path / "a.tif")
    assert caplog.records == []


def test_pages_are_those_of_a_tif_alone(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((8, 8), value, dtype=np.uint8)) for value in (0, 100, 200)]
    for name, expected in (("a.tif", 3), ("a.gif", 1)):
        pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:])
        assert num_pages(tmp_path / name) == expected


# one picture in every kind of file

COLOURS = np.random.default_rng(0).integers(0, 6, (20, 28, 3), dtype=np.uint8) * 51
GREY = COLOURS[..., 0]


def by_pillow(name: str, pixels: Pixels, mode: str | None = None, **options: Any) -> Write:
    def write(folder: Path) -> Path:
        image = Image.fromarray(pixels)
        (image.convert(mode) if mode else image).save(folder / name, **options)
        return folder / name

    return write


def by_tifffile(pixels: Pixels, **options: Any) -> Write:
    def write(folder: Path) -> Path:
        tifffile.imwrite(folder / "a.tif", pixels, **options)
        return folder / "a.tif"

    return write


def phone(folder: Path) -> Path:
    first, second = Image.fromarray(COLOURS), Image.fromarray(255 - COLOURS)
    first.save(folder / "a.jpg", "MPO", save_all=True, append_images=[second], quality=100, subsampling=0)
    return folder / "a.jpg"


def with_alpha(pixels: Pixels) -> Pixels:
    white = np.full_like(pixels[..., :1] if pixels.ndim == 3 else pixels, 2 ** (8 * pixels.itemsize) - 1)
    return np.dstack([pixels, white])


SAME: dict[str, tuple[Write, Pixels]] = {
    "png": (by_pillow("a.png", COLOURS), COLOURS),
    "png RGBA": (by_pillow("a.png", with_alpha(COLOURS)), COLOURS),
    "png palette": (by_pillow("a.png", COLOURS, "P", palette=Image.Palette.WEB, dither=0), COLOURS),
    "png grey": (by_pillow("a.png", GREY), GREY),
    "png grey and alpha": (by_pillow("a.png", with_alpha(GREY)), GREY),
    "png grey 16 bit": (by_pillow("a.png", GREY.astype(np.uint16) * 257), GREY.astype(np.uint16) * 257),
    "bmp": (by_pillow("a.bmp", COLOURS), COLOURS),
    "bmp grey": (by_pillow("a.bmp", GREY), GREY),
    "gif": (by_pillow("a.gif", GREY), np.dstack([GREY] * 3)),
    "webp": (by_pillow("a.webp", COLOURS, lossless=True), COLOURS),
    "webp RGBA": (by_pillow("a.webp", with_alpha(COLOURS), lossless=True), COLOURS),
    "tif": (by_pillow("a.tif", COLOURS), COLOURS),
    "tif RGBA": (by_pillow("a.tif", with_alpha(COLOURS)), COLOURS),
    "tif RGBA planar": (
        by_tifffile(np.moveaxis(with_alpha(COLOURS), 2, 0), photometric="rgb", planarconfig="separate"),
        COLOURS,
    ),
    "tif RGBA 16 bit": (
        by_tifffile(with_alpha(COLOURS.astype(np.uint16) * 257), photometric="rgb"),
        COLOURS.astype(np.uint16) * 257,
    ),
    "tif premultiplied": (by_tifffile(with_alpha(COLOURS), photometric="rgb", extrasamples=["assocalpha"]), COLOURS),
    "tif colours and data": (
        by_tifffile(np.dstack([COLOURS, GREY]), photometric="rgb", extrasamples=["unspecified"]),
        np.dstack([COLOURS, GREY]),
    ),
    "tif lzw": (by_pillow("a.tif", COLOURS, compression="tiff_lzw"), COLOURS),
    "tif RGBA lzw": (by_pillow("a.tif", with_alpha(COLOURS), compression="tiff_lzw"), COLOURS),
    "tif palette": (by_pillow("a.tif", COLOURS, "P", palette=Image.Palette.WEB, dither=0), COLOURS),
    "tif grey": (by_tifffile(GREY), GREY),
    "tif grey and alpha": (by_pillow("a.tif", with_alpha(GREY)), GREY),
    "tif grey lzw": (by_pillow("a.tif", GREY, compression="tiff_lzw"), GREY),
    "tif white is smallest": (by_tifffile(255 - GREY, photometric="miniswhite"), GREY),
    "tif white is smallest by Pillow": (by_pillow("a.tif", GREY, tiffinfo={262: 0}), GREY),
    "tif white is smallest lzw": (by_pillow("a.tif", GREY, tiffinfo={262: 0}, compression="tiff_lzw"), GREY),
    "tif white is smallest 16 bit": (
        by_tifffile(65535 - GREY.astype(np.uint16), photometric="miniswhite"),
        GREY.astype(np.uint16),
    ),
    "tif int8 without sign": (by_tifffile((GREY // 2).astype(np.int8)), GREY // 2),
    "tif int32": (by_tifffile(GREY.astype(np.int32)), GREY.astype(np.uint16)),
    "tif of 1 bit": (by_tifffile(GREY > 99, photometric="minisblack"), (GREY > 99).astype(np.uint8) * 255),
}  # fmt: skip


@pytest.mark.parametrize("kind", SAME)
def test_a_picture_is_the_same_in_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    write, expected = SAME[kind]
    read = read_image(write(tmp_path))
    assert read.dtype == expected.dtype
    np.testing.assert_array_equal(read, np.atleast_3d(expected))


def test_of_the_pictures_of_a_phone_the_first_is_read(tmp_path: Path) -> None:
    path = phone(tmp_path)
    difference = read_image(path).astype(int) - COLOURS
    assert np.abs(difference).max() <= 4  # the jpg's own
    assert num_pages(path) == 1


CLEAR = with_alpha(COLOURS)
CLEAR[3, 4, 3] = 0
UNFIT: dict[str, tuple[Write, str]] = {
    **{f"transparent {end}": (by_pillow(f"a.{end}", CLEAR), "transparent pixels; save it") for end in ("png", "tif")},
    "transparent webp": (by_pillow("a.webp", CLEAR, lossless=True), "transparent pixels; save it"),
    "transparent lzw": (by_pillow("a.tif", CLEAR, compression="tiff_lzw"), "transparent pixels; save it"),
    "transparent 16 bit": (by_tifffile(CLEAR.astype(np.uint16) * 257, photometric="rgb"), "transparent pixels; save"),
    "transparent colour": (by_pillow("a.png", COLOURS, transparency=tuple(COLOURS[0, 0].tolist())), "transparent pix"),
    "transparent grey": (by_pillow("a.png", GREY, transparency=int(GREY[0, 0])), "transparent pixels; save it"),
    "transparent position": (
        by_pillow("a.png", COLOURS, "P", palette=Image.Palette.WEB, dither=0, transparency=bytes(256)),
        "transparent pixels; save it",
    ),
    **{f"CMYK {end}": (by_pillow(f"a.{end}", COLOURS, "CMYK"), "pixel format CMYK; conv") for end in ("jpg", "tif")},
    "CMYK lzw": (by_pillow("a.tif", COLOURS, "CMYK", compression="tiff_lzw"), "pixel format CMYK; convert"),
    "LAB": (by_pillow("a.tif", COLOURS, "LAB"), "pixel format .*LAB; convert"),
    "below zero": (by_tifffile(np.full((4, 4), -5, np.int8)), "got int8; convert"),
    "floats": (by_tifffile(GREY.astype(np.float32)), "pixel format F"),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNFIT)
def test_what_is_no_image_for_a_network_is_refused_alike_in_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    write, message = UNFIT[kind]
    with pytest.raises(ValueError, match=rf"a\.\w+: expected .*{message}"):
        read_image(write(tmp_path))


def test_a_compression_that_needs_a_package_names_it(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", np.zeros((8, 8, 5), np.uint16), photometric="minisblack", planarconfig="contig"
    )
    content = bytearray((tmp_path / "a.tif").read_bytes())
    entry = content.index(bytes([3, 1, 3, 0, 1, 0, 0, 0]))  # the tag of the compression
    content[entry + 8] = 5  # lzw
    (tmp_path / "a.tif").write_bytes(content)
    if find_spec("imagecodecs") is None:
        with pytest.raises(ValueError, match=r"a\.tif: compressed by LZW, .*install it \(pip install imagecodecs\)"):
            read_image(tmp_path / "a.tif")


TURNED: dict[str, tuple[str, dict[str, Any]]] = {
    "jpg": ("a.jpg", {"quality": 100}),
    "png": ("a.png", {}),
    "webp": ("a.webp", {"lossless": True}),
    "tif lzw": ("a.tif", {"compression": "tiff_lzw"}),
    "tif": ("a.tif", {}),
}


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("kind", TURNED)
def test_an_image_is_read_as_its_orientation_tag_shows_it(tmp_path: Path, kind: str, tag: int) -> None:
    name, options = TURNED[kind]
    exif = Image.Exif()
    exif[274] = tag
    Image.fromarray(COLOURS).save(tmp_path / name, exif=exif, **options)
    with Image.open(tmp_path / name) as image:
        shown = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(read_image(tmp_path / name), shown)


@pytest.mark.parametrize("tag", range(1, 9))
def test_deep_tifs_and_masks_are_turned_alike(tmp_path: Path, tag: int) -> None:
    plain = Image.fromarray(GREY)
    plain.getexif()[274] = tag
    expected = np.asarray(ImageOps.exif_transpose(plain))
    turned = [(274, "H", 1, tag, True)]
    for pixels in (GREY, GREY.astype(np.uint16), np.dstack([GREY.astype(np.uint16)] * 3), np.dstack([GREY] * 5)):
        colours = "rgb" if pixels.shape[2:] == (3,) else "minisblack"
        layout: Literal["contig"] | None = "contig" if pixels.ndim == 3 else None
        tifffile.imwrite(tmp_path / "a.tif", pixels, photometric=colours, planarconfig=layout, extratags=turned)
        np.testing.assert_array_equal(read_image(tmp_path / "a.tif")[..., 0], expected)
        if pixels.shape[2:] != (5,):
            np.testing.assert_array_equal(read_labels(tmp_path / "a.tif"), expected)
    exif = Image.Exif()
    exif[274] = tag
    plain.save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_labels(tmp_path / "a.png"), expected)


def test_turned_files_of_a_dataset_are_told(tmp_path: Path) -> None:
    raw = fake_data.write_folder(tmp_path / "raw")
    exif = Image.Exif()
    exif[274] = 3
    lying = Image.open(raw / "images/b.png").transpose(Image.Transpose.ROTATE_180)
    lying.save(raw / "images/b.png", exif=exif)
    info = prepare(ImageFolder(), raw, tmp_path / "set").info
    np.testing.assert_array_equal(PreparedImages(tmp_path / "set").read(1)[0], fake_data.photograph(1, 20, 28))
    assert info.notes == ("1 file asks to be turned (orientation tag), which was done: b.png; look at the preview",)


def test_thumbnails_and_levels_of_a_pyramid_are_no_pages(tmp_path: Path) -> None:
    pages = np.random.default_rng(0).integers(0, 256, (2, 32, 40), dtype=np.uint8)
    for kind, own in (("one", pages[:1]), ("two", pages)):
        path = tmp_path / f"{kind}.tif"
        with tifffile.TiffWriter(path) as file:
            for page in own:
                file.write(page[::4, ::4], subfiletype=1)  # before its image, as some cameras have it
                file.write(page)
                file.write(page[::2, ::2] > 99, subfiletype=4)  # a mask of transparency
        assert num_pages(path) == len(own)
        for index, page in enumerate(own):
            np.testing.assert_array_equal(read_image(path, index)[..., 0], page)
            np.testing.assert_array_equal(read_labels(path, index), page)
    np.testing.assert_array_equal(read_image(tmp_path / "one.tif")[..., 0], pages[0])
    with pytest.raises(ValueError, match=r"two\.tif: expected a single image, got 2 pages"):
        read_image(tmp_path / "two.tif")


def test_prediction_reads_files_alike(tmp_path: Path) -> None:
    """A thumbnail makes no stack of an image, and a turned image is predicted the way up that it is shown."""
    info = DatasetInfo("made", "", 1, 2, (0.0,), (1.0,), ())
    with tifffile.TiffWriter(tmp_path / "thumb.tif") as file:
        file.write(GREY, extratags=[(274, "H", 1, 6, True)])
        file.write(GREY[::4, ::4], subfiletype=1)
    image = ImageFile(tmp_path / "thumb.tif", "thumb")
    assert image.num_pages() == 1
    (page,) = image.pages(1, Conversion(info))
    np.testing.assert_array_equal(page[..., 0], np.rot90(GREY, -1))


@pytest.mark.parametrize("kind", ["png", "tif", "tif lzw", "gif", "webp", "png grey 16 bit"])
def test_a_huge_image_is_refused_before_it_is_decoded(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = SAME[kind][0](tmp_path)
    monkeypatch.setenv("CWMI_MAX_IMAGE_VALUES", "500")
    for read in (read_image, read_labels):
        with pytest.raises(ValueError, match=r"a\.\w+: expected at most 500 values, got an image of 20 x 28"):
            read(path)


def test_positions_of_a_palette_of_4_bits_are_not_stretched(tmp_path: Path) -> None:
    """By the ways of tifffile and, compressed, of Pillow."""
    positions = np.random.default_rng(0).integers(0, 16, (20, 28), dtype=np.uint8)
    colours = np.random.default_rng(1).integers(0, 256, (256, 3), dtype=np.uint8)
    image = Image.fromarray(positions)
    image.putpalette(colours.tobytes())
    image.save(tmp_path / "a.png", bits=4)
    np.testing.assert_array_equal(read_labels(tmp_path / "a.png"), positions)
    with Image.open(tmp_path / "a.png") as opened:
        shallow = pillow_files.stored(opened, bits=4)  # as of a compressed tif, which neither library writes
    np.testing.assert_array_equal(shallow.pixels, positions)
    np.testing.assert_array_equal(shallow.shown(), colours[positions])
