"""Schemas of the root configs: a mistyped key or a value of the wrong type fails when the config is composed.

They hold types. Values are written once, in the yaml of the command; a default here is of a key that no yaml has.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

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


def _open() -> DictConfig:
    """Takes any key on the command line, as ``external.NAME=FOLDER``, which elsewhere would need a ``+``."""
    return DictConfig({}, flags={"struct": False})


GROUPS = (
    "dataset",
    "model",
    "loss",
    "metrics",
    "augmentation",
    "optimizer",
    "scheduler",
    "trainer",
    "logger",
    "callbacks",
)
"""The groups of ``cwmi-train`` that hold plug-ins: their keys are those of the yaml that was chosen."""


@dataclass(kw_only=True)
class PathsConfig:
    """Folders of the prepared datasets, and of runs and studies."""

    data: str
    output: str


@dataclass(kw_only=True)
class OutputPathsConfig:
    """The same for the commands that need no dataset; ``data`` is for a conf/local that sets it for all commands."""

    output: str
    data: str | None = None


@dataclass(kw_only=True)
class PreparePathsConfig:
    """The same for the command that needs no run; ``output`` is for such a conf/local."""

    data: str
    output: str | None = None


@dataclass(kw_only=True)
class NoPathsConfig:
    """The same for the command that is given every folder; both are for such a conf/local."""

    data: str | None = None
    output: str | None = None


@dataclass(kw_only=True)
class DataConfig:
    """Crops in a batch, crops of each training image in an epoch, loader processes."""

    batch_size: int
    crops_per_image: int
    num_workers: int


@dataclass(kw_only=True)
class SplitConfig:
    """Values are those of the yaml that was chosen; ``kind`` and ``groups`` are checked where the split is made."""

    kind: Any
    groups: Any
    num_folds: int
    val_fraction: float
    seed: int


@dataclass(kw_only=True)
class TrainConfig:
    """``cwmi-train``."""

    dataset: Any
    model: Any
    loss: Any
    metrics: Any
    augmentation: Any
    optimizer: Any
    scheduler: Any
    trainer: Any
    logger: Any
    callbacks: Any
    split: SplitConfig
    data: DataConfig
    paths: PathsConfig
    study: str
    fold: int
    seed: int
    allowed_targets: list[str]
    overwrite: bool
    run_folder: str = ""  # set by the command


@dataclass(kw_only=True)
class EvaluateConfig:
    """``cwmi-evaluate``."""

    run: str | None
    part: str
    data: str | None
    accelerator: str
    predictions: str | None
    targets: str | None
    dimensions: int
    axes: str | None
    key: str | None
    num_classes: int
    ignore_index: int | None
    pattern: Any
    common: bool
    postprocess: str | None
    out: str | None
    metrics: Any = None  # where nothing is chosen of this group
    allowed_targets: list[str]
    paths: NoPathsConfig = field(default_factory=NoPathsConfig)


@dataclass(kw_only=True)
class ReportConfig:
    """``cwmi-report``."""

    study: str | None
    results: str | None
    out: str | None
    baseline: str | None
    second_baseline: str | None
    pictures: int
    watch: bool
    show: list[str]  # not metrics: Hydra takes metrics=[..] for the group of that name
    lower_is_better: list[str]
    wandb: bool
    logger: Any
    paths: OutputPathsConfig
    pattern: Any = None
    external: Any = field(default_factory=_open)  # folder of masks by the name of their row
    allowed_targets: list[str] = field(default_factory=list)  # for a conf/local that sets it for all commands


@dataclass(kw_only=True)
class RunsConfig:
    """``cwmi-runs``."""

    study: str | None
    states: list[str]
    paths: OutputPathsConfig
    allowed_targets: list[str] = field(default_factory=list)  # for a conf/local that sets it for all commands


@dataclass(kw_only=True)
class PredictConfig:
    """``cwmi-predict``."""

    run: Any
    study: str | None
    images: Any
    out: str | None
    tile: Any
    overlap: Any
    batch_size: int
    flips: bool
    convert: bool
    white: int | None
    keep_largest: bool
    min_size: int
    fill_holes: int
    probabilities: bool
    probability_bits: int
    overlays: bool
    axes: str | None
    image_key: str | None
    overwrite: bool
    accelerator: str
    paths: OutputPathsConfig
    allowed_targets: list[str]


@dataclass(kw_only=True)
class PrepareConfig:
    """``cwmi-prepare``."""

    dataset: Any = None  # where nothing is chosen of this group
    raw: str | None
    name: str | None
    groups: str | None
    tags: str | None
    overwrite: bool
    check: bool
    dataset_name: str | None
    paths: PreparePathsConfig
    allowed_targets: list[str]


@dataclass(kw_only=True)
class ExportConfig:
    """``cwmi-export``."""

    run: str | None
    out: str | None
    onnx: bool
    paths: OutputPathsConfig
    allowed_targets: list[str]


def register_schemas() -> None:
    """Make the schemas known to Hydra, under the names that the defaults lists of the root configs use.

    The names begin with that of the package, since all applications of an environment share the store.
    """
    store = ConfigStore.instance()
    if "cwmi_export_schema.yaml" in store.repo:  # the last one
        return
    store.store(name="cwmi_train_schema", node=TrainConfig)
    store.store(name="cwmi_evaluate_schema", node=EvaluateConfig)
    store.store(name="cwmi_runs_schema", node=RunsConfig)
    store.store(name="cwmi_report_schema", node=ReportConfig)
    store.store(name="cwmi_predict_schema", node=PredictConfig)
    store.store(name="cwmi_prepare_schema", node=PrepareConfig)
    store.store(name="cwmi_export_schema", node=ExportConfig)
