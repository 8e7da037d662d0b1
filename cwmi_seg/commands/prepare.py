"""``cwmi-prepare dataset=NAME raw=FOLDER_OR_ZIP``: check and convert a download, once."""

import shlex
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig, OmegaConf

from cwmi_seg.config.allowed_targets import check_target_names, check_targets, search_working_directory
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.make import make
from cwmi_seg.config.schemas import PrepareConfig, expand_home, register_schemas
from cwmi_seg.config.shape import check_shape
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.datasets.preparation import check, prepare
from cwmi_seg.datasets.report import describe
from cwmi_seg.files.printable import printable
from cwmi_seg.mistakes import Mistake

_FOR_TRAINING_TOO = ("paths.data", "dataset.images.root", "allowed_targets")


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="prepare")
@one_line_errors()
def _job(config: DictConfig) -> None:
    check_shape(config, PrepareConfig)
    expand_home(config)
    plain: dict[str, Any] = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)  # type: ignore[assignment]
    check_target_names(plain, plain["allowed_targets"])
    dataset = plain["dataset"]
    if dataset is None:
        known = ", ".join(sorted(path.stem for path in (conf_dir() / "dataset").glob("*.yaml")))
        raise Mistake(f"dataset: expected one of {known}, got nothing; add dataset=NAME.")
    if dataset.get("preparer") is None:
        raise Mistake("dataset: expected one with raw files, got one that needs no preparation; train with it.")
    root = Path(dataset["images"]["root"]).expanduser()
    if plain["check"]:
        _show(check(root), f"{root}: every file is as it was prepared")
    else:
        _prepare(plain, root)


def _prepare(plain: dict[str, Any], root: Path) -> None:
    if plain["raw"] is None:
        raise Mistake("raw: expected the folder or zip archive of the download, got nothing; add raw=PATH.")
    check_targets({"dataset": {"preparer": plain["dataset"]["preparer"]}}, plain["allowed_targets"])
    preparer = make(plain, "dataset.preparer")
    options = str(plain["dataset"]["preparer"])
    done = prepare(preparer, Path(plain["raw"]), root, options=options, overwrite=plain["overwrite"])
    _show(done.info, f"{root}: prepared" if done.written else f"{root}: already prepared from these files, unchanged")
    print(printable(f"look at {root / 'preview.png'}, then train: {_next_command(plain['dataset_name'])}"))


def _next_command(dataset: str) -> str:
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
    register_schemas()
    search_working_directory()
    run_command(_job)


if __name__ == "__main__":
    main()
