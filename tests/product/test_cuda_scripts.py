"""The scripts for a visit to a GPU, on a machine that has none."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from scripts import check_cuda, cuda_cases, cuda_measures
from scripts.cuda_rows import QUICK, Rows, Skip, need
from tests.support.loss_configs import LOSS_NAMES, ON_THE_CPU
from tests.support.markdown import ROOT

CPU = torch.device("cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
@pytest.mark.parametrize("name", ["check_cuda", "benchmark_cuda"])
def test_without_a_gpu_a_script_says_so_in_one_line(name: str, monkeypatch: Any, capsys: Any) -> None:
    module = __import__(f"scripts.{name}", fromlist=["main"])
    monkeypatch.setattr("sys.argv", [name])
    with pytest.raises(SystemExit) as end:
        module.main()
    assert end.value.code == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{name}: no GPU here")


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_so_does_the_evidence(tmp_path: Path) -> None:
    call = ["bash", str(ROOT / "scripts" / "evidence_cuda.sh"), str(tmp_path), str(tmp_path / "out"), "60"]
    done = subprocess.run(
        call, cwd=ROOT, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable}
    )
    assert (done.returncode, done.stdout) == (0, "evidence_cuda: no GPU here, nothing to do.\n")


def failing() -> dict[str, Any]:
    need(False, "too far off")
    return {}


def skipping() -> dict[str, Any]:
    raise Skip("of a GPU")


def test_a_failing_row_ends_nothing_and_is_made_again(tmp_path: Path, capsys: Any) -> None:
    path, made = tmp_path / "rows.json", []

    def passing() -> dict[str, Any]:
        made.append(1)
        return {"value": 1.5}

    for _ in range(2):
        rows = Rows(path, "a card", seconds=60)
        for name, make in {"first": failing, "second": passing, "third": skipping}.items():
            rows.add(name, make)
        assert rows.conclude() == 1
    assert len(made) == 1
    found = json.loads(path.read_text())["a card"]
    assert {name: row["state"] for name, row in found.items()} == {
        "first": "failed", "second": "passed", "third": "skipped",
    }  # fmt: skip
    rows = Rows(path, "a card", seconds=60)
    rows.add("first", passing)
    assert rows.conclude() == 0
    assert "1 passed, 0 skipped, 0 failed" in capsys.readouterr().out


def test_another_card_has_its_own_rows(tmp_path: Path) -> None:
    for setting in ("a card", "another"):
        Rows(tmp_path / "rows.json", setting, seconds=60).add("one", lambda: {"value": 1})
    assert set(json.loads((tmp_path / "rows.json").read_text())) == {"a card", "another"}


def test_no_row_is_begun_when_the_time_is_over(tmp_path: Path, capsys: Any) -> None:
    rows = Rows(tmp_path / "rows.json", "a card", seconds=0)
    rows.add("one", failing)
    assert rows.conclude() == 0
    assert "1 left for the same command again" in capsys.readouterr().out


@pytest.mark.parametrize("name", QUICK)
def test_every_check_of_a_loss_runs_on_the_cpu(name: str) -> None:
    case = cuda_cases.Case(name, CPU, images=1, size=32)
    for _, make in check_cuda.of_loss(case):
        with suppress(Skip):
            make()


def test_the_checks_see_what_is_wrong() -> None:
    case, factors = cuda_cases.Case("dice", CPU, images=1, size=32), iter([1.0, 1.001])
    right = case.loss
    case.__dict__["loss"] = lambda *tensors: next(factors) * right(*tensors)
    with pytest.raises(AssertionError, match="off by"):
        cuda_cases.same_as_cpu(case, torch.float32)


@pytest.mark.slow
def test_a_loss_and_a_step_are_measured() -> None:
    case, yardstick = (cuda_cases.Case(name, CPU, images=1, size=32) for name in ("cwmi", "cross_entropy"))
    row = cuda_measures.loss_row(case, yardstick)
    assert row["launches"] > 20
    assert row["low_ms"] <= row["median_ms"] <= row["high_ms"]
    row = cuda_measures.Steps(yardstick, width=2).row(case)
    assert 0 < row["share_of_the_loss"] < 1


def test_the_losses_on_the_cpu_exist() -> None:
    assert set(ON_THE_CPU) - {"betti_matching", "dice_betti_matching"} <= set(LOSS_NAMES)
