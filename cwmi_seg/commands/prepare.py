"""``cwmi-prepare dataset=NAME raw=FOLDER_OR_ZIP``: check and convert a download, once."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import hydra
from omegaconf import DictConfig

from cwmi_seg.config.allowed_targets import check_target_names, check_targets, search_working_directory
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.schemas import PrepareConfig
from cwmi_seg.config.shape import command_settings
from cwmi_seg.config.target import Target
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.datasets.preparation import check, prepare
from cwmi_seg.datasets.report import describe
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
        raise Mistake(f"dataset: expected one of {known}, got nothing; add dataset=NAME.")
    if dataset.get("preparer") is None:
        raise Mistake("dataset: expected one with raw files, got one that needs no preparation; train with it.")
    root = Path(dataset["images"]["root"]).expanduser()
    if settings.check:
        _show(check(root), f"{root}: every file is as it was prepared")
    else:
        _prepare(settings, dataset["preparer"], root)


def _prepare(settings: PrepareConfig, node: Mapping[str, object], root: Path) -> None:
    if settings.raw is None:
        raise Mistake("raw: expected the folder or zip archive of the download, got nothing; add raw=PATH.")
    check_targets({"dataset": {"preparer": node}}, settings.allowed_targets)
    preparer = Target.of(node, "dataset.preparer").make()
    options = str(node)  # the text is part of the fingerprint of what was prepared: it must stay as it is
    done = prepare(preparer, Path(settings.raw), root, options=options, overwrite=settings.overwrite)
    _show(done.info, f"{root}: prepared" if done.written else f"{root}: already prepared from these files, unchanged")
    print(printable(f"look at {root / 'preview.png'}, then train: {_next_command(settings.dataset_name)}"))


def _next_command(dataset: str | None) -> str:
    """The training, with what this command line says about where things are."""
    from hydra.core.hydra_config import HydraConfig

    context = HydraConfig.get()
    sources = [source for source in context.runtime.config_sources if source.provider == "command-line"]
    kept = [each for each in context.overrides.task if each.partition("=")[0] in _FOR_TRAINING_TOO]
    options = [f"--config-dir={source.path}" for source in sources] + [f"dataset={dataset}", *kept]
    return shlex.join(["cwmi-train", *options])


def _show(info: DatasetInfo, headline: str) -> None:
    print("\n  ".join(map(printable, [headline, *describe(info)])))


def main() -> None:
    """Entry point; the working directory is searched for the user's own preparers."""
    search_working_directory()
    run_command(_job)


if __name__ == "__main__":
    main()
