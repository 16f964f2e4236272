"""Holds a prompt as a row of words that can be left out or replaced one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from safety.prompt.proximity import merged
from safety.records import Span, Suggestion

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_STOP = re.compile(r"[,.;:!?|()\[\]\n]")
_VOWEL = re.compile(r"[aeiou]", re.IGNORECASE)

Clause = range  # of word numbers


@dataclass(frozen=True, slots=True)
class EditablePrompt:
    """Holds a prompt and its words; edits give a new one.

    `words[i]` stands for the word at `places[i]` of `typed`: itself, others, or "" where it is left out.
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

    def clauses(self) -> list[Clause]:
        """Returns the typed words between commas and the like, in order."""
        starts = [number for number in range(len(self.places)) if number == 0 or self._parted(number)]
        return [range(start, end) for start, end in zip(starts, [*starts[1:], len(self.places)], strict=True)]

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

    def _parted(self, number: int) -> bool:
        return _STOP.search(self.typed, self.places[number - 1].end, self.places[number].start) is not None

    def _layout(self) -> tuple[str, dict[int, Span]]:
        """Returns the text, and where in it each word stands."""
        text, places, gap = "", {}, self.typed[: self.places[0].start] if self.places else self.typed
        for number, word in enumerate(self.words):
            after = self.typed[self.places[number].end : self._next_start(number)]
            if word:
                shown = self._shown(number, first=not text.strip())
                text += gap
                places[number] = Span(len(text), len(text) + len(shown))
                text, gap = text + shown, after
            else:
                gap = _stronger(gap, after) if text else ""
        tail = gap if self.words and self.words[-1] else gap.strip(" ,;:\n")
        return text + (tail if text else ""), places

    def _shown(self, number: int, first: bool) -> str:
        """Returns a word with the article that fits what follows now, and as large as the first word was typed."""
        word = self.words[number]
        if word.lower() in ("a", "an"):
            word = _article(word, self._next_changed(number))
        return word[0].upper() + word[1:] if first and number and self.typed_word(0)[0].isupper() else word

    def _next_start(self, number: int) -> int:
        return self.places[number + 1].start if number + 1 < len(self.places) else len(self.typed)

    def _next_changed(self, number: int) -> str:
        """Returns the word that now follows another; "" if it is the one that was typed."""
        nearest = next((word for word in self.words[number + 1 :] if word), "")
        unchanged = number + 1 < len(self.words) and nearest == self.words[number + 1] == self.typed_word(number + 1)
        return "" if unchanged else nearest


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
