"""Every prompt of the sets that thresholds are set on, judged once: scores are kept, so that choosing costs nothing.

The rows themselves are not kept: a file under `--work` holds labels and scores, no word of a prompt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safety.checks import run_checks
from safety.prompt.classifier import NAME, findings_of
from safety.prompt.multilingual import FOLDER
from safety.records import Assessment, Finding, Prompt, Stage
from training.prompt_classifier.checks import MODELS, load_others, load_run
from training.prompt_classifier.data import raw, sources
from training.prompt_classifier.evaluate import unseen
from training.prompt_classifier.examples import STOP, for_limits
from training.prompt_classifier.labels import read_labels

REAL = "labels"  # real prompts that somebody labelled, and no run but the last was taught
BENIGN = {"general": (REAL, "jdb", "parti", "krea"), "art": ("art",), "medical": ("medical",)}
HARMFUL = (REAL, "jdb", "i2p_hard", "overt")
SETS = (REAL, "jdb", "parti", "krea", "art", "medical", "i2p_hard", "overt")
RULE_FILES = (
    "lexicon",
    "works",
    "hardlines.toml",
    "language.toml",
    "open_people.toml",
    "patterns.toml",
    "people.toml",
    "prompt_classifier.toml",
    "prompt_languages.toml",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One prompt: its set, whether it is harmful, the categories of the policy that its label names, what was seen."""

    source: str
    harmful: bool
    named: tuple[str, ...]
    kind: str  # the set's own name for its category
    findings: tuple[Finding, ...]

    @property
    def assessment(self) -> Assessment:
        return Assessment(Stage.PROMPT, ("rules", NAME), self.findings)


class Judge:
    """The rules and the model. With `folds`, the work folder of the training, only the held-back rows of the sets that
    it may use are judged, by its run that did not see them; without it all, by the model that ships, which knows them.
    """

    def __init__(self, presets: Path, model: Path, folds: Path | None, real: Path) -> None:
        self._rules = load_others(presets)
        self._model = load_run(presets, model)
        self._half = load_run(presets, folds / "half") if folds else None
        self._trained, self._real = {REAL, *sources()["dev"]}, real

    def judge(self, data: Path, name: str) -> Iterator[Seen]:
        """Every row of dev/`name`.csv, in order; of REAL, the labels that choose limits."""
        records = self._labels() if name == REAL else raw(data / f"dev/{name}.csv")
        model = self._model
        if self._half and name in self._trained:
            records, model = [one for one in records if name == REAL or unseen(one["text"])], self._half
        texts = [record["text"] for record in records]
        columns = model.score_batch(texts)
        for at, record in enumerate(records):
            scores = {head: float(column[at]) for head, column in columns.items()}
            findings = [
                *run_checks(Stage.PROMPT, Prompt(texts[at]), self._rules).findings,
                *findings_of(scores),
            ]
            named = (record["category"],) if name == REAL else tuple(_named(record["category"], name))
            yield Seen(name, record["label"] == "1", named, record["category"], tuple(findings))

    def _labels(self) -> list[dict[str, str]]:
        """Those drawn at random, and of the others only what deserves to be stopped: there are too few of these."""
        labels = [label for label in read_labels(self._real) if for_limits(label.text)]
        return [
            {"text": label.text, "label": str(int(label.outcomes[0] >= STOP)), "category": label.category}
            for label in labels
            if label.part == "random" or label.outcomes[0] >= STOP
        ]


def _named(category: str, source: str) -> Iterator[str]:
    """Our categories for a set's own, by training/prompt_classifier/sources.toml."""
    entry = sources()["dev"].get(source, {})
    for part in category.split(entry["split"]) if "split" in entry else [category]:
        yield from entry.get("map", {}).get(part.strip(), ())


def judged(presets: Path, model: Path, data: Path, work: Path, real: Path, folds: Path | None = None) -> list[Seen]:
    """All rows of SETS; those judged before by the same rules and model are read from `work`."""
    work.mkdir(parents=True, exist_ok=True)
    judge, seen = Judge(presets, model, folds, real), []
    digest = _digest(presets, model, folds)
    for name in SETS:
        file = work / f"{name}-{digest}.json"
        if not file.exists():
            file.write_text(json.dumps([_row(one) for one in judge.judge(data, name)]), "utf-8")
            print(f"judged {name}", flush=True)
        seen += [_seen(name, row) for row in json.loads(file.read_text("utf-8"))]
    return seen


def _digest(presets: Path, model: Path, folds: Path | None) -> str:
    paths = [
        model / "weights.toml",
        MODELS / FOLDER / "weights.toml",
        *([folds / "half" / "weights.toml"] if folds else []),
    ]
    for name in RULE_FILES:
        paths += [presets / name] if (presets / name).is_file() else sorted((presets / name).iterdir())
    safety = Path(__file__).parents[2] / "safety"
    code = sorted([*safety.glob("prompt/*.py"), *safety.glob("text/*.py"), *safety.glob("text/*.tsv")])
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in [*paths, *code])).hexdigest()[:12]


def _row(one: Seen) -> dict[str, Any]:
    found = [[f.check, f.category, round(f.score, 5), f.subcategory, f.probability] for f in one.findings]
    return {"harmful": one.harmful, "named": one.named, "kind": one.kind, "findings": found}


def _seen(name: str, row: dict[str, Any]) -> Seen:
    found = [Finding(f[0], f[1], f[2], subcategory=f[3], probability=f[4]) for f in row["findings"]]
    return Seen(name, row["harmful"], tuple(row["named"]), row["kind"], tuple(found))
