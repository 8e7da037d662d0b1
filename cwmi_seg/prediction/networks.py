"""Trained networks from run folders, exported bundles and studies."""

import glob
import hashlib
from collections.abc import Sequence
from pathlib import Path

from cwmi_seg.config.allowed_targets import check_targets
from cwmi_seg.config.arguments import listed
from cwmi_seg.config.network import build_model
from cwmi_seg.config.target import Target
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.bundle import WEIGHTS, is_bundle, load_model
from cwmi_seg.prediction.pixel_model import PixelModel
from cwmi_seg.prediction.weights import with_weights
from cwmi_seg.study.members import study_runs
from cwmi_seg.study.run_config import setting
from cwmi_seg.study.run_folder import RunFolder

_REPAIR = "train the run again, or put back the file that was trained"


def load_network(folder: Path, allowed_targets: Sequence[str] = ()) -> PixelModel:
    """Load the network of a run (best epoch) or of an exported bundle; no training data are needed.

    Raises:
        FileNotFoundError: There is neither in ``folder``.
        ValueError: Its config names a target outside the allowed packages, a file is damaged, or the weights are those
            of another network.
    """
    if is_bundle(folder):
        return load_model(folder, allowed_targets)
    run = RunFolder(folder)
    target, slices = model_of(run, allowed_targets)
    info = run.info()
    state = run.weights()["state_dict"]
    own = {key[len("model.") :]: value for key, value in state.items() if key.startswith("model.")}
    model = with_weights(lambda: build_model(target, info, slices=slices), own, run.weights_file(), _REPAIR)
    return PixelModel(model, info)


def model_of(run: RunFolder, allowed_targets: Sequence[str] = ()) -> tuple[Target, bool]:
    """What makes the network of a run, and whether it sees the slices of volumes, as the record of the run says.

    Raises:
        FileNotFoundError: the folder holds no run.
        ValueError: its config names no network, or one outside the allowed packages.
    """
    config = run.config_to_build(allowed_targets)
    node = config.get("model")
    if node is None:
        raise Mistake(f"{run.config_file}: expected the config of a run, got one without model; train the run again.")
    check_targets({"model": node}, allowed_targets)
    return Target.of(node, "model"), setting(config, "dataset.slices") is True


def weights_checksum(folder: Path) -> str:
    """First 16 hexadecimal digits of the SHA-256 of the weights that :func:`load_network` takes."""
    path = folder / WEIGHTS if is_bundle(folder) else RunFolder(folder).weights_file()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def unfinished(folder: Path) -> str:
    """A remark on a run whose weights are not final, ``run is interrupted at epoch 3/50``; "" for all others."""
    return "" if is_bundle(folder) else RunFolder(folder).unfinished()


def find_runs(run: str | Sequence[str] | None, study: str | None, output: Path) -> list[Path]:
    """Find the folders of the networks that are to be averaged.

    Args:
        run: A folder or a glob pattern, or several.
        study: Name of a study instead, whose finished runs may differ in fold and seed only.
        output: Folder of runs and studies.

    Raises:
        FileNotFoundError: a pattern matches nothing, or the study has no finished run.
        ValueError: neither or both are given, or the runs of the study differ in more than fold and seed.
    """
    if bool(run) == bool(study):
        raise Mistake(f"run: expected a run or a study, got {'both' if run else 'neither'}; give run=FOLDER.")
    if study:
        return _finished(study, output)
    folders: list[Path] = []
    for pattern in listed("run", run):
        path = str(Path(pattern).expanduser())
        matches = [path] if Path(path).exists() else sorted(glob.glob(path))
        if not matches:
            raise FileNotFoundError(f"run: expected the folder of a run, found none at {pattern}; check the path.")
        folders += map(Path, matches)
    return list(dict.fromkeys(folders))


def _finished(study: str, output: Path) -> list[Path]:
    runs = {run.path: identity for run, identity in study_runs(output, study).items() if run.is_done()}
    if not runs:
        raise FileNotFoundError(f"study: expected finished runs in {study}, found none; let the training finish.")
    choices = {f"{i.dataset}-{i.model}-{i.loss}-*-{i.hash}" for i in runs.values()}
    if len(choices) > 1:
        patterns = ", ".join(sorted(choices))
        raise Mistake(
            f"study: expected runs that differ in fold and seed only, got {patterns}; "
            f"choose one of these, as in run='{output / 'runs' / min(choices)}'."
        )
    return sorted(runs)
