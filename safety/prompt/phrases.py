"""What is left of a sentence when words are taken out, made readable: phrases go or stay as a whole.

No grammar is parsed. A phrase begins at a small word ("with", "the", "by") or at a verb in -ing, and its last word
carries it: "with big …" makes no sense without what was big.
"""

from __future__ import annotations

from collections.abc import Iterator

from safety.prompt.attribution import FUNCTION_WORDS
from safety.prompt.editable_prompt import ARTICLES, STOP, EditablePrompt

JOINS = "with"  # stands for a verb between two things: "a soldier [stabbing] a prisoner"
SHORTEST_VERB = 5  # letters of a word in -ing that may be one: no "ring"

Phrase = range  # of word numbers


def phrases(wording: EditablePrompt) -> list[Phrase]:
    """The typed words in phrases, in order."""
    starts = [n for n in range(len(wording.places)) if n == 0 or parted(wording, n) or _begins(wording, n)]
    return [range(start, end) for start, end in zip(starts, [*starts[1:], len(wording.places)], strict=True)]


def parted(wording: EditablePrompt, number: int) -> bool:
    """Whether a comma or the like stands before a word."""
    return STOP.search(wording.typed, wording.places[number - 1].end, wording.places[number].start) is not None


def _begins(wording: EditablePrompt, number: int) -> bool:
    return not _small(wording, number - 1) and (_small(wording, number) or _doing(wording, number))


def _small(wording: EditablePrompt, number: int) -> bool:
    return wording.word(number).lower() in FUNCTION_WORDS


def _doing(wording: EditablePrompt, number: int) -> bool:
    word = wording.word(number).lower()
    return word.endswith("ing") and len(word) >= SHORTEST_VERB


def readable(wording: EditablePrompt) -> Iterator[EditablePrompt]:
    """The wording in whole phrases: with the small words of those that stay, else without what lost them."""
    every = phrases(wording)
    torn = [phrase for phrase in every if _torn(wording, phrase)]
    small = [n for phrase in torn for n in phrase if not wording.said[n] and _small(wording, n)]
    for other in (wording.back(small), _without(wording, torn)):
        yield _joined(_without(other, list(_headless(other, every))), every).mended()


def _torn(wording: EditablePrompt, phrase: Phrase) -> bool:
    """Whether its last word stays and a small one before it does not."""
    return bool(wording.said[phrase[-1]]) and any(not wording.said[n] for n in phrase if _small(wording, n))


def _headless(wording: EditablePrompt, every: list[Phrase]) -> Iterator[Phrase]:
    """Phrases without their last word, and a verb whose object they were; not what a clause begins with."""
    for before, phrase in zip(every, every[1:], strict=False):
        if wording.said[phrase[-1]] or parted(wording, phrase[0]):
            continue
        yield phrase
        if len(before) == 1 and _doing(wording, before[0]) and wording.word(phrase[0]).lower() in ARTICLES:
            yield before


def _joined(wording: EditablePrompt, every: list[Phrase]) -> EditablePrompt:
    """With a word between two things whose verb is gone."""
    said = {}
    for before, gone, after in zip(every, every[1:], every[2:], strict=False):
        together = not parted(wording, gone[0]) and not parted(wording, after[0])
        things = wording.said[before[-1]] and wording.said[after[0]].lower() in ARTICLES
        if together and things and _doing(wording, gone[0]) and not any(wording.said[n] for n in gone):
            said[gone[0]] = JOINS
    return wording.saying(said)


def _without(wording: EditablePrompt, some: list[Phrase]) -> EditablePrompt:
    return wording.saying({n: "" for phrase in some for n in phrase})
