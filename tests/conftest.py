"""Stricter than a user's set-up: our warnings are errors (pyproject), no W&B upload, one thread, an empty folder."""

import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from tests.support.networks import Run, network, write_run

os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"

Command = Callable[..., int]
TINY = (
    "dataset.images.size=32",
    "dataset.images.num_train=4",
    "dataset.images.num_val=2",
    "dataset.images.num_test=3",
    "model.width=2",
    "trainer=cpu",
    "trainer.max_epochs=1",
    "data.batch_size=2",
    "logger=none",
)
"""A training of a second."""
FINISHED = (*TINY, "loss=dice")
"""The training of ``finished_run``."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow too, as .ci/run does")


def pytest_configure(config: pytest.Config) -> None:
    """The same generated inputs in every run, fewer of them without ``--slow``, and no limit of time for one."""
    examples = 100 if config.getoption("--slow") else 20
    settings.register_profile("tests", max_examples=examples, deadline=None, derandomize=True, database=None)
    settings.load_profile("tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked ``cuda`` run where a GPU is, those marked ``slow`` where they are asked for."""
    reasons = {"cuda": "" if torch.cuda.is_available() else "no GPU here"}
    reasons["slow"] = "" if config.getoption("--slow") else "slow; run with --slow"
    for item in items:
        for mark, reason in reasons.items():
            if reason and item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(in_empty_folder: Path) -> Run:
    """``run("a")`` makes a folder as a training leaves it, without the seconds of one."""

    def make(name: str = "run", **kind: int | str) -> Path:
        return write_run(in_empty_folder / name, network(**kind))  # type: ignore[arg-type]

    return make


@pytest.fixture
def command(in_empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """``command("train", *overrides)`` runs ``cwmi-train`` in this process and returns its exit status."""
    return partial(run_command, monkeypatch)


def run_command(patch: pytest.MonkeyPatch, name: str, *overrides: str) -> int:
    """Exit status of a command in this process."""
    import importlib

    import hydra._internal.utils
    from hydra.core.global_hydra import GlobalHydra

    # Hydra takes the tracer of a measurement of coverage for a debugger, and lets exceptions through
    patch.setattr(hydra._internal.utils, "is_under_debugger", lambda: False)
    module = importlib.import_module(f"cwmi_seg.commands.{name}")
    patch.setattr("sys.argv", [f"cwmi-{name}", *overrides])
    patch.setattr("sys.path", list(sys.path))  # a command adds the working directory
    try:
        module.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        GlobalHydra.instance().clear()
    return 0


@pytest.fixture(scope="session")
def _trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``outputs`` of ``cwmi-train`` with ``FINISHED``, for all tests of this process."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run_command(patch, "train", *FINISHED) == 0
    return folder / "outputs"


@pytest.fixture
def finished_run(in_empty_folder: Path, _trained_once: Path) -> Path:
    """Folder of a finished run in ``outputs``, for tests that need one and not its training; theirs to change."""
    shutil.copytree(_trained_once, in_empty_folder / "outputs")
    (folder,) = Path("outputs/runs").iterdir()
    return folder
