"""A collector's first minutes in a running system, in Chromium: `python -m bench.bare_browser ADDRESS LOG`.

LOG is what `./dev run` printed; the logins are read from it. Logs in, opens a case from the list, asks for the number if
the gate lets it be called now, logs the call and finds it in the timeline. Exit 1 if any of it does not happen.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import TimeoutError as TooLate
from playwright.sync_api import sync_playwright

NOTE = f"logged from a bare machine at {time.time():.0f}"


def logins(printed: str) -> dict[str, tuple[str, str]]:
    """Role → (name, password), as `./dev run` tells them."""
    found = re.findall(r"^  (\S(?:.*?\S)?)\s{2,}(\S+)\s+(\S+)$", printed, re.MULTILINE)
    return {role: (name, password) for role, name, password in reversed(found)}


def walk(page: Any, address: str, name: str, password: str) -> str:
    """Gives the sentence of what was seen."""
    page.goto(f"{address}admin/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.get_by_text("Good day").wait_for()
    page.goto(f"{address}admin/collections_app/case/")
    rows = page.locator("#result_list tbody tr th a, #result_list tbody tr td a")
    rows.first.wait_for()
    addresses = rows.evaluate_all("links => [...new Set(links.map(a => a.href))].filter(h => h.includes('/case/'))")
    for case in addresses[:20]:
        page.goto(case)
        page.keyboard.press("c")
        try:
            page.locator("#revealed-value").wait_for(timeout=4000)
        except TooLate:  # the gate says no: another case
            continue
        page.keyboard.press("l")
        page.keyboard.press("1")
        page.locator("#call-note").fill(NOTE)
        page.keyboard.press("Control+Enter")
        page.locator("#what-happened").get_by_text(NOTE).wait_for()
        return f"{name} logged a call in {case}"
    raise SystemExit(f"None of {len(addresses)} cases could be called now: {page.locator('main').inner_text()[:400]}")


def main(address: str, log: str) -> None:
    name, password = logins(Path(log).read_text())["collector"]
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        print(walk(browser.new_page(), address, name, password))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
