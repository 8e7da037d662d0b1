"""The tables that a report is made from: a row for each run, for each tested image and for each epoch."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cwmi_seg.files.csv_files import read_columns, read_table, write_table
from cwmi_seg.files.printable import printable
from cwmi_seg.mistakes import Mistake
from cwmi_seg.reporting.confusions import COLUMNS, no_confusions
from cwmi_seg.reporting.groups import with_groups
from cwmi_seg.reporting.image_tags import COLUMNS as TAG_COLUMNS
from cwmi_seg.reporting.image_tags import no_tags
from cwmi_seg.study.run_status import RunStatus
from cwmi_seg.study.run_tables import GROUP

RUNS, IMAGES, EPOCHS, CONFUSIONS = "runs.csv", "images.csv.gz", "epochs.csv.gz", "confusions.csv.gz"
TAGS = "image_tags.csv.gz"
TEXT = ("run", "study", "dataset", "model", "settings", "loss", "label", "hash", "state", "reason")
"""Columns of ``runs`` that are text, and empty rather than missing."""
MONITOR = "monitor"
"""Column of ``runs`` with the score that chose the best epoch; records of before it was kept have none."""
SCORE = "test/"
"""Prefix of the columns of ``runs`` that hold the mean of a metric over the test images."""
SETTING = "config/"
"""Prefix of the columns of ``runs`` that hold a setting, as text, missing where a run has none."""
UNIT = "unit/"
"""Prefix of the columns of ``runs`` that say what a metric that is a distance is in, missing where none is said."""
EXTERNAL = "external-"
"""Beginning of the run of masks that other code has made; it has no folder, and no name of a run of ours begins so."""


@dataclass(frozen=True)
class Records:
    """The runs of a study.

    Args:
        runs: columns ``TEXT``, ``MONITOR``, fold, seed, best_epoch, epochs, train_seconds, test_seconds,
            num_test_images, ``test/METRIC``, ``version/PACKAGE`` and ``config/KEY`` (settings to compare with the
            paper's); in newer ones ``unit/METRIC`` and what their classes are (:mod:`cwmi_seg.reporting.confusions`).
        images: columns run, name, group (images of one are one observation) and one per metric: the scores of single
            test images.
        epochs: columns run, epoch and everything that was logged.
        confusions: columns run, name, target, predicted, pixels: the confusion matrices of single test images, without
            the pairs of classes that do not occur; no rows for runs from before they were kept.
        tags: columns dataset, name, tag, value: what is said of the test images that have tags.
    """

    runs: pd.DataFrame
    images: pd.DataFrame
    epochs: pd.DataFrame
    confusions: pd.DataFrame = field(default_factory=no_confusions)
    tags: pd.DataFrame = field(default_factory=no_tags)

    @property
    def study(self) -> str:
        """Name of the study."""
        return str(self.runs["study"].iloc[0])

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics, in the order of the runs' results."""
        return [column.removeprefix(SCORE) for column in self.runs.columns if column.startswith(SCORE)]

    @property
    def done(self) -> pd.DataFrame:
        """The finished runs."""
        return self.runs[self.runs["state"] == "done"]

    def save(self, folder: Path) -> None:
        """Write ``runs.csv``, ``images.csv.gz``, ``epochs.csv.gz`` and, where there are some, ``confusions.csv.gz`` and
        ``image_tags.csv.gz``.

        They are the same bytes for the same records.
        """
        write_table(self.runs, folder / RUNS)
        for name, table in ((IMAGES, self.images), (EPOCHS, self.epochs)):
            save_table(table, folder / name)
        for name, table in ((CONFUSIONS, self.confusions), (TAGS, self.tags)):
            if len(table):
                save_table(table, folder / name)
            else:  # of an earlier report
                (folder / name).unlink(missing_ok=True)


def monitors(runs: pd.DataFrame) -> list[str]:
    """Names of the scores that chose the best epochs of these runs."""
    names = runs[MONITOR] if MONITOR in runs else pd.Series("", runs.index)
    return sorted(set(names.fillna("").replace("", RunStatus.monitor)))


def save_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table to ``NAME.csv.gz``, the same bytes for the same table."""
    # gzip would write the time of writing into the file: the same records are to be the same bytes
    write_table(table, path, compression={"method": "gzip", "mtime": 0})


def load_records(folder: Path) -> Records:
    """Read the records that :meth:`Records.save` wrote; without ``epochs.csv.gz`` there are no training curves.

    Raises:
        FileNotFoundError: ``runs.csv`` or ``images.csv.gz`` is not there.
        ValueError: ``runs.csv`` lacks columns, or a table is too large.
    """
    for name in (RUNS, IMAGES):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"results: expected {name} in {folder}, got none; give the folder of a report.")
    settings = [column for column in read_columns(folder / RUNS) if column.startswith(SETTING)]
    runs = read_table(folder / RUNS, [*TEXT, *settings])
    lacking = sorted({*TEXT, "fold", "seed"} - set(runs.columns))
    if lacking:
        raise Mistake(f"results: expected columns {lacking} in {folder / RUNS}, got none; make the report again.")
    # pandas reads the empty cell of a text as a missing value
    runs = runs.fillna(dict.fromkeys(TEXT, ""))
    images, epochs = (_read(folder / name) for name in (IMAGES, EPOCHS))
    confusions, tags = _confusions(folder / CONFUSIONS), _tags(folder / TAGS)
    return printable_records(Records(runs, with_groups(images, runs), epochs, confusions, tags))


def printable_records(records: Records) -> Records:
    """Write all texts in visible characters, except names of run folders and images, by which files are found."""
    runs = records.runs.copy()
    for name in runs.columns.difference(["run"]):
        if runs[name].map(type).eq(str).any():
            runs[name] = runs[name].map(lambda value: printable(value) if isinstance(value, str) else value)
    return Records(
        runs=runs.rename(columns=printable),
        images=records.images.rename(columns=printable),
        epochs=records.epochs.rename(columns=printable),
        confusions=records.confusions,
        tags=records.tags.assign(**{name: records.tags[name].map(printable) for name in ("dataset", "tag", "value")}),
    )


def _confusions(path: Path) -> pd.DataFrame:
    """The confusion matrices of an earlier report, none where it had none.

    Raises:
        ValueError: the table has other columns, or something else than whole numbers in them.
    """
    if not path.is_file():
        return no_confusions()
    table = read_table(path, ["run", "name"])
    whole = [name for name in COLUMNS[2:] if name in table and table[name].dtype.kind == "i"]
    if whole != COLUMNS[2:] or not set(COLUMNS) <= set(table.columns):
        raise Mistake(f"{path}: expected the columns {COLUMNS}, the last three whole numbers, got others; delete it.")
    return table[COLUMNS]


def _tags(path: Path) -> pd.DataFrame:
    """The tags of an earlier report, none where it had none.

    Raises:
        ValueError: the table has other columns.
    """
    if not path.is_file():
        return no_tags()
    table = read_table(path, TAG_COLUMNS)
    if not set(TAG_COLUMNS) <= set(table.columns):
        raise Mistake(f"{path}: expected the columns {TAG_COLUMNS}, got others; delete it.")
    return table[TAG_COLUMNS].dropna()


def _read(path: Path) -> pd.DataFrame:
    """A table of runs, empty where there is no file."""
    if not path.is_file():
        return pd.DataFrame({"run": [], "epoch": []}).astype({"run": str})
    return read_table(path, ["run", "name", GROUP])
