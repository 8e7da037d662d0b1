"""The records of a study, read from its run folders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cwmi_seg.mistakes import Mistake
from cwmi_seg.reporting.confusions import checked, class_columns, confusion_rows, no_confusions
from cwmi_seg.reporting.groups import groups_of_prepared_data, with_groups
from cwmi_seg.reporting.image_tags import tags_of_images
from cwmi_seg.reporting.labels import labels
from cwmi_seg.reporting.protocol import KEYS, UNSET
from cwmi_seg.reporting.records import MONITOR, SCORE, SETTING, UNIT, Records, printable_records
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.members import study_runs
from cwmi_seg.study.run_config import setting
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_results import RunResults

_ABSENT = object()
_NUMBERS = ("best_epoch", "epochs", "train_seconds", "test_seconds", "num_test_images")


def collect(output: Path, study: str) -> Records:
    """Read every run of the study; those that are not done are rows without scores.

    Args:
        output: folder with ``runs`` and ``studies``.
        study: its name.

    Raises:
        FileNotFoundError: no such study.
    """
    members = study_runs(output, study)
    configs, unreadable = _configs(members)
    named = labels(list(members.values()), configs)
    found = [_read(folder, unreadable.get(folder, "")) for folder in members]
    rows = []
    for (folder, identity), (settings, label), run in zip(members.items(), named, found, strict=True):
        row = {"run": folder.name, "study": study, **_identity(identity), "settings": settings, "label": label}
        row |= run.outcome
        if run.is_done and identity.name in configs:
            row |= _protocol(configs[identity.name])
        rows.append(row)
    done = {run.folder: configs.get(members[run.folder].name, {}) for run in found if run.is_done}
    runs, images = pd.DataFrame(rows), _joined([(run.folder, run.images) for run in found if run.is_done], "name")
    images = groups_of_prepared_data(images.drop(columns="index", errors="ignore"), done)
    epochs = _joined([(run.folder, run.epochs) for run in found if run.is_done], "epoch")
    kept = [run.confusions for run in found if run.is_done and len(run.confusions)]
    confusions = pd.concat([no_confusions(), *kept], ignore_index=True)
    tags = tags_of_images(images, runs, done)
    return printable_records(Records(runs, with_groups(images, runs), epochs, confusions, tags))


@dataclass(frozen=True)
class _Run:
    """What a run folder holds for the report: ``outcome`` is its part of the row of the run."""

    folder: RunFolder
    outcome: dict[str, Any]
    images: pd.DataFrame = field(default_factory=pd.DataFrame)
    epochs: pd.DataFrame = field(default_factory=pd.DataFrame)
    confusions: pd.DataFrame = field(default_factory=no_confusions)

    @property
    def is_done(self) -> bool:
        """Whether it has results."""
        return bool(self.outcome["state"] == "done")


def _identity(identity: RunIdentity) -> dict[str, Any]:
    return {key: value for key, value in identity.to_dict().items() if key != "overrides"}


def _read(folder: RunFolder, damage: str) -> _Run:
    """State of the run; its results, or the reason why it has none.

    Args:
        folder: of the run.
        damage: what is wrong with its config, if anything.
    """
    status = folder.status()
    state = folder.state(status)
    try:
        if damage:
            raise Mistake(damage)
        results = folder.results() if state == "done" else None
        if results is None:
            return _Run(folder, {"state": state, "reason": status.reason if state == "failed" else ""})
        outcome = {"state": "done", "reason": "", MONITOR: status.monitor, **columns_of(results)}
        images, confusions = folder.images(results), folder.confusions()
        checked(confusions, results, images["name"], folder)
        return _Run(folder, outcome, images, _epochs(folder), confusion_rows(folder.name, confusions))
    except (Mistake, OSError) as error:
        return _Run(folder, {"state": "unreadable", "reason": str(error)})


def _epochs(folder: RunFolder) -> pd.DataFrame:
    """A column for everything that was logged; pandas takes ten times as long to find out that all are numbers."""
    rows = folder.epochs()
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: np.array([row.get(name) for row in rows], dtype=float) for name in names}
    return pd.DataFrame({**columns, "epoch": columns["epoch"].astype(int)} if rows else {})


def columns_of(results: RunResults) -> dict[str, Any]:
    """What the row of a run says of its results."""
    return {
        **{name: getattr(results, name) for name in _NUMBERS},
        **{f"{SCORE}{name}": score.mean for name, score in results.test.items()},
        **{f"{SCORE}{name}": value for name, value in results.pooled.items()},
        **class_columns(results),
        **{f"{UNIT}{name}": unit for name, unit in results.units.items()},
        **{f"version/{name}": version for name, version in results.versions.items()},
    }


def _configs(members: Mapping[RunFolder, RunIdentity]) -> tuple[dict[str, dict[str, Any]], dict[RunFolder, str]]:
    """The config of every run that has one, by its name, and why a folder has none that can be read.

    Each is read once for all folds and seeds, in 20 ms.
    """
    shared: dict[tuple[str, ...], dict[str, Any]] = {}
    unreadable: dict[RunFolder, str] = {}
    for folder, run in members.items():
        key = _of_one_config(run)
        if key not in shared and folder.has_config():
            try:
                shared[key] = folder.config()
            except (Mistake, OSError) as error:
                unreadable[folder] = str(error)
    return {run.name: shared[key] for run in members.values() if (key := _of_one_config(run)) in shared}, unreadable


def _of_one_config(run: RunIdentity) -> tuple[str, ...]:
    return run.dataset, run.model, run.loss, run.hash


def _protocol(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that the paper's protocol names, as far as the run has them."""
    values = {key: setting(config, key, _ABSENT) for key in KEYS}
    for group in {key.removesuffix("._target_") for key in KEYS if key.endswith("._target_")}:
        if not setting(config, group, _ABSENT):  # null, or empty as with scheduler=constant
            values[f"{group}._target_"] = None
    return {f"{SETTING}{key}": _text(value) for key, value in values.items() if value is not _ABSENT}


def _text(value: Any) -> str:
    """As a config has it."""
    return UNSET if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _joined(tables: Sequence[tuple[RunFolder, pd.DataFrame]], key: str) -> pd.DataFrame:
    """The tables of all runs below each other, with the run in front; ``key`` is a column of each."""
    filled = {folder.name: table for folder, table in tables if len(table)}
    if not filled:
        return pd.DataFrame({"run": [], key: []}).astype({"run": str})
    joined = pd.concat(filled.values(), ignore_index=True)
    joined.insert(0, "run", np.repeat(np.array(list(filled), dtype=object), [len(table) for table in filled.values()]))
    return joined.astype({"run": str})
