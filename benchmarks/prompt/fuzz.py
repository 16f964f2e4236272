"""Whether any string crashes the judgement of a prompt, and how long the slowest takes.

    python -m benchmarks.prompt.fuzz [--count 10000] [--longest 500] [--seed 0]

Strings are random code points, floods of combining signs, mixed scripts, emoji, surrogates, code, repeated
words, and harmful words in noise. Each is judged once, by all checks, with its decision and reasons. A check that
raised (`CheckFailure`) counts as a crash, unless it says that the text is too long. Time is that of the thread: on a
shared machine the clock on the wall measures the others.
"""

from __future__ import annotations

import argparse
import base64
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from safety.checks import run_checks
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.records import Prompt, Stage, Verdict

ROOT = Path(__file__).parents[2]
MOST_MS = 100.0
WORDS = (
    "a the of knife blood nude gore corpse bomb how to make portrait castle rabbit by oil paint 4k artstation hate",
    "all naked n4ked k1ll murder вlооd голая 色情 裸 🔫 🍆 \u202e \u200b \ufeff ﷺ ß ſ ǅ İ ff ½ ** __ ##",
    "<|endoftext|> [CLS] [SEP]",
)
VOCABULARY = [word for line in WORDS for word in line.split(" ")]
PLANES = ((0x20, 0x7E), (0xA0, 0x24F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0x3040, 0x9FFF))
ODD = ((0x0, 0x1F), (0x300, 0x36F), (0x2000, 0x206F), (0xD800, 0xDFFF), (0xE000, 0xF8FF), (0x1F300, 0x1FAFF))

Maker = Callable[[random.Random, int], str]


def anything(rng: random.Random, length: int) -> str:
    """Code points from the whole of Unicode."""
    return "".join(chr(rng.randrange(0x110000)) for _ in range(length))


def one_script(rng: random.Random, length: int) -> str:
    low, high = rng.choice(PLANES)
    return "".join(" " if rng.random() < 0.15 else chr(rng.randint(low, high)) for _ in range(length))


def odd_signs(rng: random.Random, length: int) -> str:
    """Controls, marks, directions, surrogates, private use, emoji."""
    return "".join(chr(rng.randint(*rng.choice(ODD))) for _ in range(length))


def flood(rng: random.Random, length: int) -> str:
    """A few letters under many combining signs."""
    marked = (
        rng.choice("nude kill") + "".join(chr(rng.randint(0x300, 0x36F)) for _ in range(9)) for _ in range(length)
    )
    return "".join(marked)[:length]


def repeated(rng: random.Random, length: int) -> str:
    part = rng.choice((*VOCABULARY, "ab ", "a", " ", "\n", "((((", "a.b.", "0", "👩‍👩‍👧", "%00", "\\u0000"))
    return (part * (length // max(1, len(part)) + 1))[:length]


def words(rng: random.Random, length: int) -> str:
    made: list[str] = []
    while sum(map(len, made)) + len(made) < length:
        made.append(rng.choice(VOCABULARY))
    return rng.choice((" ", "", ", ", ".", "\u200b")).join(made)[:length]


def code(rng: random.Random, length: int) -> str:
    return base64.b64encode(words(rng, length).encode("utf-8", "ignore")).decode()[:length]


MAKERS: tuple[Maker, ...] = (anything, one_script, odd_signs, flood, repeated, words, code)


def strings(count: int, longest: int, seed: int = 0) -> Iterator[str]:
    """`count` strings of at most `longest` characters, the same for the same seed."""
    rng = random.Random(seed)
    for number in range(count):
        yield MAKERS[number % len(MAKERS)](rng, rng.randint(1, longest))


def judged(text: str, judge: Callable[[str], object]) -> float:
    """Milliseconds of this thread."""
    start = time.thread_time()
    judge(text)
    return 1000 * (time.thread_time() - start)


def judge_of(root: Path) -> Callable[[str], None]:
    """Judges as the studio does. Raises RuntimeError where a check could not look."""
    policy = load_policy(root / "presets")
    checks = load_prompt_checks(root / "presets", root / "assets" / "models", policy).checks

    def judge(text: str) -> None:
        assessment = run_checks(Stage.PROMPT, Prompt(text), checks)
        decision = decide(assessment, policy, "general")
        for skipped in assessment.failed:
            if "TooLong" not in skipped.why:
                raise RuntimeError(f"{skipped.check}: {skipped.why}")
        if decision.verdict > Verdict.ALLOW and not decision.reasons:
            raise RuntimeError("a verdict without a reason")

    return judge


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--longest", type=int, default=500, help="characters")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    judge = judge_of(ROOT)
    judge("ein roter Apfel liegt auf dem Tisch")  # loads the model and the languages: a cold start is not measured here
    taken: list[float] = []
    crashed, slowest = 0, ""
    for text in strings(args.count, args.longest, args.seed):
        try:
            ms = judged(text, judge)
        except Exception as error:  # noqa: BLE001  what is looked for
            crashed += 1
            print(f"{type(error).__name__}: {error} on {text[:60]!r}")
            continue
        slowest = text if not taken or ms > max(taken) else slowest
        taken.append(ms)
    over = sum(ms > MOST_MS for ms in taken)
    print(
        f"{args.count} strings of up to {args.longest} characters: {crashed} crashed, {over} over {MOST_MS:.0f} ms;"
        f" median {np.median(taken):.1f}, p99 {np.percentile(taken, 99):.1f}, most {max(taken):.1f} ms"
    )
    print(f"slowest, {len(slowest)} characters: {slowest[:60]!r}")


if __name__ == "__main__":
    main()
