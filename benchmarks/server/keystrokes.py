"""Measures how soon a key that is typed is judged: in a real browser, to the painted judgement; and for many at once.

    python -m benchmarks.server.keystrokes [--people 30] [--seconds 20]

Starts the studio as it ships. In Chromium a prompt is typed at 60 words a minute, and others are pasted whole: from the
input event to the frame in which the judgement of these words is painted. Then so many people type at once, each by the
calls that the page makes, which ends with the judgement of their last words.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

from benchmarks.server.api_calls import percentile
from benchmarks.server.direct_calls import studio
from safety.policy.model import BASE_MODE
from safety.resources import PRESETS
from studio.lesson_sets import load_set
from ui.web.handlers import checksum_of
from ui.web.live_judgement import PATH

KEY = 200  # milliseconds between two keys: 60 words a minute, five letters each
TYPED = "a red apple on a wooden table by the window, morning light, a bowl of plums beside it"
PASTED = 40
FIELD = "#sl-prompt textarea"
# From the last input event to the frame after the judgement of other words than before stands there.
WATCH = """() => {
  window.taken = []; let began = 0, words = '';
  const field = document.querySelector('#sl-prompt textarea')
  field.addEventListener('input', () => { began = performance.now() }, true)
  new MutationObserver(() => {
    const about = document.querySelector('#sl-judgement .sl-about')
    if (!about || about.dataset.words === words || !began) return
    words = about.dataset.words
    const since = began
    requestAnimationFrame(() => setTimeout(() => taken.push(performance.now() - since)))
  }).observe(document.querySelector('#sl-judgement'), { childList: true, subtree: true, attributes: true })
}"""


def in_browser(url: str, prompts: Sequence[str]) -> Iterator[tuple[str, list[float]]]:
    """Yields what was done and the milliseconds of each judgement."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector(FIELD)
        page.wait_for_timeout(15_000)
        page.evaluate(WATCH)
        page.locator(FIELD).press_sequentially(TYPED, delay=KEY)
        page.wait_for_timeout(1000)
        yield f"typed at 60 words a minute ({len(TYPED)} keys)", _taken(page)
        for prompt in prompts:
            page.locator(FIELD).fill(prompt)
            page.wait_for_timeout(400)
        yield f"pasted ({len(prompts)} prompts)", _taken(page)
        browser.close()


def _taken(page: Page) -> list[float]:
    taken: list[float] = page.evaluate("taken.splice(0)")
    return taken


async def people(url: str, many: int, seconds: float, prompts: Sequence[str]) -> tuple[list[float], int, int]:
    """Lets many type at once; returns the milliseconds of each judgement, how many ended stale, how many calls."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        until = time.monotonic() + seconds
        ends = await asyncio.gather(*(_person(client, n, until, prompts) for n in range(many)))
    taken = [one for times, _ in ends for one in times]
    return taken, sum(not fresh for _, fresh in ends), len(taken)


async def _person(
    client: httpx.AsyncClient, number: int, until: float, prompts: Sequence[str]
) -> tuple[list[float], bool]:
    """Types as the page does: the next words are sent once the judgement of those before has come."""
    taken, said, words = [], "", ""
    headers = {"x-forwarded-for": f"198.51.100.{number + 1}"}
    place = number
    while time.monotonic() < until:
        text = prompts[place % len(prompts)]
        place += 1
        for end in range(1, len(text) + 1, 4):
            words = f"{text[:end]} {number}"
            began = time.monotonic()
            said = await _judged(client, words, headers)
            taken.append(1000 * (time.monotonic() - began))
            await asyncio.sleep(max(0.0, KEY / 1000 - (time.monotonic() - began)))
            if time.monotonic() > until:
                break
    return taken, said == words


async def _judged(client: httpx.AsyncClient, words: str, headers: dict[str, str]) -> str:
    """Returns the words that the judgement which came is about; "" where none came."""
    answer = await client.post(PATH, json={"prompt": words, "mode": BASE_MODE}, headers=headers)
    return words if answer.is_success and f'data-words="{checksum_of(words, BASE_MODE)}"' in answer.text else ""


def main() -> None:
    """Measures and prints the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--people", type=int, default=30)
    ask.add_argument("--seconds", type=float, default=20.0)
    args = ask.parse_args()
    prompts = [row.text for row in load_set(PRESETS, "everyday_and_risky")]
    print("| what | median | p95 | |\n|---|--:|--:|---|")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, studio(Path(home)) as url:
        for what, taken in in_browser(url, prompts[:PASTED]):
            print(f"| {what} | {statistics.median(taken):.0f} ms | {percentile(taken, 0.95):.0f} ms | {len(taken)} |")
        taken, stale, many = asyncio.run(people(url, args.people, args.seconds, prompts))
        what = f"{args.people} people typing at once"
        told = f"{many} judgements, ended stale: {stale}"
        print(f"| {what} | {statistics.median(taken):.0f} ms | {percentile(taken, 0.95):.0f} ms | {told} |")


if __name__ == "__main__":
    main()
