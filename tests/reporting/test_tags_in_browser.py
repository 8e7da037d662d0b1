"""The tables by tag on the page: one metric is chosen, and each sorts by its columns."""

from pathlib import Path

import pytest

from cwmi_seg.datasets.dataset_json import save_info
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.write import write_files
from tests.support.browser import Watched, browser, wait_for_texts
from tests.support.fake_study import grid, write_study
from tests.support.hostile import NAMES

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_metric_is_chosen_and_columns_sort(tmp_path: Path) -> None:
    write_study(tmp_path, "a", grid(folds=(0,)))
    tags = {f"0_{number:02d}": {NAMES["markup"]: "odd" if number % 2 else "even"} for number in range(8)}
    for run in tmp_path.glob("runs/*"):
        save_info(DatasetInfo("drive", "", 1, 2, (0.0,), (1.0,), (), fingerprint="ab", tags=tags), run)
    write_files(collect(tmp_path, "a"), tmp_path / "report")
    with browser() as opened:
        watched = Watched(opened.new_page())
        found = watched.open(tmp_path / "report" / "report.html").locator("div.tags")
        assert found.locator("th:visible").all_inner_texts() == [
            f"{NAMES['markup']}: miou ↑", "even (4 images)", "odd (4 images)"
        ]  # fmt: skip
        found.get_by_label("Metric by tag").select_option("vi")
        assert found.locator("th:visible").first.inner_text() == f"{NAMES['markup']}: vi ↓"
        found.locator("th:visible").last.click()
        wait_for_texts(found.locator("tbody tr:visible td:first-child"), ["cwmi", "dice", "cross_entropy"])
        assert watched.said == []
