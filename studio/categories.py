"""Categories that an operator adds by examples: made, measured, switched on and off, and taken away again.

Each is a file in `categories` in the studio's home. What changes is on record in the audit log: name, version, digest
and figures, and no words. A studio reads the files at its start, so a change holds from the next start on.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ValidationError

from safety.audit import AuditLog
from safety.checks import run_checks
from safety.config import first_problem
from safety.errors import RequestError, StudioError
from safety.guard import Guard
from safety.policy.added_category import added_categories
from safety.policy.decide import decide
from safety.policy.model import BASE_MODE, Policy
from safety.prompt.classifier import PromptClassifierCheck
from safety.prompt.example_categories import (
    FOLDER,
    MAX_CATEGORIES,
    ExampleCategory,
    ExampleCategoryCheck,
    ExamplePicture,
    StoredHead,
    read_categories,
)
from safety.prompt.example_head import fit_head
from safety.prompt.ordinary_prompts import Array, OrdinaryPrompts, load_ordinary_prompts
from safety.prompt.validation import prompt_problem
from safety.records import Assessment, Decision, Prompt, Stage, Verdict
from safety.resources import MODELS
from studio.example_sets import require_examples, without_doubles

if TYPE_CHECKING:
    from studio.studio import Studio

WHAT = "category"  # of the changes on record
MAX_SHARE = 0.02  # of ordinary prompts that a category may stop without force
MIN_FOUND = 0.5  # of its own examples, each left out once, that it must find without force
MAX_REPLAYED = 1000  # cases whose words are kept, the newest ones
MAX_CHANGED = 5  # of them that are shown
RESTART = "It holds from the next start of the studio on."


@dataclass(frozen=True, slots=True)
class CategoryRequest:
    """Holds what an operator asks for. share: of ordinary prompts that may be stopped, 0..1."""

    name: str
    sentence: str
    examples: tuple[str, ...]
    against: tuple[str, ...] = ()
    ordinary: tuple[str, ...] = ()
    pictures: tuple[ExamplePicture, ...] = ()
    title: str = ""
    level: str = "warn"
    share: float = 0.01


@dataclass(frozen=True, slots=True)
class CaseReplay:
    """Says what a category would change in the cases whose words are kept.

    changed: (prompt, verdict before, verdict after) of the first few of `stricter`.
    """

    cases: int
    stricter: int
    changed: tuple[tuple[str, Verdict, Verdict], ...] = ()


@dataclass(frozen=True)
class Categories:
    """Works on the categories in `folder`. `guard` judges examples and cases; `models` is the folder of weights."""

    folder: Path
    models: Path
    guard: Guard
    audit: AuditLog

    def known(self) -> tuple[ExampleCategory, ...]:
        """Returns all categories, by their numbers. Raises PresetError for a file that cannot be read."""
        return read_categories(self.folder)

    def get(self, name: str) -> ExampleCategory:
        """Returns one category. Raises RequestError for an unknown one."""
        for category in self.known():
            if category.name == name:
                return category
        raise RequestError(f"There is no category {name[:40]!r}.", "`python app.py category list` shows all.", "name")

    def draft(self, request: CategoryRequest) -> ExampleCategory:
        """Returns a new category, fitted and measured, and keeps nothing. Raises RequestError, WeightsError."""
        known = self.known()
        self._require_free(request.name, known)
        number = next((one for one in range(1, MAX_CATEGORIES + 1) if one not in {each.number for each in known}), 0)
        if not number:
            raise RequestError(f"There are {MAX_CATEGORIES} categories already.", "Remove one first.")
        return self._fitted(request, number, 1)

    def add(self, category: ExampleCategory) -> ExampleCategory:
        """Keeps a drafted category, switched off. Raises RequestError where its name or number was taken meanwhile."""
        known = self.known()
        self._require_free(category.name, known)
        if category.number in {each.number for each in known}:
            raise RequestError("Another category was added meanwhile.", "Try again.")
        with self._change(category, "added"):
            self._write(category)
        return category

    def refit(self, name: str, ordinary: Sequence[str] = ()) -> ExampleCategory:
        """Fits a category anew to the examples that are kept, such as after a new prompt classifier."""
        old = self.get(name)
        request = CategoryRequest(
            name,
            old.sentence,
            old.examples,
            old.against,
            tuple(ordinary),
            old.pictures,
            old.title,
            old.level,
            old.share,
        )
        new = self._fitted(request, old.number, old.version + 1)
        keeps = old.enabled and (old.forced or not problem_of(new))
        new = new.model_copy(update={"enabled": keeps, "forced": keeps and old.forced})
        with self._change(new, "refitted"):
            self._write(new)
        return new

    def enable(self, name: str, force: bool = False) -> ExampleCategory:
        """Switches a category on. Raises RequestError where it would stop too much or find too little, unless forced:
        that is recorded.
        """
        category = self.get(name)
        problem = problem_of(category)
        if problem and not force:
            raise RequestError(problem, "Give other examples, or switch it on all the same with --force.")
        enabled = category.model_copy(update={"enabled": True, "forced": bool(problem)})
        with self._change(enabled, "enabled"):
            self._write(enabled)
        return enabled

    def disable(self, name: str) -> ExampleCategory:
        """Switches a category off and keeps it."""
        disabled = self.get(name).model_copy(update={"enabled": False, "forced": False})
        with self._change(disabled, "disabled"):
            self._write(disabled)
        return disabled

    def remove(self, name: str) -> ExampleCategory:
        """Deletes a category with its examples."""
        category = self.get(name)
        with self._change(category, "removed"):
            self._path(name).unlink(missing_ok=True)
        return category

    def replay(self, category: ExampleCategory) -> CaseReplay:
        """Judges the cases whose words are kept with the category and without it. Changes nothing."""
        if not self.audit.has_begun:
            return CaseReplay(0, 0)
        with self.audit.read_transaction() as reader:
            kept = list(reader.content_of_kind("words").values())
        prompts = [prompt for prompt in map(_prompt_of, kept[-MAX_REPLAYED:]) if prompt]
        pairs = list(zip(prompts, *self._with_and_without(category, prompts), strict=True))
        stricter = [(text, one.verdict, other.verdict) for text, one, other in pairs if other.verdict > one.verdict]
        return CaseReplay(len(prompts), len(stricter), tuple(stricter[:MAX_CHANGED]))

    def _with_and_without(
        self, category: ExampleCategory, prompts: Sequence[str]
    ) -> tuple[list[Decision], list[Decision]]:
        """Returns the decisions on prompts in general mode: without the category, and with it."""
        name, policy = category.name, self.guard.policy
        assessments = [_without(one, name) for one in self.guard.assess_prompts(prompts)]
        switched_on = added_categories([category.model_copy(update={"enabled": True})])
        after = policy if name in policy.category else policy.with_categories(switched_on)
        check = ExampleCategoryCheck(category, self.models, self.classifier)
        found = [run_checks(Stage.PROMPT, Prompt(text), [check]) for text in prompts]
        joined = [_joined(one, other) for one, other in zip(assessments, found, strict=True)]
        return [decide(one, policy, BASE_MODE) for one in assessments], [
            decide(one, after, BASE_MODE) for one in joined
        ]

    @property
    def classifier(self) -> PromptClassifierCheck:
        """Returns the prompt classifier, whose features examples are compared by. Raises StudioError without one."""
        for check in self.guard.prompt_checks:
            # That of further languages is one too, and gives no features.
            if isinstance(check, PromptClassifierCheck) and check.hidden:
                return check
        raise StudioError("Categories by example need the prompt classifier.", "Install Safelight again.")

    def _fitted(self, request: CategoryRequest, number: int, version: int) -> ExampleCategory:
        examples, against = without_doubles(request.examples), without_doubles(request.against)
        require_examples(examples, against)
        points, not_meant = self._points_of_examples(examples), self._points_of_examples(against)
        ordinary = [points for points in map(self._points, without_doubles(request.ordinary)) if len(points)]
        own = np.stack([rows[0] for rows in ordinary]) if ordinary else points[:0]
        head, figures = fit_head(points, not_meant, self._ordinary, own, request.share)
        sentence = request.sentence.strip()
        try:
            return ExampleCategory.model_validate(
                {
                    "name": request.name,
                    "number": number,
                    "title": request.title.strip() or request.name.replace("_", " ").capitalize(),
                    "sentence": sentence if sentence.endswith((".", "!", "?", "。")) else f"{sentence}.",
                    "level": request.level,
                    "share": request.share,
                    "version": version,
                    "made": datetime.now(UTC).isoformat(timespec="seconds"),
                    "examples": examples,
                    "against": against,
                    "pictures": request.pictures,
                    "figures": figures,
                    "head": StoredHead.of(head, points, self._weights),
                }
            )
        except ValidationError as error:
            raise RequestError(
                f"This category cannot be: {first_problem(error)}.", "Change that, and try again."
            ) from None

    def _points_of_examples(self, examples: Sequence[str]) -> Array:
        """Returns the points of examples, (examples, directions). Raises RequestError for one that cannot be one."""
        rows = []
        for text, decision in zip(examples, self.guard.judge_many(examples), strict=True):
            if problem := prompt_problem(text):
                raise RequestError(f"One of the examples cannot be judged. {problem}")
            points = self._points(text)
            shown = text if len(text) <= 60 else text[:59] + "…"
            # It would be kept in plain words, and be shown to whoever is stopped.
            if decision.verdict is Verdict.HARD_BLOCK:
                raise RequestError("One of the examples crosses a hard line, which holds anyway.", "Leave it out.")
            if not len(points):
                raise RequestError(
                    f"The example {shown!r} is not in English.", "Examples are compared in English alone."
                )
            rows.append(points[0])
        return np.stack(rows) if rows else self._ordinary.points[:0]

    def _points(self, text: str) -> Array:
        features = self.classifier.features(text)
        return self._ordinary.space.points(features) if len(features) else self._ordinary.points[:0]

    @property
    def _weights(self) -> str:
        return self.classifier.models[0].sha256

    @property
    def _ordinary(self) -> OrdinaryPrompts:
        return load_ordinary_prompts(self.models, self._weights)

    def _require_free(self, name: str, known: Sequence[ExampleCategory]) -> None:
        policy: Policy = self.guard.policy
        if name in policy.shipped_categories:
            raise RequestError(f"The policy has a category {name!r} already.", "Choose another name.", "name")
        if name in {each.name for each in known}:
            raise RequestError(
                f"There is a category {name!r} already.", "Remove it first, or choose another name.", "name"
            )

    @contextmanager
    def _change(self, category: ExampleCategory, what: str) -> Iterator[None]:
        """Records a change; what goes wrong in the block is on record as failed. No words are in it."""
        figures = category.figures
        facts = {
            "category": category.name,
            "change": what,
            "version": category.version,
            "digest": category.digest,
            "level": category.level,
            "share": category.share,
            "forced": category.forced,
            "examples": len(category.examples),
            "against": len(category.against),
            "pictures": len(category.pictures),
            "found": round(figures.found, 4),
            "stopped": [figures.stopped, figures.ordinary],
            "captions_stopped": [figures.captions_stopped, figures.captions],
            "own_stopped": [figures.own_stopped, figures.own],
        }
        with self.audit.change_case(WHAT, facts):
            yield

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _write(self, category: ExampleCategory) -> None:
        """Writes a category whole or not at all. Raises StudioError."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=self.folder, prefix=f".{category.name}.")
            with os.fdopen(number, "w", encoding="utf-8", errors="surrogatepass") as file:
                file.write(category.model_dump_json(indent=1) + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._path(category.name))
        except OSError as error:
            what = f"The category cannot be written to {self.folder}: {error.strerror}."
            raise StudioError(what, "Free some disk space, or set SAFELIGHT_HOME.") from error


def categories_of(studio: Studio) -> Categories:
    """Returns the categories of a studio, in its home."""
    return Categories(studio.outputs.parent / FOLDER, MODELS, studio.guard, studio.audit)


def problem_of(category: ExampleCategory) -> str:
    """Returns why a category should not be switched on, as a sentence; "" for one that may be."""
    figures = category.figures
    if figures.share > MAX_SHARE:
        return f"It would stop {figures.share:.1%} of ordinary prompts, more than {MAX_SHARE:.0%}."
    if figures.found < MIN_FOUND:
        return (
            f"It cannot tell its examples from ordinary prompts: left out one by one, {figures.found:.0%} of them "
            f"would be found, fewer than {MIN_FOUND:.0%}."
        )
    return ""


def _prompt_of(words: str) -> str:
    """Returns the prompt of the words that are kept of a case; "" where they cannot be read."""
    try:
        return str(json.loads(words).get("prompt", ""))
    except (ValueError, AttributeError):
        return ""


def _without(assessment: Assessment, name: str) -> Assessment:
    findings = tuple(finding for finding in assessment.findings if finding.category != name)
    return Assessment(assessment.stage, assessment.ran, findings, assessment.failed, assessment.models)


def _joined(one: Assessment, other: Assessment) -> Assessment:
    return Assessment(one.stage, one.ran + other.ran, one.findings + other.findings, one.failed + other.failed)
