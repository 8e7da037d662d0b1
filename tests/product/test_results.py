"""The published results: every number of the texts is that of the committed csv files."""

from pathlib import Path

import pytest

from cwmi_seg.reporting.write import TEXT
from scripts.results_reports import report
from scripts.results_tables import DATASETS, FILES, RESULTS, rewritten


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=["README", "results"])
def test_the_tables_are_those_of_the_records(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert rewritten(text, FILES[path]()) == text


@pytest.mark.slow
@pytest.mark.parametrize("name", DATASETS)
def test_the_reports_are_those_of_the_records(name: str) -> None:
    assert report(RESULTS / name) == (RESULTS / name / TEXT).read_text(encoding="utf-8")
