"""The published results: every number of the texts is that of the committed csv files."""

from pathlib import Path

import pytest

from scripts.results_tables import FILES, rewritten


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=["README", "results"])
def test_the_tables_are_those_of_the_records(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert rewritten(text, FILES[path]()) == text
