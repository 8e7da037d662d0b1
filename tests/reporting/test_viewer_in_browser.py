"""The viewer of test images in a browser: order, selection and wheel, and what it offers where it has nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.study_report import report_results
from cwmi_seg.reporting.write import write_files
from tests.support.browser import Watched, wait_until
from tests.support.fake_study import grid, write_study
from tests.support.kept_masks import keep_masks_of, write_dataset

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NAMES = {f"0_{number:02d}": f"g{number}" for number in range(8)}
ORDER, FIRST, SECOND = "Order of the images", "Loss", "Other loss"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of three losses on eight images of one fold; the masks of all are kept."""
    output = tmp_path_factory.mktemp("outputs")
    runs = grid(folds=(0,))
    write_study(output, "a", runs)
    keep_masks_of(output, runs, write_dataset(output / "data", NAMES), list(NAMES))
    write_files(collect(output, "a"), output / "report", runs=output / "runs", pictures=1000)
    return output / "report"


@pytest.fixture
def page(watched: Watched, folder: Path) -> Iterator["Page"]:
    yield to_viewer(watched.open(folder / "report.html"))
    assert watched.said == []


def to_viewer(page: "Page") -> "Page":
    page.locator("#images").scroll_into_view_if_needed()
    page.wait_for_selector("#viewer [role=option]")
    return page


def choose(page: "Page", name: str, value: str) -> None:
    page.get_by_label(name, exact=True).select_option(value)


def chosen(page: "Page", name: str) -> str:
    return str(page.get_by_label(name, exact=True).evaluate("(node) => node.value"))


def values(page: "Page") -> list[float]:
    return [float(text) for text in page.locator("#viewer [role=option] .value").all_text_contents()]


def note(page: "Page") -> str:
    return page.locator("#viewer .meant").inner_text()


def test_the_selected_image_is_readable_under_the_pointer(page: "Page") -> None:
    rows = page.locator("#viewer [role=option]")
    rows.nth(2).click()
    rows.nth(2).hover()
    ground = "(node) => getComputedStyle(node).backgroundColor"
    assert rows.nth(2).evaluate(ground) == "rgb(31, 95, 191)"
    rows.nth(0).hover()
    assert rows.nth(0).evaluate(ground) == "rgb(246, 247, 249)"


def test_the_two_losses_of_a_difference_are_two(page: "Page") -> None:
    choose(page, ORDER, "loss")
    choose(page, FIRST, "1")
    choose(page, ORDER, "difference")
    assert (chosen(page, FIRST), chosen(page, SECOND)) == ("1", "0")
    assert all(value != 0 for value in values(page))
    choose(page, SECOND, "1")
    assert (chosen(page, FIRST), chosen(page, SECOND)) == ("0", "1")


@pytest.mark.parametrize(
    ("name", "value"), [(ORDER, "name"), (ORDER, "spread"), ("Metric of the images", "1"), ("Part of the name", "_0")]
)
def test_a_new_order_opens_its_first_image(page: "Page", name: str, value: str) -> None:
    page.locator("[role=listbox]").press("End")
    found = page.get_by_label(name, exact=True)
    if name.startswith("Part"):
        found.fill(value)
    else:
        found.select_option(value)
    rows = page.locator("#viewer [role=option]")
    assert rows.first.get_attribute("aria-selected") == "true"
    first = rows.first.locator("span").first.text_content()
    assert page.locator("#viewer .columns h3").inner_text().startswith(f"{first},")


def test_the_wheel_scrolls_the_page_and_zooms_with_control(page: "Page") -> None:
    view = page.locator(".view").first
    view.scroll_into_view_if_needed()
    view.hover()
    zoom = "document.querySelector('.panes').style.getPropertyValue('--zoom')"
    for way in (-1, 1):  # scrolls neither way become zooms
        before = page.evaluate("window.scrollY")
        page.mouse.wheel(0, way * 100)
        wait_until(page, f"{way} * (window.scrollY - {before}) > 0")
        assert page.evaluate(zoom) == "1"
    view.hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    wait_until(page, f"{zoom} === '1.25'")


def controls(page: "Page") -> list["Locator"]:
    """What acts on pictures."""
    labels = [page.get_by_label(name, exact=True) for name in ("Opacity of the masks", "Zoom in", "Whole image")]
    return [*labels, page.locator(".chooser", has_text="Losses shown"), page.get_by_text("Ctrl + wheel")]


def test_without_pictures_nothing_is_offered_that_acts_on_them(watched: Watched, folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "report"
    shutil.copytree(folder, copy)
    shutil.rmtree(copy / "viewer")
    report_results(copy)
    page = to_viewer(watched.open(copy / "report.html"))
    assert [found.is_visible() for found in controls(page)] == [False] * 5
    assert "No pictures of this image here" in page.locator("#viewer .legend").inner_text()
    sheet = page.locator("details.sheet")
    assert "made from the records of an earlier report" in str(sheet.text_content())
    assert watched.said == []


def test_without_an_image_nothing_is_offered_that_acts_on_one(page: "Page") -> None:
    assert all(found.is_visible() for found in controls(page))
    page.get_by_label("Part of the name").fill("no such name")
    buttons = [page.get_by_label(name, exact=True) for name in ("Previous image", "Next image")]
    assert [found.is_visible() for found in [*controls(page), *buttons]] == [False] * 7
    assert not page.locator("#viewer .legend").is_visible()
    page.get_by_label("Part of the name").fill("")
    assert all(found.is_visible() for found in [*controls(page), *buttons])


def test_the_list_says_what_its_numbers_are(page: "Page") -> None:
    assert note(page) == "Number: mean miou over the losses."
    choose(page, ORDER, "loss")
    assert note(page) == "Number: miou of cwmi."
    choose(page, ORDER, "difference")
    assert note(page) == "Number: miou of cwmi minus that of dice."
    choose(page, ORDER, "spread")
    scores = page.evaluate("""[...document.querySelectorAll('#viewer .columns tbody tr')].map((row) =>
      [row.cells[0].textContent, row.cells[1].textContent])""")
    (low, least), *_, (high, most) = sorted(scores, key=lambda pair: float(pair[1]))
    assert note(page) == (
        f"Number: largest minus smallest miou of the losses; of the selected image {most} ({high}) to {least} ({low})."
    )
    page.locator("[role=listbox]").press("End")
    assert note(page).startswith("Number: largest minus smallest miou of the losses; of the selected image ")
