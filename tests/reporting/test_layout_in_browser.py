"""The layout of a report's page in a browser: links, paper, narrow windows, and looks that tell many losses apart."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cwmi_seg.reporting.analysis import Options
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.write import write_files
from cwmi_seg.study.identity import RunIdentity
from tests.support.browser import Watched, wait_until
from tests.support.fake_study import Scores, grid, write_study

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]


CUT = """[...document.querySelectorAll('.matrix, .wide')].filter((node) => node.checkVisibility()
  && getComputedStyle(node).overflowX !== 'visible').map((node) => node.className)"""
PAPER = """[...document.querySelectorAll('.hint, #viewer .note:not(.legend)')]
  .filter((node) => node.checkVisibility()).length"""


def test_paper_has_whole_tables_and_no_hints(watched: Watched, report: Path) -> None:
    watched.page.set_viewport_size({"width": 1032, "height": 700})  # A4 landscape within its margins
    page = watched.open(report)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_selector(".panes img")
    assert page.evaluate(PAPER) > 0
    page.emulate_media(media="print")
    assert page.evaluate(CUT) == []
    assert page.evaluate(PAPER) == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1032
    size = "(name) => parseFloat(getComputedStyle(document.querySelector(name)).fontSize)"
    sizes = [page.evaluate(size, name) for name in (".meaning", "figcaption", "td")]
    assert max(sizes) <= 9
    page.emulate_media(media="screen")
    watched.page.set_viewport_size({"width": 1400, "height": 900})


def test_a_table_that_scrolls_says_so(watched: Watched, report: Path) -> None:
    watched.page.set_viewport_size({"width": 360, "height": 700})
    page = watched.open(report)
    words = "getComputedStyle(document.querySelector('.wide:has(.scores)'), '::before').content"
    wait_until(page, f"{words}.includes('scrolls sideways')")
    watched.page.set_viewport_size({"width": 1400, "height": 900})
    wait_until(page, f"!{words}.includes('scrolls')")


def test_fourteen_losses_look_unlike_and_untested_pairs_are_one_sentence(watched: Watched, tmp_path: Path) -> None:
    """One fold of five images, whose counts are whole numbers."""
    names = [f"loss{number:02d}" for number in range(14)]

    def scores(run: RunIdentity) -> Scores:
        return {"miou": [0.8 - 0.01 * names.index(run.loss)] * 5, "betti_0_error": [120.0, 7.0, 1.0, 0.0, 12.0]}

    write_study(tmp_path, "a", grid(losses=names, folds=(0,)), scores)
    write_files(collect(tmp_path, "a"), tmp_path / "report", Options(None, ("miou", "betti_0_error"), ("betti_*",)))
    page = watched.open(tmp_path / "report" / "report.html")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    wait_until(page, "document.querySelectorAll('.u-marker').length >= 14")
    assert page.locator(".matrix").count() == 0
    assert page.locator(".untested").inner_text() == (
        "No pair of losses is tested: a test needs 6 pairs, and there are 5 images."
    )
    captions = page.locator("[data-compare] figcaption").all_inner_texts()
    assert "Best on top." in captions
    assert not any("±" in caption for caption in captions)
    looks = page.evaluate("report.data.labels.map((label) => JSON.stringify(report.look(label)))")
    assert len(set(looks)) == 14
    assert page.locator("figure svg polygon").count() == 12  # four losses: mean and run in the ranking, and the scatter
    borders = page.evaluate("[...document.querySelectorAll('.u-marker')].map((mark) => mark.style.border)")
    assert len({border for border in borders if border}) == 14
    assert page.evaluate("[271, 77, 1, 0, null].map((v, _, all) => report.fixed(v, all))") == [
        "271",
        "77",
        "1",
        "0",
        "-",
    ]
    assert page.evaluate("[271.5, 1, 0].map((v, _, all) => report.fixed(v, all))") == ["271.5", "1.0", "0.0"]
    assert watched.said == []


ARRIVED = """(() => {
  const top = document.querySelector('NAME').getBoundingClientRect().top;
  const isAtEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
  const isBuilt = document.querySelector('.matrix table') && document.querySelector('#viewer [role=option]');
  return Boolean(isBuilt) && top >= 0 && (top < 80 || (isAtEnd && top < window.innerHeight));
})()"""


@pytest.mark.parametrize("name", ["images", "settings", "reading"])
@pytest.mark.parametrize("how", ["click", "address"])
def test_the_first_jump_arrives(opened: "Browser", report: Path, name: str, how: str) -> None:
    """In a page whose parts are not built yet, and stays when they and the pictures have come."""
    page = opened.new_page(viewport={"width": 1000, "height": 500})
    page.goto(report.absolute().as_uri() + (f"#{name}" if how == "address" else ""))
    page.wait_for_selector("html[data-ready]")
    if how == "click":
        page.locator(f"nav a[href='#{name}']").click()
    wait_until(page, "[...document.querySelectorAll('.panes img')].some((image) => image.naturalWidth > 0)")
    wait_until(page, ARRIVED.replace("NAME", f"#{name}"))
    page.close()
