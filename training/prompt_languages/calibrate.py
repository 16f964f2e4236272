"""Moves the heads so that the limits that hold for English prompts hold for other languages too.

    python -m training.prompt_languages.calibrate [--work build/prompt_languages] [--weights without_none.pt]

Needs a run of train.py with `--held`, which left rows out; writes `offsets.json` below the work folder, for export.py,
and prints what each language adds, for `presets/prompt_languages.toml`. The heads of harm and refusal move together
until ALLOWED of the harmless rows left out are stopped in general mode, each of what no mode relaxes until it refuses
REFUSED of them; none of these moves up.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from safety.policy.model import load_policy
from safety.prompt.classifier import FILE, READ, PromptClassifierConfig
from safety.prompt.classifier_scores import GRAVE
from safety.records import Stage, Verdict
from safety.resources import PRESETS
from training.prompt_classifier.examples import STOP
from training.prompt_classifier.rows import HARM, HEADS, KINDS
from training.prompt_languages import source as e5
from training.prompt_languages.model import framed, load, logits
from training.prompt_languages.rows import read_languages
from training.prompt_languages.train import split
from training.prompt_languages.vocabulary import kept, tokenizer

ALLOWED, REFUSED = 0.055, 0.004
TOGETHER = (HARM, "refuse")
ALWAYS = ("always", *KINDS)
FURTHEST = 8.0  # logits that a head may move
SCALE, TRUST = (
    3.0,
    0.3,
)  # of a logit's spread; how far a language of few rows may be from the others (C of scikit-learn)


def by_language(scores: np.ndarray, harmful: np.ndarray, codes: Sequence[str]) -> dict[str, float]:
    """Returns what to add to the logits of each language, 0 on average: the intercepts of a logistic regression.

    scores: logits of harm, (rows,); harmful: whether each should be stopped; codes: the language of each.
    """
    from sklearn.linear_model import LogisticRegression

    names = sorted(set(codes))
    ones = np.array([[code == name for name in names] for code in codes], dtype=float)
    model = LogisticRegression(C=TRUST, max_iter=500).fit(np.column_stack([scores / SCALE, ones]), harmful)
    slope, *intercepts = model.coef_[0]
    found = np.array(intercepts) / (slope / SCALE)
    return {name: round(float(value), 2) for name, value in zip(names, found - found.mean(), strict=True)}


def offsets(harmless: np.ndarray, warn: float, refuse: float) -> dict[str, tuple[float, float]]:
    """Returns (slope, offset) by head. harmless: logits, (rows, heads); warn, refuse: limits of a score, 0..1."""
    columns = {head: harmless[:, HEADS.index(head)] for head in HEADS}

    def stopped(offset: float) -> float:
        harm, grave = (_chance(columns[head] + offset) for head in TOGETHER)
        return float((0.5 * (harm + np.minimum(harm, grave)) >= warn).mean())

    def refused(head: str) -> Callable[[float], float]:
        return lambda offset: float((_chance(columns[head] + offset) >= refuse).mean())

    found = dict.fromkeys(TOGETHER, (1.0, _highest(stopped, ALLOWED)))
    return found | {head: (1.0, min(0.0, _highest(refused(head), REFUSED))) for head in ALWAYS}


def _chance(logits: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logits)))


def _highest(share: Callable[[float], float], allowed: float) -> float:
    """Returns the highest offset at which the share is not above what is allowed."""
    steps: Sequence[float] = np.arange(FURTHEST, -FURTHEST, -0.05).tolist()
    return round(next(step for step in steps if share(step) <= allowed), 2)


def _limits() -> tuple[float, float]:
    """Returns from which probability general mode warns of what the model reads, and refuses what is grave."""
    policy = load_policy(PRESETS)
    power = PromptClassifierConfig.load(PRESETS / FILE).power.get("sexual", 1.0)
    warn = policy.least_score(Verdict.WARN, Stage.PROMPT, [("sexual", READ)])
    return warn ** (1 / power), policy.least_score(Verdict.BLOCK, Stage.PROMPT, [("sexual", GRAVE)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("build/prompt_languages"))
    parser.add_argument("--weights", default="without_none.pt", help="file below the work folder")
    args = parser.parse_args()
    held = Path(args.weights).stem.removeprefix("without_").split("_")
    source = e5.read(e5.path())
    pieces = kept(source, args.work)
    _, left_out = split(read_languages(), held)
    rows = [(code, each) for code, own in left_out.items() for each in own]
    texts, codes = [each.text for _, each in rows], [code for code, _ in rows]
    scores = logits(load(args.work / args.weights, source, pieces), framed(tokenizer(source, pieces)), texts)
    harmful = np.array([each.outcomes[0] >= STOP for _, each in rows])
    added = by_language(scores[:, 0], harmful, codes)
    scores += np.array([[added[code]] for code in codes], dtype=np.float32)
    found = offsets(scores[~harmful], *_limits())
    (args.work / "offsets.json").write_text(json.dumps(found))
    print(len(texts), "rows left out;", found)
    print("[offset]", *(f"{code} = {value}" for code, value in added.items()), sep="\n")


if __name__ == "__main__":
    main()
