"""How long the page of a report takes in Chromium, and how much memory its scripts hold."""

import shutil
import time
from pathlib import Path

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]


def measured(page_file: Path) -> str:
    """Open a page on the disk, go to its viewer of test images, open the last image, and say what each step took."""
    path = shutil.which("chromium")
    if path is None:
        return "page: no chromium here"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=OPTIONS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        start = time.perf_counter()
        page.goto(page_file.absolute().as_uri(), wait_until="commit")
        page.wait_for_selector("html[data-ready]")
        ready = time.perf_counter()
        page.locator("#images").scroll_into_view_if_needed()
        page.wait_for_selector("#viewer [role=option]")
        listed = time.perf_counter()
        page.locator("#viewer [role=listbox]").press("End")
        page.wait_for_selector("#viewer [role=option]:last-of-type[aria-selected=true]", state="attached")
        ended = time.perf_counter()
        session = page.context.new_cdp_session(page)
        session.send("HeapProfiler.collectGarbage")
        heap = session.send("Runtime.getHeapUsage")["usedSize"] / 2**20
        browser.close()
    return (
        f"page: ready after {ready - start:.2f} s, images listed {listed - ready:.2f} s after that, key End "
        f"{ended - listed:.2f} s, {heap:.1f} MiB of objects"
    )
