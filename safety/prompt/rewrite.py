"""Suggests other prompts for a refused one: each was judged as the prompt was, and passes.

What is marked is replaced (presets/suggestions.toml) or left out until the prompt passes; then every word that
can come back does. So a suggestion keeps as much as this search finds, and never shows what was not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import Field

from safety.config import ConfigModel
from safety.prompt.attribution import FUNCTION_WORDS
from safety.prompt.editable_prompt import EditablePrompt, readable
from safety.prompt.lexicon import Terms
from safety.prompt.matcher import expand_braces
from safety.records import Decision, Stage, Suggestion, Verdict
from safety.text import plain

FILE = "suggestions.toml"
MAX_SUGGESTIONS = 3
MIN_KEPT = 0.6  # the share of words that stays as typed
MAX_ROUNDS = 4  # times that what is marked is taken out, until nothing more is marked
MAX_TRIES, MIN_TRIES = 40, 10  # judgements for one refusal: a few milliseconds each, and nobody types meanwhile
MAX_WORDS = 2000  # that are judged in all: longer prompts are tried less often
MIN_WORDS = 2  # that still ask for something

Judge = Callable[[str], Decision]
Edit = Callable[[EditablePrompt, list[int]], EditablePrompt]


class ReplacementGroup(ConfigModel):
    """Holds words, and what may stand for any of them."""

    words: Terms
    replacement: str = Field(alias="with")


class RewriteFile(ConfigModel):
    """Holds presets/suggestions.toml."""

    group: tuple[ReplacementGroup, ...]


class Rewriter:
    """Suggests prompts by replacements, given as plain word -> replacement. Safe to share between threads."""

    def __init__(self, replacements: Mapping[str, str]) -> None:
        self._replacements = dict(replacements)

    def suggest(self, prompt: str, decision: Decision, judge: Judge) -> tuple[Suggestion, ...]:
        """Returns at most MAX_SUGGESTIONS that `judge` lets pass, the closest first.

        None unless a prompt was blocked, and never behind a hard line.
        """
        if decision.verdict is not Verdict.BLOCK or decision.stage is not Stage.PROMPT:
            return ()
        search = _Search(judge, decision, EditablePrompt.of(prompt))
        found: dict[str, EditablePrompt] = {}
        for edit in (self._replaced, _left_out, _without_clause):
            if (edited := search.passing(edit)) is not None:
                found.setdefault(edited.text(), edited)
        closest_first = sorted(found.values(), key=lambda edited: -edited.share_kept())
        return tuple(edited.suggestion() for edited in closest_first[:MAX_SUGGESTIONS])

    def _replaced(self, prompt: EditablePrompt, marked: list[int]) -> EditablePrompt:
        """Returns the prompt with replacements of marked words; without the others once replacements are spent."""
        replacements = {
            n: self._replacements[word] for n in marked if (word := plain(prompt.words[n])) in self._replacements
        }
        return prompt.replaced(replacements) if replacements else _left_out(prompt, marked)


class _Search:
    """Searches for edits of one refused prompt that pass, and counts how often it judges."""

    def __init__(self, judge: Judge, decision: Decision, prompt: EditablePrompt) -> None:
        self._judge, self._prompt = judge, prompt
        self._decisions: dict[str, Decision] = {prompt.text(): decision}
        self._max_tries = max(MIN_TRIES, min(MAX_TRIES, MAX_WORDS // max(1, len(prompt.words))))

    def passing(self, edit: Edit) -> EditablePrompt | None:
        """Returns a prompt made by `edit` that passes and keeps enough, or None."""
        prompt = self._prompt
        for _ in range(MAX_ROUNDS):
            decision = self._decision(prompt)
            if decision is None or decision.verdict is Verdict.HARD_BLOCK:
                return None
            if decision.verdict <= Verdict.NOTE:
                closest = self._restored(prompt)
                return closest if closest.share_kept() >= MIN_KEPT else None
            marked = _marked(prompt, decision)
            if not marked:
                return None
            prompt = edit(prompt, marked).mended()
            if sum(map(bool, prompt.words)) < MIN_WORDS:
                return None
        return None

    def _restored(self, prompt: EditablePrompt) -> EditablePrompt:
        """Returns the prompt with every change taken back that it passes without, the longest words last."""
        for number in sorted(prompt.changed(), key=lambda n: len(prompt.typed_word(n))):
            if prompt.words[number] or prompt.typed_word(number).lower() not in FUNCTION_WORDS:
                restored = prompt.restored([number])
                prompt = restored if self._passes(restored) else prompt
        return self._grammatical(prompt)

    def _grammatical(self, prompt: EditablePrompt) -> EditablePrompt:
        """Returns the prompt in whole phrases if that keeps enough, its small words back where what they join is."""
        small = [n for n in prompt.changed() if prompt.typed_word(n).lower() in FUNCTION_WORDS]
        restored = prompt.restored(small).mended()
        prompt = restored if self._passes(restored) else prompt
        whole = (edited for edited in readable(prompt) if edited.share_kept() >= MIN_KEPT and self._passes(edited))
        return next(whole, prompt)

    def _passes(self, prompt: EditablePrompt) -> bool:
        decision = self._decision(prompt)
        return decision is not None and decision.verdict <= Verdict.NOTE

    def _decision(self, prompt: EditablePrompt) -> Decision | None:
        """Returns the decision on a prompt; None once there were too many."""
        text = prompt.text()
        if text not in self._decisions:
            if len(self._decisions) > self._max_tries:
                return None
            self._decisions[text] = self._judge(text)
        return self._decisions[text]


def load_rewriter(presets: Path) -> Rewriter:
    """Reads `suggestions.toml` of the presets. Raises PresetError."""
    file = RewriteFile.load(presets / FILE)
    pairs = ((form, group.replacement) for group in file.group for word in group.words for form in expand_braces(word))
    return Rewriter({plain(form): replacement for form, replacement in pairs})


def _marked(prompt: EditablePrompt, decision: Decision) -> list[int]:
    """Returns the numbers of words marked by reasons that stop the prompt; function words only if alone."""
    spans = [span for reason in decision.reasons if reason.verdict >= Verdict.WARN for span in reason.spans]
    numbers = prompt.numbers_in(spans)
    return [n for n in numbers if prompt.words[n].lower() not in FUNCTION_WORDS] or numbers


def _left_out(prompt: EditablePrompt, marked: list[int]) -> EditablePrompt:
    return prompt.without(marked)


def _without_clause(prompt: EditablePrompt, marked: list[int]) -> EditablePrompt:
    """Returns the prompt without the parts between commas that hold a marked word, if others stay."""
    clauses = list(_clauses(prompt))
    stay = [clause for clause in clauses if not set(clause) & set(marked)]
    if not stay:
        return _left_out(prompt, marked)
    return prompt.without(n for clause in clauses if clause not in stay for n in clause)


def _clauses(prompt: EditablePrompt) -> Iterator[list[int]]:
    clause: list[int] = []
    for number in range(len(prompt.places)):
        if clause and prompt.parted(number):
            yield clause
            clause = []
        clause.append(number)
    if clause:
        yield clause
