"""Masks and probabilities of a GeoTIFF lie where it lies; what else says where an image lies is told as left behind."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from cwmi_seg.files.json_files import read_json
from cwmi_seg.prediction.georeference import georeference, is_left_behind
from tests.conftest import Command
from tests.support.networks import Run, grey

GDAL = Path(__file__).parents[1] / "goldens" / "geotiff.tif"
"""36 x 40 pixels of UTM zone 33N in tiles, with an overview: written by rasterio 1.4.4 (GDAL)."""
TAGS = {33550, 33922, 34735, 34737}
TURNED = (
    (34264, 12, 16, (0.4, 0.1, 0, 650000, 0.1, -0.4, 0, 6860000, *[0] * 7, 1), True),
    (34735, 3, 8, (1, 1, 0, 1, 3072, 0, 1, 2154), True),
)
NOTE = "says where it lies, its results do not"


def tags_of(path: Path) -> dict[int, Any]:
    with tifffile.TiffFile(path) as file:
        return {tag.code: (tag.dtype, tag.value) for tag in file.pages.first.tags if tag.code > 33000}


@pytest.fixture
def images(in_empty_folder: Path) -> Path:
    folder = Path("in")
    folder.mkdir()
    (folder / "a.tif").write_bytes(GDAL.read_bytes())
    return folder


@pytest.mark.parametrize("num_classes", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_results_lie_where_the_image_lies(num_classes: int, images: Path, run: Run, command: Command) -> None:
    tifffile.imwrite(images / "b.tif", grey(44, 40), extratags=TURNED)
    Image.fromarray(grey(40, 36)).save(images / "c.png")
    call = ("predict", f"run={run(num_classes=num_classes)}", "images=in", "out=out")
    assert command(*call) == 0
    assert sorted(path.name for path in Path("out/masks").iterdir()) == ["a.tif", "b.tif", "c.png"]
    for name, codes in (("a.tif", TAGS), ("b.tif", {34264, 34735})):
        known = {code: value for code, value in tags_of(images / name).items() if code in codes}
        assert set(known) == codes
        for kind in ("masks", "probabilities"):
            assert tags_of(Path("out", kind, name)) == known
            assert tifffile.imread(Path("out", kind, name)).shape[:2] == tifffile.imread(images / name).shape
    assert command(*call) == 0
    assert read_json(Path("out/summary.json"))["skipped"] == 3


def test_the_mask_is_the_one_that_the_plain_image_has(images: Path, run: Run, command: Command) -> None:
    folder, pixels = run(), tifffile.imread(GDAL)
    Image.fromarray(pixels).save("plain.png")
    assert command("predict", f"run={folder}", "images=[in,plain.png]", "out=out") == 0
    one, other = (np.asarray(Image.open(f"out/masks/{name}")) for name in ("a.tif", "plain.png"))
    assert np.array_equal(one, other)
    wide = np.asarray(Image.open("out/probabilities/plain.png"))
    assert np.array_equal(tifffile.imread("out/probabilities/a.tif"), wide)


@pytest.mark.slow
def test_results_of_before_are_kept_and_made_anew_on_demand(
    images: Path, run: Run, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = ("predict", f"run={run()}", "images=in", "out=out")
    with monkeypatch.context() as patch:
        patch.setattr("cwmi_seg.prediction.inputs.georeference", lambda _: ())
        assert command(*call) == 0
    assert [path.name for path in Path("out/masks").iterdir()] == ["a.png"]
    assert command(*call) == 0
    assert read_json(Path("out/summary.json"))["skipped"] == 1
    assert command(*call, "overwrite=true") == 0
    assert [path.name for path in Path("out/masks").iterdir()] == ["a.tif"]
    assert [path.name for path in Path("out/probabilities").iterdir()] == ["a.tif"]


def world_file(folder: Path) -> None:
    for name in ("b", "c"):
        Image.fromarray(grey(40, 36)).save(folder / f"{name}.png")
        (folder / f"{name}.pgw").write_text("0.5\n0\n0\n-0.5\n500000\n5200000\n")


def pages(folder: Path) -> None:
    tifffile.imwrite(folder / "b.tif", np.stack([grey(40, 36)] * 2), extratags=TURNED, photometric="minisblack")


def asks_to_be_turned(folder: Path) -> None:
    tifffile.imwrite(folder / "b.tif", grey(40, 36), extratags=(*TURNED, (274, 3, 1, 6, True)))


@pytest.mark.parametrize(
    ("write", "told"),
    [(world_file, 1), (pages, 1), pytest.param(asks_to_be_turned, 1, marks=pytest.mark.slow), (lambda _: None, 0)],
)
def test_a_place_that_is_left_behind_is_told_once(
    write: Any, told: int, images: Path, run: Run, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    write(images)
    assert command("predict", f"run={run()}", "images=in", "out=out") == 0
    assert capsys.readouterr().out.count(NOTE) == told
    assert tags_of(Path("out/masks/a.tif")).keys() == TAGS


@pytest.mark.parametrize(
    "tag",
    [
        (33550, 2, 0, b"wide", True),  # a text
        (34735, 4, 4, (1, 1, 0, 0), True),  # numbers of 32 bits
        (33922, 12, 100_001, tuple([0.0] * 100_001), True),  # too many
    ],
)
def test_tags_that_are_no_reference_are_left_out(tag: Any, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", grey(8, 8), extratags=(tag, TURNED[0]))
    assert georeference(tmp_path / "a.tif") == TURNED[:1]


def test_an_image_of_jpeg_2000_says_where_it_lies_by_a_box(tmp_path: Path) -> None:
    Image.fromarray(grey(40, 36)).save(tmp_path / "a.jp2")
    assert not is_left_behind(tmp_path / "a.jp2", 1)
    content = (tmp_path / "a.jp2").read_bytes()
    box = bytes.fromhex("0000001c75756964b14bf8bd083d4b43a5ae8cd7d5a6ce03") + b"II*\0"
    place = content.index(b"jp2c") - 4
    (tmp_path / "b.jp2").write_bytes(content[:place] + box + content[place:])
    assert is_left_behind(tmp_path / "b.jp2", 1)


def test_the_golden_is_what_it_says() -> None:
    pixels: NDArray[np.uint8] = tifffile.imread(GDAL)
    assert (pixels.shape, str(pixels.dtype), len(tags_of(GDAL))) == ((40, 36), "uint8", 5)
