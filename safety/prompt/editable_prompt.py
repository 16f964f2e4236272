"""Holds a prompt as a row of words that can be left out or replaced one by one, and keeps what is left readable.

No grammar is parsed. Phrases go or stay as a whole: a phrase begins at a small word ("with", "the", "by") or at a verb
in -ing, and its last word carries it: "with big …" makes no sense without what was big.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from safety.prompt.attribution import FUNCTION_WORDS
from safety.prompt.proximity import merged
from safety.records import Span, Suggestion

JOIN = "with"  # stands for a verb between two things: "a soldier [stabbing] a prisoner"
MIN_VERB = 5  # letters of a word in -ing that may be a verb: no "ring"

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_STOP = re.compile(r"[,.;:!?\n]")
_SMALL = (
    "a an the this that of in on at to into onto from for with by as and or but is are was were be being covered full "
    "very so while who which"
)
_DANGLING = frozenset(_SMALL.split())
_ARTICLES = frozenset(["a", "an", "the", "his", "her", "my", "your", "their", "its"])
_VOWEL = re.compile(r"[aeiou]", re.IGNORECASE)

Phrase = range  # of word numbers


@dataclass(frozen=True, slots=True)
class EditablePrompt:
    """Holds a prompt and its words; edits give a new one.

    `words[i]` stands for the word at `places[i]` of `typed`: itself, another, or "" where it is left out.
    """

    typed: str
    places: tuple[Span, ...]
    words: tuple[str, ...]

    @classmethod
    def of(cls, typed: str) -> EditablePrompt:
        """Returns a prompt with every word as typed."""
        places = tuple(Span(*match.span()) for match in _WORD.finditer(typed))
        return cls(typed, places, tuple(typed[place.start : place.end] for place in places))

    def typed_word(self, number: int) -> str:
        """Returns a word as typed."""
        return self.typed[self.places[number].start : self.places[number].end]

    def changed(self) -> list[int]:
        """Returns the numbers of words that are no longer what was typed."""
        return [number for number, word in enumerate(self.words) if word != self.typed_word(number)]

    def share_kept(self) -> float:
        """Returns the share of words that stay as typed, 0..1."""
        return 1 - len(self.changed()) / max(1, len(self.words))

    def replaced(self, words: Mapping[int, str]) -> EditablePrompt:
        """Returns the prompt with these words in place of those of their numbers; "" leaves a word out."""
        return replace(self, words=tuple(words.get(number, word) for number, word in enumerate(self.words)))

    def without(self, numbers: Iterable[int]) -> EditablePrompt:
        """Returns the prompt with these words left out."""
        return self.replaced(dict.fromkeys(numbers, ""))

    def restored(self, numbers: Iterable[int]) -> EditablePrompt:
        """Returns the prompt with these words as they were typed."""
        return self.replaced({number: self.typed_word(number) for number in numbers})

    def numbers_in(self, spans: Iterable[Span]) -> list[int]:
        """Returns the numbers of words that overlap any of the spans of `text()`."""
        marked = merged(spans)
        return [n for n, place in self._layout()[1].items() if any(_overlap(place, span) for span in marked)]

    def parted(self, number: int) -> bool:
        """Tells whether a comma or the like was typed before a word."""
        return _STOP.search(self.typed, self.places[number - 1].end, self.places[number].start) is not None

    def mended(self) -> EditablePrompt:
        """Returns the prompt without words such as "with a" that nothing follows any more."""
        words = list(self.words)
        for number in range(len(words) - 1, -1, -1):
            follows = next((n for n in range(number + 1, len(words)) if words[n]), None)
            lost = follows is None or follows > number + 1
            word = words[number].lower()
            bare = word in _ARTICLES and follows is not None and words[follows].lower() in _DANGLING
            if lost and (bare or (word in _DANGLING and self._ends_clause(number, follows))):
                words[number] = ""
        return replace(self, words=tuple(words))

    def _ends_clause(self, number: int, follows: int | None) -> bool:
        end = len(self.typed) if follows is None else self.places[follows].start
        return follows is None or _STOP.search(self.typed, self.places[number].end, end) is not None

    def text(self) -> str:
        """Returns the prompt as it reads now."""
        return self._layout()[0]

    def suggestion(self) -> Suggestion:
        """Returns the prompt as it reads now, with what changed."""
        text, places = self._layout()
        changed = self.changed()
        return Suggestion(
            text,
            tuple(places[number] for number in changed if number in places),
            tuple(_joined([self.places[number] for number in changed], self.typed)),
        )

    def _layout(self) -> tuple[str, dict[int, Span]]:
        """Returns the text, and where in it each word stands."""
        text, places, gap = "", {}, self.typed[: self.places[0].start] if self.places else self.typed
        for number, word in enumerate(self.words):
            after = self.typed[self.places[number].end : self._next_start(number)]
            if word:
                article = word in ("a", "an", "A", "An")
                shown = _article(word, self._next_changed(number)) if article else word
                text += gap
                places[number] = Span(len(text), len(text) + len(shown))
                text, gap = text + shown, after
            else:
                gap = _stronger(gap, after) if text else ""
        tail = gap if self.words and self.words[-1] else gap.strip(" ,;:\n")
        return text + (tail if text else ""), places

    def _next_start(self, number: int) -> int:
        return self.places[number + 1].start if number + 1 < len(self.places) else len(self.typed)

    def _next_changed(self, number: int) -> str:
        """Returns the word that now follows another; "" if it is the one that was typed."""
        nearest = next((word for word in self.words[number + 1 :] if word), "")
        unchanged = number + 1 < len(self.words) and nearest == self.words[number + 1] == self.typed_word(number + 1)
        return "" if unchanged else nearest


def readable(prompt: EditablePrompt) -> Iterator[EditablePrompt]:
    """Yields the prompt in whole phrases: with the small words of those that stay, else without what lost them."""
    phrases = _phrases(prompt)
    torn = [phrase for phrase in phrases if _torn(prompt, phrase)]
    small = [n for phrase in torn for n in phrase if not prompt.words[n] and _small(prompt, n)]
    for edited in (prompt.restored(small), prompt.without(n for phrase in torn for n in phrase)):
        headless = (n for phrase in _headless(edited, phrases) for n in phrase)
        yield _with_joins(edited.without(list(headless)), phrases).mended()


def _phrases(prompt: EditablePrompt) -> list[Phrase]:
    """Returns the typed words in phrases, in order."""
    starts = [n for n in range(len(prompt.places)) if n == 0 or prompt.parted(n) or _begins(prompt, n)]
    return [range(start, end) for start, end in zip(starts, [*starts[1:], len(prompt.places)], strict=True)]


def _begins(prompt: EditablePrompt, number: int) -> bool:
    return not _small(prompt, number - 1) and (_small(prompt, number) or _verb(prompt, number))


def _small(prompt: EditablePrompt, number: int) -> bool:
    return prompt.typed_word(number).lower() in FUNCTION_WORDS


def _verb(prompt: EditablePrompt, number: int) -> bool:
    word = prompt.typed_word(number).lower()
    return word.endswith("ing") and len(word) >= MIN_VERB


def _torn(prompt: EditablePrompt, phrase: Phrase) -> bool:
    """Tells whether the last word of a phrase stays and a small one before it does not."""
    return bool(prompt.words[phrase[-1]]) and any(not prompt.words[n] for n in phrase if _small(prompt, n))


def _headless(prompt: EditablePrompt, phrases: list[Phrase]) -> Iterator[Phrase]:
    """Yields phrases without their last word, and a verb whose object they were; not what a clause begins with."""
    for before, phrase in zip(phrases, phrases[1:], strict=False):
        if prompt.words[phrase[-1]] or prompt.parted(phrase[0]):
            continue
        yield phrase
        if len(before) == 1 and _verb(prompt, before[0]) and prompt.typed_word(phrase[0]).lower() in _ARTICLES:
            yield before


def _with_joins(prompt: EditablePrompt, phrases: list[Phrase]) -> EditablePrompt:
    """Returns the prompt with a word between two things whose verb is gone."""
    joins = {}
    for before, gone, after in zip(phrases, phrases[1:], phrases[2:], strict=False):
        together = not prompt.parted(gone[0]) and not prompt.parted(after[0])
        things = prompt.words[before[-1]] and prompt.words[after[0]].lower() in _ARTICLES
        if together and things and _verb(prompt, gone[0]) and not any(prompt.words[n] for n in gone):
            joins[gone[0]] = JOIN
    return prompt.replaced(joins)


def _article(article: str, following: str) -> str:
    if not following:
        return article
    right = "an" if _VOWEL.match(following) else "a"
    return right.capitalize() if article[0] == "A" else right


def _stronger(one: str, other: str) -> str:
    """Returns that of two gaps that meet which parts more; signs do not pile up."""
    if _STOP.search(one):
        return one
    return other if _STOP.search(other) else (one if len(one.strip()) >= len(other.strip()) else other)


def _joined(spans: list[Span], typed: str) -> list[Span]:
    """Returns the spans, those with nothing but space between them as one."""
    result: list[Span] = []
    for span in spans:
        if result and not typed[result[-1].end : span.start].strip():
            result[-1] = Span(result[-1].start, span.end)
        else:
            result.append(span)
    return result


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
