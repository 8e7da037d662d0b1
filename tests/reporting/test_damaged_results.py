"""A run whose scores of single images are not those of its results is named by the report, and left out."""

from pathlib import Path

import pytest

from cwmi_seg.reporting.collect import collect
from cwmi_seg.study.run_folder import RunFolder
from tests.support.fake_study import grid, write_study


def cut(text: str, where: str) -> str:
    """What a full disk or a broken transfer leaves: whole lines, or half a number of the last one."""
    lines = text.splitlines(keepends=True)
    return {"head": "", "line": "".join(lines[:-3]), "number": text[:-12], "column": text.rpartition(",")[0]}[where]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("head", "cannot be read as a table"),
        ("line", "got 5 of 8 images; delete results.json"),
        ("number", "got another mean of vi;"),
        ("column", "got another mean of vi;"),
        ("gone", "got no file;"),
    ],
)
def test_a_run_with_half_of_its_images_is_no_result(tmp_path: Path, where: str, said: str) -> None:
    runs = grid(folds=(0, 1))
    write_study(tmp_path, "a", runs)
    damaged = RunFolder.of(tmp_path, runs[0]).path
    path = damaged / "test_images.csv"
    text = path.read_text()
    path.unlink() if where == "gone" else path.write_text(cut(text, where))
    records = collect(tmp_path, "a")
    found = records.runs.set_index("run")
    assert found.loc[damaged.name, "state"] == "unreadable"
    reason = str(found.loc[damaged.name, "reason"])
    assert reason.startswith(str(path))
    assert said in reason
    assert damaged.name not in set(records.images["run"])
    assert len(records.done) == len(runs) - 1
