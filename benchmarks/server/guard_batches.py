"""Measures what a guard gains from looking at several prompts at once, as a replica of a cluster does.

    python -m benchmarks.server.guard_batches [--rounds 5]

Prompts in batches of each size, in turns, so that all sizes meet the same load; medians of the processor time a prompt,
which other programs change little. Nothing is remembered: every prompt is new.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from deploy.replicas import CheckCall, CheckReplica
from safety.records import Assessment, Prompt, Stage
from studio.factory import make_studio
from studio.settings import Settings

SIZES = (1, 2, 4, 8, 16)
THINGS = ("apple", "boat", "frog", "castle", "violin", "lamp", "horse", "garden")
PLACES = ("on a blue table", "in the rain at night", "beside an old wooden bridge", "under a starry sky in winter")
# Words are looked for where something may be wrong, and that takes readings of its own.
RISKY = ("a wounded soldier", "a fight in a bar", "a nude statue", "a burning house")


def prompts(count: int, first: int, risky: bool) -> list[str]:
    """Returns prompts none of which was judged before: the number in each makes it new."""
    numbers = range(first, first + count)
    subjects = RISKY if risky else THINGS
    return [f"{subjects[n % len(subjects)]} {PLACES[n % len(PLACES)]}, number {n}" for n in numbers]


def seconds_a_prompt(replica: CheckReplica, texts: list[str], size: int) -> float:
    """Returns the processor time that each prompt takes in batches of a size."""
    names, until = tuple(replica.checks), time.time() + 3600
    calls = [CheckCall(Stage.PROMPT, Prompt(text), names, replica.judgement, until) for text in texts]
    began = time.process_time()
    for start in range(0, len(calls), size):
        answers = replica.look(calls[start : start + size])
        assert all(isinstance(answer, Assessment) and not answer.failed for answer in answers)
    return (time.process_time() - began) / len(texts)


def main() -> None:
    """Prints the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rounds", type=int, default=5)
    rounds = ask.parse_args().rounds
    with tempfile.TemporaryDirectory() as home:
        replica = CheckReplica(make_studio(Settings(Path(home), warm_up=False)), Stage.PROMPT)
        first = 0
        print("| prompts | " + " | ".join(f"{size} at once" for size in SIZES) + " |")
        print("|---|" + "--:|" * len(SIZES))
        for name, risky in (("harmless", False), ("of which words are looked for", True)):
            found: dict[int, list[float]] = {size: [] for size in SIZES}
            for _ in range(rounds):
                for size in SIZES:
                    found[size].append(seconds_a_prompt(replica, prompts(32, first, risky), size))
                    first += 32
            cells = (f"{1000 * statistics.median(found[size]):.1f} ms" for size in SIZES)
            print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
