"""A prompt as a row of words that can be left out or replaced one by one, with its grammar mended. Immutable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from safety.prompt.proximity import merged
from safety.records import Span, Suggestion

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
STOP = re.compile(r"[,.;:!?\n]")
_SMALL = (
    "a an the this that of in on at to into onto from for with by as and or but is are was were be being covered full "
    "very so while who which"
)
_DANGLING = frozenset(_SMALL.split())
ARTICLES = frozenset(["a", "an", "the", "his", "her", "my", "your", "their", "its"])
_VOWEL = re.compile(r"[aeiou]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EditablePrompt:
    """`said[i]` is what stands for the i-th word of `typed`: itself, another, or "" where it is left out."""

    typed: str
    places: tuple[Span, ...]
    said: tuple[str, ...]

    @classmethod
    def of(cls, typed: str) -> EditablePrompt:
        places = tuple(Span(*match.span()) for match in _WORD.finditer(typed))
        return cls(typed, places, tuple(typed[place.start : place.end] for place in places))

    def word(self, number: int) -> str:
        """The word as typed."""
        return self.typed[self.places[number].start : self.places[number].end]

    def changed(self) -> list[int]:
        """Numbers of words that are no longer what was typed."""
        return [number for number, said in enumerate(self.said) if said != self.word(number)]

    def kept(self) -> float:
        """The share of words that stay as typed, 0..1."""
        return 1 - len(self.changed()) / max(1, len(self.said))

    def saying(self, others: Mapping[int, str]) -> EditablePrompt:
        """With these words in place of those of these numbers."""
        return replace(self, said=tuple(others.get(number, said) for number, said in enumerate(self.said)))

    def back(self, numbers: Iterable[int]) -> EditablePrompt:
        """With these words as they were typed."""
        return self.saying({number: self.word(number) for number in numbers})

    def at(self, spans: Iterable[Span]) -> list[int]:
        """Numbers of the words that overlap any of the spans of `text()`."""
        wanted = merged(spans)
        return [n for n, place in self._laid()[1].items() if any(_overlap(place, span) for span in wanted)]

    def mended(self) -> EditablePrompt:
        """Without words such as "with a" that nothing follows any more."""
        said = list(self.said)
        for number in range(len(said) - 1, -1, -1):
            follows = next((n for n in range(number + 1, len(said)) if said[n]), None)
            lost = follows is None or follows > number + 1
            word = said[number].lower()
            bare = word in ARTICLES and follows is not None and said[follows].lower() in _DANGLING
            if lost and (bare or (word in _DANGLING and self._parted(number, follows))):
                said[number] = ""
        return replace(self, said=tuple(said))

    def _parted(self, number: int, follows: int | None) -> bool:
        end = len(self.typed) if follows is None else self.places[follows].start
        return follows is None or STOP.search(self.typed, self.places[number].end, end) is not None

    def text(self) -> str:
        return self._laid()[0]

    def suggestion(self) -> Suggestion:
        """The wording as it reads, with what changed."""
        text, places = self._laid()
        changed = self.changed()
        return Suggestion(
            text,
            tuple(places[number] for number in changed if number in places),
            tuple(_joined([self.places[number] for number in changed], self.typed)),
        )

    def _laid(self) -> tuple[str, dict[int, Span]]:
        """The text, and where in it each word stands."""
        text, places, gap = "", {}, self.typed[: self.places[0].start] if self.places else self.typed
        for number, said in enumerate(self.said):
            after = self.typed[self.places[number].end : self._next(number)]
            if said:
                said = _article(said, self._following(number)) if said in ("a", "an", "A", "An") else said
                text += gap
                places[number] = Span(len(text), len(text) + len(said))
                text, gap = text + said, after
            else:
                gap = _stronger(gap, after) if text else ""
        tail = gap if self.said and self.said[-1] else gap.strip(" ,;:\n")
        return text + (tail if text else ""), places

    def _next(self, number: int) -> int:
        return self.places[number + 1].start if number + 1 < len(self.places) else len(self.typed)

    def _following(self, number: int) -> str:
        nearest = next((said for said in self.said[number + 1 :] if said), "")
        unchanged = number + 1 < len(self.said) and nearest == self.said[number + 1] == self.word(number + 1)
        return "" if unchanged else nearest


def _article(said: str, following: str) -> str:
    if not following:
        return said
    right = "an" if _VOWEL.match(following) else "a"
    return right.capitalize() if said[0] == "A" else right


def _stronger(one: str, other: str) -> str:
    """Of two gaps that meet, the one that parts more; signs do not pile up."""
    if STOP.search(one):
        return one
    return other if STOP.search(other) else (one if len(one.strip()) >= len(other.strip()) else other)


def _joined(spans: list[Span], typed: str) -> list[Span]:
    done: list[Span] = []
    for span in spans:
        if done and not typed[done[-1].end : span.start].strip():
            done[-1] = Span(done[-1].start, span.end)
        else:
            done.append(span)
    return done


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
