"""Measures what each safety layer costs beside the drawing itself, on the embedded model.

    python -m benchmarks.engine.layers [--rounds 9]

One picture a round, every layer timed in the same round, so that all meet the same load. CPU time of this process and
wall time; the share that counts is that of CPU time, since other work on the machine does not change it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engines.cards import read_cards
from engines.diffusion.engine import DiffusionEngine
from engines.interface import silent
from engines.validation import complete
from safety.checks import run_checks
from safety.generation import GenerationRequest, Stamp
from safety.image import picture_checks
from safety.marks import Marks
from safety.marks.export import Exporter, Provenance
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.records import Picture, Prompt, Stage

ROOT = Path(__file__).parents[2]
PRESETS, MODELS = ROOT / "presets", ROOT / "assets" / "models"
PROMPTS = ("a red apple on a blue background", "a green frog and a yellow bird", "three small boats at night")
LAYERS = ("prompt", "picture", "marks")


@dataclass
class Clock:
    """Collects seconds by the name of a part: CPU time of the process, and wall time."""

    cpu: dict[str, list[float]] = field(default_factory=dict)
    wall: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        """Adds the seconds that the context takes."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu.setdefault(name, []).append(time.process_time() - cpu)
        self.wall.setdefault(name, []).append(time.perf_counter() - wall)


def round_of(home: Path) -> Callable[[str, int, Clock], None]:
    """Returns what makes one picture through every layer, as the studio does it.

    The audit log is left out: it takes milliseconds.
    """
    policy = load_policy(PRESETS)
    prompts = load_prompt_checks(PRESETS, MODELS, policy)
    pictures = picture_checks(MODELS, PRESETS, prompts).checks
    engine = DiffusionEngine("pocket", read_cards(PRESETS / "engines.toml")["pocket"], MODELS)
    exporter = Exporter(Marks(home / "keys"))

    def work(text: str, seed: int, clock: Clock) -> None:
        request = complete(GenerationRequest(text), {"pocket": engine})
        with clock.timing("prompt"):
            decide(run_checks(Stage.PROMPT, Prompt(text), prompts.checks), policy, "general")
        with clock.timing("drawing"):
            image = engine.generate(request, [seed], silent).pictures[0].image
        with clock.timing("picture"):
            decide(run_checks(Stage.PICTURE, Picture(image, text), pictures), policy, "general")
        with clock.timing("marks"):
            exporter.export(image, Provenance(stamp=Stamp.new(), engine="pocket", model="pocket"), home / f"{seed}.png")

    return work


def show(clock: Clock) -> None:
    """Prints the medians as a Markdown table."""
    cpu: dict[str, Any] = {name: statistics.median(seconds) for name, seconds in clock.cpu.items()}
    wall = {name: statistics.median(seconds) for name, seconds in clock.wall.items()}
    print("| part | CPU ms | wall ms | share of drawing |\n|---|--:|--:|--:|")
    for name in ("drawing", *LAYERS):
        share = cpu[name] / cpu["drawing"]
        print(f"| {name} | {1000 * cpu[name]:.0f} | {1000 * wall[name]:.0f} | {share:.1%} |")
    layers = sum(cpu[name] for name in LAYERS)
    print(f"| all three layers | {1000 * layers:.0f} | | {layers / cpu['drawing']:.1%} |")


def main() -> None:
    """Runs the benchmark and prints its table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rounds", type=int, default=9)
    args = ask.parse_args()
    with tempfile.TemporaryDirectory() as home:
        work = round_of(Path(home))
        # Loads what is loaded at first use.
        work(PROMPTS[0], 0, Clock())
        clock = Clock()
        for number in range(args.rounds):
            work(PROMPTS[number % len(PROMPTS)], number + 1, clock)
        show(clock)


if __name__ == "__main__":
    main()
