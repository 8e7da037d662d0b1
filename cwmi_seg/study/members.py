"""The runs that make up a study: one small file for each, whatever the number of processes that join at once."""

import re
from pathlib import Path
from typing import Any

from cwmi_seg.files.json_files import read_json, write_json
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.run_folder import RunFolder


def study_folder(output: Path, study: str) -> Path:
    """Where the members and the report of a study lie."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", study):
        raise Mistake(f"study: expected letters, digits, '_', '.' and '-', got {study!r}; choose another name.")
    return output / "studies" / study


def join_study(output: Path, study: str, identity: RunIdentity) -> None:
    """Make a run a member of a study: one small file, so that any number of processes can join at once."""
    # relative, so that the folder of outputs can be moved
    data = {"run": f"../../runs/{identity.name}", "identity": identity.to_dict()}
    path = study_folder(output, study) / f"{identity.name}.json"
    if read_json(path) != data:  # a finished run of a disk that cannot be written is done all the same
        write_json(path, data)


def study_runs(output: Path, study: str) -> dict[RunFolder, RunIdentity]:
    """Run folders of a study, by name, with their identities; a run that has not started has no folder yet.

    Raises:
        FileNotFoundError: no such study, or one without runs.
        ValueError: a damaged file.
    """
    members = {path: read_json(path) for path in sorted(study_folder(output, study).glob("*.json"))}
    runs = {RunFolder(output / "runs" / path.stem): _identity(path, data) for path, data in members.items() if data}
    if not runs:
        known = sorted(folder.name for folder in (output / "studies").glob("*") if folder.is_dir())
        raise FileNotFoundError(
            f"study: expected one of {known} in {output / 'studies'}, got {study!r}; train with study={study} first."
        )
    return runs


def _identity(path: Path, data: Any) -> RunIdentity:
    try:
        return RunIdentity.from_dict(data["identity"])
    except (KeyError, TypeError, ValueError) as error:
        raise Mistake(f"{path}: expected the identity of a run, got {error}; delete it, and train again.") from error
