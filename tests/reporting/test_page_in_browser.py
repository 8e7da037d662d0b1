"""The page of a report in a browser: sorts, filters, opens images, and neither fails nor asks anything of a network."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cwmi_seg.datasets.dataset_json import load_info, save_info
from cwmi_seg.datasets.synthetic_volumes import SyntheticVolumes
from cwmi_seg.reporting.analysis import Options, analyse
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.content import build_content
from cwmi_seg.reporting.gallery import Gallery
from cwmi_seg.reporting.html import html
from cwmi_seg.reporting.live import NEWS, mark_of, news
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.viewer import json_text, write_viewer
from cwmi_seg.reporting.write import write_files
from cwmi_seg.study.progress import study_progress
from cwmi_seg.study.run_folder import RunFolder
from tests.support.browser import Watched, wait_for_texts, wait_until
from tests.support.fake_study import grid, made_up, write_study
from tests.support.hostile import NAMES
from tests.support.kept_masks import write_volume_run

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(watched: Watched, report: Path) -> Iterator["Page"]:
    """The report, which must not have failed nor asked for anything but files when the test is over."""
    yield watched.open(report)
    assert watched.said == []
    assert watched.elsewhere == []


def losses(page: "Page") -> "Locator":
    return page.locator("table.scores tbody tr td:first-child")


def listed(page: "Page", part: str) -> list[str]:
    """One part of every row of the viewer's list, also of rows out of sight, which the browser does not lay out."""
    return page.locator(f"#viewer [role=option] > span{part}").all_text_contents()


def to_viewer(page: "Page") -> None:
    page.locator("#images").scroll_into_view_if_needed()
    page.wait_for_selector("#viewer [role=option]")


def test_the_table_sorts_by_mouse_and_by_key(page: "Page") -> None:
    wait_for_texts(losses(page), ["cwmi", "dice", "cross_entropy"])
    head = page.locator("table.scores th[data-metric='0']")
    for order in (["cwmi", "dice", "cross_entropy"], ["cross_entropy", "dice", "cwmi"]):  # best first, then last
        head.click()
        wait_for_texts(losses(page), order)
    arrow = "getComputedStyle(document.querySelector('th[aria-sort]'), '::after').content"
    assert page.evaluate(arrow) == "none"  # a second arrow would read as a direction
    assert page.evaluate("getComputedStyle(document.querySelector('th[aria-sort]')).boxShadow") != "none"
    head.press("Enter")
    wait_for_texts(losses(page), ["cwmi", "dice", "cross_entropy"])


def test_metrics_are_chosen(page: "Page") -> None:
    page.locator(".chooser summary", has_text="Metrics").click()
    page.get_by_label("mdice", exact=True).uncheck()
    assert page.locator("table.scores th:visible").all_inner_texts() == ["loss", "runs", "miou ↑", "vi ↓", "s/epoch"]
    page.keyboard.press("Escape")
    assert not page.get_by_label("mdice", exact=True).is_visible()


def test_marks_follow_the_baselines(page: "Page") -> None:
    cell = page.locator("table.scores tbody tr", has_text="dice").locator("td[data-metric='0']")
    assert "▲" in cell.inner_text()
    page.get_by_label("Baseline", exact=True).select_option("cwmi")
    assert "▼" in cell.inner_text()
    page.get_by_label("Second baseline").select_option("cross_entropy")
    assert "△" in cell.inner_text()
    assert "△ ▽ the same against cross_entropy" in page.locator("[data-key]").inner_text()


def test_charts_are_drawn_for_the_metric_that_is_chosen(page: "Page") -> None:
    page.locator("[data-compare]").scroll_into_view_if_needed()
    page.wait_for_selector(".matrix table")
    assert page.locator(".matrix tbody tr").first.locator("td.count").inner_text() == "2-0-0"
    page.get_by_label("Metric of the charts").select_option("2")
    assert page.locator("figure h4").first.inner_text() == "Ranking by vi"
    assert page.locator("figure svg circle").count() > 9
    page.get_by_label("Metric across").select_option("2")
    assert "vi ↓, better to the right" in page.locator("figure svg").last.inner_html()


def test_curves_share_an_axis_only_where_they_have_one_scale(page: "Page") -> None:
    page.locator("[data-training]").scroll_into_view_if_needed()
    page.wait_for_selector(".small canvas")
    assert page.locator("[data-training] > div").first.locator("canvas").count() == 1
    assert page.locator(".small canvas").count() == 3


def test_every_image_is_listed_sorted_and_filtered(page: "Page") -> None:
    to_viewer(page)
    rows = page.locator("#viewer [role=option]")
    assert rows.count() == 24
    values = [float(text) for text in listed(page, ".value")]
    assert values == sorted(values)
    page.get_by_label("Order of the images").select_option("difference")
    shares = [abs(float(text)) for text in listed(page, ".value")]
    assert shares == sorted(shares, reverse=True)
    page.get_by_label("Order of the images").select_option("spread")
    page.get_by_label("Metric of the images").select_option("2")
    page.get_by_label("Only fold").select_option("1")
    assert rows.count() == 8
    page.get_by_label("Only group").select_option("g11")
    assert sorted(listed(page, ":first-child")) == ["1_02", "1_03"]
    page.get_by_label("Part of the name").fill("_03")
    assert rows.count() == 1


def test_an_image_opens_under_every_loss_and_all_zoom_together(page: "Page", tmp_path: Path) -> None:
    to_viewer(page)
    page.locator("[role=listbox]").focus()
    page.keyboard.press("End")
    assert page.locator("[aria-selected=true]").count() == 1
    wait_until(page, "[...document.querySelectorAll('.panes img')].every((image) => image.naturalWidth === 64)")
    shown = page.locator(".panes figcaption b").all_inner_texts()
    assert shown == ["image", "target", "cwmi", "dice", "cross_entropy"]
    view = page.locator(".view").nth(2)
    view.focus()
    for key in ("+", "+", "ArrowRight"):
        page.keyboard.press(key)
    places = page.evaluate("[...document.querySelectorAll('.stack')].map((node) => getComputedStyle(node).transform)")
    moved = [[round(float(number)) for number in re.findall(r"-?[\d.]+", place)[4:]] for place in places]
    assert all(place.startswith("matrix(1.5625, ") for place in places)
    assert moved == moved[:1] * 5
    assert moved[0][0] < 0
    page.get_by_label("Opacity of the masks").fill("20")
    assert page.evaluate("getComputedStyle(document.querySelector('img.mask')).opacity") == "0.2"
    page.screenshot(path=tmp_path / "viewer.png")
    page.keyboard.press("Tab")
    page.get_by_label("Whole image").click()
    assert page.evaluate("document.querySelector('.panes').style.getPropertyValue('--zoom')") == "1"


def test_a_volume_is_gone_through_slice_by_slice(watched: Watched, tmp_path: Path) -> None:
    volumes = SyntheticVolumes(shape=(40, 16, 20), num_test=2)
    for run in grid(datasets=("synthetic_volumes",), losses=("cwmi", "dice"), folds=(0,)):
        write_volume_run(tmp_path, volumes, run, {"test_0020": (31,) if run.loss == "dice" else (), "test_0021": ()})
    write_files(collect(tmp_path, "a"), tmp_path / "report", runs=tmp_path / "runs", pictures=1000)
    page = watched.open(tmp_path / "report" / "report.html")
    to_viewer(page)
    loaded = "[...document.querySelectorAll('.panes img')].every((image) => image.naturalWidth > 0)"
    wait_until(page, loaded)
    assert "the slice at depth 32 " in page.locator("#viewer .note:visible", has_text="projection").inner_text()
    page.get_by_label("View of a volume").select_option("slices")
    wait_until(page, loaded)
    assert page.locator(".slices output").inner_text() == "slice 32 of 40"  # where the errors are
    tops = "[...new Set([...document.querySelectorAll('.sliced img')].map((image) => image.style.top))]"
    (before,) = page.evaluate(tops)
    page.locator(".view").first.press("PageUp")
    slider = page.get_by_label("Slice along the depth")
    assert slider.get_attribute("aria-valuetext") != "slice 32 of 40"
    (after,) = page.evaluate(tops)
    assert float(after.rstrip("%")) - float(before.rstrip("%")) == 100
    slider.fill("0")
    assert page.evaluate(tops) == ["0%"]
    box = page.locator(".view").first.bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(20 / 16, rel=0.02)
    assert page.locator(".depth polyline").count() == 2
    assert watched.said == []
    assert watched.elsewhere == []


def test_predicted_classes_take_the_place_of_the_errors(watched: Watched, report: Path, tmp_path: Path) -> None:
    output = tmp_path / "outputs"
    shutil.copytree(report.parent.parent, output)
    data = output / "data"
    for run in output.glob("runs/*"):
        (run / "config.yaml").write_text(
            (run / "config.yaml").read_text().replace(str(report.parent.parent), str(output))
        )
    save_info(replace(load_info(data), num_classes=3, class_names=("none", "vein", "artery")), data)
    write_files(collect(output, "a"), output / "report", runs=output / "runs", pictures=1000)
    page = watched.open(output / "report" / "report.html")
    to_viewer(page)
    assert "wrong class" in page.locator("#viewer .legend").inner_text()
    page.get_by_label("What the masks show").select_option("classes")
    assert page.locator("#viewer .legend").inner_text().split() == ["classes:", "vein", "artery"]
    shown = page.locator(".panes figcaption b").all_text_contents()
    assert shown == ["image", "target", "cwmi", "dice", "cross_entropy"]
    addresses = page.evaluate("[...document.querySelectorAll('img.mask')].map((image) => image.getAttribute('src'))")
    assert ["-classes.webp" in address for address in addresses] == [False, True, True, True]
    assert watched.said == []


def test_the_focused_list_says_which_image_is_meant(page: "Page") -> None:
    to_viewer(page)
    images = page.locator("[role=listbox]")
    images.press("ArrowDown")
    meant = images.get_attribute("aria-activedescendant")
    assert page.locator("[role=option][aria-selected=true]").get_attribute("id") == meant
    assert page.evaluate("document.activeElement.getAttribute('role')") == "listbox"
    assert page.locator("[role=listbox] > :not([role=option])").count() == 0


UNNAMED = """[...document.querySelectorAll('input, select, button, [role=listbox], [role=group], svg[role=img], img')]
  .filter((node) => node.checkVisibility() && !(node.getAttribute('aria-label') || node.alt
    || (node.labels || []).length || (node.querySelector('title') || node).textContent.trim()))
  .map((node) => node.outerHTML)"""
JUMPS = """[...document.querySelectorAll('h1, h2, h3, h4')].map((node) => Number(node.tagName[1]))
  .filter((level, place, all) => level > (all[place - 1] || 0) + 1)"""
UNREACHED = """[...document.querySelectorAll('.wide')].filter((node) => node.scrollWidth > node.clientWidth
  && node.tabIndex < 0).map((node) => node.outerHTML.slice(0, 80))"""


def test_what_can_be_used_has_a_name_and_is_reached_by_keys(watched: Watched, report: Path) -> None:
    watched.page.set_viewport_size({"width": 400, "height": 900})
    page = watched.open(report)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")  # starts every part
    page.wait_for_selector("#viewer [role=option]")
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(JUMPS) == []
    assert page.evaluate(UNREACHED) == []
    assert page.locator("main").count() == 1
    page.locator("[role=listbox]").focus()
    page.keyboard.press("ArrowDown")  # a focus by keys is shown
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    watched.page.set_viewport_size({"width": 1400, "height": 900})


@pytest.mark.parametrize(("width", "theme"), [(1400, "light"), (1400, "dark"), (500, "light")])
def test_the_page_fits_its_window(watched: Watched, report: Path, width: int, theme: str, tmp_path: Path) -> None:
    watched.page.set_viewport_size({"width": width, "height": 900})
    watched.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page = watched.open(report)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")  # starts every part
    page.wait_for_selector("#viewer [role=option]")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 23, 26)"
    assert dark == (theme == "dark")
    page.screenshot(path=tmp_path / f"{width}-{theme}.png", full_page=True)
    watched.page.set_viewport_size({"width": 1400, "height": 900})
    watched.page.emulate_media(color_scheme="light")
    assert watched.said == []


def test_a_page_alone_shows_the_images_inside_it(watched: Watched, report: Path, tmp_path: Path) -> None:
    shutil.copy(report, tmp_path / "report.html")
    page = watched.open(tmp_path / "report.html")
    to_viewer(page)
    assert "does not lie beside this page" in page.locator("#viewer .note").first.inner_text()
    assert 1 <= page.locator("#viewer [role=option]").count() <= 4
    wait_until(page, "[...document.querySelectorAll('.panes img')].every((image) => image.naturalWidth > 0)")
    assert watched.elsewhere == []


def test_hostile_names_stay_harmless(watched: Watched, tmp_path: Path) -> None:
    """Losses, metrics, images, groups and datasets of any name, in every part of the page."""
    names = list(NAMES.values())
    tame = [f"loss{number}" for number in range(len(names))]
    write_study(tmp_path, "a", grid(losses=tame), lambda run: made_up(run, 8, ("miou", "mdice")))
    found = collect(tmp_path, "a")
    runs = found.runs.replace({"label": dict(zip(tame, names, strict=True))}).rename(
        columns={"test/mdice": "test/<b>x"}
    )
    runs["dataset"] = NAMES["markup"]
    images = found.images.rename(columns={"mdice": "<b>x"})
    images["name"] = images["name"].str.slice(2).astype(int).map(lambda number: names[number])
    images["group"] = NAMES["markup"]
    content = build_content(analyse(Records(runs, images, found.epochs), Options(None, ("miou", "<b>x"), ())))
    (tmp_path / "report").mkdir()
    viewer = write_viewer(content, Gallery(tmp_path / "report", None, 0))
    (tmp_path / "report" / "report.html").write_text(html(content, viewer), encoding="utf-8")
    page = watched.open(tmp_path / "report" / "report.html")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_selector("#viewer [role=option]")
    page.locator("[role=listbox]").press("ArrowDown")
    assert watched.said == []
    assert watched.elsewhere == []
    assert page.locator("script").count() == 4  # two of data, the page's own, and the list of images
    assert page.locator("table b, svg b, [onerror], iframe").count() == 0
    assert NAMES["markup"] in page.locator("table.scores").inner_text()
    assert page.get_by_role("option", name=NAMES["markup"]).count() > 0


def test_a_live_page_follows_the_sweep(watched: Watched, tmp_path: Path) -> None:
    *done, going = grid(losses=("cwmi",))
    write_study(tmp_path, "a", [*done, going])
    folder = RunFolder.of(tmp_path, going)
    folder.results_file.unlink()
    folder.save_epochs([{"epoch": number, "val/miou": 0.1 * number, "train/seconds": 30.0} for number in range(4)])
    folder.write_status("running", epoch=4, max_epochs=10, best=0.3)
    with folder.claim():
        runs = study_progress(tmp_path, "a")
    report, mark = tmp_path / "report", mark_of(runs)
    write_files(collect(tmp_path, "a"), report, runs=tmp_path / "runs", live=mark)
    (report / NEWS).write_text(f"window.cwmiProgress = {json_text(news(runs, mark))};")
    page = watched.open(report / "report.html")
    page.wait_for_selector("#live progress")
    text = page.locator("#live").inner_text()
    assert "3 runs: 2 done, 1 running; about 0:03:00 left." in text
    assert "4 of 10" in text
    assert "val/miou 0.3000" in text
    assert page.locator("#live polyline").count() == 1
    assert watched.said == []
