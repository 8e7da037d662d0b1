"""Schemas of the root configs: a mistyped key or a value of the wrong type fails when the config is composed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf

from cwmi_seg.config.growth import refuse_growth

_FOLDERS = ("run", "out", "predictions", "targets", "data", "results", "raw")


def _at_home(value: str) -> str:
    return str(Path(value).expanduser()) if value.startswith("~") else value


OmegaConf.register_new_resolver("at_home", _at_home, replace=True)  # for the folder that Hydra makes for a sweep


def expand_home(config: DictConfig) -> None:
    """Put the home folder for the ``~`` of ``'paths.output="~/x"'`` or of a yaml into the folders of a command.

    In place, before anything made from them, such as ``${paths.data}/drive``, is resolved.

    Raises:
        ValueError: what is made from other values grows beyond a bound.
    """
    refuse_growth(OmegaConf.to_container(config))
    for node, keys in ((config, _FOLDERS), (config.get("paths") or {}, ("data", "output"))):
        for key in keys:
            value = node.get(key)
            if isinstance(value, str):
                node[key] = _at_home(value)


@dataclass
class PathsConfig:
    data: str = "data"
    output: str = "outputs"


@dataclass
class DataConfig:
    batch_size: int = 10
    crops_per_image: int = 1
    num_workers: int = 0


@dataclass
class SplitConfig:
    """Values are those of the yaml that was chosen; ``kind`` and ``groups`` are checked where the split is made."""

    kind: Any = MISSING
    groups: Any = MISSING
    num_folds: int = MISSING
    val_fraction: float = MISSING
    seed: int = MISSING


@dataclass
class TrainConfig:
    """``cwmi-train``. The groups are open: their keys are those of the yaml that was chosen."""

    dataset: Any = MISSING
    model: Any = MISSING
    loss: Any = MISSING
    metrics: Any = MISSING
    augmentation: Any = MISSING
    optimizer: Any = MISSING
    scheduler: Any = MISSING
    trainer: Any = MISSING
    logger: Any = MISSING
    callbacks: Any = MISSING
    split: SplitConfig = field(default_factory=SplitConfig)
    data: DataConfig = field(default_factory=DataConfig)
    paths: PathsConfig = field(default_factory=PathsConfig)
    study: str = "default"
    fold: int = 0
    seed: int = 0
    allowed_targets: list[str] = field(default_factory=list)
    overwrite: bool = False
    run_folder: str = ""  # set by the command


@dataclass
class EvaluateConfig:
    """``cwmi-evaluate``."""

    run: str | None = None
    part: str = "test"
    data: str | None = None
    accelerator: str = "auto"
    predictions: str | None = None
    targets: str | None = None
    num_classes: int = 2
    ignore_index: int | None = None
    out: str | None = None
    metrics: Any = None
    allowed_targets: list[str] = field(default_factory=list)


@dataclass
class ReportConfig:
    """``cwmi-report``."""

    study: str | None = None
    results: str | None = None
    out: str | None = None
    baseline: str | None = None
    show: list[str] = field(default_factory=list)  # not metrics: Hydra takes metrics=[..] for the group of that name
    lower_is_better: list[str] = field(default_factory=list)
    wandb: bool = True
    logger: Any = None
    paths: PathsConfig = field(default_factory=PathsConfig)
    allowed_targets: list[str] = field(default_factory=list)  # for a conf/local that sets it for all commands


@dataclass
class RunsConfig:
    """``cwmi-runs``."""

    study: str | None = None
    states: list[str] = field(default_factory=list)
    paths: PathsConfig = field(default_factory=PathsConfig)
    allowed_targets: list[str] = field(default_factory=list)  # for a conf/local that sets it for all commands


@dataclass
class PredictConfig:
    """``cwmi-predict``."""

    run: Any = None
    study: str | None = None
    images: Any = None
    out: str | None = None
    tile: int = 512
    overlap: int = 128
    batch_size: int = 1
    flips: bool = False
    probabilities: bool = True
    overlays: bool = True
    overwrite: bool = False
    accelerator: str = "auto"
    paths: PathsConfig = field(default_factory=PathsConfig)
    allowed_targets: list[str] = field(default_factory=list)


@dataclass
class PreparePathsConfig:
    data: str = "data"


@dataclass
class PrepareConfig:
    """``cwmi-prepare``."""

    dataset: Any = None
    raw: str | None = None
    overwrite: bool = False
    check: bool = False
    dataset_name: str | None = None
    paths: PreparePathsConfig = field(default_factory=PreparePathsConfig)
    allowed_targets: list[str] = field(default_factory=list)


@dataclass
class ExportConfig:
    """``cwmi-export``."""

    run: str | None = None
    out: str | None = None
    onnx: bool = True
    paths: PathsConfig = field(default_factory=PathsConfig)
    allowed_targets: list[str] = field(default_factory=list)


def register_schemas() -> None:
    """Make the schemas known to Hydra, under the names that the defaults lists of the root configs use."""
    store = ConfigStore.instance()
    store.store(name="train_schema", node=TrainConfig)
    store.store(name="evaluate_schema", node=EvaluateConfig)
    store.store(name="runs_schema", node=RunsConfig)
    store.store(name="report_schema", node=ReportConfig)
    store.store(name="predict_schema", node=PredictConfig)
    store.store(name="prepare_schema", node=PrepareConfig)
    store.store(name="export_schema", node=ExportConfig)
