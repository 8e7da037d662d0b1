"""A report that is written while a sweep goes on."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cwmi_seg.mistakes import Mistake
from cwmi_seg.reporting.external import External
from cwmi_seg.reporting.live import NEWS, watch_study
from cwmi_seg.study.members import join_study
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_results import RunResults
from cwmi_seg.training.results import Scored, summary
from tests.conftest import Command
from tests.support.fake_study import grid, made_up, write_failed, write_run, write_study
from tests.support.html_page import Page


def news(folder: Path) -> dict[str, Any]:
    text = (folder / NEWS).read_text().removeprefix("window.cwmiProgress = ").rstrip(";\n")
    found: dict[str, Any] = json.loads(text)
    return found


def write_masks(folder: Path, folds: Iterable[int]) -> Path:
    """Masks of others of the test images of some folds."""
    folder.mkdir()
    for name in (f"{fold}_{number:02d}" for fold in folds for number in range(8)):
        Image.fromarray(np.zeros((2, 2), dtype=np.uint8)).save(folder / f"{name}.png")
    return folder


@pytest.mark.slow
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


@pytest.mark.slow
def test_masks_of_others_are_rows_and_each_is_scored_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = grid(losses=("cwmi",))
    for run in runs:
        join_study(tmp_path, "a", run)
    scored, tables, waiting = [], [], list(runs)

    def score(run: RunFolder, masks: object, names: Sequence[str], allowed: object) -> Scored:
        scored.append(names[0])
        rows = [{"index": 0, "name": name, "miou": 0.5, "mdice": 0.5, "vi": 1.0} for name in names]
        return Scored(rows, None, RunResults(summary(rows), len(rows), 0, 0, 0.0))

    def later(_: float) -> None:
        """What happens between two looks."""
        tables.append((tmp_path / "out" / "scores_wide.csv").read_text())
        run = waiting.pop(0)
        write_run(RunFolder.of(tmp_path, run).path, run, made_up(run))

    monkeypatch.setattr("cwmi_seg.evaluation.external_masks.score_external", score)
    external = External({"theirs": write_masks(tmp_path / "theirs", range(3))})
    watch_study(tmp_path, "a", out=tmp_path / "out", external=external, sleep=later)
    assert ["theirs" in table for table in tables] == [False, True, True]
    assert scored == ["0_00", "1_00", "2_00"]


@pytest.mark.slow
def test_masks_that_do_not_fit_are_told_at_once_and_an_error_at_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = grid(losses=("cwmi",))
    for run in runs:
        join_study(tmp_path, "a", run)
    write_run(RunFolder.of(tmp_path, runs[0]).path, runs[0], made_up(runs[0]))

    def later(_: float) -> None:
        """All end before the next look."""
        assert "note     without masks of others: external.theirs: expected masks called" in capsys.readouterr().out
        for run in runs[1:]:
            write_run(RunFolder.of(tmp_path, run).path, run, made_up(run))

    external = External({"theirs": write_masks(tmp_path / "theirs", [7])})
    with pytest.raises(Mistake, match=r"external\.theirs: expected masks called like the test images"):
        watch_study(tmp_path, "a", out=tmp_path / "out", external=external, sleep=later)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "data-live" not in page.partition("<script")[0]
    assert "3 of 3 done" in Page(page).text or "3/3" in Page(page).text


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
