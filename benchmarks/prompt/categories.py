"""How well a category made of 5, 20 or 50 examples finds the others, what it stops by mistake, and what it costs.

    python -m benchmarks.prompt.categories --data FOLDER [--draws 3] [--part recall|near|cost]

FOLDER holds the prompt sets (`dev/riskyprompt.csv`, `unlabelled/real_prompts.csv.gz`, ...). Ten held-out categories of
T2I-RiskyPrompt, those with most rows, and five harmless ones of our own (benchmarks/prompt/categories.toml). Each is
drawn several times: the head learns from the first prompts of a shuffled list and is asked about the others. False
stops are counted on real prompts and harmless captions that no feature that ships is of, two styles among them that
none of the features knows.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safety.guard import Guard
from safety.prompt.classifier import PromptClassifierCheck
from safety.prompt.classifier_model import PromptClassifierModel
from safety.prompt.example_categories import ExampleCategory, ExampleCategoryCheck, StoredHead
from safety.prompt.example_head import AT_LIMIT, ExampleHead, fit_head
from safety.prompt.ordinary_prompts import Array, OrdinaryPrompts, load_ordinary_prompts
from safety.records import Prompt
from safety.resources import MODELS
from training.prompt_classifier.ordinary import CAPTIONS, SOURCE, in_order, read_captions

COUNTS = (5, 20, 50)  # examples
SHARE = 0.01  # of ordinary prompts that a category may stop
HELD_OUT = 10  # categories of T2I-RiskyPrompt
REAL = slice(150_000, 151_500)  # of the order of sample.py: neither in its sample nor among the features that ship
OTHERS = {"krea": "dev/krea.csv", "parti": "dev/parti.csv"}  # styles that no feature that ships is of
MOST = 500  # prompts of a set
ASKED = 300  # prompts of each category that are asked about
TIMED = 200  # prompts


@dataclass(frozen=True)
class Points:
    """Holds the points of many prompts: every reading, and the first of each prompt."""

    readings: Array
    owners: NDArray[np.int64]
    first: Array

    def highest(self, head: ExampleHead, prompts: Sequence[int] | slice = slice(None)) -> Array:
        """Returns the score of each prompt, that of its worst reading."""
        scores = np.zeros(len(self.first), dtype=np.float32)
        np.maximum.at(scores, self.owners, head.scores(self.readings))
        chosen: Array = scores[prompts]
        return chosen


def encoded(prompts: Sequence[str], classifier: PromptClassifierCheck, ordinary: OrdinaryPrompts) -> Points:
    """Returns the points of prompts; those of which the classifier reads nothing are left out."""
    rows = [features for features in map(classifier.features, prompts) if len(features)]
    owners = np.repeat(np.arange(len(rows), dtype=np.int64), [len(one) for one in rows])
    readings = ordinary.space.points(np.concatenate(rows))
    starts = np.concatenate([[0], np.cumsum([len(one) for one in rows])[:-1]])
    return Points(readings, owners, readings[starts])


def read_set(path: Path, count: int) -> list[dict[str, str]]:
    """Returns `count` rows of a set, the same every time."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(0).shuffle(rows)
    return rows[:count]


def held_out(data: Path) -> dict[str, list[str]]:
    """Returns the prompts of the largest categories of T2I-RiskyPrompt; a row may have several."""
    rows = read_set(data / "dev" / "riskyprompt.csv", 10_000)
    named = [(row["text"], [name for name in row["category"].split("+") if name]) for row in rows]
    counts = Counter(name for _, names in named for name in names)
    chosen = [name for name, _ in counts.most_common(HELD_OUT)]
    return {name: [text for text, names in named if name in names] for name in chosen}


def of_our_own() -> dict[str, list[str]]:
    """Returns the prompts of the five harmless categories."""
    return {name: list(category["prompts"]) for name, category in _own_table().items()}


def _own_table() -> dict[str, dict[str, list[str]]]:
    table: dict[str, dict[str, list[str]]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return table


def harmless_sets(data: Path) -> dict[str, list[str]]:
    """Returns harmless captions: of the sets that features are of, rows that they are not of; and two sets more."""
    rest = {Path(file).stem: read_captions(data, file)[count : count + MOST] for file, count in CAPTIONS.items()}
    others = {name: [row["text"] for row in read_set(data / file, MOST)] for name, file in OTHERS.items()}
    return rest | others


def recall(
    categories: Mapping[str, Sequence[str]],
    sets: Mapping[str, Points],
    classifier: PromptClassifierCheck,
    ordinary: OrdinaryPrompts,
    draws: int,
) -> Iterator[str]:
    """Yields a row of the table for each category and number of examples."""
    total: dict[int, list[list[float]]] = {count: [] for count in COUNTS}
    for name, prompts in categories.items():
        chosen = list(prompts)
        random.Random(1).shuffle(chosen)
        points = encoded(chosen[: ASKED + max(COUNTS)], classifier, ordinary)
        for count in COUNTS:
            shares = []
            for draw in range(draws):
                order = np.random.default_rng(draw).permutation(len(points.first))
                examples, none = points.first[order[:count]], points.first[:0]
                head, figures = fit_head(examples, none, ordinary, none, SHARE)
                stops = [float((one.highest(head) >= AT_LIMIT).mean()) for one in sets.values()]
                found = float((points.highest(head)[order[count:]] >= AT_LIMIT).mean())
                shares.append([found, figures.found, *stops])
            mean = np.mean(shares, axis=0)
            total[count].append(list(mean))
            yield _row(f"{name}, {count}", mean)
    for count in COUNTS:
        yield _row(f"mean, {count}", np.mean(total[count], axis=0))


def near_misses(classifier: PromptClassifierCheck, ordinary: OrdinaryPrompts, draws: int) -> Iterator[str]:
    """Yields for each category of our own what it stops of prompts that are near and not meant.

    Without naming any as not meant, and with five of the ten named: then the other five are asked about.
    """
    for name, category in _own_table().items():
        meant, near = (encoded(category[key], classifier, ordinary).first for key in ("prompts", "near"))
        shares = []
        for draw in range(draws):
            rng = np.random.default_rng(draw)
            order, beside = rng.permutation(len(meant)), rng.permutation(len(near))
            examples, others, none = meant[order[:20]], meant[order[20:]], meant[:0]
            alone, _ = fit_head(examples, none, ordinary, none, SHARE)
            told, _ = fit_head(examples, near[beside[:5]], ordinary, none, SHARE)
            asked = near[beside[5:]]
            stops = [alone.scores(asked), told.scores(asked), alone.scores(others), told.scores(others)]
            shares.append([float((one >= AT_LIMIT).mean()) for one in stops])
        yield _row(name, np.mean(shares, axis=0))


def _row(name: str, shares: Sequence[float] | Array) -> str:
    return f"| {name} | " + " | ".join(f"{100 * share:.1f} %" for share in shares) + " |"


def cost(
    categories: Mapping[str, Sequence[str]], guard: Guard, classifier: PromptClassifierCheck, texts: Sequence[str]
) -> Iterator[str]:
    """Yields what a category costs: the time to make one, and prompts judged with ten and without, side by side."""
    began = time.perf_counter()
    made = [
        _category(name, number, prompts, classifier) for number, (name, prompts) in enumerate(categories.items(), 1)
    ]
    yield f"one category of 20 examples, fitted and measured: {(time.perf_counter() - began) / len(made):.2f} s"
    checks = [ExampleCategoryCheck(one, MODELS, classifier) for one in made[:10]]
    without, with_ten = [], []
    for text in texts:
        classifier.clear_cache()
        start = time.perf_counter()
        for check in guard.prompt_checks:
            list(check.detect(Prompt(text)))
        middle = time.perf_counter()
        for extra in checks:
            list(extra.detect(Prompt(text)))
        without.append(middle - start)
        with_ten.append(time.perf_counter() - middle)
    yield f"a prompt, all checks: median {1000 * float(np.median(without)):.2f} ms"
    yield f"ten categories on top: median {1000 * float(np.median(with_ten)):.2f} ms"
    yield from same_scores(classifier, texts)


def _category(name: str, number: int, prompts: Sequence[str], classifier: PromptClassifierCheck) -> ExampleCategory:
    weights = classifier.models[0].sha256
    ordinary = load_ordinary_prompts(MODELS, weights)
    examples = tuple(prompts[:20])
    points = ordinary.space.points(np.stack([classifier.features(text)[0] for text in examples]))
    head, figures = fit_head(points, points[:0], ordinary, points[:0], SHARE)
    stored = {"examples": examples, "figures": figures, "head": StoredHead.of(head, points, weights)}
    facts = {"name": f"timed_{number}", "number": number, "title": "Timed", "sentence": "For the clock alone."}
    more = {"level": "note", "share": SHARE, "version": 1, "made": "", "enabled": True}
    return ExampleCategory.model_validate({**facts, **more, **stored})


def same_scores(classifier: PromptClassifierCheck, texts: Sequence[str]) -> Iterator[str]:
    """Yields whether the classifier's numbers are the same, bit for bit, where features are read beside them."""
    plain = PromptClassifierModel(MODELS / classifier.weights, classifier.frame)
    digests = [hashlib.sha256(model.logits(texts).tobytes()).hexdigest() for model in (plain, classifier.model)]
    yield f"logits of {len(texts)} prompts with features read and without are {_equal(digests)}"
    for name, model in (("without", plain), ("with", classifier.model), ("without", plain), ("with", classifier.model)):
        model.clear_cache()
        start = time.perf_counter()
        model.logits(texts)
        yield f"the model {name} features: {1000 * (time.perf_counter() - start) / len(texts):.2f} ms a prompt"


def _equal(digests: Sequence[str]) -> str:
    return "equal" if len(set(digests)) == 1 else "NOT EQUAL"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--part", choices=("recall", "near", "cost"), default="")
    args = parser.parse_args()
    guard = Guard.load()
    classifier = next(one for one in guard.prompt_checks if isinstance(one, PromptClassifierCheck) and one.hidden)
    ordinary = load_ordinary_prompts(MODELS, classifier.models[0].sha256)
    real = in_order(args.data / SOURCE)[REAL]
    categories = {**held_out(args.data), **of_our_own()}
    if args.part in ("", "recall"):
        texts = {"real": real, **harmless_sets(args.data)}
        sets = {name: encoded(each, classifier, ordinary) for name, each in texts.items()}
        print(f"| category, examples | found | found, left out | {' | '.join(sets)} |")
        print("|---|" + "--:|" * (2 + len(sets)))
        for line in recall(categories, sets, classifier, ordinary, args.draws):
            print(line, flush=True)
    if args.part in ("", "near"):
        print("\n| 20 examples | near, stopped | five named | found | five named |\n|---|--:|--:|--:|--:|")
        for line in near_misses(classifier, ordinary, args.draws):
            print(line, flush=True)
    if args.part in ("", "cost"):
        for line in cost(categories, guard, classifier, real[:TIMED]):
            print(line, flush=True)


if __name__ == "__main__":
    main()
