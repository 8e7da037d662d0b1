"""Tifs as other programs write them, in every number of channels and both layouts."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import DTypeLike
from PIL import Image

from cwmi_seg.datasets.image_files import encode, num_pages, read_image


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


def test_pages_are_those_of_a_tif_alone(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((8, 8), value, dtype=np.uint8)) for value in (0, 100, 200)]
    for name, expected in (("a.tif", 3), ("a.gif", 1)):
        pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:])
        assert num_pages(tmp_path / name) == expected
