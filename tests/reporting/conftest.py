"""The browser of the tests of a report's page, and the report that most of them open."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cwmi_seg.reporting.analysis import Options
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.write import write_files
from tests.support.browser import Watched, browser
from tests.support.fake_study import grid, write_study
from tests.support.kept_masks import keep_masks_of, write_dataset

if TYPE_CHECKING:
    from playwright.sync_api import Browser

METRICS = ("miou", "mdice", "vi")
GROUPS = {f"{fold}_{number:02d}": f"g{fold}{number // 2}" for fold in range(3) for number in range(8)}


@pytest.fixture(scope="module")
def opened() -> Iterator["Browser"]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def watched(opened: "Browser") -> Watched:
    """One page for all tests of a file; each opens what it needs."""
    return Watched(opened.new_page(viewport={"width": 1400, "height": 900}))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of three losses and folds with masks, in groups of two images."""
    output = tmp_path_factory.mktemp("outputs")
    runs = grid()
    write_study(output, "a", runs, epochs=5)
    keep_masks_of(output, runs, write_dataset(output / "data", GROUPS), list(GROUPS))
    write_files(
        collect(output, "a"), output / "report", Options(None, METRICS, ("vi",)), output / "runs", pictures=1000
    )
    return output / "report" / "report.html"
