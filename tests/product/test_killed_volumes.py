"""A kill (SIGKILL) at any moment of a training on volumes, or of their prediction, changes no result."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cwmi_seg.files.json_files import read_json
from tests.support import volume_writers as writers
from tests.support.networks import network, write_run

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
TRAINING = (
    "train", "dataset=synthetic_volumes", "dataset.images.shape=[16,16,16]", "dataset.images.num_train=4",
    "dataset.images.num_val=1", "dataset.images.num_test=2", "model.width=2", "metrics=volumes",
    "augmentation=volumes", "dataset.crop_size=[8,16,16]", "dataset.structure_share=0.33", "trainer=cpu",
    "trainer.max_epochs=3", "data.batch_size=2", "loss=dice", "logger=none",
)  # fmt: skip
FORMATS: dict[str, Callable[[Path, NDArray[np.uint8], str], None]] = {
    "a.nii.gz": writers.nifti, "b.npy": writers.npy, "c.zarr": writers.ome_zarr(3), "d.h5": writers.hdf5,
    "e.ome.tif": writers.ome_tif,
}  # fmt: skip


def called(*call: str, moment: str | None = None) -> int:
    """The exit status of a command in a process of its own."""
    module = [f"cwmi_seg.commands.{call[0]}"] if moment is None else ["tests.support.killed", moment, call[0]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", *module, *call[1:]], env=environment).returncode


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def epochs(run: Path) -> list[dict[str, str]]:
    """What each epoch has, but for its time."""
    rows = csv.DictReader((run / "metrics.csv").read_text().splitlines())
    return [{name: value for name, value in row.items() if "second" not in name and "_ms" not in name} for row in rows]


def test_a_training_that_is_killed_in_an_epoch_ends_with_the_same_scores(in_empty_folder: Path) -> None:
    assert called(*TRAINING, "paths.output=killed", moment="step") == -signal.SIGKILL
    (killed,) = Path("killed/runs").iterdir()
    assert not (killed / "results.json").exists()
    assert called(*TRAINING, "paths.output=killed") == 0
    assert called(*TRAINING, "paths.output=whole") == 0
    (whole,) = Path("whole/runs").iterdir()
    assert (killed / "test_images.csv").read_bytes() == (whole / "test_images.csv").read_bytes()
    assert files_of(killed / "predictions") == files_of(whole / "predictions") != {}
    losses, expected = epochs(killed), epochs(whole)
    assert losses == expected
    assert len({row["train/loss"] for row in losses}) == 3
    assert not list(Path("killed").rglob("*.tmp"))


def test_predictions_that_are_killed_again_and_again_end_with_the_same_files(in_empty_folder: Path) -> None:
    """In a volume, then once for each format when its result is written, but has not taken its place."""
    run = write_run(Path("run"), network(dimensions=3))
    grey = np.random.default_rng(0).integers(0, 256, (20, 16, 41), dtype=np.uint8)
    Path("in").mkdir()
    for name, write in FORMATS.items():
        axes = "XYZ" if ".nii" in name else "ZYX"
        write(Path("in", name), writers.in_order(grey[..., None], axes + "C")[..., 0], axes)
    call = ("predict", f"run={run}", "images=in", "tile=16", "overlap=0")
    for number, moment in enumerate(("slab", *(f"write:{name}" for name in FORMATS))):
        assert called(*call, "out=killed", moment=moment) == -signal.SIGKILL
        done = [path for path in Path("killed/masks").iterdir() if not path.name.endswith(".tmp")]
        assert len(done) == max(number - 1, 0)
    for folder in ("killed", "whole"):
        assert called(*call, f"out={folder}") == 0
    killed, whole = files_of(Path("killed")), files_of(Path("whole"))
    assert read_json(Path("killed/summary.json"))["skipped"] == len(FORMATS) - 1
    assert {**killed, "summary.json": b""} == {**whole, "summary.json": b""}
