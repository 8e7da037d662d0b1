"""Configs, run folders and bundles of a stranger: each is refused in one line, and nothing it names happens."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra.plugins.config_source import ConfigResult
from omegaconf import OmegaConf

from cwmi_seg.config.allowed_targets import check_target_names, check_targets
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.own_files import check_file
from cwmi_seg.config.places import check_places
from cwmi_seg.files.json_files import read_json, write_json
from cwmi_seg.prediction.bundle import load_model
from cwmi_seg.prediction.networks import load_network
from tests.conftest import Command
from tests.support.fake_study import grid, write_study
from tests.support.networks import Run

HUB = "{_target_: torch.hub.load, repo_or_dir: hub, model: m, source: local}"
SET_BY_A_FILE = {
    f"allowed_targets: [torch.hub]\nloss: {HUB}": "allowed_targets",
    f"x: [torch.hub]\nallowed_targets: ${{x}}\nloss: {HUB}": "allowed_targets",
    f"hydra: {{callbacks: {{x: {HUB}}}}}": "hydra.callbacks.x._target_",
    "hydra: {callbacks: {x: {_target_: shutil.copyfile, src: mark, dst: pwned}}}": "hydra.callbacks.x._target_",
    "hydra: {callbacks: {x: {_target_: hydra.utils.call}}}": "hydra.callbacks.x._target_",
    f"x: {{y: {HUB}}}\nhydra: {{callbacks: '${{x}}'}}": "hydra.callbacks",
    "hydra: {launcher: {_target_: shutil.copyfile}}": "hydra.launcher._target_",
    "hydra: {launcher: {setup: [touch pwned]}}": "hydra.launcher.setup[0]",
    "hydra: {sweeper: {_target_: shutil.copyfile}}": "hydra.sweeper._target_",
    "hydra: {job_logging: {handlers: {x: {(): pathlib.Path.touch}}}}": "hydra.job_logging.handlers.x.()",
    "hydra: {job_logging: {handlers: {x: {class: logging.FileHandler, filename: a}}}}": "hydra.job_logging.handlers",
    "hydra: {hydra_logging: {formatters: {x: {class: loss_of_a_stranger.Loss}}}}": "hydra.hydra_logging.formatters.x",
    "hydra: {job: {env_set: {PYTHONPATH: pwned}}}": "hydra.job.env_set.PYTHONPATH",
    "hydra: {run: {dir: pwned}}": "hydra.run.dir",
    "hydra: {sweeper: {params: {allowed_targets: '[torch.hub]'}}}": "hydra.sweeper.params.allowed_targets",
    "hydra: {sweeper: {params: {callbacks.checkpoint.dirpath: pwned}}}": "hydra.sweeper.params.callbacks",
    "callbacks: {checkpoint: {dirpath: pwned}}": "callbacks.checkpoint.dirpath",
    "logger: {_target_: pytorch_lightning.loggers.CSVLogger, save_dir: '${run_folder}/../..'}": "logger.save_dir",
    "optimizer: {_target_: torch.optim.swa_utils.AveragedModel}": "optimizer._target_",
    "loss: {_target_: loss_of_a_stranger.Loss}": "loss._target_",
}
"""Text of a file in a --config-dir to the key that is refused."""


@pytest.mark.parametrize("text", SET_BY_A_FILE)
def test_a_file_may_do_nothing_but_configure(
    command: Command, capfd: pytest.CaptureFixture[str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path("foreign/experiment/nice.yaml")
    for path, content in (
        (Path("hub/hubconf.py"), "open('pwned', 'w')\n"),
        (Path("loss_of_a_stranger.py"), "open('pwned', 'w')\n"),
        (file, f"# @package _global_\n{text}\n"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    Path("mark").touch()
    monkeypatch.syspath_prepend(Path.cwd())
    before = _files()
    assert command("train", "--config-dir=foreign", "experiment=nice", "trainer.max_epochs=1") == 1
    (line,) = capfd.readouterr().err.strip().splitlines()
    assert line.startswith(f"error: {SET_BY_A_FILE[text]}")
    assert _files() == before


def _files() -> set[Path]:
    return {path for path in Path().rglob("*") if "__pycache__" not in path.parts}


def test_a_cell_of_a_sweep_is_checked_like_the_first(command: Command, capfd: pytest.CaptureFixture[str]) -> None:
    folder = Path("foreign/experiment")
    folder.mkdir(parents=True)
    (folder / "good.yaml").write_text("# @package _global_\nhydra: {sweeper: {params: {fold: '0,1'}}}\n")
    (folder / "evil.yaml").write_text("# @package _global_\nhydra: {job: {env_set: {A: b}}}\n")
    assert command("train", "--config-dir=foreign", "-m", "experiment=good,evil") == 1
    assert "error: hydra.job.env_set.A: expected no such setting" in capfd.readouterr().err


def test_a_root_config_of_others_imports_no_package(command: Command, capfd: pytest.CaptureFixture[str]) -> None:
    Path("foreign").mkdir()
    Path("foreign/root.yaml").write_text(
        "defaults: [train, _self_]\nhydra: {searchpath: ['pkg://package_of_a_stranger']}\n"
    )
    Path("package_of_a_stranger.py").write_text("open('pwned', 'w')\n")
    assert command("train", "--config-dir=foreign", "--config-name=root") == 1
    assert "error: hydra.searchpath: expected none in" in capfd.readouterr().err
    assert not Path("pwned").exists()


@pytest.mark.parametrize(
    "text",
    [
        "hydra: {mode: MULTIRUN, sweeper: {max_batch_size: 2, params: {fold: '0,1', loss.weight: '1,2'}}}",
        "hydra: {launcher: {n_jobs: 4, setup: null}, job_logging: {root: {level: DEBUG}}}",
        "hydra: {job_logging: {formatters: {simple: {format: '%(message)s'}}, loggers: {a.b: {level: INFO}}}}",
        "allowed_targets: []",
    ],
)
def test_what_an_experiment_needs_of_hydra_is_allowed(text: str) -> None:
    check_file(_loaded("/somewhere", text), "experiment/x")


def test_the_local_files_of_the_checkout_are_the_users_own() -> None:
    text = "{allowed_targets: [mine], hydra: {run: {dir: /elsewhere}}}"
    check_file(_loaded(str(conf_dir()), text), "local/default")
    for folder, name in ((conf_dir(), "loss/x"), (Path("/foreign"), "local/default"), (conf_dir(), "local/../loss/x")):
        with pytest.raises(ValueError, match="allowed_targets: expected none in a config file"):
            check_file(_loaded(str(folder), text), name)


def _loaded(folder: str, text: str) -> ConfigResult:
    return ConfigResult(
        provider="test", path=f"file://{folder}", config=OmegaConf.create(yaml.safe_load(text)), header={}
    )


def test_the_environment_may_allow_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"loss": {"_target_": "decimal.Decimal", "file": "a/b"}}
    with pytest.raises(ValueError, match="decimal"):
        check_targets(config)
    monkeypatch.setenv("CWMI_ALLOWED_TARGETS", "mine, decimal")
    check_targets(config)


@pytest.mark.parametrize(
    ("group", "target"),
    [
        ("loss", "segmentation_models_pytorch.datasets.oxford_pet.download_url"),
        ("model", "segmentation_models_pytorch.from_pretrained"),
        ("model", "torch.nn.init.normal_"),
        ("loss", "torch.nn.utils.parametrize.cached"),
        ("optimizer", "torch.optim.lr_scheduler.StepLR"),
        ("optimizer", "torch.optim.swa_utils.get_ema_avg_fn"),
        ("scheduler", "torch.optim.Adam"),
        ("callbacks", "pytorch_lightning.loggers.CSVLogger"),
        ("trainer", "pytorch_lightning.callbacks.ModelCheckpoint"),
        ("trainer", "pytorch_lightning.trainer.call._call_and_handle_interrupt"),
        ("logger", "cwmi_seg.callbacks.overlays.Overlays"),
        ("dataset", "cwmi_seg.datasets.writer.DatasetWriter"),
        ("dataset", "cwmi_seg.datasets.workspace.publish"),
        ("metrics", "cwmi_seg.metrics.betti.betti_errors"),
        ("metrics", "torchmetrics.text.Perplexity"),
        ("augmentation", "cwmi_seg.augmentations.keeps_distances"),
        ("augmentation", "torchvision.transforms.functional.resize"),
    ],
)
def test_a_group_holds_classes_of_its_kind_only(group: str, target: str) -> None:
    with pytest.raises(ValueError, match=rf"{group}\.x\._target_: .* is not allowed"):
        check_targets({group: {"x": {"_target_": target}}})


@pytest.mark.parametrize(
    "argument", [{"pretrained_url": "x"}, {"x": [["http://a/b"]]}, {"pretrained_cfg": {"x": "y"}}, {"x": "hf-hub:a"}]
)
def test_a_network_loads_nothing_by_its_arguments(argument: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^model\..*: expected no file and no address"):
        check_target_names({"model": {"_target_": "cwmi_seg.models.smp.SMPModel", **argument}})


def test_the_user_may_write_where_he_likes() -> None:
    config = {"callbacks": {"x": {"dirpath": "/big"}, "y": {"_target_": "mine.Y", "path": "/a"}}, "trainer": {}}
    with pytest.raises(ValueError, match=r"callbacks\.x\.dirpath: expected a place in the folder of the run, got /big"):
        check_places(config, Path("runs/a"), (), ["mine"])
    check_places(config, Path("runs/a"), {"callbacks.x.dirpath"}, ["mine"])


def test_the_environment_does_not_get_into_a_report(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOKEN_OF_THE_READER", "sesame")
    write_study(Path("outputs"), "a", grid(folds=(0,), losses=("cross_entropy", "cwmi")))
    path = min(Path("outputs/runs").glob("*cwmi*/config.yaml"))
    path.write_text(path.read_text() + "x: ${oc.env:TOKEN_OF_THE_READER}\n")
    assert command("report", "study=a") == 0
    shown = capsys.readouterr().out
    assert "unreadable" in shown
    for file in Path("outputs/studies/a/report").rglob("*.*"):
        assert b"sesame" not in file.read_bytes()
    assert "sesame" not in shown


def test_a_run_or_bundle_reads_no_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIDTH_OF_THE_READER", "2")
    folder = run()
    config = yaml.safe_load((folder / "config.yaml").read_text())
    config["model"]["width"] = "${oc.env:WIDTH_OF_THE_READER}"
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(ValueError, match=r"config\.yaml: model\.width: expected a resolved value"):
        load_network(folder)


def test_a_bundle_calls_no_function(command: Command, run: Run) -> None:
    folder = run()
    assert command("export", f"run={folder}", "out=bundle", "onnx=false") == 0
    description = read_json(Path("bundle/model.json"))
    assert description is not None
    call = {
        "_target_": "segmentation_models_pytorch.datasets.oxford_pet.download_url",
        "url": "data:,x",
        "filepath": "pwned",
    }
    write_json(Path("bundle/model.json"), {**description, "model": {**description["model"], "width": call}})
    with pytest.raises(ValueError, match=r"model\.width\."):
        load_model("bundle")
    assert not Path("pwned").exists()


def test_pickled_weights_are_one_line(command: Command, run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    folder = run()
    for path in folder.glob("*.ckpt"):
        path.write_bytes(b"cposix\nsystem\n(S'touch pwned'\ntR.")
    assert command("export", f"run={folder}", "out=bundle", "onnx=false") == 1
    assert "cannot be read as a checkpoint" in capfd.readouterr().err
    assert not Path("pwned").exists()
