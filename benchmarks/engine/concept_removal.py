"""Measures three ways to keep the embedded model from a concept, side by side: steering, preference and erasure.

    python -m benchmarks.engine.concept_removal --work build/pocket2 --adapters build/align/safety build/align/erase
    python -m benchmarks.engine.concept_removal --work build/pocket2 --adapters build/align/preference --preference

The concept is the stand-in of training/align/stand_in.toml: its own prompts, rewordings that no training has seen, and
other things. A recognizer that had no part in any training names every picture. Cost is CPU time a picture over that of
the plain model, in turns. `--preference` measures instead how often the simulated annotators choose the adapter's
picture over the plain model's of the same seed, on prompts that were held out, and keeps an eye on the other things.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.engine.steering import FORMS, ConceptRecognizer, EmbeddedModel
from engines.cards import read_cards
from engines.diffusion.engine import DiffusionEngine
from safety.generation import Steering
from training.align.adapter import CARD
from training.align.stand_in import Rule, read_stand_in
from training.pocket.objects import load
from training.pocket.recognizer import Judge
from training.pocket.words import HERE, Language, read_pairs

MODELS = Path(__file__).parents[2] / "assets" / "models"
TURNS = 5


@dataclass(frozen=True)
class Way:
    """One way to draw: a model, plain or with an adapter, and what it is steered away from."""

    name: str
    model: EmbeddedModel
    steering: Steering | None = None

    def draw(self, prompts: Sequence[str]) -> np.ndarray:
        """Draws each prompt once, seeded by its place: uint8 of shape (prompts, 128, 128, 3)."""
        return self.model.draw(prompts, self.steering)


@dataclass(frozen=True)
class Row:
    """What one way does: shares of pictures with the concept, by its names and reworded; others right; cost."""

    name: str
    named: float
    reworded: float
    others: float
    cost: float

    def line(self, plain: Row) -> str:
        """Returns a row of a Markdown table."""
        less = f"{1 - self.named / plain.named:.0%}" if plain.named else "-"
        return (
            f"| {self.name} | {self.named:.1%} | {less} | {self.reworded:.1%} | {self.others:.1%} | {self.cost:.2f} |"
        )


def adapted(folder: Path) -> EmbeddedModel:
    """Returns the embedded model with the adapter of a folder, at its own size."""
    ((name, card),) = read_cards(folder / CARD).items()
    return EmbeddedModel(DiffusionEngine(name, card.model_copy(update={"shown_at_least": 1}), MODELS))


def ways(adapters: Sequence[Path], concept: str, strengths: Sequence[str]) -> list[Way]:
    """Returns the plain model, then each strength of steering, then each adapter."""
    plain = EmbeddedModel.open()
    steered = [Way(f"steering, {name}", plain, Steering((concept,), concept, name)) for name in strengths]
    return [Way("none", plain), *steered, *(Way(folder.name, adapted(folder)) for folder in adapters)]


def cost(way: Way, plain: Way) -> float:
    """Returns the median ratio of CPU times of the same drawing, in turns."""
    ratios = []
    for turn in range(TURNS):
        spent = []
        for each in (plain, way):
            start = time.process_time()
            each.draw([f"a red apple {turn}"])
            spent.append(time.process_time() - start)
        ratios.append(spent[1] / spent[0])
    return float(np.median(ratios))


def others(recognizer: ConceptRecognizer, concept: str, count: int) -> tuple[list[str], list[str]]:
    """Returns prompts for other things, evenly from the list of single things, with their labels.

    The list may be ahead of the model and of `--work`: only what the recognizer can name counts.
    """
    known = {*recognizer.objects.labels} - {concept}
    rows = [row for row in read_pairs(HERE / "prompts/singles.txt") if row[1] in known]
    rows = rows[:: max(1, len(rows) // count)]
    return [row[0] for row in rows], [row[1] for row in rows]


def table(recognizer: ConceptRecognizer, listed: Sequence[Way], concept: str, counts: tuple[int, int]) -> None:
    """Prints one row for each way; the concept counts as seen where it is among the five things named first."""
    settings = read_stand_in()
    wanted = [FORMS[number % len(FORMS)].format(concept) for number in range(counts[0])]
    again = [prompt for prompt in settings["rewordings"] for _ in range(max(1, counts[0] // 8))]
    prompts, labels = others(recognizer, concept, counts[1])
    print(f"{len(wanted)} prompts for {concept!r}, {len(again)} reworded, {len(prompts)} for other things")
    print(
        "| way | seen, of five named first | less | reworded | others right, top-1 | cost |\n|---|--:|--:|--:|--:|--:|"
    )
    plain: Row | None = None
    for way in listed:
        row = Row(
            way.name,
            recognizer.share_with(way.draw(wanted), concept)[1],
            recognizer.share_with(way.draw(again), concept)[1],
            recognizer.accuracy(way.draw(prompts), labels),
            cost(way, listed[0]),
        )
        plain = plain or row
        print(row.line(plain), flush=True)


def preference(recognizer: ConceptRecognizer, listed: Sequence[Way], concept: str, count: int) -> None:
    """Prints how often annotators without a guess choose each way's picture over the plain one of the same seed."""
    held_out = [prompt for prompt in read_stand_in()["preference"]["held_out"] for _ in range(5)]
    prompts, labels = others(recognizer, concept, count)
    rule, before = Rule(0.0, random.Random(0)), listed[0].draw(held_out)
    print(f"{len(held_out)} pictures of held-out prompts, {len(prompts)} for other things")
    print("| way | chosen over the plain model's | others right, top-1 | cost |\n|---|--:|--:|--:|")
    for way in listed:
        after = way.draw(held_out)
        won = np.mean([rule.prefers_first(one, other) for one, other in zip(after, before, strict=True)])
        right = recognizer.accuracy(way.draw(prompts), labels)
        print(f"| {way.name} | {won:.1%} | {right:.1%} | {cost(way, listed[0]):.2f} |", flush=True)


def main() -> None:
    """Runs the benchmark and prints its table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--adapters", type=Path, nargs="*", default=[])
    ask.add_argument("--strengths", nargs="*", default=["medium", "strong"])
    ask.add_argument("--count", type=int, default=60, help="prompts for the concept")
    ask.add_argument("--others", type=int, default=150, help="about so many prompts for other things")
    ask.add_argument("--preference", action="store_true")
    args = ask.parse_args()
    concept = read_stand_in()["concept"]
    recognizer = ConceptRecognizer(Judge(*load(args.work), Language.read()))
    if args.preference:
        preference(recognizer, ways(args.adapters, concept, ()), concept, args.others)
    else:
        table(recognizer, ways(args.adapters, concept, args.strengths), concept, (args.count, args.others))


if __name__ == "__main__":
    main()
