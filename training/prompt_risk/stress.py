"""How the model stands up to disguise, and whether the words it marks are the ones that carry the score.

    python -m training.prompt_risk.stress --data FOLDER [--work build/prompt_risk]

Every row is judged by the run whose training did not see its fold. Prints markdown.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from safety.prompt.meaning import MeaningCheck
from safety.records import Prompt, Span
from training.prompt_risk.attacks import DISGUISES, noised, salad
from training.prompt_risk.batches import pieces, tokenizer
from training.prompt_risk.data import raw
from training.prompt_risk.figures import auroc, threshold_at
from training.prompt_risk.mix import FOLDS, fold_of
from training.prompt_risk.rows import CATEGORIES, Row, key

FALSE = 0.03  # benign rows flagged at the threshold that recall is measured at
STOPPED = 0.4  # where general mode begins to warn, for most categories
NOTED = ("stereotype", "protected_works")  # what is hardly ever more than a remark
EXPLAINED = 150  # rows whose spans are tried out
_WORD = re.compile(r"\S+")


class Unseen:
    """Scores rows of one set, each by the run that did not see it."""

    def __init__(self, work: Path, records: Sequence[dict[str, str]]) -> None:
        self._checks = [MeaningCheck(work / f"fold{fold}") for fold in range(FOLDS)]
        self.texts = [record["text"] for record in records]
        self.labels = np.array([int(record["label"]) for record in records])
        self.folds = np.array([fold_of(Row(text, "", {}, group=key(text))) for text in self.texts])

    def risk(self, texts: Sequence[str]) -> np.ndarray:
        """Risks of `texts`, which stand for the set's rows in order."""
        found = np.zeros(len(texts), dtype=np.float32)
        for fold, check in enumerate(self._checks):
            chosen = np.flatnonzero(self.folds == fold)
            found[chosen] = check.score_batch([texts[int(i)] for i in chosen])["risk"]
        return found

    def worst(self, texts: Sequence[str]) -> np.ndarray:
        """The highest score of any category that can stop a prompt, for each row."""
        found = np.zeros(len(texts), dtype=np.float32)
        for fold, check in enumerate(self._checks):
            chosen = np.flatnonzero(self.folds == fold)
            found[chosen] = _worst(check, [texts[int(i)] for i in chosen])
        return found

    def check(self, row: int) -> MeaningCheck:
        return self._checks[int(self.folds[row])]


def disguises(unseen: Unseen, seed: int) -> Iterator[str]:
    """A line a disguise: recall at the threshold of the plain text, AUROC, benign rows flagged."""
    noise = pieces(tokenizer())
    tried = {"as typed": lambda text, rng: text, **DISGUISES}
    tried |= {"noise": lambda text, rng: noised(text, noise, rng), "salad": lambda text, rng: salad(text, noise, rng)}
    harmful = unseen.labels == 1
    at = threshold_at(unseen.risk(unseen.texts)[~harmful], FALSE)
    yield "| disguise | recall | AUROC against benign as disguised | benign flagged |\n|---|---|---|---|"
    for name, attack in tried.items():
        rng = random.Random(seed)
        risk = unseen.risk([attack(text, rng) for text in unseen.texts])
        recall, false = (risk[harmful] >= at).mean(), (risk[~harmful] >= at).mean()
        yield f"| {name} | {recall:.3f} | {auroc(unseen.labels, risk):.3f} | {false:.3f} |"


def faithful(unseen: Unseen, seed: int) -> str:
    """How often a stopped prompt passes without the marked words, and without as many others drawn by chance."""
    rng = random.Random(seed)
    stopped = [int(i) for i in np.flatnonzero(unseen.worst(unseen.texts) >= STOPPED)]
    passed = [0, 0]
    chosen = rng.sample(stopped, min(EXPLAINED, len(stopped)))
    share = 0.0
    for row in chosen:
        text, check = unseen.texts[row], unseen.check(row)
        findings = [f for f in check.look(Prompt(text)) if f.score >= STOPPED and f.category not in NOTED]
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


def _worst(check: MeaningCheck, texts: Sequence[str]) -> np.ndarray:
    columns = check.score_batch(texts)
    return np.asarray(np.max([columns[category] for category in CATEGORIES if category not in NOTED], axis=0))


def _without(text: str, spans: Sequence[Span]) -> str:
    for span in sorted(spans, reverse=True):
        text = text[: span.start] + " " + text[span.end :]
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--work", type=Path, default=Path("build/prompt_risk"))
    parser.add_argument("--spans", action="store_true", help="try out the marked words only")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    unseen = Unseen(args.work, raw(args.data / "dev/jdb.csv"))
    if not args.spans:
        print("\n".join(disguises(unseen, args.seed)) + "\n")
    print(faithful(unseen, args.seed))


if __name__ == "__main__":
    main()
