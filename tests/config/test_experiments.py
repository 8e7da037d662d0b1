"""Every file of ``conf/experiment`` composes, and names only choices and keys that exist."""

from functools import cache
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.loading.splits import SplitPlan
from tests.conftest import Command
from tests.support.composed import composed

EXPERIMENTS = sorted(path.stem for path in (conf_dir() / "experiment").glob("*.yaml"))


@cache
def experiment(name: str) -> DictConfig:
    return composed("train", f"experiment={name}")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_an_experiment_sweeps_exists(name: str) -> None:
    config = experiment(name)
    assert config.study == name
    params = config.hydra.sweeper.params or {}
    assert (config.hydra.mode is not None) == bool(params)
    for key, values in params.items():
        (override,) = OverridesParser.create().parse_overrides([f"{key}={values}"])
        cells = list(override.sweep_string_iterator()) if override.is_sweep_override() else [values]
        assert len(set(cells)) == len(cells)
        if (conf_dir() / key).is_dir():
            assert {f"{cell}.yaml" for cell in cells} <= {path.name for path in (conf_dir() / key).iterdir()}
        else:
            OmegaConf.select(config, key, throw_on_missing=True)


@pytest.mark.parametrize("name", sorted(path.stem for path in (conf_dir() / "launcher").glob("*.yaml")))
def test_a_launcher_composes_where_its_plug_in_is_installed(name: str) -> None:
    plug_ins = {"parallel": "hydra_joblib_launcher", "slurm": "hydra_submitit_launcher", "ray": "hydra_ray_launcher"}
    if name in plug_ins:
        pytest.importorskip(f"hydra_plugins.{plug_ins[name]}")
    launcher = composed("train", f"launcher={name}").hydra.launcher
    assert not OmegaConf.missing_keys(launcher)


def test_an_ablation_can_be_scaled_to_a_cpu() -> None:
    config = composed("train", "experiment=[mini_table,ablation_single_scale]")
    assert (config.study, config.model.width) == ("ablation_single_scale", 8)
    assert config.hydra.sweeper.params.loss == "cwmi"
    assert config.hydra.sweeper.params.fold == "0,1,2"


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_folds_are_swept_where_the_split_has_them(name: str) -> None:
    config = experiment(name)
    params = config.hydra.sweeper.params or {}
    if "fold" in params:
        datasets = str(params.get("dataset", config.hydra.runtime.choices.dataset)).split(",")
        assert {split_of(dataset) for dataset in datasets} == {"kfold"}


@cache
def split_of(dataset: str) -> str:
    kind: str = composed("train", f"dataset={dataset}").split.kind
    return kind


def test_the_mini_table_trains_every_loss_and_fold_for_the_same_number_of_steps() -> None:
    config = composed("train", "experiment=mini_table", "hydra.mode=RUN")
    images = tuple(ImageInfo(f"{i}{eye}", 960, 999, (1, 1), group=f"{i}") for i in range(14) for eye in "LR")
    info = DatasetInfo("chase_db1", "14 persons, two eyes each", 3, 2, (0.0,), (1.0,), images)
    split = config.split
    for fold in range(split.num_folds):
        plan = SplitPlan("kfold", fold, split.num_folds, split.val_fraction, 0, split.groups)
        crops = len(plan.apply(info).train) * config.data.crops_per_image
        assert crops // config.data.batch_size >= config.trainer.limit_train_batches


@pytest.mark.slow
def test_the_smoke_experiment_runs(command: Command) -> None:
    assert command("train", "experiment=smoke") == 0
    (run,) = Path("outputs/runs").iterdir()
    assert (run / "results.json").is_file()
