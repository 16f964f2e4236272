"""Every prompt of the sets that thresholds are set on, judged once: scores are kept, so that choosing costs nothing.

The rows themselves are not kept: a file under `--work` holds labels and scores, no word of a prompt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from safety.checks import assess
from safety.prompt import prompt_checks
from safety.prompt.meaning import NAME, MeaningCheck, findings_of
from safety.records import Assessment, Finding, Prompt, Stage
from training.prompt_risk.data import raw, sources
from training.prompt_risk.mix import FOLDS, fold_of
from training.prompt_risk.rows import Row, key

BENIGN = {"general": ("jdb", "parti", "krea"), "art": ("art",), "medical": ("medical",)}
HARMFUL = ("jdb", "i2p_hard", "overt")
SETS = ("jdb", "parti", "krea", "art", "medical", "i2p_hard", "overt")
RULE_FILES = ("lexicon", "hardlines.toml", "patterns.toml")


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
    """The rules and the model. Where `folds` has the models of a cross-validation, a row that training may use is
    judged by the one that did not see it; without them by the model that ships, which may know the row."""

    def __init__(self, presets: Path, model: Path, folds: Path | None) -> None:
        self._rules = prompt_checks(presets)
        self._model = MeaningCheck(model)
        self._folds = [MeaningCheck(folds / f"fold{fold}") for fold in range(FOLDS)] if folds else []
        self._trained = set(sources()["dev"])

    def judge(self, data: Path, name: str) -> Iterator[Seen]:
        """Every row of dev/`name`.csv, in order."""
        records = raw(data / f"dev/{name}.csv")
        texts = [record["text"] for record in records]
        columns = self._columns(name, texts)
        for at, record in enumerate(records):
            scores = {head: float(column[at]) for head, column in columns.items()}
            findings = [*assess(Stage.PROMPT, Prompt(texts[at]), self._rules).findings, *findings_of(scores, texts[at])]
            named = tuple(_named(record["category"], name))
            yield Seen(name, record["label"] == "1", named, record["category"], tuple(findings))

    def _columns(self, name: str, texts: Sequence[str]) -> dict[str, np.ndarray]:
        if name not in self._trained or not self._folds:
            return dict(self._model.score_batch(texts))
        fold = np.array([fold_of(Row(text, name, {}, group=key(text))) for text in texts])
        columns: dict[str, np.ndarray] = {}
        for number, check in enumerate(self._folds):
            chosen = np.flatnonzero(fold == number)
            for head, column in check.score_batch([texts[int(at)] for at in chosen]).items():
                columns.setdefault(head, np.zeros(len(texts), dtype=np.float32))[chosen] = column
        return columns


def _named(category: str, source: str) -> Iterator[str]:
    """Our categories for a set's own, by training/prompt_risk/sources.toml."""
    entry = sources()["dev"].get(source, {})
    for part in category.split(entry["split"]) if "split" in entry else [category]:
        yield from entry.get("map", {}).get(part.strip(), ())


def judged(presets: Path, model: Path, data: Path, work: Path, folds: Path | None = None) -> list[Seen]:
    """All rows of SETS; those judged before by the same rules and model are read from `work`."""
    work.mkdir(parents=True, exist_ok=True)
    judge, seen = Judge(presets, model, folds), []
    digest = _digest(presets, model, folds)
    for name in SETS:
        file = work / f"{name}-{digest}.json"
        if not file.exists():
            file.write_text(json.dumps([_row(one) for one in judge.judge(data, name)]), "utf-8")
            print(f"judged {name}", flush=True)
        seen += [_seen(name, row) for row in json.loads(file.read_text("utf-8"))]
    return seen


def _digest(presets: Path, model: Path, folds: Path | None) -> str:
    paths = [model / "weights.toml", *(folds.glob("fold*/weights.toml") if folds else [])]
    for name in RULE_FILES:
        paths += [presets / name] if (presets / name).is_file() else sorted((presets / name).iterdir())
    code = sorted((Path(__file__).parents[2] / "safety").glob("prompt/*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in [*paths, *code])).hexdigest()[:12]


def _row(one: Seen) -> dict[str, Any]:
    found = [[f.check, f.category, round(f.score, 5), f.aspect, f.chance] for f in one.findings]
    return {"harmful": one.harmful, "named": one.named, "kind": one.kind, "findings": found}


def _seen(name: str, row: dict[str, Any]) -> Seen:
    found = [Finding(f[0], f[1], f[2], aspect=f[3], chance=f[4]) for f in row["findings"]]
    return Seen(name, row["harmful"], tuple(row["named"]), row["kind"], tuple(found))
