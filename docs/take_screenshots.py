"""Starts the studio as a person does and saves the pictures of the documentation: `make screenshots`.

A home of its own is made for it and thrown away afterwards. By hand: `python docs/take_screenshots.py [FOLDER]`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
PROMPT = "a red apple on a blue background"
REFUSED = "life drawing class, students and a nude model, charcoal"
LIST = "a {red|yellow} apple\na sailboat on a light blue background\na poster that says refugees are vermin\na fox"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
STARTS = 120  # seconds that the studio may take to answer
TIMEOUT = 120_000  # ms: the first picture waits for the model
QUALITY = 86  # of WebP, so that all of them together stay small
LOADED = """() => [...document.images].every(image => image.complete || !image.checkVisibility()
    || image.getBoundingClientRect().top > innerHeight)"""
SIZES = {"1280": (1280, 900), "390": (390, 844)}


def main() -> None:
    """Takes every picture."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        studio(Path(home)) as address,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        made = Path(home) / "apple.png"
        for size in SIZES:
            for colours in ("light", "dark"):
                with opened(browser, address, size, colours) as page:
                    create(page, made)
                    save(page, folder / f"create-{size}-{colours}.webp")
        for name, visit in VISITS.items():
            for size, colours in (("1280", "dark"), ("390", "light")):
                with opened(browser, address, size, colours, read=visit is not first_visit) as page:
                    visit(page, made)
                    save(page, folder / f"{name}-{size}-{colours}.webp")
        browser.close()


@contextmanager
def studio(home: Path) -> Iterator[str]:
    """Runs the studio as `make run` does, and stops it again; yields its address."""
    port = free_port()
    environment = {**os.environ, "SAFELIGHT_HOME": str(home), "SAFELIGHT_PORT": str(port)}
    environment |= {"SAFELIGHT_REVIEW_PASSWORD": "only-for-screenshots"}
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait()


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Waits until the page answers. Raises RuntimeError where it does not."""
    for _ in range(STARTS):
        try:
            urlopen(address, timeout=1).read()
            return
        except (URLError, OSError):
            if process.poll() is not None:
                break
            time.sleep(1)
    raise RuntimeError("The studio does not start: run python app.py to see why.")


@contextmanager
def opened(browser: Browser, address: str, size: str, colours: str, read: bool = True) -> Iterator[Page]:
    """Yields the page in a fresh browser of so many pixels, in light or dark colours; `read`: its first notice is."""
    width, height = SIZES[size]
    scheme = "dark" if colours == "dark" else "light"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="en")
    context.set_default_timeout(TIMEOUT)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#sl-prompt textarea")
    if read:
        page.click(".sl-read")
    yield page
    context.close()


def create(page: Page, made: Path) -> None:
    """Types a prompt, waits for its judgement, creates the picture and downloads it to `made`."""
    judged(page, PROMPT)
    page.click("#sl-go")
    page.wait_for_selector(".sl-picture")
    if not made.exists():
        with page.expect_download() as download:
            page.get_by_role("button", name="Download", exact=True).first.click()
        download.value.save_as(made)


def judged(page: Page, prompt: str) -> None:
    """Types a prompt and waits for its judgement."""
    page.locator("#sl-prompt textarea").press_sequentially(prompt)
    page.locator("#sl-judgement .sl-verdict").wait_for()
    page.wait_for_timeout(700)


def first_visit(page: Page, made: Path) -> None:
    """Leaves the page as it greets somebody."""
    page.locator(".sl-examples button").first.wait_for()


def refusal(page: Page, made: Path) -> None:
    """Asks for something that general mode refuses."""
    judged(page, REFUSED)
    page.click("#sl-go")
    page.locator("#sl-result").get_by_text("Refused").first.wait_for()


def happened(page: Page, made: Path) -> None:
    """Opens what the picture checks looked at."""
    create(page, made)
    page.locator(".sl-chips summary, .sl-happened summary").nth(2).click()


def lists(page: Page, made: Path) -> None:
    """Has a list judged."""
    open_tab(page, "Lists")
    page.fill("#sl-list textarea", LIST)
    page.wait_for_timeout(500)
    page.click("#sl-list-check")
    page.wait_for_selector("#sl-list-lines table")


def library(page: Page, made: Path) -> None:
    """Opens the library, in which the pictures made before are."""
    open_tab(page, "Library")
    page.wait_for_selector(".sl-lib-card img")


def verify(page: Page, made: Path) -> None:
    """Has the picture verified that was made before."""
    open_tab(page, "Verify")
    page.locator("#sl-file input[type=file]").set_input_files(made)
    page.wait_for_selector("#sl-report .sl-report")


def cases(page: Page, made: Path) -> None:
    """Opens the cases of this browser, after a refusal."""
    refusal(page, made)
    open_tab(page, "Cases")
    page.locator("#sl-cases").wait_for()


def learn(page: Page, made: Path) -> None:
    """Opens a lesson at its panel."""
    page.goto(page.url + "learn/two_kinds_of_error#step=limit&state=%7B%22at%22%3A0.2%7D")
    page.wait_for_selector(".step:not([hidden]) .panel svg")


def policy(page: Page, made: Path) -> None:
    """Opens the policy; only its beginning is saved."""
    page.goto(page.url + "policy")


def open_tab(page: Page, name: str) -> None:
    """Opens a tab by its name."""
    page.get_by_role("tab", name=name, exact=True).click()


VISITS: dict[str, Callable[[Page, Path], None]] = {
    "first-visit": first_visit,
    "refusal": refusal,
    "what-happened": happened,
    "lists": lists,
    "library": library,
    "verify": verify,
    "cases": cases,
    "learn": learn,
    "policy": policy,
}


def save(page: Page, file: Path) -> None:
    """Saves the page, the long ones cut, without focus rings, in few colours."""
    # Those further down load when they come into view: a picture of the whole page does that.
    page.wait_for_function(LOADED)
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    # Focus rings and tab bars fade out.
    page.wait_for_timeout(600)
    with Image.open(BytesIO(page.screenshot(full_page=True))) as shown:
        part = shown.convert("RGB").crop((0, 0, shown.width, min(shown.height, 3 * max(shown.width, 900))))
    part.save(file, quality=QUALITY, method=6)
    print(file.name, flush=True)


def free_port() -> int:
    """Returns a port that nothing listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main()
