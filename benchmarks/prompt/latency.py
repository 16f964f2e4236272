"""How long a judgement of a prompt takes: the model alone and the whole row of checks, cold and warm.

    python -m benchmarks.prompt.latency --data FOLDER [--runs 200]

FOLDER holds CSV files with a column `text`. Prompts are taken from there, cut or joined to a number of
words, and each is judged once: nothing is answered from the cache. "thread" is what the processor gave: on a
busy machine the clock also counts the others. Word-list packages that are installed
(alt-profanity-check, better-profanity) are timed beside it.
"""

from __future__ import annotations

import argparse
import csv
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from safety.guard import Guard
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.prompt.classifier import NAME
from safety.records import Prompt

ROOT = Path(__file__).parents[2]
PRESETS, MODELS = ROOT / "presets", ROOT / "assets" / "models"
LENGTHS = (5, 20, 60, 200)  # words
COLD = """
import time; start = time.perf_counter()
from pathlib import Path
from safety.guard import Guard
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
presets = Path({presets!r})
policy = load_policy(presets)
Guard(policy, load_prompt_checks(presets, Path({models!r}), policy).checks).check_prompt("a red apple")
print(time.perf_counter() - start, time.process_time())
"""

Judge = Callable[[str], object]


def prompts(data: Path, words: int, count: int) -> list[str]:
    """`count` texts of exactly so many words, made of the sets' own, the same every time."""
    pool: list[str] = []
    for path in sorted(data.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            pool += [row["text"] for row in csv.DictReader(file)]
    rng = random.Random(words)
    made: list[str] = []
    while len(made) < count:
        text: list[str] = []
        while len(text) < words:
            text += rng.choice(pool).split()
        made.append(" ".join(text[:words]))
    return made


def judges() -> Iterator[tuple[str, Judge]]:
    """What is timed, by name."""
    policy = load_policy(PRESETS)
    checks = load_prompt_checks(PRESETS, MODELS, policy).checks
    (model,) = (check for check in checks if check.name == NAME)
    yield "model", lambda text: list(model.detect(Prompt(text)))
    yield "rules, model, decision", Guard(policy, checks).check_prompt
    yield from _installed()


def _installed() -> Iterator[tuple[str, Judge]]:
    try:
        from profanity_check import predict_prob
    except ImportError:
        pass
    else:
        yield "alt-profanity-check", lambda text: predict_prob([text])
    try:
        from better_profanity import profanity
    except ImportError:
        pass
    else:
        yield "better-profanity", profanity.contains_profanity


def timed(judge: Judge, texts: Sequence[str]) -> tuple[float, ...]:
    """Median and 95th percentile in milliseconds, of the clock and of the thread, after three warming runs."""
    for text in texts[:3]:
        judge(text + " .")
    taken = np.zeros((len(texts), 2))
    for row, text in enumerate(texts):
        start = np.array([time.perf_counter(), time.thread_time()])
        judge(text)
        taken[row] = 1000 * (np.array([time.perf_counter(), time.thread_time()]) - start)
    return tuple(float(value) for value in np.percentile(taken, [50, 95], axis=0).T.ravel())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=200)
    args = parser.parse_args()
    command = [sys.executable, "-c", COLD.format(presets=str(PRESETS), models=str(MODELS))]
    runs = [subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout for _ in range(3)]
    clock, processor = (min(column) for column in zip(*(map(float, run.split()) for run in runs), strict=True))
    print(f"first judgement of a new process, imports, rules and weights included: {clock:.2f} s, best of {len(runs)};")
    print(f"of the processor {processor:.2f} s, the start of Python included\n")
    print("| judge | words | median ms | p95 ms | median, thread | p95, thread |\n|---|---|---|---|---|---|")
    for name, judge in judges():
        for words in LENGTHS:
            figures = timed(judge, prompts(args.data, words, args.runs))
            print(f"| {name} | {words} | {' | '.join(f'{figure:.1f}' for figure in figures)} |", flush=True)


if __name__ == "__main__":
    main()
