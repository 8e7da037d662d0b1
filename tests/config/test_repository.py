"""A config is composed once, from files that are parsed once, and is what plain Hydra would compose."""

import os
from pathlib import Path
from typing import Any

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.config_store import ConfigStore
from hydra.types import RunMode
from omegaconf import OmegaConf

from cwmi_seg import compose
from cwmi_seg.interface.compose import loader, search_path
from tests.conftest import Command

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the configs that are composed meanwhile."""
    names, whole = [], ConfigLoaderImpl._load_configuration_impl

    def counted(self: ConfigLoaderImpl, config_name: str, *args: Any, **kwargs: Any) -> Any:
        names.append(config_name)
        return whole(self, config_name, *args, **kwargs)

    monkeypatch.setattr(ConfigLoaderImpl, "_load_configuration_impl", counted)
    return names


def test_a_command_composes_its_config_once(command: Command, composed: list[str]) -> None:
    command("runs", "study=none")
    command("runs", "nothing=none")  # a mistake that is found in composing
    assert composed == ["runs", "runs"]


def test_a_list_for_one_value_is_refused_as_hydra_does(command: Command, capfd: Capture) -> None:
    assert command("runs", "study=a,b") == 1
    assert "study=a,b: expected one value;" in capfd.readouterr().err


def test_a_choice_that_is_left_open_is_asked_for(command: Command, in_empty_folder: Path, capfd: Capture) -> None:
    Path("mine").mkdir()
    Path("mine/open.yaml").write_text("defaults: [train, _self_, {override loss: '???'}]\n")
    assert command("train", "--config-dir=mine", "--config-name=open") == 1
    assert "You must specify 'loss'" in capfd.readouterr().err


def test_no_registered_schema_is_copied_for_a_composition_or_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(store: ConfigStore, memo: object) -> ConfigStore:
        raise AssertionError("copied")

    monkeypatch.setattr(ConfigStore, "__deepcopy__", refused, raising=False)
    assert "dice" in loader().get_group_options("loss")
    assert compose("train", ["loss=dice"]).loss.ignore_index is None


def test_the_config_of_a_run_is_what_hydra_composes() -> None:
    """Hydra looks for the mode first, then composes the run, with an override of its own."""
    line, whole = ["metrics=surface_dice", "seed=3"], []
    for made in (ConfigLoaderImpl(search_path(None)), loader()):
        made.load_configuration("train", list(line), RunMode.MULTIRUN, validate_sweep_overrides=False)
        config = made.load_configuration("train", [*line, "hydra.mode=RUN"], RunMode.RUN)
        assert OmegaConf.is_struct(config)
        whole.append(OmegaConf.to_yaml(config))
    assert whole[0] == whole[1]


@pytest.mark.parametrize("name", ["train", "evaluate"])
def test_it_is_what_hydra_composes(name: str) -> None:
    overrides = ["metrics=surface_dice"]
    plain = ConfigLoaderImpl(search_path(None)).load_configuration(name, list(overrides), RunMode.RUN)
    for _ in range(2):  # read, and kept
        ours = loader().load_configuration(name, list(overrides), RunMode.RUN)
        assert OmegaConf.to_yaml(ours) == OmegaConf.to_yaml(plain)
        OmegaConf.set_struct(ours, False)
        ours.metrics.clear()  # a caller's change stays the caller's


def test_a_file_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compose("train", ["loss=dice"])
    monkeypatch.setattr(OmegaConf, "load", None)
    assert compose("train", ["loss=dice", "seed=1"]).seed == 1


def test_a_file_that_changes_is_read_again(in_empty_folder: Path) -> None:
    file = Path("mine/loss/half.yaml")
    file.parent.mkdir(parents=True)
    for value in (1, 2):
        file.write_text(f"_target_: torch.nn.CrossEntropyLoss\nlabel_smoothing: {value}\n")
        os.utime(file, (value, value))
        assert compose("train", ["loss=half"], config_dir="mine").loss.label_smoothing == value
