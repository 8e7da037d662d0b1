"""``cwmi_seg.compose``: configs in Python, and what is said of overrides that make none."""

from pathlib import Path

import pytest
from hydra import compose as plain_compose
from hydra import initialize
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from cwmi_seg import Mistake, compose


def test_it_is_what_plain_hydra_composes() -> None:
    overrides = ["loss=tversky", "loss.beta=0.8", "seed=4"]
    with initialize(version_base="1.3"):
        plain = plain_compose("train", overrides)
    ours = OmegaConf.to_container(compose("train", overrides))
    assert isinstance(ours, dict)
    assert ours.pop("hydra")["runtime"]["choices"]["loss"] == "tversky"
    assert ours == OmegaConf.to_container(plain)
    assert not GlobalHydra.instance().is_initialized()


def test_an_application_of_hydra_keeps_its_own_state() -> None:
    with initialize(version_base="1.3"):
        before = GlobalHydra.instance().hydra
        compose("report", ["study=a"])
        assert GlobalHydra.instance().hydra is before


def test_values_may_be_changed() -> None:
    config = compose()
    config.trainer.max_epochs = 2
    with pytest.raises(AttributeError, match="mx_epochs"):
        config.mx_epochs = 3  # a mistyped key of the schema


def test_what_only_hydra_knows_is_filled_in() -> None:
    config = compose("prepare", ["dataset=drive"])
    assert "${hydra:" not in OmegaConf.to_yaml(config)
    assert OmegaConf.to_container(config, resolve=True)


def test_own_configs(in_empty_folder: Path) -> None:
    Path("mine/loss").mkdir(parents=True)
    Path("mine/loss/half.yaml").write_text("_target_: torch.nn.CrossEntropyLoss\n")
    assert compose("train", ["loss=half"], config_dir="mine").loss == {"_target_": "torch.nn.CrossEntropyLoss"}


@pytest.mark.parametrize(
    ("command", "overrides", "message"),
    [
        ("train", ["loss=dise"], "loss: expected one of abw, .*, got dise; perhaps dice is meant"),
        ("train", ["sed=1"], "sed: expected a key of the config, got sed; perhaps seed is meant"),
        ("train", ["seed=a"], "seed: expected a whole number, got a"),
        ("train", ["loss=dice,cwmi"], "loss=dice,cwmi: expected one value; .* sweep"),
        ("train", "loss=dice", r"overrides: expected a list of texts, got 'loss=dice'; write for example"),
        ("train", [3], r"overrides: expected a list of texts, got \[3\]"),
        ("trian", [], "command: expected one of evaluate, .*, got 'trian'; write for example"),
        (["loss=dice"], [], r"command: expected one of .*, got \['loss=dice'\]"),
        ("train", {"loss": "dice"}, "overrides: expected a list of texts, got {'loss': 'dice'}"),
        ("train", ["-m", "loss=dice"], "overrides: expected KEY=VALUE, got the flag -m; use config_dir= .*sweep"),
    ],
)
def test_mistakes(command: str, overrides: list[str], message: str) -> None:
    with pytest.raises(Mistake, match=message) as raised:
        compose(command, overrides)
    assert "\n" not in str(raised.value)


def test_a_folder_that_is_none() -> None:
    with pytest.raises(Mistake, match="config_dir: expected a folder of configs, got nowhere"):
        compose("train", config_dir="nowhere")


def test_files_of_others_may_set_no_more_than_on_the_command_line(in_empty_folder: Path) -> None:
    Path("theirs/loss").mkdir(parents=True)
    Path("theirs/loss/bad.yaml").write_text("# @package _global_\nallowed_targets: [os]\n")
    with pytest.raises(Mistake, match="allowed_targets: expected none in a config file"):
        compose("train", ["loss=bad"], config_dir="theirs")
