"""The help pages: they name every choice, and what they advise composes."""

import re
from pathlib import Path

import pytest
import yaml

from cwmi_seg.config.conf_dir import conf_dir
from tests.conftest import Command
from tests.support.composed import composed

COMMANDS = sorted(path.stem for path in (conf_dir() / "hydra" / "help").glob("*.yaml"))
GROUPS = [
    folder for folder in sorted(conf_dir().iterdir()) if folder.is_dir() and folder.name not in ("hydra", "local")
]
STAND_INS = {"NAME": "name", "MODULE": "module", "DOWNLOAD": "download", "FOLDER_OR_ZIP": "zip", "FOLDER": "folder"}


def test_every_command_has_a_page() -> None:
    scripts = Path("pyproject.toml") if Path("pyproject.toml").exists() else conf_dir().parent / "pyproject.toml"
    named = re.findall(r"^cwmi-(\w+) = ", scripts.read_text(), re.M)
    lacking = [f"project.scripts of pyproject.toml lacks cwmi-{name}" for name in COMMANDS if name not in named]
    lacking += [f"conf/hydra/help lacks {name}.yaml" for name in named if name not in COMMANDS]
    assert lacking == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_takes_what_a_conf_local_sets_for_all(name: str) -> None:
    """Folders and allowed modules, whether or not this command makes use of them."""
    assert "optional local: default" in (conf_dir() / f"{name}.yaml").read_text()
    composed(name, "paths.data=/d", "paths.output=/o", "allowed_targets=[my_losses]")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_starts_with_the_command(command: Command, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert command(name, "--help") == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"cwmi-{name} ")
    assert max(len(line) for line in shown.splitlines() if not re.match(r"\w+: ", line)) <= 120


def test_training_shows_the_groups_with_their_choices(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    command("train", "--help")
    shown = capsys.readouterr().out
    for group in GROUPS:
        line = re.search(rf"^{group.name}: (.*)$", shown, re.M)
        assert line
        assert line[1].split(", ") == sorted(path.stem for path in group.glob("*.yaml"))


def advice() -> list[tuple[str, list[str]]]:
    """Command and overrides of every line of the pages that shows some."""
    found = []
    for name in COMMANDS:
        page = yaml.safe_load((conf_dir() / "hydra" / "help" / f"{name}.yaml").read_text())["template"]
        for line in re.findall(r"^ {2,}(\S.*)$", page, re.M):
            words = re.split(r" {2,}", line)[0].removeprefix(f"cwmi-{name} ").split()
            overrides = [word for word in words if "=" in word]
            if overrides and overrides == [word for word in words if word != "-m"]:
                found.append((name, overrides))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("name", "overrides"), advice())
def test_what_a_page_advises_composes(name: str, overrides: list[str]) -> None:
    composed(name, *map(_filled, overrides))


def _filled(override: str) -> str:
    """With names for the capitals, the first value of a sweep, and without the quotes of the shell."""
    key, _, value = override.replace("'", "").partition("=")
    for word, stand_in in STAND_INS.items():
        value = value.replace(word, stand_in)
    return f"{key}={value if value.startswith('[') else value.split(',')[0]}"
