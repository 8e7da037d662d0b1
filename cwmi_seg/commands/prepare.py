"""``cwmi-prepare dataset=NAME raw=FOLDER_OR_ZIP``: check and convert a download, once."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig

from cwmi_seg.config.allowed_targets import check_target_names, check_targets, search_working_directory
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.prepared_datasets import is_reserved, refuse_name, usual_crop
from cwmi_seg.config.schemas import PrepareConfig
from cwmi_seg.config.shape import command_settings
from cwmi_seg.config.target import Target
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.datasets.preparation import check, prepare
from cwmi_seg.datasets.proposal import proposal
from cwmi_seg.datasets.report import describe
from cwmi_seg.datasets.volume_proposal import volume_overrides
from cwmi_seg.files.printable import printable
from cwmi_seg.mistakes import Mistake

_FOR_TRAINING_TOO = ("paths.data", "dataset.images.root", "allowed_targets")


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="prepare")
@one_line_errors()
def _job(config: DictConfig) -> None:
    settings = command_settings(config, PrepareConfig)
    check_target_names(asdict(settings), settings.allowed_targets)
    dataset = settings.dataset
    if dataset is None:
        known = ", ".join(sorted(path.stem for path in (conf_dir() / "dataset").glob("*.yaml")))
        raise Mistake(
            f"dataset: expected one of {known}, got nothing; add dataset=NAME, for images of your own "
            "dataset=folder name=NAME."
        )
    root = _root(settings, dataset)
    if settings.check:
        _show(check(root), f"{root}: every file is as it was prepared")
    else:
        _prepare(settings, dataset, root)


def _root(settings: PrepareConfig, dataset: Mapping[str, Any]) -> Path:
    """Folder of the prepared dataset."""
    root = dataset["images"].get("root")
    if root is None or (dataset.get("preparer") is None and not settings.check):
        raise Mistake("dataset: expected one with raw files, got one that needs no preparation; train with it.")
    if settings.name is None:
        return Path(root).expanduser()
    refuse_name(settings.name)
    return Path(settings.paths.data, settings.name)


def _prepare(settings: PrepareConfig, dataset: Mapping[str, Any], root: Path) -> None:
    if settings.raw is None:
        raise Mistake("raw: expected the folder or zip archive of the download, got nothing; add raw=PATH.")
    node = dataset["preparer"]
    check_targets({"dataset": {"preparer": node}}, settings.allowed_targets)
    done = prepare(
        Target.of(node, "dataset.preparer").make(),
        Path(settings.raw),
        root,
        options=node,
        overwrite=settings.overwrite,
        groups=settings.groups,
        tags=settings.tags,
    )
    _say(done.understood)
    _show(done.info, f"{root}: prepared" if done.written else f"{root}: already prepared from these files, unchanged")
    if root.name == "folder" and settings.name is None:
        _say(["runs and reports will call it folder; name=NAME gives it a name of its own"])
    _say([f"look at {root / 'preview.png'}, then train: {_training(settings, dataset, root, done.info)}"])


def _training(settings: PrepareConfig, dataset: Mapping[str, Any], root: Path, info: DatasetInfo) -> str:
    """The command to train with: the dataset by its name, where it has one, and what fits its images."""
    own = root.resolve() == Path(settings.paths.data, root.name).resolve() and not is_reserved(root.name)
    free = own or settings.dataset_name in ("folder", "folder_volumes")
    options = _options(info, info.crop_size if own else dataset["crop_size"], own=own, free=free)
    name = root.name if own else str(settings.dataset_name)
    return _next_command(name, options, ("dataset.images.root",) if own else ())


def _options(info: DatasetInfo, configured: Sequence[int] | None, *, own: bool, free: bool) -> Sequence[str]:
    """What fits the images or volumes.

    Args:
        info: The dataset.
        configured: The crop of its config; None for the usual one, or whole images.
        own: Whether the config is made for these data, with a crop and padding that fit.
        free: Whether the config leaves the crop to the data.
    """
    if info.dimensions == 3:
        crop = usual_crop(info) if free or configured is None else configured
        return volume_overrides(info, crop, crop if own else configured)
    fits = proposal(info) if free else None
    return fits.overrides(configured, padded=own) if fits else []


def _next_command(dataset: str, options: Sequence[str], left_out: Sequence[str]) -> str:
    """The training, with what this command line says about where things are."""
    from hydra.core.hydra_config import HydraConfig

    context = HydraConfig.get()
    sources = [source for source in context.runtime.config_sources if source.provider == "command-line"]
    wanted = set(_FOR_TRAINING_TOO) - set(left_out)
    kept = [each for each in context.overrides.task if each.partition("=")[0] in wanted]
    folders = [f"--config-dir={source.path}" for source in sources]
    return shlex.join(["cwmi-train", *folders, f"dataset={dataset}", *kept, *options])


def _say(lines: Sequence[str]) -> None:
    for line in lines:
        print(printable(line))


def _show(info: DatasetInfo, headline: str) -> None:
    print("\n  ".join(map(printable, [headline, *describe(info)])))


def main() -> None:
    """Entry point; the working directory is searched for the user's own preparers."""
    search_working_directory()
    run_command(_job)


if __name__ == "__main__":
    main()
