"""Measures how soon a library of many pictures opens, is searched, and shows its end.

    python -m benchmarks.server.library_pages [--pictures 20000] [--browser /usr/bin/chromium]

Fills a home of its own with generated rows, each with a file: one marked picture, linked under as many names. Then asks
the server as the page does; with --browser, by the page itself: from the click on the tab to the first small pictures,
and from a jump to the end of the list to the last card.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from PIL import Image

from benchmarks.server.first_picture import PATIENCE, ROOT
from safety.audit.hash_chain import timestamp
from safety.audit.library_table import LibraryEntry
from studio.factory import make_studio
from studio.library import OWNER
from studio.settings import Settings

WORDS = ("apple", "lake", "mountain", "lighthouse", "boat", "fox", "tower", "harbour", "meadow", "lamp", "bridge")
FOLDER_FILES = 500  # names of the picture in one folder


def fill(home: Path, pictures: int) -> None:
    """Writes the rows and the files of the owner's library."""
    studio = make_studio(Settings(home))
    export = studio.mark(Image.effect_noise((512, 512), 40).convert("RGB"), studio.outputs / "made.png")
    whose, now, entries = studio.audit.person_digest(OWNER), datetime.now(UTC), []
    for number in range(pictures):
        stamp, case = secrets.token_hex(8), f"case{number // FOLDER_FILES:08}"
        path = studio.outputs / case / f"{stamp}.png"
        path.parent.mkdir(exist_ok=True)
        os.link(export.path, path)
        words = f"a {WORDS[number % 11]} beside a {WORDS[number // 11 % 11]}"
        mode, made = ("general", "art", "medical")[number % 3], timestamp(now - timedelta(minutes=7 * number))
        entries.append(
            LibraryEntry(
                stamp, whose, case, f"{case}/{stamp}.png", export.sha256, made, mode, "ALLOW", "pocket", str(number),
                json.dumps({"steps": 8, "mode": mode}), prompt=words, width=512, height=512,
            )
        )  # fmt: skip
    with studio.audit.write_transaction() as writer:
        for start in range(0, pictures, 1000):
            writer.library.add(entries[start : start + 1000])
    studio.audit.close()


def timed(work: Callable[[], object]) -> float:
    """Returns the seconds that a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def by_http(address: str, pictures: int) -> dict[str, float]:
    """Returns the seconds of what the page asks for."""
    with httpx.Client(base_url=f"{address}/library/", timeout=PATIENCE) as client:
        found = client.post("cards", json={}).json()["html"].split('data-stamp="')[1:]
        stamps = [part[:16] for part in found]
        return {
            "tools and filters": timed(lambda: client.get("frame").raise_for_status()),
            "first cards": timed(lambda: client.post("cards", json={}).raise_for_status()),
            "last cards": timed(lambda: client.post("cards", json={"start": pictures - 60}).raise_for_status()),
            "a search": timed(lambda: client.post("cards", json={"words": "lighthouse fox"}).raise_for_status()),
            "60 small pictures, new": timed(lambda: [client.get(f"thumb/{stamp}") for stamp in stamps]),
            "60 small pictures, kept": timed(lambda: [client.get(f"thumb/{stamp}") for stamp in stamps]),
        }


def by_browser(address: str, chromium: str) -> dict[str, float]:
    """Returns the seconds that a person waits."""
    from playwright.sync_api import sync_playwright

    shown = "[...document.querySelectorAll('.sl-lib-open img')].slice(0, 12).every((one) => one.naturalWidth)"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        page.wait_for_selector("#sl-prompt textarea")

        def opens() -> None:
            page.get_by_role("tab", name="Library").click()
            page.wait_for_selector(".sl-lib-card")
            page.wait_for_function(shown)

        def jumps() -> None:
            page.evaluate("document.querySelector('.sl-lib-block:last-child').scrollIntoView({block: 'end'})")
            page.wait_for_selector(".sl-lib-block:last-child .sl-lib-card img")

        seconds = {"click to first pictures": timed(opens), "jump to the end": timed(jumps)}
        browser.close()
        return seconds


def main() -> None:
    """Prints the seconds of each step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--browser", default="", help="where Chromium is")
    options = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        fill(Path(home), options.pictures)
        environment = os.environ | {"SAFELIGHT_HOME": home, "SAFELIGHT_PORT": address.rpartition(":")[2]}
        with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment) as server:
            try:
                _wait(address)
                seconds = by_browser(address, options.browser) if options.browser else {}
                seconds |= by_http(address, options.pictures)
            finally:
                server.terminate()
    for name, value in seconds.items():
        print(f"{name:24} {value:6.2f} s")


def _wait(address: str) -> None:
    started = time.perf_counter()
    while time.perf_counter() - started < PATIENCE:
        try:
            httpx.get(address, timeout=PATIENCE).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit("The server did not start.")


if __name__ == "__main__":
    main()
