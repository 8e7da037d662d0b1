"""The folder of a run: this class alone knows the names of its files and how they are written.

The results are the last thing that a run writes: they alone make a run finished, unless the rest of the folder is gone.
A run whose status says "running" while nobody holds its lock was interrupted.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cwmi_seg.config.allowed_targets import check_target_names
from cwmi_seg.files.atomic import replacing
from cwmi_seg.files.csv_files import write_rows
from cwmi_seg.files.json_files import read_json, write_json
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.run_config import read_config
from cwmi_seg.study.run_lock import RunBusy, held, is_held
from cwmi_seg.study.run_results import NAME as RESULTS
from cwmi_seg.study.run_results import RunResults, read_results, write_results
from cwmi_seg.study.run_status import Mode, RunState, RunStatus, State
from cwmi_seg.study.run_tables import Epoch, read_epochs, read_images, write_epochs

if TYPE_CHECKING:
    import pandas as pd

    from cwmi_seg.datasets.info import DatasetInfo
    from cwmi_seg.loading.splits import Split
    from cwmi_seg.study.confusion_file import Confusions

BEST, LAST, CONFUSION = "best.ckpt", "last.ckpt", "test_confusion.json"
_CONFIG, _IDENTITY, _JOB, _STATUS, _LOCK = "config.yaml", "identity.json", "job.yaml", "status.json", ".lock"
_INFO, _SPLIT, _EPOCHS, _IMAGES = "dataset.json", "split.json", "metrics.csv", "test_images.csv"
_LOG, _OVERLAYS, _PREDICTIONS = "train.log", "overlays", "predictions"
_MADE_BY_TRAINING = (RESULTS, BEST, LAST, _EPOCHS, _IMAGES, CONFUSION, _CONFIG, _INFO, _SPLIT)


@dataclass(frozen=True)
class RunFolder:
    """The files of one run. What reads a damaged file raises a ``ValueError`` that names it."""

    path: Path

    @classmethod
    def of(cls, output: Path, identity: RunIdentity) -> "RunFolder":
        """Where a run lives, whatever studies it belongs to."""
        return cls(output / "runs" / identity.name)

    def __str__(self) -> str:
        return str(self.path)

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    # where things are that others write

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.path.name

    @property
    def best(self) -> Path:
        """Checkpoint of the best epoch."""
        return self.path / BEST

    @property
    def last(self) -> Path:
        """Checkpoint of the last epoch, to resume from."""
        return self.path / LAST

    @property
    def job(self) -> Path:
        """What a process of a sweep is told to train."""
        return self.path / _JOB

    @property
    def log(self) -> Path:
        """What the training has printed."""
        return self.path / _LOG

    @property
    def overlays(self) -> Path:
        """Folder of the pictures of test images."""
        return self.path / _OVERLAYS

    @property
    def predictions(self) -> Path:
        """Masks of the test images, as class indices."""
        return self.path / _PREDICTIONS

    @property
    def results_file(self) -> Path:
        """For messages."""
        return self.path / RESULTS

    @property
    def config_file(self) -> Path:
        """For messages."""
        return self.path / _CONFIG

    # how far the run is

    def status(self) -> RunStatus:
        """The last status written; waiting where there is none."""
        return RunStatus.from_dict(read_json(self.path / _STATUS))

    def write_status(
        self,
        state: State,
        *,
        epoch: int | None = None,
        max_epochs: int | None = None,
        best: float | None = None,
        monitor: str | None = None,
        mode: Mode | None = None,
        error: str | None = None,
        message: str | None = None,
    ) -> RunStatus:
        """Replace the status in one step; see :class:`RunStatus`. What is None stays as it was, but for errors."""
        said = {"epoch": epoch, "max_epochs": max_epochs, "best": best, "monitor": monitor, "mode": mode}
        status = self.status().followed_by(state, {**said, "error": error, "message": message})
        write_json(self.path / _STATUS, status.to_dict())
        return status

    def is_done(self) -> bool:
        """Whether the run has its test results, and the config that says what they are the results of."""
        return (self.path / RESULTS).is_file() and self.has_config()

    def state(self, status: RunStatus | None = None) -> RunState:
        """What is true of the run now, also after a crash that could not write a status."""
        if self.is_done():
            return "done"
        said = (status or self.status()).state
        # the files are asked first, for a status can be old: it is written by the process that may have been killed
        if said == "done":  # its results were deleted
            return "waiting"
        return "interrupted" if said == "running" and not self.is_claimed() else said

    def unfinished(self) -> str:
        """What to know of weights that are not final, ``run is interrupted at epoch 3/50``; "" of a finished run."""
        status = self.status()
        state = self.state(status)
        return "" if state == "done" or not status.how_far else f"run is {state} at epoch {status.how_far}"

    @contextmanager
    def claim(self, wait: float = 1.0) -> Iterator[None]:
        """Hold the run, so that nobody else trains it; the folder is made if absent.

        Args:
            wait: seconds, so that :meth:`is_claimed` of a bystander does not look like a rival.

        Raises:
            RunBusy: another process (or another claim of this one) holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            try:
                stack.enter_context(held(self.path / _LOCK, wait))
            except TimeoutError:
                raise RunBusy(
                    f"{self}: expected a free run, got one that {self._holder()} is training; wait for it."
                ) from None
            yield

    def _holder(self) -> str:
        status = self.status()
        return f"process {status.pid} on {status.host}" if status.state == "running" else "another process"

    def has_progress(self) -> bool:
        """Whether a training has left weights or results here."""
        return any((self.path / name).is_file() for name in (RESULTS, BEST, LAST))

    def is_claimed(self) -> bool:
        """Whether a process holds the run right now."""
        return is_held(self.path / _LOCK)

    # what it is

    def has_config(self) -> bool:
        """Whether a training has begun in this folder."""
        return (self.path / _CONFIG).is_file()

    def config(self) -> dict[str, Any]:
        """The resolved config, which may be a stranger's; see :func:`~cwmi_seg.study.run_config.read_config`.

        Raises:
            FileNotFoundError: the folder holds no run.
        """
        if not self.has_config():
            raise FileNotFoundError(f"run: expected the folder of a run, got {self} without {_CONFIG}; check the path.")
        return read_config(self.path / _CONFIG)

    def config_to_build(self, allowed_targets: Sequence[str] = ()) -> dict[str, Any]:
        """The same with names of allowed targets only; before a part is built, it goes through ``check_targets``."""
        config = self.config()
        check_target_names(config, allowed_targets)
        return config

    def save_config(self, config: Mapping[str, object]) -> None:
        """Write the config that a resumed run has to agree with; a kill in between must not leave half of it."""
        from omegaconf import OmegaConf

        with replacing(self.path / _CONFIG) as temporary:
            OmegaConf.save(OmegaConf.create(dict(config)), temporary)

    def identity(self) -> RunIdentity | None:
        """The identity of the run, None where the file is missing."""
        path = self.path / _IDENTITY
        if not path.is_file():
            return None
        try:
            return RunIdentity.from_dict(read_json(path))
        except (KeyError, TypeError, ValueError) as error:
            raise Mistake(f"{path}: expected the identity of a run, got {error}; train the run again.") from error

    def save_identity(self, identity: RunIdentity) -> None:
        """Write the identity."""
        write_json(self.path / _IDENTITY, identity.to_dict())

    def has_info(self) -> bool:
        """Whether it is known what images the run is for."""
        return (self.path / _INFO).is_file()

    def info(self) -> "DatasetInfo":
        """What the dataset is like, without its images.

        Raises:
            FileNotFoundError: the training never came so far.
        """
        from cwmi_seg.datasets.dataset_json import load_info

        if not self.has_info():
            raise FileNotFoundError(f"run: expected {_INFO} in {self}, found none; start the training once.")
        return load_info(self.path)

    def save_info(self, info: "DatasetInfo") -> None:
        """Write what a prediction must know of the dataset, which need not be there then."""
        from cwmi_seg.datasets.dataset_json import save_info

        # without the images: a prediction needs none of them, and their names are in the split
        save_info(replace(info, images=()), self.path)

    def fingerprint(self) -> str:
        """Of the prepared dataset that the run was trained on, "" where it is not known."""
        return fingerprint_of(self.path)

    def split(self, info: "DatasetInfo") -> "Split | None":
        """The names of the images of each part, None where the training never came so far."""
        from cwmi_seg.loading.splits import read_split

        path = self.path / _SPLIT
        return read_split(path, info) if path.is_file() else None

    def save_split(self, split: "Split") -> None:
        """Write the names of the images of each part."""
        split.write(self.path / _SPLIT)

    # what it has found

    def epochs(self) -> list[Epoch]:
        """What was logged in every epoch so far."""
        return read_epochs(self.path / _EPOCHS)

    def save_epochs(self, epochs: Sequence[Mapping[str, float | None]]) -> None:
        """Replace what was logged."""
        write_epochs(self.path / _EPOCHS, epochs)

    def results(self) -> RunResults | None:
        """The test scores, None where there are none yet."""
        return read_results(self.path / RESULTS)

    def images(self, results: RunResults) -> "pd.DataFrame":
        """The scores of single test images, which ``results`` were made from."""
        return read_images(self.path / _IMAGES, results)

    def confusions(self) -> "Confusions | None":
        """The confusion matrix of every test image, None of runs from before it was kept."""
        from cwmi_seg.study.confusion_file import read_confusions

        return read_confusions(self.path / CONFUSION)

    def save_results(
        self, results: RunResults, images: Sequence[Mapping[str, Any]], confusions: "Confusions | None" = None
    ) -> None:
        """Write what is known of single images, then the results, which make the run a finished one."""
        from cwmi_seg.study.confusion_file import write_confusions

        # in this order: whoever sees the results finds the scores that they were made from
        if confusions is not None:
            write_confusions(confusions, self.path / CONFUSION)
        write_rows(self.path / _IMAGES, images)
        write_results(results, self.path / RESULTS)

    def weights_file(self) -> Path:
        """The checkpoint of the best epoch, of the last where there is no best.

        Raises:
            FileNotFoundError: neither is there.
        """
        for path in (self.best, self.last):
            if path.is_file():
                return path
        raise FileNotFoundError(f"run: expected {BEST} or {LAST} in {self}, got neither; train the run first.")

    def weights(self) -> dict[str, Any]:
        """The checkpoint of :meth:`weights_file`, on the CPU, tensors and plain values only.

        Raises:
            ValueError: it is damaged, larger unpacked than it should be, or holds other objects, which could run
                anything when they are read.
        """
        from cwmi_seg.files.checkpoint_files import load_checkpoint

        return load_checkpoint(self.weights_file())

    # making room for another training

    def clear(self) -> None:
        """Remove what a training has made, to begin anew."""
        for name in _MADE_BY_TRAINING:
            (self.path / name).unlink(missing_ok=True)

    def remove_halves(self) -> None:
        """Remove the checkpoint that a killed process was writing."""
        for left in self.path.glob(".*.ckpt.*.tmp"):
            left.unlink()


def fingerprint_of(folder: Path) -> str:
    """The fingerprint of the dataset in a folder, "" where there is none that can be read."""
    fields = read_json(folder / _INFO)
    return str(fields.get("fingerprint") or "") if isinstance(fields, dict) else ""
