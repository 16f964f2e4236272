"""Other wordings for a refused prompt: each was judged as the prompt was, and passes.

What is marked is replaced (presets/suggestions.toml) or left out until the prompt passes; then every word that
can come back does. So a suggestion keeps as much as this search finds, and never shows what was not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from safety.config import ConfigModel, parse, read_toml
from safety.prompt.attribution import FUNCTION_WORDS
from safety.prompt.editable_prompt import EditablePrompt
from safety.prompt.matcher import expanded
from safety.prompt.phrases import readable
from safety.records import Decision, Stage, Suggestion, Verdict
from safety.text import plain

FILE = "suggestions.toml"
MOST = 3
KEPT = 0.6  # the least share of words that stays as typed
ROUNDS = 4  # times that what is marked is taken out, until nothing more is marked
TRIES, LEAST_TRIES = 40, 10  # judgements for one refusal: a few milliseconds each, and nobody types meanwhile
WORDS = 2000  # that are judged in all: longer prompts are tried less often
FEWEST = 2  # words that still ask for something

Judge = Callable[[str], Decision]


class ReplacementGroup(ConfigModel):
    """Words, and what may stand for any of them."""

    words: Annotated[tuple[str, ...], Field(min_length=1)]
    said: str = Field(alias="with")


class RewriteFile(ConfigModel):
    """presets/suggestions.toml."""

    group: tuple[ReplacementGroup, ...]


class Rewriter:
    """Replacements by word, as data. Safe to share between threads."""

    def __init__(self, replacements: Mapping[str, str]) -> None:
        self._replacements = dict(replacements)

    def suggest(self, prompt: str, decision: Decision, judge: Judge) -> tuple[Suggestion, ...]:
        """At most three, the closest first; none unless a prompt was blocked, and never behind a hard line."""
        if decision.verdict is not Verdict.BLOCK or decision.stage is not Stage.PROMPT:
            return ()
        search = _Search(judge, decision, EditablePrompt.of(prompt))
        found: dict[str, EditablePrompt] = {}
        for take in (self._replaced, _left_out, _without_clause):
            if (wording := search.passing(take)) is not None:
                found.setdefault(wording.text(), wording)
        ranked = sorted(found.values(), key=lambda wording: -wording.kept())
        return tuple(wording.suggestion() for wording in ranked[:MOST])

    def _replaced(self, wording: EditablePrompt, marked: list[int]) -> EditablePrompt:
        """With a harmless word for each marked one that has any; the others left out once those are spent."""
        others = {n: self._replacements[word] for n in marked if (word := plain(wording.said[n])) in self._replacements}
        return wording.saying(others or dict.fromkeys(marked, ""))


class _Search:
    """One refusal: judges wordings, and counts how often."""

    def __init__(self, judge: Judge, first: Decision, wording: EditablePrompt) -> None:
        self._judge, self._first, self._wording = judge, first, wording
        self._seen: dict[str, Decision] = {wording.text(): first}
        self._tries = max(LEAST_TRIES, min(TRIES, WORDS // max(1, len(wording.said))))

    def passing(self, take: Callable[[EditablePrompt, list[int]], EditablePrompt]) -> EditablePrompt | None:
        """A wording made by `take` that passes and keeps enough, or None."""
        wording = self._wording
        for _ in range(ROUNDS):
            decision = self._decision(wording)
            if decision is None or decision.verdict is Verdict.HARD_BLOCK:
                return None
            if decision.verdict <= Verdict.NOTE:
                closest = self._restored(wording)
                return closest if closest.kept() >= KEPT else None
            marked = _marked(wording, decision)
            if not marked:
                return None
            wording = take(wording, marked).mended()
            if sum(map(bool, wording.said)) < FEWEST:
                return None
        return None

    def _restored(self, wording: EditablePrompt) -> EditablePrompt:
        """With every change taken back that the prompt passes without, the longest words last."""
        for number in sorted(wording.changed(), key=lambda n: len(wording.word(n))):
            if wording.said[number] or wording.word(number).lower() not in FUNCTION_WORDS:
                back = wording.back([number])
                wording = back if self._passes(back) else wording
        return self._grammatical(wording)

    def _grammatical(self, wording: EditablePrompt) -> EditablePrompt:
        """With the small words between back where what they join is back, and in whole phrases if that keeps enough."""
        lost = [n for n in wording.changed() if wording.word(n).lower() in FUNCTION_WORDS]
        back = wording.back(lost).mended()
        wording = back if self._passes(back) else wording
        good = (other for other in readable(wording) if other.kept() >= KEPT and self._passes(other))
        return next(good, wording)

    def _passes(self, wording: EditablePrompt) -> bool:
        decision = self._decision(wording)
        return decision is not None and decision.verdict <= Verdict.NOTE

    def _decision(self, wording: EditablePrompt) -> Decision | None:
        text = wording.text()
        if text not in self._seen:
            if len(self._seen) > self._tries:
                return None
            self._seen[text] = self._judge(text)
        return self._seen[text]


def _marked(wording: EditablePrompt, decision: Decision) -> list[int]:
    """Numbers of the words that the reasons mark which stop the prompt; words that carry nothing only if alone."""
    spans = [span for reason in decision.reasons if reason.verdict >= Verdict.WARN for span in reason.spans]
    numbers = wording.at(spans)
    return [n for n in numbers if wording.said[n].lower() not in FUNCTION_WORDS] or numbers


def _left_out(wording: EditablePrompt, marked: list[int]) -> EditablePrompt:
    return wording.saying(dict.fromkeys(marked, ""))


def _without_clause(wording: EditablePrompt, marked: list[int]) -> EditablePrompt:
    """Without the parts between commas that hold a marked word, if others stay."""
    clauses = list(_clauses(wording))
    stay = [clause for clause in clauses if not set(clause) & set(marked)]
    if not stay:
        return _left_out(wording, marked)
    return wording.saying({n: "" for clause in clauses if clause not in stay for n in clause})


def _clauses(wording: EditablePrompt) -> Iterator[list[int]]:
    clause: list[int] = []
    for number, place in enumerate(wording.places):
        if clause and any(char in ",.;:!?\n" for char in wording.typed[wording.places[number - 1].end : place.start]):
            yield clause
            clause = []
        clause.append(number)
    if clause:
        yield clause


def load_rewriter(folder: Path) -> Rewriter:
    """Reads `suggestions.toml` of the presets folder. Raises PresetError."""
    path = folder / FILE
    file = parse(RewriteFile, read_toml(path), path)
    pairs = ((form, group.said) for group in file.group for word in group.words for form in expanded(word))
    return Rewriter({plain(form): said for form, said in pairs})
