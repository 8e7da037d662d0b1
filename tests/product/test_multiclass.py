"""Three classes, ignored pixels, five channels of 16 bit: from files to scores."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cwmi_seg.datasets.prepared import PreparedImages
from tests.conftest import TINY, Command
from tests.support import fake_data
from tests.support.outputs import only_run, scores
from tests.support.three_classes import FILES, TRAINING


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_values_become_classes(command: Command, channels: int) -> None:
    fake_data.write_classes(Path("raw"), channels=channels)
    assert command("prepare", *FILES, "raw=raw") == 0
    images = PreparedImages("data/folder")
    info = images.info
    assert (info.num_classes, info.channels, info.dtype, info.ignore_index) == (3, channels, "uint16", 255)
    for index, entry in enumerate(info.images):
        image, mask = images.read(index)
        np.testing.assert_array_equal(image, tifffile.imread(f"raw/images/{entry.name}.tif").reshape(image.shape))
        labels = fake_data.cells(int(entry.name), 32, 32, count=3) % 3
        np.testing.assert_array_equal(mask[2:], labels[2:])
        assert (mask[:2] == 255).all()
        assert sum(entry.class_counts) == 30 * 32


@pytest.mark.parametrize("loss", ["dice", pytest.param("cross_entropy", marks=pytest.mark.slow)])
def test_three_classes_train_and_evaluate(command: Command, loss: str) -> None:
    fake_data.write_classes(Path("raw"))
    assert command("prepare", *FILES, "raw=raw") == 0
    assert command("train", *TRAINING, f"loss={loss}", "augmentation=strong") == 0
    folder = only_run()
    assert 0 < json.loads((folder / "results.json").read_text())["test"]["miou"]["mean"] <= 1
    assert command("evaluate", f"run={folder}") == 0
    assert (folder / "evaluation_test" / "images.csv").read_text() == scores(folder)


def test_a_loss_with_a_weight_map_is_refused_for_three_classes(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_data.write_classes(Path("raw"))
    assert command("prepare", *FILES, "raw=raw") == 0
    assert command("train", *TRAINING, "loss=unet_weighted") == 1
    assert "got UNetWeightedLoss, which is defined for two; choose" in capsys.readouterr().err


@pytest.mark.slow
def test_strong_augmentation_with_a_weight_map_needs_sizes_to_stay(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    strong = (*TINY, "loss=unet_weighted", "augmentation=strong")
    assert command("train", *strong) == 1
    assert "use augmentation.rotate_scale.scale=[1,1], or augmentation=paper" in capsys.readouterr().err
    assert command("train", *strong, "augmentation.rotate_scale.scale=[1,1]") == 0
