"""The files of a run: who knows their names, and what a damaged one does."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import cwmi_seg
from cwmi_seg.reporting.collect import collect
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_results import RunResults, Score
from cwmi_seg.study.run_status import RunStatus
from tests.conftest import TINY, Command
from tests.support.fake_study import grid, write_study
from tests.support.outputs import only_run

OWNERS = {"study/run_folder.py", "study/run_results.py"}
NAMES = re.compile(
    r"\b(results\.json|config\.yaml|status\.json|identity\.json|split\.json|job\.yaml|metrics\.csv"
    r"|test_images\.csv|train\.log|best\.ckpt|last\.ckpt)\b"
)


def code_texts(path: Path) -> Iterator[str]:
    """Every text of a module that is no docstring."""
    tree = ast.parse(path.read_text())
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def test_no_other_module_spells_the_name_of_a_file_of_a_run() -> None:
    package = Path(cwmi_seg.__file__).parent
    modules = {str(path.relative_to(package)): path for path in package.rglob("*.py")}
    found = {name for name, path in modules.items() if any(map(NAMES.search, code_texts(path)))}
    assert found == OWNERS


DAMAGE = {
    "config.yaml": ["[1", "3", "dataset: 3\ntrainer: 4\npaths: 5\ndata: []\noptimizer: x\nlogger: y\n"],
    "metrics.csv": ["a,b\n1,2\n", "epoch,train/loss\n0,x\n", "epoch,train/loss\nx,1\n", "epoch\n0,1,2\n", "epoch\n1\0"],
    "test_images.csv": ["", "index,miou\n0,1\n", "a\0b\n", "index,name,miou,mdice,vi\n0,a,x,y,z\n"],
    "results.json": [
        "[", "[1]", "3", '{"test": 3}', '{"test": {"miou": 3}}', '{"test": {"miou": {"mean": "x", "std": 1}}}',
        '{"test": {}, "num_test_images": "x"}', '{"test": {}, "versions": 3}', '{"test": {}, "identity": 3}',
        '{"test": {}, "train_seconds": []}', '{"test": {}, "format": 2}',
    ],
    "status.json": ["[1]", '"x"', '{"state": 3, "epoch": "x", "max_epochs": [], "best": {}, "error": 3, "monitor": 1}'],
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in DAMAGE.items() for text in texts])
def test_a_damaged_file_of_one_run_is_named_and_the_others_are_listed_and_reported(
    command: Command, capfd: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    first, *_ = runs = grid(losses=("cwmi", "dice"), folds=(0, 1))
    write_study(Path("outputs"), "a", runs)
    damaged = RunFolder.of(Path("outputs"), first)
    (damaged.path / name).write_text(text)
    assert command("runs", "states=[done,unreadable]") == 0
    listed = capfd.readouterr()
    assert "Traceback" not in listed.err
    assert (f"{damaged.path / name}: " in listed.out) == (name == "results.json")
    records = collect(Path("outputs"), "a")
    harmless = name == "status.json" or text.startswith("dataset: 3")
    states = records.runs.set_index("run")["state"].to_dict()
    assert states.pop(damaged.name) == ("done" if harmless else "unreadable")
    assert set(states.values()) == {"done"}
    reason = records.runs.set_index("run")["reason"][damaged.name]
    assert reason.startswith(f"{damaged.path / name}: ") != harmless


def test_a_report_names_what_is_damaged_and_is_made_of_the_rest(
    command: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    runs = grid(losses=("cwmi", "dice", "focal"), folds=(0, 1))
    write_study(Path("outputs"), "a", runs)
    for (name, texts), run in zip(DAMAGE.items(), runs, strict=False):
        (RunFolder.of(Path("outputs"), run).path / name).write_text(texts[-1])
    assert command("report", "study=a", "wandb=false") == 0
    assert "Traceback" not in capfd.readouterr().err
    assert Path("outputs/studies/a/report/runs.csv").read_text().count(",unreadable,") == 3


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    folder, (identity,) = RunFolder(tmp_path), grid(losses=("cwmi",), folds=(2,))
    assert folder.results() is None
    scores = {"miou": Score(0.5, None), "miou_1": Score(0.25, 0.5)}
    results = RunResults(scores, 1, 3, 5, 1.5, 0.5, {"torch": "2"}, identity, "val")
    folder.save_results(results, [{"index": 0, "name": "a", "miou": 0.5, "miou_1": 0.25}])
    assert folder.results() == results
    assert list(folder.images(results)["name"]) == ["a"]


def test_results_without_a_number_are_of_format_1_and_newer_ones_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text('{"test": {"miou": {"mean": 0.5, "std": null}}, "num_test_images": 1}')
    assert RunFolder(tmp_path).results() == RunResults({"miou": Score(0.5, None)}, 1)
    path.write_text('{"format": 2, "scores": []}')
    with pytest.raises(ValueError, match=r"results\.json: expected results of format 1, got 2; update cwmi-seg"):
        RunFolder(tmp_path).results()


def test_an_old_status_is_of_the_mean_iou(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text('{"state": "done", "best": 0.5}')
    status = RunFolder(tmp_path).status()
    assert (status.monitor, status.mode) == ("val/miou", "max")


@pytest.mark.parametrize(("mode", "better"), [("max", 0.7), ("min", 0.5)])
def test_the_better_of_two_scores_depends_on_the_mode(mode: str, better: float) -> None:
    pair = [RunStatus.from_dict({"best": best, "mode": mode}) for best in (0.5, 0.7)]
    assert [status.best for status in pair if status.is_better(pair[0]) or status.is_better(pair[1])] == [better]


def test_the_monitor_of_a_run_is_what_is_shown_of_it(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    lowest = ("callbacks.checkpoint.monitor=train/loss", "callbacks.checkpoint.mode=min")
    assert command("train", *TINY, "loss=dice", "trainer.max_epochs=2", "optimizer.lr=0.01", *lowest) == 0
    losses = [row["train/loss"] for row in RunFolder(only_run()).epochs()]
    status = json.loads((only_run() / "status.json").read_text())
    assert (status["monitor"], status["mode"]) == ("train/loss", "min")
    assert status["best"] == min(loss for loss in losses if loss is not None)
    shown = capsys.readouterr().out
    assert "val/miou" not in shown
    assert command("runs") == 0
    assert f"train/loss {status['best']:.4f}" in capsys.readouterr().out
