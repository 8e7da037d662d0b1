"""Trains on a made volume of uint16 that need not fit into memory, predicts it, and prints memory and speed.

    python -m scripts.large_volume FOLDER [SIDE] [STEPS] [--parts make,load,train,slab,predict] [--minutes 9]

FOLDER gets the volume (2 + 1 bytes a voxel, and twice as much for the results), SIDE is its length along every axis
(256), STEPS the steps of the training (30, in epochs of ten). The parts, each in a process of its own:

- make: the volume; the structure is sparse, tubes that wind through noise
- load: patches one after the other, as the training gets them, without a network
- train: a tiny U-Net, validated and tested on blocks
- slab: the first slices alone are predicted, two rows of windows, which tells how long the whole volume takes
- predict: the whole volume, whose first slices must be those of the slab

A part that is through is not done again, and only its lines are printed; remove FOLDER/measured_SIDE_STEPS.json to
measure anew. With --minutes a part that takes longer is killed (kill -9), and the script ends; the next call goes on
where it was, and the minutes are added up. Memory is what a process and its children hold beside the pages of mapped
files; voxels per second are those of the volume, windows overlap.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from cwmi_seg.files.json_files import read_json, write_json
from cwmi_seg.prediction.tiles import tilings
from scripts.made_volume import make
from scripts.memory_peak import Measured, measured

PATCH = (64, 96, 96)
BATCH = 2
STEPS_OF_EPOCH = 10
PATCHES = 200  # of the part load
ROWS = 2  # of windows, of the part slab


@dataclass(frozen=True)
class Measurement:
    """The parts of one measurement.

    Args:
        folder: For all files.
        side: Length of the volume along every axis.
        steps: Of the training.
        limit: Seconds after which a part is killed.
    """

    folder: Path
    side: int
    steps: int
    limit: float | None = None

    @property
    def prepared(self) -> Path:
        """The folder of the volume."""
        return self.folder / f"volume_{self.side}"

    @property
    def record(self) -> Path:
        """The file that keeps what was measured."""
        return self.folder / f"measured_{self.side}_{self.steps}.json"

    @cached_property
    def slab_depth(self) -> int:
        """Slices of the first rows of windows."""
        spans = tilings(None, None, 3)[0].spans(self.side)
        return spans[min(ROWS, len(spans)) - 1][1]

    def part(self, name: str) -> None:
        """Do a part, or what is left of it, and print what it took.

        Raises:
            SystemExit: It failed, or was killed after the limit.
        """
        before = read_json(self.record) or {}
        total = Measured(**before.get(name, {}))
        if not total.ended:
            found = measured(self.command(name), self.limit)
            total.seconds += found.seconds
            total.anonymous, total.shared = (
                max(total.anonymous, found.anonymous),
                max(total.shared, found.shared),
            )
            total.ended = found.ended
            write_json(self.record, before | {name: vars(total)})
        if not total.ended:
            raise SystemExit(f"{name:8} killed after {total.seconds:.0f} s in all; the same call goes on")
        print(f"{name:8} {self.speed(name, total)}\n         {total.memory()}", flush=True)

    def command(self, name: str) -> list[str]:
        """What runs in a process of its own."""
        ours = [sys.executable, "-m", "scripts.large_volume", str(self.folder), str(self.side), str(self.steps)]
        return {"train": self.train, "slab": self.predict_slab, "predict": self.predict}.get(
            name, lambda: [*ours, "--only", name]
        )()

    def speed(self, name: str, found: Measured) -> str:
        """What a part that is through took, in words."""
        words: dict[str, Callable[[Measured], str]] = {
            "train": self._speed_of_training, "slab": self._speed_of_slab, "predict": self._speed_of_prediction,
        }  # fmt: skip
        return words.get(name, lambda found: f"{self.side}^3 of uint16 in {found.seconds:.0f} s in all")(found)

    def load(self) -> None:
        """Patches one after the other in this process."""
        from cwmi_seg.augmentations import Flips
        from cwmi_seg.datasets.prepared import PreparedImages
        from cwmi_seg.loading.samples import Crops, TrainingCrops

        crops = Crops(PATCH, per_image=PATCHES, structure_share=0.33)
        start = time.perf_counter()
        data = TrainingCrops(PreparedImages(self.prepared), [0], crops, Flips(), None, seed=0)
        counted = time.perf_counter()
        for i in range(PATCHES):
            data[0, i]
        seconds = time.perf_counter() - counted
        rate = PATCHES * np.prod(PATCH) / seconds / 1e6
        print(f"load     {PATCHES / seconds:.0f} patches/s, {rate:.1f} M voxels/s; ", end="")
        print(f"structure counted in {counted - start:.1f} s", flush=True)

    @property
    def output(self) -> Path:
        """The folder of the run."""
        return self.folder / f"outputs_{self.side}_{self.steps}"

    def train(self) -> list[str]:
        """The command of the training, which goes on from its last epoch."""
        epochs = -(-self.steps // STEPS_OF_EPOCH)
        # fmt: off
        return command_of(
            "train", "dataset=folder_volumes", f"dataset.images.root={self.prepared}", "split=official",
            f"dataset.crop_size={list(PATCH)}", "dataset.structure_share=0.33", "dataset.test_block=[64,128,128]",
            "metrics=volumes", "model.width=4", "loss=cwmi", "loss.num_scales=3", "augmentation=volumes",
            "trainer=cpu", f"trainer.max_epochs={epochs}", "trainer.limit_val_batches=2",
            "trainer.limit_test_batches=2", f"data.batch_size={BATCH}",
            f"data.crops_per_image={BATCH * -(-self.steps // epochs)}", "logger=none",
            f"paths.output={self.output}",
        )
        # fmt: on

    def _speed_of_training(self, found: Measured) -> str:
        head, *rows = ((self._run() / "metrics.csv").read_text()).splitlines()
        epochs = [dict(zip(head.split(","), row.split(","), strict=True)) for row in rows]
        seconds = sum(float(epoch["train/seconds"]) for epoch in epochs)
        steps = len(epochs) * -(-self.steps // len(epochs))
        rate = steps * BATCH * np.prod(PATCH) / seconds / 1e6
        size = "x".join(map(str, PATCH))
        return f"{steps} steps of {BATCH} x {size}, {rate:.2f} M voxels/s; {found.seconds:.0f} s with all else"

    def _run(self) -> Path:
        (run,) = (self.output / "runs").iterdir()
        return Path(run)

    def predict_slab(self) -> list[str]:
        """The command that predicts the first slices, copied into a file of their own."""
        slab = self.folder / f"slab_{self.side}.npy"
        whole = np.load(self.prepared / "images" / "test.npy", mmap_mode="r")
        np.save(slab, whole[: self.slab_depth])
        return self._predict(slab, "slab")

    def predict(self) -> list[str]:
        """The command that predicts the whole volume."""
        return self._predict(self.prepared / "images" / "test.npy", "predicted")

    def _predict(self, volume: Path, name: str) -> list[str]:
        return command_of(
            "predict", f"run={self._run()}", f"images={volume}", f"out={self._results(name)}", "axes=ZYXC",
            "accelerator=cpu",
        )  # fmt: skip

    def _results(self, name: str) -> Path:
        return self.folder / f"{name}_{self.side}_{self.steps}"

    def _speed_of_slab(self, found: Measured) -> str:
        rows = len(tilings(None, None, 3)[0].spans(self.side))
        whole = found.seconds * rows / min(ROWS, rows)
        return f"{self._speed(self.slab_depth, found)}; by that the whole volume takes {whole:.0f} s"

    def _speed_of_prediction(self, found: Measured) -> str:
        made = np.load(self._results("predicted") / "masks" / "test.npy", mmap_mode="r")
        alone = self._results("slab") / "masks" / f"slab_{self.side}.npy"
        if alone.is_file():
            # up to where the next row of windows has a part in the whole
            same = tilings(None, None, 3)[0].spans(self.side)
            depth = self.side if len(same) <= ROWS else same[ROWS][0]
            if not np.array_equal(made[:depth], np.load(alone, mmap_mode="r")[:depth]):
                raise SystemExit("predict  the first slices differ from those of the slab")
        return self._speed(self.side, found)

    def _speed(self, depth: int, found: Measured) -> str:
        size, rate = f"{depth} x {self.side} x {self.side}", depth * self.side**2 / found.seconds / 1e6
        return f"{size} in {found.seconds:.0f} s with the start of the command, {rate:.2f} M voxels/s"


def command_of(name: str, *overrides: str) -> list[str]:
    """One of our commands."""
    return [sys.executable, "-m", f"cwmi_seg.commands.{name}", *overrides]


PARTS = ("make", "load", "train", "slab", "predict")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("side", type=int, nargs="?", default=256)
    parser.add_argument("steps", type=int, nargs="?", default=30)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--only", choices=("make", "load"), help=argparse.SUPPRESS)  # what a child does
    given = parser.parse_args(arguments)
    limit = None if given.minutes is None else 60 * given.minutes
    measurement = Measurement(given.folder, given.side, given.steps, limit)
    if given.only == "make":
        make(measurement.prepared, given.side)
    elif given.only == "load":
        measurement.load()
    else:
        for name in given.parts.split(","):
            measurement.part(name)


if __name__ == "__main__":
    main()
