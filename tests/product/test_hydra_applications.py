"""Hydra applications of others: our configs are there for them, and in the way of none."""

import subprocess
import sys
from pathlib import Path

import pytest

COMPOSE = """
import sys
from hydra import compose, initialize, initialize_config_dir
own, (name,) = sys.argv[1:2], sys.argv[2:3] or ["train"]
overrides = sys.argv[3:] or ["loss=dice", "trainer.max_epochs=3"]
with initialize_config_dir(*own, version_base="1.3") if own else initialize(version_base="1.3"):
    config = compose(name, overrides)
print(config.loss._target_, config.get("trainer", {}).get("max_epochs"))
print(*[name for name in ("torch", "numpy", "pandas", "pytorch_lightning", "matplotlib") if name in sys.modules])
"""


def composed(*arguments: str) -> list[str]:
    """What a script without a word about this package prints: the loss, the epochs, what it has imported of weight."""
    done = subprocess.run([sys.executable, "-c", COMPOSE, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_plain_hydra_composes_our_configs(in_empty_folder: Path) -> None:
    assert composed() == ["cwmi_seg.losses.dice.DiceLoss 3", ""]


def test_an_application_begins_with_ours_and_its_own_configs_win(in_empty_folder: Path) -> None:
    own = in_empty_folder / "own"
    (own / "loss").mkdir(parents=True)
    (own / "app.yaml").write_text("defaults: [train, _self_]\nseed: 3\n")
    (own / "loss" / "cwmi.yaml").write_text("_target_: theirs.Loss\n")
    assert composed(str(own), "app", "trainer=cpu")[0].startswith("theirs.Loss ")


def test_a_schema_of_the_same_name_stays_theirs(monkeypatch: pytest.MonkeyPatch, in_empty_folder: Path) -> None:
    """``train_schema`` is what many applications call theirs, and all share one store."""
    from hydra import compose, initialize_config_dir
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()
    monkeypatch.setattr(store, "repo", dict(store.repo))
    store.store(name="train_schema", node={"loss": {"theirs": 1}})
    (in_empty_folder / "own.yaml").write_text("defaults: [train_schema]\n")
    with initialize_config_dir(str(in_empty_folder), version_base="1.3"):
        assert compose("own") == {"loss": {"theirs": 1}}


def test_our_commands_search_their_folder_once() -> None:
    command = [sys.executable, "-m", "cwmi_seg.commands.train", "--info", "searchpath"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert shown.count("/conf ") + shown.count("/conf\n") == 1
