"""The report command on made-up studies."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from cwmi_seg.reporting.wandb_report import LOGGER
from cwmi_seg.study.identity import RunIdentity
from tests.conftest import Command
from tests.support.fake_study import Scores, grid, made_up, write_failed, write_overlays, write_study

FILES = {"runs.csv", "images.csv.gz", "epochs.csv.gz", "scores.csv", "scores_wide.csv", "tests.csv", "missing.csv",
         "pairs.csv", "report.md", "report.html", "tables.tex", "figures", "viewer"}  # fmt: skip


def one_metric(run: RunIdentity) -> Scores:
    """Few figures."""
    return made_up(run, metrics=("miou",))


def test_a_study_becomes_tables(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    write_study(Path("outputs"), "a", grid())
    assert command("report", "study=a") == 0
    folder = Path("outputs/studies/a/report")
    assert {path.name for path in folder.iterdir()} >= FILES
    text = (folder / "report.md").read_text()
    assert "| cwmi | 3/3 | **0." in text
    assert "| dice | 3/3 | <ins>0." in text
    shown = capsys.readouterr().out
    assert "drive, unet" in shown
    assert str(folder / "report.md") in shown


def test_holes_are_named_and_their_rows_not_ranked(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    *done, lost = grid(losses=("cross_entropy", "dice", "cwmi"))
    write_study(Path("outputs"), "a", done)
    write_failed(Path("outputs"), "a", lost)
    command("report", "study=a")
    text = Path("outputs/studies/a/report/report.md").read_text()
    assert "| cwmi | 2/3 | 0." in text
    assert "- cwmi, fold 2, seed 0: failed (RuntimeError: no memory)" in text
    assert "| dice | 3/3 | **0." in text
    assert "missing: cwmi, fold 2, seed 0: failed" in capsys.readouterr().out


@pytest.mark.slow
def test_the_exported_csv_files_give_the_same_report(command: Command) -> None:
    write_study(Path("outputs"), "a", grid(datasets=("drive", "glas"), overrides=("trainer.max_epochs=2",)), one_metric)
    for folder in Path("outputs/runs").glob("drive-*-f0-*"):
        write_overlays(folder, ["0_00", "0_01"])
    command("report", "study=a")
    first = Path("outputs/studies/a/report")
    assert command("report", f"results={first}", "out=again") == 0
    files = [path.relative_to(first) for path in first.rglob("*.*") if path.name != "report.html"]
    assert Path("figures/01-drive-unet-panels.png") in files
    for path in files:
        assert (first / path).read_bytes() == Path("again", path).read_bytes(), path
    page = Path("again/report.html").read_text()
    assert page.count('class="sheet"') == 1


@pytest.mark.slow
def test_the_metrics_to_show_are_chosen_by_the_command(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    write_study(Path("outputs"), "a", grid(folds=(0,)))
    assert command("report", "study=a", "show=[vi,miou]", "lower_is_better=[hd]") == 0
    assert ["vi ↓", "miou ↑"] in [re.findall(r"\w+ [↓↑]", line) for line in capsys.readouterr().out.splitlines()]


def test_one_row_a_run_and_one_row_an_image(command: Command) -> None:
    write_study(Path("outputs"), "a", grid(seeds=(0, 1)), one_metric)
    command("report", "study=a")
    folder = Path("outputs/studies/a/report")
    assert len(pd.read_csv(folder / "runs.csv")) == 18
    assert len(gzip.decompress((folder / "images.csv.gz").read_bytes()).splitlines()) == 1 + 18 * 8
    assert len(pd.read_csv(folder / "scores_wide.csv")) == 3


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ((), "study: expected study=NAME or results=FOLDER"),
        (("study=b",), "got 'b'; train with study=b first"),
        (("study=a", "baseline=dise"), "baseline: expected one of ['cross_entropy', 'cwmi', 'dice'], got 'dise'"),
        (("results=nowhere",), "results: expected runs.csv in nowhere, got none"),
        (("study=a", "basline=dice"), "basline"),
    ],
)
def test_a_mistake_is_one_clear_line(
    command: Command, capfd: pytest.CaptureFixture[str], overrides: tuple[str, ...], message: str
) -> None:
    write_study(Path("outputs"), "a", grid(folds=(0,)))
    assert command("report", *overrides) == 1
    shown = capfd.readouterr().err
    assert message in shown
    assert "Traceback" not in shown


@pytest.mark.slow
def test_the_report_is_a_wandb_run_where_the_reader_wants_it(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run folders may be someone else's: they do not choose the project, nor whether to go online."""
    pytest.importorskip("wandb_workspaces")
    report = Path("outputs/studies/a/report")
    write_study(Path("outputs"), "a", grid(folds=(0,), losses=("cross_entropy", "cwmi")), one_metric)
    for path in Path("outputs/runs").glob("*/config.yaml"):
        path.write_text(path.read_text() + f"logger: {{_target_: {LOGGER}, project: not_mine, offline: false}}\n")
    for folder in Path("outputs/runs").iterdir():
        write_overlays(folder, ["0_00", "0_01"])
        for start in ("20260101_000000-old", "20260102_000000-new"):
            (folder / "wandb" / f"offline-run-{start}").mkdir(parents=True)
    assert command("report", "study=a", "logger.project=p") == 0
    (path,) = Path("outputs/studies/a/report/wandb").glob("offline-run-*/run-*.wandb")
    reader = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(path)]
    lines = subprocess.run(reader, capture_output=True, text=True, check=True).stdout.splitlines()
    found = {record["type"]: record for record in map(json.loads, filter(None, lines))}
    run = found["run"]["run"]
    assert (run["project"], run["run_group"], run["job_type"]) == ("p", "a", "report")
    keys = {key.split(".")[0] for key in found["history"]["history"]["item"]}
    assert keys >= {"report", "scores", "tests", "pairs", "images", "01-drive-unet/miou_table"}
    assert found["exit"]["exit"].get("exit_code", 0) == 0
    artifacts = [json.loads(line)["artifact"] for line in lines if line and json.loads(line)["type"] == "artifact"]
    (images,) = (artifact for artifact in artifacts if artifact["name"].endswith("-images"))
    files = {entry["path"]: Path(entry["local_path"]) for entry in images["manifest"]["contents"]}
    table = json.loads(files["images.table.json"].read_text())
    assert table["columns"] == [
        "block", "name", "group", "fold", "seed", "loss", "miou", "image", "target", "errors",
    ]  # fmt: skip
    pictures = {(row[1], row[5]): row[-3:] for row in table["data"]}
    assert len(pictures) == 16
    shown = {key for key, row in pictures.items() if None not in row}
    assert shown == {(name, loss) for name in ("0_00", "0_01") for loss in ("cross_entropy", "cwmi")}
    assert all(files[picture["path"]].is_file() for key in shown for picture in pictures[key])
    assert all(file.is_relative_to(report.absolute()) for file in files.values())
    assert "test/miou" in (report / "wandb_workspace.json").read_text()
    records = (report / "wandb_records.txt").read_text().split("\0")[:-1]
    assert [Path(record).name.rpartition("-")[2] for record in records[:-1]] == ["new", "new"]
    assert records[-1] == str(path.parent.absolute())
    assert "upload   xargs -0 -n 1 wandb sync < outputs/studies/a/report/wandb_records.txt" in capsys.readouterr().out


@pytest.mark.slow
def test_losing_wandb_does_not_lose_the_report(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("wandb.init", broken)
    write_study(Path("outputs"), "a", grid(folds=(0,)), one_metric)
    path = min(Path("outputs/runs").glob("*/config.yaml"))
    path.write_text(path.read_text() + f"logger: {{_target_: {LOGGER}}}\n")
    assert command("report", "study=a") == 0
    assert "no space left on device" in capsys.readouterr().out
    assert Path("outputs/studies/a/report/report.html").is_file()
