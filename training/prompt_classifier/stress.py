"""How the model stands up to disguise, and whether the words it marks are the ones that carry the score.

    python -m training.prompt_classifier.stress --data FOLDER [--work build/prompt_classifier]

The rows that were held back are judged by the run that did not see them. Prints markdown.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from safety.prompt.classifier import PromptClassifierCheck
from safety.records import Prompt, Span
from training.prompt_classifier.attacks import DISGUISES, noised, salad
from training.prompt_classifier.batches import pieces, tokenizer
from training.prompt_classifier.checks import load_run
from training.prompt_classifier.data import raw
from training.prompt_classifier.evaluate import PRESETS, unseen
from training.prompt_classifier.figures import auroc, threshold_at
from training.prompt_classifier.rows import CATEGORIES

FALSE = 0.03  # benign rows flagged at the threshold that recall is measured at
STOPPED = 0.4  # where general mode begins to warn, for most categories
NOTED = ("stereotype", "protected_works")  # what is hardly ever more than a remark
EXPLAINED = 150  # rows whose spans are tried out
_WORD = re.compile(r"\S+")


class Unseen:
    """The rows of one set that were held back, scored by the run that did not see them."""

    def __init__(self, work: Path, records: Sequence[dict[str, str]]) -> None:
        self.check = load_run(PRESETS, work / "half", STOPPED)
        records = [record for record in records if unseen(record["text"])]
        self.texts = [record["text"] for record in records]
        self.labels = np.array([int(record["label"]) for record in records])

    def risk(self, texts: Sequence[str]) -> np.ndarray:
        """Risks of `texts`, which stand for the rows in order."""
        return np.asarray(self.check.score_batch(texts)["risk"])


def disguises(rows: Unseen, seed: int) -> Iterator[str]:
    """A line a disguise: recall at the threshold of the plain text, AUROC, benign rows flagged."""
    noise = pieces(tokenizer())
    tried = {"as typed": lambda text, rng: text, **DISGUISES}
    tried |= {"noise": lambda text, rng: noised(text, noise, rng), "salad": lambda text, rng: salad(text, noise, rng)}
    harmful = rows.labels == 1
    at = threshold_at(rows.risk(rows.texts)[~harmful], FALSE)
    yield "| disguise | recall | AUROC against benign as disguised | benign flagged |\n|---|---|---|---|"
    for name, attack in tried.items():
        rng = random.Random(seed)
        risk = rows.risk([attack(text, rng) for text in rows.texts])
        recall, false = (risk[harmful] >= at).mean(), (risk[~harmful] >= at).mean()
        yield f"| {name} | {recall:.3f} | {auroc(rows.labels, risk):.3f} | {false:.3f} |"


def faithful(rows: Unseen, seed: int) -> str:
    """How often a stopped prompt passes without the marked words, and without as many others drawn by chance."""
    rng = random.Random(seed)
    stopped = [int(i) for i in np.flatnonzero(_worst(rows.check, rows.texts) >= STOPPED)]
    passed = [0, 0]
    chosen = rng.sample(stopped, min(EXPLAINED, len(stopped)))
    share = 0.0
    for row in chosen:
        text, check = rows.texts[row], rows.check
        findings = [f for f in check.detect(Prompt(text)) if f.score >= STOPPED and f.category not in NOTED]
        spans = sorted({span for finding in findings for span in finding.spans})
        words = [match.span() for match in _WORD.finditer(text)]
        marked = [word for word in words if any(word[0] < s.end and s.start < word[1] for s in spans)]
        drawn = rng.sample(words, len(marked))
        share += len(marked) / len(words)
        without = [_without(text, spans), _without(text, [Span(*word) for word in drawn])]
        for kind, score in enumerate(_worst(check, without)):
            passed[kind] += int(score < STOPPED)
    count = max(1, len(chosen))
    return (
        f"{len(chosen)} stopped prompts: {passed[0] / count:.0%} pass without the marked words"
        f" ({share / count:.0%} of all words), {passed[1] / count:.0%} without as many words drawn by chance."
    )


def _worst(check: PromptClassifierCheck, texts: Sequence[str]) -> np.ndarray:
    columns = check.score_batch(texts)
    return np.asarray(np.max([columns[category] for category in CATEGORIES if category not in NOTED], axis=0))


def _without(text: str, spans: Sequence[Span]) -> str:
    for span in sorted(spans, reverse=True):
        text = text[: span.start] + " " + text[span.end :]
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--work", type=Path, default=Path("build/prompt_classifier"))
    parser.add_argument("--spans", action="store_true", help="try out the marked words only")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rows = Unseen(args.work, raw(args.data / "dev/jdb.csv"))
    if not args.spans:
        print("\n".join(disguises(rows, args.seed)) + "\n")
    print(faithful(rows, args.seed))


if __name__ == "__main__":
    main()
