"""The crop, batch and number of crops that cwmi-prepare proposes, and the width of the structure behind them."""

import math
import shlex
from pathlib import Path

import numpy as np
import pytest

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.datasets.proposal import Proposal, StructureWidth, proposal
from tests.conftest import TINY, Command
from tests.support.fake_data import photograph, save
from tests.support.outputs import only_run


def info(*sizes: tuple[int, int], width: float | None = 5.0, num_classes: int = 2) -> DatasetInfo:
    images = tuple(ImageInfo(f"{i}", *size, (1,) * num_classes, f"{i}") for i, size in enumerate(sizes))
    return DatasetInfo("x", "", 3, num_classes, (0.0,) * 3, (1.0,) * 3, images, structure_width=width)


@pytest.mark.parametrize("width", [2, 3, 4, 5, 8, 13])
def test_the_width_of_stripes(width: int) -> None:
    mask = np.zeros((120, 400), np.uint8)
    for start in range(20, 380, 40):
        mask[:, start : start + width] = 1
    found = StructureWidth()
    found.add(mask, None)
    found.add(np.zeros((9, 9), np.uint8), None)
    assert found.width() == pytest.approx(width, abs=0.4)
    ignoring = StructureWidth()
    ignoring.add(np.where(mask, 255, 0).astype(np.uint8), 255)
    assert ignoring.width() is None


def test_thin_structures_get_the_smallest_crop_and_wide_ones_a_larger() -> None:
    thin, wide = (proposal(info(*[(999, 960)] * 28, width=width)) for width in (6.8, 15.0))
    assert thin == Proposal((256, 256), 10, 18, pads=False)
    assert wide is not None
    assert (wide.crop_size, wide.batch_size) == ((384, 384), 4)  # 24 widths are 360
    assert thin is not None
    assert thin.overrides([256, 256]) == ["data.crops_per_image=18"]
    assert wide.overrides([256, 256])[:2] == ["dataset.crop_size=[384,384]", "data.batch_size=4"]


@pytest.mark.parametrize("width", [None, 1.0, 30.0])
@pytest.mark.parametrize("num_classes", [2, 5, 19])
@pytest.mark.parametrize(
    "sizes", [[(20, 28)], [(300, 1000), (310, 990)], [(50, 700), (800, 900), (820, 910)], [(4000, 3000)]]
)
def test_what_is_proposed_fits(sizes: list[tuple[int, int]], num_classes: int, width: float | None) -> None:
    found = proposal(info(*sizes, num_classes=num_classes, width=width))
    assert found is not None
    height, breadth = found.crop_size
    fits = all(h >= height and w >= breadth for h, w in sizes)
    assert fits != found.pads
    assert found.batch_size * height * breadth * max(num_classes / 4, 1) <= 655_360 or found.batch_size == 1
    assert max(found.crop_size) <= 512
    assert all(side % 32 == 0 or side in (h for size in sizes for h in size) for side in found.crop_size)
    steps = math.floor(found.crops_per_image * max(len(sizes) / 2, 1) / found.batch_size)
    assert steps >= 25


@pytest.mark.slow
def test_the_proposed_command_trains_and_a_crop_that_cannot_be_cut_ends_a_sweep_before_it_starts(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, size in enumerate([(40, 90)] + 5 * [(100, 110)]):
        save(Path(f"raw/images/{number}.png"), photograph(number, *size))
        save(Path(f"raw/masks/{number}.png"), np.eye(*size, dtype=np.uint8) * 255)
    assert command("prepare", "dataset=folder", "raw=raw", "name=mixed") == 0
    advised = shlex.split(capsys.readouterr().out.rpartition("then train: ")[2])
    training = [override for override in TINY if not override.startswith("dataset.")]
    assert command("train", *advised[1:], *training, "data.crops_per_image=1", "loss=dice") == 0
    assert only_run().name.startswith("mixed-")
    capsys.readouterr()
    large = ("dataset.crop_size=[128,128]", "dataset.pad_image=null")
    assert command("train", "-m", advised[1], *training, *large, "loss=dice,lovasz", "fold=0,1") == 1
    shown = capsys.readouterr().err.strip().splitlines()
    assert len(shown) == 1
    assert "dataset.crop_size: expected at most the image size, got [128, 128]" in shown[0]
    assert len(list(Path("outputs/runs").iterdir())) == 1
