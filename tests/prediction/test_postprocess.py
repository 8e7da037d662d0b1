"""Small components removed, holes filled, the largest component kept: against scikit-image and SciPy."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from skimage.measure import label

from cwmi_seg.prediction.postprocess import Postprocessing
from tests.conftest import Command
from tests.support.fake_data import photograph, save
from tests.support.networks import Run

CORNERS, SIDES = np.ones((3, 3)), ndimage.generate_binary_structure(2, 1)


def mask(seed: int, num_classes: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.normal(size=(60, 70)), 1.2)
    return (np.digitize(smooth, np.linspace(-0.1, 0.25, num_classes - 1))).astype(np.uint8)


@pytest.mark.parametrize("seed", range(4))
def test_small_components_go(seed: int) -> None:
    before = mask(seed)
    np.testing.assert_array_equal(Postprocessing(min_size=20)(before), of_size(before == 1, 20))
    several = mask(seed, 4)
    found = Postprocessing(min_size=20)(several)
    for number in (1, 2, 3):
        np.testing.assert_array_equal(found == number, of_size(several == number, 20))


def of_size(structure: np.ndarray, least: int) -> np.ndarray:
    """The 8-connected components of at least so many pixels; scikit-image calls its limit by a new name in 0.26."""
    parts, count = ndimage.label(structure, CORNERS)
    sizes = ndimage.sum_labels(structure, parts, range(1, count + 1))
    return np.isin(parts, 1 + np.flatnonzero(np.asarray(sizes) >= least))


@pytest.mark.parametrize("seed", range(4))
def test_holes_are_filled_up_to_a_size(seed: int) -> None:
    before = mask(seed)
    holes = ndimage.binary_fill_holes(before, SIDES) & (before == 0)
    parts, count = ndimage.label(holes, SIDES)
    sizes = ndimage.sum_labels(holes, parts, range(1, count + 1))
    assert count > 3
    for limit in (5, 10_000):
        small = np.isin(parts, 1 + np.flatnonzero(np.asarray(sizes) <= limit))
        np.testing.assert_array_equal(Postprocessing(fill_holes=limit)(before), before.astype(bool) | small)


def test_a_hole_gets_the_class_around_it() -> None:
    before = np.zeros((9, 12), np.uint8)
    before[1:8, 1:6], before[1:8, 6:11] = 2, 1
    before[3:5, 3:5] = before[4, 8] = 0
    after = Postprocessing(fill_holes=4)(before)
    assert (after[3:5, 3:5] == 2).all()
    assert after[4, 8] == 1
    assert (Postprocessing(fill_holes=3)(before)[3:5, 3:5] == 0).all()
    assert (after[0] == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_largest_component_of_each_class_is_kept(seed: int) -> None:
    before = mask(seed, 3)
    after = Postprocessing(keep_largest=True)(before)
    for number in (1, 2):
        parts = label(before == number, connectivity=2)
        largest = np.bincount(parts[parts > 0]).argmax()
        np.testing.assert_array_equal(after == number, parts == largest)


def test_volumes_and_neutral_values() -> None:
    before = np.zeros((7, 7, 7), np.uint8)
    before[2:5, 2:5, 2:5] = 1
    before[3, 3, 3] = 0
    before[0, 0, 6] = 1
    after = Postprocessing(min_size=2, fill_holes=1)(before)
    assert after.sum() == 27
    assert Postprocessing()(before) is before
    assert (Postprocessing(keep_largest=True, min_size=3, fill_holes=9)(np.zeros((4, 4), np.uint8)) == 0).all()


def test_masks_and_overlays_are_those_after_it_and_folders_are_not_mixed(
    run: Run, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run()
    save(Path("in/a.png"), photograph(1, 64, 64)[..., 0])
    for out, said in (("plain", ()), ("clean", ("min_size=30", "fill_holes=30"))):
        assert command("predict", f"run={folder}", "images=in", f"out={out}", *said) == 0
    plain, clean = (np.asarray(Image.open(f"{out}/masks/a.png")) // 255 for out in ("plain", "clean"))
    np.testing.assert_array_equal(clean, Postprocessing(min_size=30, fill_holes=30)(plain))
    probabilities = [Path(out, "probabilities", "a.png").read_bytes() for out in ("plain", "clean")]
    assert probabilities[0] == probabilities[1]
    assert "min_size" not in json.loads(Path("plain/prediction.json").read_text())
    capsys.readouterr()
    assert command("predict", f"run={folder}", "images=in", "out=plain", "min_size=30") == 1
    assert "got plain with another min_size" in capsys.readouterr().err
    assert command("predict", f"run={folder}", "images=in", "out=x", "min_size=-1") == 1
    assert "min_size: expected at least 0 pixels, got -1" in capsys.readouterr().err
