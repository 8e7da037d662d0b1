"""Weights & Biases, offline first; losing it never loses a training."""

import logging
import os
import uuid
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from lightning_utilities.core.rank_zero import rank_zero_only
from numpy.typing import NDArray
from pytorch_lightning.loggers import Logger

from cwmi_seg.config.error_lines import error_line
from cwmi_seg.files.atomic import write_text
from cwmi_seg.files.plain_names import file_name
from cwmi_seg.files.printable import printable

if TYPE_CHECKING:
    from wandb import Run

log = logging.getLogger(__name__)


class _Settings(TypedDict):
    """Arguments of ``wandb.init`` that the config sets."""

    project: str
    entity: str | None
    group: str | None
    job_type: str
    tags: Sequence[str]


class WandbRun(Logger):
    """One W&B run: config with the identity on top, one row an epoch, test scores in the summary, overlays.

    The run starts with :meth:`log_hyperparams`. Any failure of W&B (not installed, no disk, no network) is
    reported once and switches the logger off.

    Args:
        save_dir: The run folder, which also gives the run its name; everything that W&B writes, its staging area
            included, goes there.
        project, entity, group, job_type, tags: Arguments of ``wandb.init``.
        offline: Whether W&B only writes files.
    """

    def __init__(
        self,
        save_dir: str,
        project: str = "cwmi-seg",
        entity: str | None = None,
        group: str | None = None,
        job_type: str = "train",
        tags: Sequence[str] = (),
        offline: bool = True,
    ) -> None:
        super().__init__()
        self._folder, self.offline = Path(save_dir).absolute(), offline
        self._settings = _Settings(project=project, entity=entity, group=group, job_type=job_type, tags=list(tags))
        self._run: Run | None = None
        self._row: dict[str, object] = {}  # of the epoch that is not logged yet
        self._class_names: list[str] = []

    @property
    def name(self) -> str:
        """The name of the run folder."""
        return self._folder.name

    @property
    def version(self) -> str | None:
        """The identifier that W&B knows the run by; None before it starts."""
        return None if self._run is None else str(self._run.id)

    @rank_zero_only
    def log_hyperparams(self, params: Mapping[str, object] | Namespace, *_: object, **__: object) -> None:
        """Start the run with this config; a second call does nothing."""
        if self._run is not None:
            return
        try:
            self._start(vars(params) if isinstance(params, Namespace) else dict(params))
        except Exception as error:
            self._give_up(error)

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Gather the values of an epoch into one row; test scores go to the summary."""
        test = {key: value for key, value in metrics.items() if key.startswith("test/")}
        if test:
            self._send(lambda run: run.summary.update(test))
            return
        if self._row and metrics.get("epoch") != self._row.get("epoch"):
            self._flush()
        self._row.update(metrics)

    @rank_zero_only
    def refill(self, rows: Iterable[Mapping[str, float]]) -> None:
        """Log the rows of the epochs before a resumption that the record lacks, ``epoch`` among the values of each.

        Online those that a killed process had not sent; offline all of them, since every start writes a record of its
        own, which is whole then, with the same steps.
        """

        def add(run: "Run") -> None:
            held = run.summary.get("epoch")  # type: ignore[no-untyped-call]
            for row in rows:
                if held is None or row["epoch"] > held:
                    run.log(dict(row))

        self._send(add)

    def name_classes(self, names: Sequence[str]) -> None:
        """What the classes of the masks of :meth:`log_overlay` are called, by their numbers."""
        self._class_names = [printable(name) for name in names]

    @rank_zero_only
    def log_table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table, in the row of the last epoch."""

        def add(_: "Run") -> None:
            import wandb

            self._row[name] = wandb.Table(columns=list(columns), data=[list(row) for row in rows])

        self._send(add)

    @rank_zero_only
    def log_overlay(
        self, name: str, image: NDArray[np.uint8], prediction: NDArray[np.integer], target: NDArray[np.integer]
    ) -> None:
        """One test image H W 3 with its two masks H W, in the row of the last epoch."""
        names = {"class_labels": dict(enumerate(self._class_names))} if self._class_names else {}
        masks = {"prediction": {"mask_data": prediction, **names}, "target": {"mask_data": target, **names}}

        def add(_: "Run") -> None:
            import wandb

            self._row[f"overlay/{file_name(name)}"] = wandb.Image(image, masks=masks)  # W&B names a file after it

        self._send(add)

    @rank_zero_only
    def log_items(self, make: Callable[[], Mapping[str, object]]) -> None:
        """Log tables, charts, pages: what ``make`` builds, by name; it is called where W&B works only."""
        self._send(lambda run: run.log(dict(make())))

    @rank_zero_only
    def finish(self, exit_code: int) -> None:
        """Close the run; offline, say how to upload it."""
        self._flush()
        self._send(self._close(exit_code))
        self._run = None

    def _close(self, exit_code: int) -> "Callable[[Run], None]":
        def close(run: "Run") -> None:
            record = Path(run.dir).parent  # of this start; the record of one that was killed is a part of it
            run.finish(exit_code=exit_code)
            if self.offline:
                log.info("upload   wandb sync %s", record)

        return close

    def _start(self, config: dict[str, object]) -> None:
        # the staging area of W&B would otherwise be in the home folder
        os.environ["WANDB_DATA_DIR"] = str(self._folder)
        import wandb

        identifier = self._folder / "wandb_id.txt"
        if not identifier.exists():
            write_text(identifier, uuid.uuid4().hex[:8])
        self._run = wandb.init(
            **self._settings,
            name=self.name,
            id=identifier.read_text(),
            resume="allow",
            dir=str(self._folder),
            mode="offline" if self.offline else "online",
            config=config,
            settings=wandb.Settings(silent=True, console="off"),
        )
        self._run.define_metric("epoch")
        self._run.define_metric("train/*", step_metric="epoch")
        self._run.define_metric("val/*", step_metric="epoch", summary="max,last")

    def _flush(self) -> None:
        row, self._row = self._row, {}
        if row:
            self._send(lambda run: run.log(row))

    def _send(self, action: "Callable[[Run], object]") -> None:
        """Do something with the run, unless there is none."""
        if self._run is None:
            return
        try:
            action(self._run)
        except Exception as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        log.warning("W&B failed (%s: %s); the run goes on without it.", type(error).__name__, error_line(error))
        self._run = None
