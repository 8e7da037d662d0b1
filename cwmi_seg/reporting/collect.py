"""The records of a study, read from its run folders."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cwmi_seg.files.csv_files import read_table
from cwmi_seg.files.json_files import read_json
from cwmi_seg.reporting.damage import image_damage
from cwmi_seg.reporting.groups import GROUP, groups_of_prepared_data, with_groups
from cwmi_seg.reporting.labels import labels
from cwmi_seg.reporting.protocol import KEYS, UNSET
from cwmi_seg.reporting.records import SCORE, SETTING, Records, printable_records
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.members import study_runs
from cwmi_seg.study.run_state import read_status, run_state
from cwmi_seg.study.saved_config import read_config

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
    rows = []
    for (folder, identity), (settings, label) in zip(members.items(), named, strict=True):
        row = {"run": folder.name, "study": study, **_identity(identity), "settings": settings, "label": label}
        row |= {"state": "unreadable", "reason": unreadable[folder]} if folder in unreadable else _outcome(folder)
        if row["state"] == "done" and identity.name in configs:
            row |= _protocol(configs[identity.name])
        rows.append(row)
    done = [output / "runs" / row["run"] for row in rows if row["state"] == "done"]
    runs, images = pd.DataFrame(rows), _tables(done, "test_images.csv", "name").drop(columns="index", errors="ignore")
    images = groups_of_prepared_data(images, {folder: configs.get(members[folder].name, {}) for folder in done})
    return printable_records(Records(runs, with_groups(images, runs), _tables(done, "metrics.csv", "epoch")))


def _identity(identity: RunIdentity) -> dict[str, Any]:
    return {key: value for key, value in identity.to_dict().items() if key != "overrides"}


def _outcome(folder: Path) -> dict[str, Any]:
    """State of the run; its results, or the reason why it has none."""
    state = run_state(folder)
    if state != "done":
        return {"state": state, "reason": read_status(folder).reason if state == "failed" else ""}
    results = read_json(folder / "results.json")
    if not isinstance(results, dict) or "test" not in results:
        return {"state": "unreadable", "reason": "results.json is damaged; delete it and train the run again"}
    if damage := image_damage(folder / "test_images.csv", results):
        return {
            "state": "unreadable",
            "reason": f"test_images.csv {damage}; delete results.json and train the run again",
        }
    return {
        "state": "done",
        "reason": "",
        **{key: results.get(key) for key in _NUMBERS},
        **{f"{SCORE}{name}": score["mean"] for name, score in results["test"].items()},
        **{f"version/{name}": version for name, version in results.get("versions", {}).items()},
    }


def _configs(members: Mapping[Path, RunIdentity]) -> tuple[dict[str, dict[str, Any]], dict[Path, str]]:
    """The config of every run that has one, by its name, and why a folder has none that can be read.

    Each is read once for all folds and seeds, in 20 ms.
    """
    shared: dict[tuple[str, ...], dict[str, Any]] = {}
    unreadable: dict[Path, str] = {}
    for folder, run in members.items():
        key, path = _of_one_config(run), folder / "config.yaml"
        if key not in shared and path.is_file():
            try:
                shared[key] = read_config(path)
            except ValueError as error:
                unreadable[folder] = str(error)
    return {run.name: shared[key] for run in members.values() if (key := _of_one_config(run)) in shared}, unreadable


def _of_one_config(run: RunIdentity) -> tuple[str, ...]:
    return run.dataset, run.model, run.loss, run.hash


def _protocol(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that the paper's protocol names, as far as the run has them."""
    from omegaconf import OmegaConf

    loaded = OmegaConf.create(dict(config))
    values = {key: OmegaConf.select(loaded, key, default=_ABSENT) for key in KEYS}
    for group in {key.removesuffix("._target_") for key in KEYS if key.endswith("._target_")}:
        if not OmegaConf.select(loaded, group, default=_ABSENT):  # null, or empty as with scheduler=constant
            values[f"{group}._target_"] = None
    return {f"{SETTING}{key}": _text(value) for key, value in values.items() if value is not _ABSENT}


def _text(value: Any) -> str:
    """As a config has it."""
    return UNSET if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _tables(folders: Iterable[Path], name: str, key: str) -> pd.DataFrame:
    """The csv files ``name`` of all folders below each other, with the run in front; ``key`` is a column of each."""
    tables = []
    for folder in folders:
        if (folder / name).is_file():
            table = read_table(folder / name, ["name", GROUP])
            table.insert(0, "run", folder.name)
            tables.append(table)
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"run": [], key: []}).astype({"run": str})
