"""Suggests other prompts for a refused one: each was judged as the prompt was, passes, and reads as a person writes.

Phrases are replaced by hand-written ones (presets/suggestions.toml), adjectives and whole clauses that are marked left
out, and phrases that follow the thing that they are about. Single words are never taken out of the middle of a phrase:
where that is not enough there is no suggestion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path

from pydantic import Field

from safety.config import ConfigModel
from safety.prompt.attribution import FUNCTION_WORDS
from safety.prompt.editable_prompt import EditablePrompt
from safety.prompt.lexicon import Terms
from safety.prompt.matcher import expand_braces
from safety.prompt.phrase_cuts import find_cuts, is_thing
from safety.records import Decision, Reason, Span, Stage, Suggestion, Verdict
from safety.text import plain

FILE = "suggestions.toml"
MAX_SUGGESTIONS = 2
MIN_KEPT = 0.35  # the share of words that stays as typed
MAX_RISK = 0.15  # of a suggestion: far below where anything is stopped, since what is left may hold a rest of the harm
MAX_TRIES, MIN_TRIES = 24, 6  # judgements for one refusal: a few milliseconds each, and nobody types meanwhile
MAX_WORDS = 1200  # that are judged in all: longer prompts are tried less often
MAX_GAP = 4  # words that "..." in a phrase stands for

Judge = Callable[[str], Decision]


class PhraseGroup(ConfigModel):
    """Holds phrases, the categories that they are replaced for, and what stands for any of them."""

    categories: Terms = Field(alias="for")
    phrases: Terms
    replacement: str = Field(alias="with")


class ModifierGroup(ConfigModel):
    """Holds words that only describe the thing after them, and the categories that they are left out for."""

    categories: Terms = Field(alias="for")
    words: Terms


class RewriteRules(ConfigModel):
    """Holds presets/suggestions.toml.

    `left_out`: categories of which whole clauses and phrases may go. `never`: kinds of harm that are the very point of
    a prompt: without it nothing of what was asked for would stay. `remains`: things of which nothing worth drawing is
    left without the word that describes them. `rest`: words that are a rest of the harm, whatever the checks say.
    `answered`: categories of which no marked phrase may stand there as it was typed.
    """

    left_out: tuple[str, ...] = ()
    remains: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    phrase: tuple[PhraseGroup, ...] = ()
    modifier: tuple[ModifierGroup, ...] = ()


class Rewriter:
    """Suggests prompts by the rules. Without any it suggests nothing. Safe to share between threads."""

    def __init__(self, rules: RewriteRules | None = None) -> None:
        self._rules = rules or RewriteRules()
        # The longest phrase counts where several begin at one word.
        self._phrases = sorted(_phrases(self._rules.phrase), key=lambda one: -len(one[0]))
        self._modifiers = sorted(_modifiers(self._rules.modifier), key=lambda one: -len(one[0]))

    def suggest(self, prompt: str, decision: Decision, judge: Judge) -> tuple[Suggestion, ...]:
        """Returns at most MAX_SUGGESTIONS that `judge` lets pass, the closest first.

        None unless a prompt was blocked, and never behind a hard line.
        """
        if decision.verdict is not Verdict.BLOCK or decision.stage is not Stage.PROMPT:
            return ()
        stops = {reason.category for reason in _stopping(decision)}
        if not self._can_help(decision):
            return ()
        typed = EditablePrompt.of(prompt)
        search = _Search(judge, decision, typed, self._rules)
        described = self._without_modifiers(typed, stops)
        found: dict[str, EditablePrompt] = {}
        for start in (self._with_phrases(described, stops), described):
            edited = search.passing(start)
            if edited is not None and self._is_clean(edited, stops):
                found.setdefault(edited.text(), edited)
        closest_first = sorted(found.values(), key=lambda edited: -edited.share_kept())
        return tuple(edited.suggestion() for edited in closest_first[:MAX_SUGGESTIONS])

    def _can_help(self, decision: Decision) -> bool:
        helped = {category for group in self._rules.phrase for category in group.categories} | set(self._rules.left_out)
        blocking = [reason for reason in decision.reasons if reason.verdict is decision.verdict]
        return all(one.category in helped and one.subcategory not in self._rules.never for one in blocking)

    def _is_clean(self, prompt: EditablePrompt, stops: Set[str]) -> bool:
        """Tells whether neither a phrase is left that would be replaced, nor a rest of the harm."""
        rest = {plain(word) for word in prompt.words} & set(self._rules.rest)
        return not rest and self._with_phrases(prompt, stops) == prompt

    def _with_phrases(self, prompt: EditablePrompt, stops: Set[str]) -> EditablePrompt:
        """Returns the prompt with all phrases replaced that are replaced for these categories."""
        words, changes = [plain(word) for word in prompt.words], dict[int, str]()
        clauses = {number: clause for clause in prompt.clauses() for number in clause}
        for phrase, replacement, categories in self._phrases:
            if stops.isdisjoint(categories):
                continue
            for start in range(len(words)):
                place = _found(phrase, words, clauses[start], start)
                if place and changes.keys().isdisjoint(place):
                    # What is a clause by itself is no part of a sentence that could go on with something else.
                    alone = start and place == list(clauses[start])
                    changes |= dict.fromkeys(place, "") | {place[0]: "" if alone else replacement}
        return prompt.replaced(changes)

    def _without_modifiers(self, prompt: EditablePrompt, stops: Set[str]) -> EditablePrompt:
        """Returns the prompt without the words that only describe what follows."""
        for clause in prompt.clauses():
            for start in clause:
                words = [plain(word) for word in prompt.words]
                for phrase, categories in self._modifiers:
                    place = _found(phrase, words, clause, start)
                    if place and not stops.isdisjoint(categories) and self._describes(words, clause, place[-1]):
                        prompt = prompt.without(place)
                        break
            left = [number for number in clause if prompt.words[number]]
            # "sultry eyes" is nothing to ask for without its first word.
            if clause.start and len(left) == 1 and len(clause) > 1 and prompt.words[clause[0]] == "":
                prompt = prompt.without(left)
        return prompt

    def _describes(self, words: Sequence[str], clause: range, last: int) -> bool:
        """Tells whether a word stands before what it describes, and that is something to draw, or by itself."""
        if clause.start and last == clause[-1] and not any(words[number] for number in clause[:-1]):
            return True
        follows = next((words[number] for number in range(last + 1, clause.stop) if words[number]), "")
        return bool(follows) and follows not in FUNCTION_WORDS and follows not in self._rules.remains


class _Search:
    """Searches for edits of one refused prompt that pass, and counts how often it judges."""

    def __init__(self, judge: Judge, decision: Decision, prompt: EditablePrompt, rules: RewriteRules) -> None:
        self._judge, self._prompt = judge, prompt
        self._cuts = any(reason.category in rules.left_out for reason in _stopping(decision))
        self._decisions: dict[str, Decision] = {prompt.text(): decision}
        self._max_tries = max(MIN_TRIES, min(MAX_TRIES, MAX_WORDS // max(1, len(prompt.words))))
        self._marked = set(prompt.numbers_in(_spans(decision)))
        reasons = (reason for reason in _stopping(decision) if reason.category in rules.answered)
        phrases = (set(prompt.numbers_in([span])) for reason in reasons for span in reason.spans)
        # How it is made is not what is the matter.
        self._phrases = [each for each in phrases if any(is_thing(prompt.words[number]) for number in each)]
        # The clause that says what the picture shows stays, at least its beginning.
        clauses = prompt.clauses()
        things = (clause for clause in clauses if any(is_thing(prompt.words[number]) for number in clause))
        self._subject = next(things, range(0))
        self._sides = [clause for clause in clauses if clause != self._subject]

    def passing(self, start: EditablePrompt) -> EditablePrompt | None:
        """Returns the prompt, or it without marked clauses and phrases, if it passes; else None."""
        for edited in self._edits(start):
            if self._answers(edited) and self._passes(edited):
                closest = self._restored(edited, start)
                return closest if self._reads(closest) else None
        return None

    def _answers(self, prompt: EditablePrompt) -> bool:
        """Tells whether none of the phrases that must be answered stands there as it was typed."""
        changed = set(prompt.changed())
        return all(not phrase.isdisjoint(changed) for phrase in self._phrases)

    def _edits(self, start: EditablePrompt) -> Iterator[EditablePrompt]:
        if not self._cuts:
            yield start
            return
        marked = self._marked | self._marked_now(start)
        slim = start.without(n for side in self._sides if not marked.isdisjoint(side) for n in side)
        yield slim
        for cut in find_cuts(slim.words, self._marked | self._marked_now(slim), self._subject):
            yield slim.without(cut)

    def _restored(self, prompt: EditablePrompt, start: EditablePrompt) -> EditablePrompt:
        """Returns the prompt with each clause taken back that it passes with, of those on how it is made alone."""
        for side in self._sides:
            if any(is_thing(word) for word in start.words[side.start : side.stop]):
                continue
            words = {number: start.words[number] for number in side}
            restored = prompt.replaced(words)
            if restored != prompt and self._passes(restored):
                prompt = restored
        return prompt

    def _reads(self, prompt: EditablePrompt) -> bool:
        """Tells whether enough is left, and every bracket has its other half."""
        text = prompt.text()
        paired = all(text.count(one) == text.count(other) for one, other in ("()", "[]", "{}"))
        return prompt.share_kept() >= MIN_KEPT and paired and "()" not in text

    def _marked_now(self, prompt: EditablePrompt) -> set[int]:
        decision = self._decision(prompt)
        return set(prompt.numbers_in(_spans(decision))) if decision is not None else set()

    def _passes(self, prompt: EditablePrompt) -> bool:
        decision = self._decision(prompt)
        return decision is not None and decision.verdict <= Verdict.NOTE and decision.risk <= MAX_RISK

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
    return Rewriter(RewriteRules.load(presets / FILE))


def _phrases(groups: Sequence[PhraseGroup]) -> Iterator[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    for group in groups:
        for form in (form for phrase in group.phrases for form in expand_braces(phrase)):
            yield tuple(plain(form).split()), group.replacement, group.categories


def _modifiers(groups: Sequence[ModifierGroup]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    for group in groups:
        for form in (form for word in group.words for form in expand_braces(word)):
            yield tuple(plain(form).split()), group.categories


def _found(phrase: Sequence[str], words: Sequence[str], clause: range, start: int) -> list[int]:
    """Returns the numbers of the words that a phrase is at `start` of a clause, [] where it is not there.

    What "..." stands for is not among them.
    """
    place, at = list[int](), start
    for position, part in enumerate(phrase):
        if part == "...":
            reach = range(at + 1, min(at + 1 + MAX_GAP, clause.stop))
            at = next((number for number in reach if words[number] == phrase[position + 1]), clause.stop)
        elif at >= clause.stop or words[at] != part:
            return []
        else:
            place.append(at)
            at += 1
    return place


def _spans(decision: Decision) -> list[Span]:
    """Returns the places marked by reasons that stop the prompt."""
    return [span for reason in _stopping(decision) for span in reason.spans]


def _stopping(decision: Decision) -> list[Reason]:
    return [reason for reason in decision.reasons if reason.verdict >= Verdict.WARN]
