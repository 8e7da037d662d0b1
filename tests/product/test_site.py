"""The documentation site: built without a warning, whole, and without a request to elsewhere."""

import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.markdown import ROOT

pytestmark = pytest.mark.slow
PACKAGES = ("cwmi_seg", "cwmi_seg.losses", "cwmi_seg.metrics", "cwmi_seg.models", "cwmi_seg.wavelets")
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing of an earlier build is in it."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("docs", "cwmi_seg"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "scripts").mkdir()
    for name in ("zensical.toml", "scripts/docs_roles.py"):
        shutil.copy(ROOT / name, folder / name)
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "build_site.py")], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


class Loaded(HTMLParser):
    """Addresses that a browser asks for by itself, and the anchors of a page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors.add(values.get("id", ""))
        loads = tag == "link" and values.get("rel") not in ("canonical", "next", "prev", "alternate")
        name = "href" if loads else "src"
        if tag != "a" and name in values:
            self.addresses.add(values[name])


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    pages = {page: Loaded(page).addresses for page in site.rglob("*.html")}
    assert len(pages) > 15
    assert sorted({address for found in pages.values() for address in found if re.match("(https?:)?//", address)}) == []
    for page in site.glob("[!4]*.html"):  # the page of error 404 is served from any folder
        local = {re.split("[?#]", address)[0] for address in pages[page] if not address.startswith("data:")}
        assert [address for address in local if not (page.parent / address).exists()] == []
    styles = "".join(sheet.read_text() for sheet in site.rglob("*.css"))
    assert re.findall(r"url\(\W?(?:https?:)?//[^)]*|@import[^;]*", styles) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_everything_public_has_its_place(site: Path, package: str) -> None:
    anchors = {anchor for page in (site / "api").glob("*.html") for anchor in Loaded(page).anchors}
    names = importlib.import_module(package).__all__
    assert [name for name in names if f"{package}.{name}" not in anchors] == []


def test_every_page_is_in_the_menu(site: Path) -> None:
    start = (site / "index.html").read_text()
    pages = [page.relative_to(site).as_posix() for page in site.rglob("*.html") if page.name != "404.html"]
    assert [page for page in pages if f'href="{page}"' not in start and f'href="./{page}"' not in start] == []


@pytest.mark.skipif(not CHROMIUM.exists() or not importlib.util.find_spec("playwright"), reason="no browser here")
def test_in_a_browser(site: Path) -> None:
    """From the disk, wide and narrow: no request to elsewhere, nothing that is wider than the window, and search."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play, play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS) as browser:
        page, asked = browser.new_page(), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        for width in (1400, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for name in ("index", "losses", "other_libraries", "api/losses"):
                page.goto(f"file://{site}/{name}.html")
                assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.keyboard.press("Control+k")
        page.keyboard.type("tversky")
        page.get_by_text(re.compile(r"^[1-9]\d* results$")).wait_for()
        assert [address for address in asked if not address.startswith(("file:", "data:", "blob:"))] == []
        assert len(asked) > 8
