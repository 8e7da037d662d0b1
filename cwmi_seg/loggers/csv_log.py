"""Lightning's csv log, which a resumed run goes on with."""

import csv
from pathlib import Path

from lightning_fabric.loggers.logger import rank_zero_experiment
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.loggers.csv_logs import ExperimentWriter

from cwmi_seg.study.run_folder import RunFolder


class CsvLog(CSVLogger):
    """``CSVLogger`` that keeps the rows of a run which is resumed; Lightning's own deletes them."""

    @property
    @rank_zero_experiment
    def experiment(self) -> ExperimentWriter:
        """Writes ``metrics.csv`` and ``hparams.yaml``."""
        if self._experiment is None:
            resumed = RunFolder(Path(self.save_dir)).last.is_file()
            self._experiment = (_GoingOn if resumed else ExperimentWriter)(log_dir=self.log_dir)
        return self._experiment  # type: ignore[return-value]


class _GoingOn(ExperimentWriter):
    def _check_log_dir_exists(self) -> None:
        """Instead of deleting the file, take over the names of its columns."""
        path = Path(self.metrics_file_path)
        if path.is_file():
            with path.open(newline="", encoding="utf-8") as file:
                self.metrics_keys = next(csv.reader(file), [])
