"""The pictures of test volumes: four views in one, and slices along the depth, of every run that kept its masks."""

import json
import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cwmi_seg.datasets.synthetic_volumes import SyntheticVolumes
from cwmi_seg.pictures.overlay import BLUE, RED, WHITE
from cwmi_seg.reporting import volume_pictures
from cwmi_seg.reporting.analysis import Options, analyse
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.content import Content, build_content
from cwmi_seg.reporting.gallery import Gallery
from cwmi_seg.reporting.viewer import write_viewer
from cwmi_seg.study.run_folder import RunFolder
from tests.support.fake_study import grid
from tests.support.kept_masks import keep_volumes, write_volume_run

WRONG = {"test_0020": (7,), "test_0021": (30, 31)}


@pytest.fixture(scope="module")
def volumes() -> SyntheticVolumes:
    return SyntheticVolumes(shape=(40, 16, 20), num_test=2)


@pytest.fixture
def output(tmp_path: Path, volumes: SyntheticVolumes) -> Path:
    """Two runs on two volumes; one of them is always right."""
    for run in grid(datasets=("synthetic_volumes",), losses=("dice", "cwmi"), folds=(0,)):
        write_volume_run(tmp_path, volumes, run, WRONG if run.loss == "dice" else dict.fromkeys(WRONG, ()))
    return tmp_path


def content(output: Path) -> Content:
    return build_content(analyse(collect(output, "a"), Options("dice", ("miou",), ())), output / "runs")


def listed(output: Path) -> list[dict[str, Any]]:
    """Write the viewer; the images in its list."""
    write_viewer(content(output), Gallery(output / "report", output / "runs", 1000))
    text = (output / "report/viewer/images.js").read_text().removeprefix("window.cwmiImages = ").rstrip(";\n")
    images: list[dict[str, Any]] = json.loads(text)["blocks"][0]["images"]
    return images


def pixels(output: Path, address: str) -> np.ndarray:
    with Image.open(output / "report" / address) as picture:
        return np.asarray(picture)


def test_a_volume_has_four_views_and_slices_of_every_loss(output: Path) -> None:
    images = listed(output)
    assert [image["name"] for image in images] == list(WRONG)
    for image in images:
        assert [(name, kind) for name, _, kind, _ in image["pictures"]] == [
            ("image", "photo"), ("target", "mask"), ("cwmi", "mask"), ("dice", "mask"),
        ]  # fmt: skip
        slices = image["slices"]
        assert slices["depth"] == 40
        assert len(slices["places"]) == volume_pictures.MOST_SLICES
        assert (slices["places"][0], slices["places"][-1]) == (0, 39)
        assert slices["size"] == [20, 16]
        for _, address, _, strips in image["pictures"]:
            assert pixels(output, address).shape[:2] == (16 + 1 + 40, 20 + 1 + 20)  # with a line between the views
            assert pixels(output, f"{strips}-0.webp").shape[:2] == (32 * 16, 20)


def test_the_overview_goes_through_the_most_errors_and_the_curve_says_where_they_are(output: Path) -> None:
    first, second = listed(output)
    assert (first["slices"]["through"][0], second["slices"]["through"][0]) == (7, 30)
    places = second["slices"]["places"]
    shares = dict(zip(places, second["slices"]["wrong"]["dice"], strict=True))
    assert {place for place, share in shares.items() if share > 0} == {30, 31} & set(places)
    assert set(shares.values()) == {0, 1}
    assert set(second["slices"]["wrong"]["cwmi"]) == {0}


def test_the_colours_are_those_of_the_errors(output: Path, volumes: SyntheticVolumes) -> None:
    image = listed(output)[0]
    target = volumes.read(20)[1]
    by_name = {name: (address, strips) for name, address, _, strips in image["pictures"]}
    number = image["slices"]["places"].index(8)
    rows = slice(16 * number, 16 * (number + 1))
    right = pixels(output, f"{by_name['dice'][1]}-0.webp")[rows]
    assert np.array_equal(right[..., 3] > 0, target[8] > 0)
    assert (right[target[8] > 0, :3] == WHITE).all()
    overview = pixels(output, by_name["dice"][0])[:16, :20]
    assert (overview[target[7] > 0, :3] == BLUE).all()
    assert (overview[target[7] == 0, :3] == RED).all()
    projection = pixels(output, by_name["dice"][0])[:16, 21:]
    assert (projection[target[7] > 0, :3] == BLUE).all()  # in front of all that was found


def test_pictures_are_written_once_and_again_after_their_mask(output: Path) -> None:
    listed(output)
    before = {path: path.stat().st_mtime_ns for path in (output / "report").rglob("*.webp")}
    changed = next(output.glob("runs/*-cwmi-*/predictions/test_0020.npz"))
    later = max(before.values()) + 10**9
    os.utime(changed, ns=(later, later))
    listed(output)
    after = {path: path.stat().st_mtime_ns for path in (output / "report").rglob("*.webp")}
    again = [path for path in before if after[path] != before[path]]
    assert len(again) == 2  # the overview and the slices
    assert all("-cwmi-" in str(path) for path in again)


def test_other_places_leave_no_file_of_the_earlier_ones(output: Path, volumes: SyntheticVolumes) -> None:
    listed(output)
    run = RunFolder(next(output.glob("runs/*-dice-*")))
    keep_volumes(run, volumes, {**WRONG, "test_0020": (20, 21)})
    later = max(path.stat().st_mtime for path in (output / "report").rglob("*.webp")) + 1
    os.utime(run.predictions / "test_0020.npz", (later, later))
    assert listed(output)[0]["slices"]["through"][0] == 20
    after = [path.name for path in (output / "report").rglob("*.webp")]
    assert len(after) == 16  # two volumes, four layers, two files each
    assert not any("-at-7-" in name for name in after)


def test_a_file_of_slices_has_as_many_as_fit(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume_pictures, "STRIP", 5 * 16 * 20)
    image = listed(output)[0]
    assert image["slices"]["perStrip"] == 5
    for _, _, _, strips in image["pictures"]:
        heights = [pixels(output, f"{strips}-{number}.webp").shape[0] for number in range(7)]
        assert heights == [80] * 6 + [32]


def test_a_damaged_mask_is_named_and_left_out(output: Path, caplog: pytest.LogCaptureFixture) -> None:
    next(output.glob("runs/*-cwmi-*/predictions/test_0020.npz")).write_bytes(b"PK")
    with caplog.at_level(logging.WARNING):
        first, second = listed(output)
    assert [name for name, *_ in first["pictures"]] == ["image", "target", "dice"]
    assert len(second["pictures"]) == 4
    assert "test_0020.npz" in caplog.text


def test_blocks_of_a_volume_are_drawn_as_the_parts_that_they_are(tmp_path: Path, volumes: SyntheticVolumes) -> None:
    (run,) = grid(datasets=("synthetic_volumes",), losses=("dice",), folds=(0,))
    write_volume_run(tmp_path, volumes, run, WRONG, "[20, 16, 20]", ("_z0_y0_x0", "_z20_y0_x0"))
    folder = RunFolder.of(tmp_path, run)
    for name in WRONG:
        with np.load(folder.predictions / f"{name}.npz") as file:
            for start in (0, 20):
                part = file["mask"][start : start + 20]
                np.savez_compressed(folder.predictions / f"{name}_z{start}_y0_x0.npz", mask=part)
    found = {image["name"]: image["slices"] for image in listed(tmp_path)}
    assert {name: slices["through"][0] for name, slices in found.items()} == {
        "test_0020_z0_y0_x0": 7, "test_0020_z20_y0_x0": 10, "test_0021_z0_y0_x0": 10, "test_0021_z20_y0_x0": 10,
    }  # fmt: skip
    assert all(slices["depth"] == 20 for slices in found.values())


def test_panels_show_volumes_of_which_no_overlay_was_drawn(output: Path) -> None:
    (block,) = content(output).blocks
    assert {panel.name for panel in block.panels} == set(WRONG)
    (panel,) = (panel for panel in block.panels if panel.name == "test_0020")
    assert dict(panel.tiles)["dice"].shape == (16 + 40, 40, 3)
    assert (dict(panel.tiles)["dice"] == BLUE).all(axis=2).any()
    assert not (dict(panel.tiles)["cwmi"] == BLUE).all(axis=2).any()
