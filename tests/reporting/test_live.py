"""A report that is written while a sweep goes on."""

import json
from pathlib import Path
from typing import Any

import pytest

from cwmi_seg.reporting.live import NEWS, watch_study
from cwmi_seg.study.members import join_study
from cwmi_seg.study.run_folder import RunFolder
from tests.conftest import Command
from tests.support.fake_study import grid, made_up, write_failed, write_run, write_study
from tests.support.html_page import Page


def news(folder: Path) -> dict[str, Any]:
    text = (folder / NEWS).read_text().removeprefix("window.cwmiProgress = ").rstrip(";\n")
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_page_follows_the_runs_until_the_last_has_ended(tmp_path: Path) -> None:
    first, second, third = runs = grid(losses=("cwmi",))
    for run in runs:
        join_study(tmp_path, "a", run)
    folder, told, pages = tmp_path / "studies" / "a" / "report", [], []

    def later(_: float) -> None:
        """What happens between two looks."""
        told.append(news(folder))
        pages.append((folder / "report.html").read_text())
        if len(told) == 1:
            write_run(RunFolder.of(tmp_path, first).path, first, made_up(first))
        elif len(told) == 2:
            write_run(RunFolder.of(tmp_path, second).path, second, made_up(second))
        else:
            write_failed(tmp_path, "a", third)

    assert watch_study(tmp_path, "a", sleep=later) == folder
    assert [line["text"].split(";")[0].rstrip(".") for line in told] == [
        "3 runs: 3 waiting", "3 runs: 1 done, 2 waiting", "3 runs: 2 done, 1 waiting",
    ]  # fmt: skip
    assert len({line["mark"] for line in told}) == 3
    assert all(f'data-live="{line["mark"]}"' in page for line, page in zip(told, pages, strict=True))
    assert "No run is finished yet." in Page(pages[0]).text
    assert "1 of 3 done" in Page(pages[1]).text
    assert news(folder) == {"mark": ""}  # the page loads itself anew


def test_ctrl_c_leaves_an_ordinary_page(tmp_path: Path) -> None:
    for run in grid():
        join_study(tmp_path, "a", run)

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch_study(tmp_path, "a", out=tmp_path / "out", sleep=interrupted)
    assert "data-live" not in (tmp_path / "out" / "report.html").read_text().partition("<script")[0]


def test_a_finished_study_is_reported_at_once(command: Command) -> None:
    write_study(Path("outputs"), "a", grid(folds=(0,)))
    assert command("report", "study=a", "watch=true") == 0
    assert not Path("outputs/studies/a/report", NEWS).exists()


def test_records_cannot_be_watched(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("report", "results=x", "watch=true") == 1
    assert "watch: expected study=NAME, got results=FOLDER" in capsys.readouterr().err
