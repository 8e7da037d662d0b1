"""Trainings with the maps of several classes: made once, with the dataset's classes and ignored value, by sums too."""

from pathlib import Path

import numpy as np
import pytest

from cwmi_seg.datasets.prepared import PreparedImages
from cwmi_seg.weight_maps import boundary, skeleton
from tests.conftest import Command
from tests.support import fake_data
from tests.support.three_classes import FILES, TRAINING

SKELETONS = ("train", *TRAINING, "loss=dice_cross_entropy_skeleton_recall")


def cached(name: str) -> list[bytes]:
    return sorted(np.load(path).tobytes() for path in Path("data/weight_maps", name).glob("*.npy"))


@pytest.mark.slow
def test_three_classes_and_ignored_pixels(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    fake_data.write_classes(Path("raw"))
    assert command("prepare", *FILES, "raw=raw") == 0
    assert command("train", *TRAINING, "loss=unified_focal") == 1
    assert "loss: expected one for 3 classes, got UnifiedFocalLoss, which is defined for two" in capsys.readouterr().err
    assert command(*SKELETONS, "augmentation=strong") == 1
    assert "use augmentation.rotate_scale.scale=[1,1], or augmentation=paper" in capsys.readouterr().err
    assert command(*SKELETONS, "augmentation=strong", "augmentation.rotate_scale.scale=[1,1]") == 0
    assert command("train", *TRAINING, "loss=dice_boundary") == 0
    images = PreparedImages("data/folder")
    masks = [images.read(index)[1] for index in range(len(images.info.images))]
    assert any((mask == 255).any() for mask in masks)
    tubes = {skeleton.weight_map(mask, ignore_index=255).tobytes() for mask in masks}
    distances = {boundary.weight_map(mask, 3, ignore_index=255).tobytes() for mask in masks}
    assert cached("skeleton")
    assert tubes.issuperset(cached("skeleton"))
    assert cached("boundary")
    assert distances.issuperset(cached("boundary"))
