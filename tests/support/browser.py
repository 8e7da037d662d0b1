"""A page of a report in the browser of the system, which may load nothing but files."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Locator, Page

NEEDED = "CWMI_NEED_BROWSER"
"""Environment variable that turns the skip of a test without a browser into a failure."""
_OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
)  # fmt: skip


def chromium() -> str:
    """Path of the browser; skips the test that asks for it, or fails it, where there is none."""
    path = shutil.which("chromium")
    if path is None and os.environ.get(NEEDED):
        pytest.fail(f"chromium: expected the browser, since {NEEDED} is set, got none; apt-get install chromium.")
    if path is None:
        pytest.skip("no chromium here")
    return path


@contextmanager
def browser() -> Iterator["Browser"]:
    """The browser, without a window."""
    executable = chromium()
    if not os.environ.get(NEEDED):
        pytest.importorskip("playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=executable, args=list(_OPTIONS))
        yield opened
        opened.close()


def wait_until(page: "Page", expression: str) -> None:
    """Wait until the expression holds; the waiting of Playwright evaluates in the page, which its policy forbids."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"{expression} does not hold after ten seconds")


def wait_for_texts(found: "Locator", texts: list[str]) -> None:
    """Wait until these are the texts of the elements: what a click changes may come after it."""
    from playwright.sync_api import expect

    expect(found).to_have_text(texts, timeout=10_000, use_inner_text=True)


class Watched:
    """A page with everything that it said and asked for.

    Args:
        page: An empty page.
    """

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", self._dismiss)
        page.on("request", lambda request: self.asked.append(request.url))

    def _dismiss(self, dialog: "Dialog") -> None:
        self.said.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def open(self, path: Path) -> "Page":
        """Open a file, and wait until its scripts have run."""
        self.said.clear()
        self.asked.clear()
        self.page.goto(path.absolute().as_uri())
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    @property
    def elsewhere(self) -> list[str]:
        """What was asked of anything but files and the page itself."""
        return [address for address in self.asked if not address.startswith(("file:", "data:", "blob:"))]
