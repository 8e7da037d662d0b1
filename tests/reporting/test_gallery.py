"""The pictures of the viewer: written once, from the hardest image on, of every run that kept its masks."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cwmi_seg.datasets.dataset_json import load_info, save_info
from cwmi_seg.pictures.overlay import BLUE, ORANGE, RED, WHITE, errors
from cwmi_seg.reporting.analysis import Options, analyse
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.content import Content, build_content
from cwmi_seg.reporting.external import External
from cwmi_seg.reporting.gallery import Gallery
from cwmi_seg.reporting.pictures import coloured, error_layer
from cwmi_seg.reporting.viewer import json_text, viewer_data, write_viewer
from cwmi_seg.study.run_folder import RunFolder
from tests.support.fake_study import grid, write_study
from tests.support.kept_masks import keep_masks, write_dataset

NAMES = {f"0_{number:02d}": f"person{number // 2}" for number in range(8)}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Two runs on the same eight images."""
    runs = grid(losses=("dice", "cwmi"), folds=(0,))
    write_study(tmp_path, "a", runs)
    data = write_dataset(tmp_path / "data", NAMES)
    for run in runs:
        keep_masks(RunFolder.of(tmp_path, run), data, list(NAMES), 0.6)
    return tmp_path


def report(output: Path) -> Content:
    return build_content(analyse(collect(output, "a"), Options(None, ("miou",), ())), output / "runs")


def listed(folder: Path) -> list[dict[str, Any]]:
    """The images of the only block in the list beside the page."""
    text = (folder / "viewer" / "images.js").read_text().removeprefix("window.cwmiImages = ").rstrip(";\n")
    (block,) = json.loads(text)["blocks"]
    images: list[dict[str, Any]] = block["images"]
    return images


def test_every_image_has_its_pictures_and_scores(output: Path) -> None:
    content = report(output)
    write_viewer(content, Gallery(output / "report", output / "runs", 100))
    images = listed(output / "report")
    assert {image["name"] for image in images} == set(NAMES)
    worst_first = [np.mean(image["scores"]) for image in images]
    assert worst_first == sorted(worst_first)
    assert {image["name"]: image["group"] for image in images} == NAMES
    for image in images:
        assert [(name, kind) for name, _, kind in image["pictures"]] == [
            ("image", "photo"), ("target", "mask"), ("cwmi", "mask"), ("dice", "mask"),
        ]  # fmt: skip
        for _, address, _ in image["pictures"]:
            with Image.open(output / "report" / address) as picture:
                assert picture.size == (64, 48)
    assert len({address for image in images for _, address, _ in image["pictures"]}) == 32


def test_the_error_picture_is_that_of_the_masks(output: Path) -> None:
    write_viewer(report(output), Gallery(output / "report", output / "runs", 100))
    image = listed(output / "report")[0]
    address = dict((name, address) for name, address, _ in image["pictures"])["dice"]
    (run,) = output.glob("runs/*-dice-*")
    guess = np.asarray(Image.open(run / "predictions" / f"{image['name']}.png"))
    target = np.asarray(Image.open(output / "data" / "masks" / f"{image['name']}.png"))
    shown = np.asarray(Image.open(output / "report" / address))
    colours = errors(guess, target)
    assert np.array_equal(shown[..., 3] > 0, colours.any(axis=2))
    assert np.array_equal(shown[..., :3][shown[..., 3] > 0], colours[colours.any(axis=2)])


def test_error_layers_of_classes() -> None:
    target, guess = np.array([[0, 0, 1, 1, 2]]), np.array([[0, 2, 1, 0, 1]])
    layer = error_layer(guess, target)
    assert layer[0, :, 3].tolist() == [0, 255, 255, 255, 255]
    assert [tuple(colour) for colour in layer[0, 1:, :3].tolist()] == [RED, WHITE, BLUE, ORANGE]


def test_pictures_are_written_once_and_again_after_their_mask(output: Path) -> None:
    content, folder = report(output), output / "report"
    write_viewer(content, Gallery(folder, output / "runs", 100))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.webp")}
    changed = next(output.glob("runs/*-dice-*/predictions/0_00.png"))
    later = max(before.values()) + 10**9
    os.utime(changed, ns=(later, later))
    write_viewer(content, Gallery(folder, output / "runs", 100))
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*.webp")}
    (again,) = (path for path in before if after[path] != before[path])
    assert "-dice-" in str(again)


def test_a_damaged_mask_is_named_and_the_rest_is_shown(output: Path, caplog: pytest.LogCaptureFixture) -> None:
    for path in output.glob("runs/*-dice-*/predictions/*.png"):
        path.write_bytes(b"\x89PNG")
    content = report(output)
    assert content.blocks[0].panels == ()
    write_viewer(content, Gallery(output / "report", output / "runs", 100))
    assert all(
        [name for name, *_ in image["pictures"]] == ["image", "target", "cwmi"] for image in listed(output / "report")
    )
    assert "0_00.png" in caplog.text


def test_predicted_classes_are_drawn_beside_the_errors(output: Path) -> None:
    info = replace(load_info(output / "data"), num_classes=3)
    save_info(info, output / "data")
    write_viewer(report(output), Gallery(output / "report", output / "runs", 100))
    image = listed(output / "report")[0]
    assert [(name, kind) for name, _, kind in image["pictures"]] == [
        ("image", "photo"), ("target", "mask"), ("cwmi", "mask"), ("cwmi", "classes"), ("dice", "mask"),
        ("dice", "classes"),
    ]  # fmt: skip
    kept = np.asarray(Image.open(next(output.glob(f"runs/*-dice-*/predictions/{image['name']}.png"))))
    (address,) = (address for name, address, kind in image["pictures"] if (name, kind) == ("dice", "classes"))
    with Image.open(output / "report" / address) as picture:
        assert np.array_equal(np.asarray(picture)[..., 3] > 0, kept > 0)


def test_masks_of_others_are_shown_beside_those_of_the_runs(output: Path) -> None:
    theirs = output / "theirs"
    theirs.mkdir()
    for name in NAMES:
        mask = np.asarray(Image.open(output / "data" / "masks" / f"{name}.png"))
        Image.fromarray(255 * mask).save(theirs / f"{name}_pred.png")
    records = collect(output, "a")
    ours = records.runs[records.runs["label"] == "dice"].assign(
        run="external-theirs-1-f0-s0", label="theirs", loss="theirs"
    )
    images = records.images[records.images["run"].str.contains("-dice-")].assign(run="external-theirs-1-f0-s0")
    both = replace(records, runs=pd.concat([records.runs, ours]), images=pd.concat([records.images, images]))
    others = External({"theirs": theirs}, ["*_pred"]).masks
    content = build_content(analyse(both, Options(None, ("miou",), ())), output / "runs", others=others)
    write_viewer(content, Gallery(output / "report", output / "runs", 100, others))
    for image in listed(output / "report"):
        shown = {name: address for name, address, _ in image["pictures"]}
        assert set(shown) == {"image", "target", "cwmi", "dice", "theirs"}
        with Image.open(output / "report" / shown["theirs"]) as picture:
            pixels = np.asarray(picture).reshape(-1, 4)
            assert set(map(tuple, pixels.tolist())) == {(0, 0, 0, 0), (*WHITE, 255)}
    panel = content.blocks[0].panels[0]
    assert [name for name, _ in panel.tiles] == ["image", "target", "cwmi", "dice", "theirs"]


@pytest.mark.slow
def test_the_bound_leaves_out_the_easiest(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, gallery = output / "report", Gallery(output / "report", output / "runs", 11)  # four files an image
    write_viewer(report(output), Gallery(folder, output / "runs", 100))
    write_viewer(report(output), gallery)
    assert gallery.num_hidden == 6
    assert [bool(image["pictures"]) for image in listed(folder)] == [True] * 2 + [False] * 6
    assert len(list(folder.rglob("*.webp"))) == 8  # those of the earlier report are gone


def test_images_that_have_changed_are_not_shown_as_those_of_the_runs(output: Path) -> None:
    save_info(replace(load_info(output / "data"), fingerprint="cd" * 32), output / "data")
    write_viewer(report(output), Gallery(output / "report", output / "runs", 100))
    assert all(image["pictures"] == [] for image in listed(output / "report"))


def test_tags_and_classes_come_from_the_dataset(output: Path) -> None:
    info = load_info(output / "data")
    tagged = replace(info, tags={"0_03": {"stain": "<b>"}}, num_classes=3, class_names=("none", "vein", "artery"))
    save_info(tagged, output / "data")
    content, gallery = report(output), Gallery(output / "report", output / "runs", 100)
    images = gallery.images(content.blocks[0])
    assert {image.name: image.tags for image in images if image.tags} == {"0_03": ("stain: <b>",)}
    (block,) = viewer_data(content, [images], gallery.classes)["blocks"]
    assert [name for _, name in block["classes"]] == ["vein", "artery"]
    layer = coloured(np.array([[0, 1, 2]], dtype=np.uint8), tagged)
    assert layer[0, :, 3].tolist() == [0, 255, 255]
    assert len({tuple(colour) for colour in layer[0, :, :3].tolist()}) == 3


def test_json_in_a_script_ends_nothing() -> None:
    text = json_text({"</script><!--": "\u2028&"})
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == {"</script><!--": "\u2028&"}
