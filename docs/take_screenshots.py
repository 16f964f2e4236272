"""Starts the studio as it is and saves the pictures of the README: `python docs/take_screenshots.py [CHROMIUM]`.

A home of its own is made for it and thrown away afterwards.
"""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from studio.factory import make_studio  # noqa: E402
from studio.settings import Settings  # noqa: E402
from ui.web import page as studio_page  # noqa: E402

PROMPT = "a red apple on a blue background, in the style of David Hockney"
SEED = "2"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
TIMEOUT = 300_000  # ms: the first picture waits for the model
SIZES = {1280: ("dark", 900), 390: ("light", 844)}  # width -> colours, height


def main() -> None:
    """Takes the pictures at both sizes."""
    chromium = sys.argv[1] if len(sys.argv) > 1 else shutil.which("chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, sync_playwright() as driver:
        studio = make_studio(Settings.read({"SAFELIGHT_HOME": home}))
        blocks = studio_page.build(studio)
        port = free_port()
        studio_page.launch(blocks, studio.review, "127.0.0.1", port, wait=False)
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        for width, (colours, height) in SIZES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=colours, device_scale_factor=2
            )
            context.set_default_timeout(TIMEOUT)
            shown = context.new_page()
            shown.goto(f"http://127.0.0.1:{port}")
            made = create(shown, Path(home) / "apple.png")
            save(shown, f"create-{width}.png")
            verify(shown, made)
            save(shown, f"verify-{width}.png")
            context.close()
        browser.close()
        blocks.close(verbose=False)


def create(page: Page, made: Path) -> Path:
    """Types the prompt, waits for its judgement, creates the picture and downloads it to `made`."""
    page.locator("#sl-prompt textarea").press_sequentially(PROMPT)
    page.get_by_text("Your words").wait_for()
    page.click("#sl-settings > button")
    page.get_by_label("Seed").fill(SEED)
    page.click("#sl-settings > button")
    page.click("#sl-go")
    page.wait_for_selector(".sl-picture")
    if page.get_by_role("button", name="Reveal the picture").count():
        page.get_by_role("button", name="Reveal the picture").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").first.click()
    download.value.save_as(made)
    return made


def verify(page: Page, made: Path) -> None:
    """Drops the picture on the Verify tab and waits for the report."""
    page.get_by_role("tab", name="Verify").click()
    page.locator("#sl-file input[type=file]").set_input_files(made)
    page.wait_for_selector(".sl-report")


def save(page: Page, name: str) -> None:
    """Saves the whole page as docs/`name`, without focus rings."""
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    # Focus rings and tab bars fade out.
    page.wait_for_timeout(600)
    page.screenshot(path=ROOT / "docs" / name, full_page=True)
    print(f"docs/{name}")


def free_port() -> int:
    """Returns a port that nothing listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main()
