"""Tifs as other programs write them, in every number of channels and both layouts."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import DTypeLike
from PIL import Image

from cwmi_seg.datasets.image_files import encode, num_pages, read_binary, read_image, read_labels


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
