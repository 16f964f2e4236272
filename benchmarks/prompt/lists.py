"""Measures how long a list of 200 prompts, 30 of them refused, takes from its text to its table.

    python -m benchmarks.prompt.lists [--rounds 5]

Wall time on this machine, models loaded: expanding, judging all of them, and writing the table. No server, no browser.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from studio.factory import make_studio
from studio.settings import Settings
from ui.html import list_table
from ui.texts import page_texts
from ui.web.list_wishes import LIST, make_run, wish_of

SUBJECTS = (
    "lake|mountain|red apple|woman in a garden|city at night|castle|dog on a beach|old sailor|bowl of fruit|train"
)
WAYS = "in watercolour|as a woodcut|at dawn|in fog|in oil|by candle light|in winter|from above|in ink|as a poster"
MORE = "in pastel|in charcoal|at noon|in spring|under stars|in rain|on old paper"
# Ten each, in words that name no more than they must.
REFUSED = "she is cutting her wrists {in the bath|at night|alone|again|now|at home|at school|in a car|outside|in bed}"
SCENES = (
    "a prisoner is beheaded, blood everywhere {1|2|3|4|5|6|7|8|9|10}",
    "a man is tortured to death {1|2|3|4|5|6|7|8|9|10}",
)
LIMIT = 3.0  # seconds that the issue allows


def text() -> str:
    """Returns a list of 200 prompts; ROUND stands for a number, so that nothing is remembered from the round before."""
    return "\n".join(
        [f"a {{{SUBJECTS}}} {{{WAYS}|{MORE}}}, ROUND", REFUSED + ", ROUND", *(f"{one}, ROUND" for one in SCENES)]
    )


def rounds(count: int) -> Iterator[tuple[float, int, int]]:
    """Yields the seconds of each round, how many prompts there were, and how many were refused."""
    with tempfile.TemporaryDirectory() as home:
        studio = make_studio(Settings.read({"SAFELIGHT_HOME": str(Path(home))}))
        messages, texts = studio.messages(), page_texts()
        studio.check("a red apple", "general")
        for number in range(count):
            start = time.perf_counter()
            run = make_run(studio, wish_of(LIST, text().replace("ROUND", f"number {number}"), {}), "")
            states = {line.number: run.state(line) for line in run.lines}
            list_table.table(run.lines, states, messages, texts)
            yield time.perf_counter() - start, len(run.lines), run.count("refused")
        studio.audit.close()


def main() -> None:
    """Prints the median and the slowest round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    found = list(rounds(parser.parse_args().rounds))
    seconds = [each[0] for each in found]
    print(f"{found[0][1]} prompts, {found[0][2]} refused: median {statistics.median(seconds):.2f} s, ", end="")
    print(f"slowest {max(seconds):.2f} s ({LIMIT:g} s allowed)")


if __name__ == "__main__":
    main()
