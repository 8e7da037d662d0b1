"""The test images of a report are chosen among all that were tested, not among the first that a run drew."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cwmi_seg.pictures.overlay import errors
from cwmi_seg.reporting.album import Album
from cwmi_seg.reporting.analysis import analyse
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.panels import image_panels
from cwmi_seg.study.run_folder import RunFolder
from tests.conftest import TINY, run_command

LOSSES = ("dice", "cross_entropy")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    few = ("dataset.images.num_test=5", "callbacks.overlays.num_images=1", "study=a")
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for loss in LOSSES:
            assert run_command(patch, "train", *TINY, *few, f"loss={loss}") == 0
    return folder / "outputs"


@pytest.fixture
def runs(trained: Path, in_empty_folder: Path) -> dict[str, RunFolder]:
    """Two runs that drew the first of their five test images alone; a test's to change."""
    shutil.copytree(trained, "outputs")
    return {path.name.split("-")[2]: RunFolder(path) for path in Path("outputs/runs").iterdir()}


@pytest.mark.slow
def test_the_hardest_image_is_that_of_all_and_is_drawn_from_the_masks(runs: dict[str, RunFolder]) -> None:
    records = collect(Path("outputs"), "a")
    scores = records.images.groupby("name")["miou"].mean().sort_values(ascending=False, kind="stable")
    (block,) = (analyse(records).of_block(block) for block in analyse(records).blocks)
    median, *_, hardest = image_panels(block, Path("outputs/runs"), sorted(runs))
    assert hardest.caption == f"{scores.index[-1]}: mean miou {scores.iloc[-1]:.3f}, rank 5 of 5 test images"
    assert median.caption.endswith("rank 3 of 5 test images")
    shown = dict(hardest.tiles)
    target = (shown["target"][..., 0] > 0).astype(int)
    for label, run in runs.items():
        kept = np.asarray(Image.open(run.predictions / f"{scores.index[-1]}.png"))
        assert np.array_equal(shown[label], errors(kept, target))


def test_a_drawn_image_is_the_same_from_its_mask(runs: dict[str, RunFolder]) -> None:
    album = Album(runs)
    (name,) = (path.stem for path in runs["dice"].overlays.iterdir())
    drawn = album.panel("dice", name)
    for run in runs.values():
        (run.overlays / f"{name}.png").unlink()
    again = album.panel("dice", name)
    for ours, theirs in zip(again, drawn, strict=True):
        assert np.abs(ours.astype(int) - theirs).max() <= 1  # pixels are normalised in another precision


def test_without_masks_or_images_the_drawn_ones_are_left(runs: dict[str, RunFolder]) -> None:
    drawn = {path.stem for path in runs["dice"].overlays.iterdir()}
    assert len(Album(runs).names()) == 5
    for path in runs["dice"].predictions.iterdir():
        path.unlink()
    assert Album(runs).names() == drawn
