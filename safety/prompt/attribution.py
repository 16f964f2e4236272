"""Finds the phrases that carry a score: those that the model marks, if the text passes without them.

The model was taught on phrases that somebody marked as what is the matter (training/prompt_classifier/labelling.md).
Whether they carry the score is then tried: the text is read again without them (occlusion).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from safety.prompt.classifier_model import HEADS, Array, TextAttribution, Window

MAX_PHRASES = 3  # of a text: more than three say no more than the whole does
MARKED = 0.5  # probability from which a word belongs to a phrase
LIKELY = 0.22  # from which it belongs to one beside a word that does
MIN_MARK = 0.15  # probability below which no word is tried, be it the likeliest
CARRIES = 0.4  # of the risk's logit that must fall away without the phrases
MAX_TOKENS = 340  # read for one judgement, all first readings included: so long prompts stay quick
MAX_BETWEEN = 2  # small words inside a phrase

# Alone they carry no meaning: an encoder spreads what it knows over its neighbours.
_FUNCTION = (
    "a an the this that these those of in on at to into onto from for with by as and or but is are was were be been "
    "being it its he she they him his her hers their theirs them who whom which what when where why how there here "
    "have has had do does did will would can could shall should may might must not no very so too all any some each "
    "every both more most than then also just only i me my mine we us our you your yours s t d ll m re ve don isn "
    "about over under up down out off if while"
)
FUNCTION_WORDS = frozenset(_FUNCTION.split())
PARTICLES = frozenset(["off", "out", "up", "down", "apart", "away"])  # end a phrase that a verb begins

Place = tuple[int, int]
Without = Callable[[Window, Collection[int]], Window]
Passes = Callable[[Array], NDArray[np.bool_]]  # (readings, heads) -> (readings,)


def attribute(
    text: str, attribution: TextAttribution, without: Without, passes: Passes, max_tokens: int = MAX_TOKENS
) -> tuple[tuple[int, ...], ...]:
    """Returns the phrases that carry the logits, each as numbers of its words, at most MAX_PHRASES, in order.

    None where the text does not read clearly better without them: then it is the text as a whole. `without` reads a
    window again without some words, `passes` tells of logits whether nothing stops any more. No more than `max_tokens`
    are read.
    """
    marked = _marked(text, attribution)
    phrases = _strongest(joined(text, attribution.words, marked), attribution.marks)
    removed = {number for phrase in phrases for number in phrase}
    for window in attribution.windows:
        if not removed or passes(window.logits[None])[0]:
            continue
        if len(window.ids) > max_tokens:
            break
        shorter = without(window, removed)
        max_tokens -= len(shorter.ids)
        before, after = float(window.logits[0]), float(shorter.logits[0])
        if not passes(shorter.logits[None])[0] and after > before - CARRIES * abs(before):
            return ()
    return tuple(tuple(phrase) for phrase in phrases)


def _marked(text: str, attribution: TextAttribution) -> list[int]:
    """Returns the numbers of words that the model marks, with what they are said with; the likeliest if none is sure.

    A phrase begins with a word that carries a meaning, and ends with one or with what belongs to its verb.
    """
    marks = attribution.marks
    words = [number for number, place in enumerate(attribution.words) if is_word(text, place)]
    sure = [number for number in words if marks[number] >= MARKED]
    if not sure:
        likeliest = max(words, key=lambda number: float(marks[number]), default=None)
        sure = [likeliest] if likeliest is not None and marks[likeliest] >= MIN_MARK else []
    return [number for run in _runs(text, attribution, sure) for number in _trimmed(text, attribution.words, run)]


def _runs(text: str, attribution: TextAttribution, sure: Sequence[int]) -> Iterator[list[int]]:
    """Yields the neighbours that are likely and hold at least one word that is sure; a sign that parts ends a run."""
    runs: list[list[int]] = []
    for number, (start, _) in enumerate(attribution.words):
        if attribution.marks[number] < LIKELY and number not in sure:
            continue
        last = runs[-1][-1] if runs else -2
        if last == number - 1 and not _parted(text[attribution.words[last][0] : start]):
            runs[-1].append(number)
        else:
            runs.append([number])
    return (run for run in runs if not set(run).isdisjoint(sure))


def _trimmed(text: str, places: Sequence[Place], run: Sequence[int]) -> Sequence[int]:
    """Returns a run without the small words and signs around it; "off" stays with what is "blown off"."""
    kept = [at for at, number in enumerate(run) if is_word(text, places[number])]
    after = kept[-1] + 1
    if after < len(run) and text[slice(*places[run[after]])].lower() in PARTICLES:
        after += 1
    return run[kept[0] : after]


def _strongest(phrases: Sequence[list[int]], marks: Array) -> list[list[int]]:
    """Returns the phrases of the highest marks, in the order of the text."""
    best = sorted(phrases, key=lambda phrase: -float(marks[phrase].max()))[:MAX_PHRASES]
    return sorted(best)


def is_word(text: str, place: Place) -> bool:
    """Tells whether a place holds a word that can carry a meaning by itself: no single letter, no small word."""
    word = text[place[0] : place[1]].lower()
    single = len(word) < 2 and word.isascii()
    return not single and word not in FUNCTION_WORDS and any(char.isalnum() for char in word)


def joined(text: str, places: Sequence[Place], chosen: Iterable[int]) -> list[list[int]]:
    """Returns the numbers of chosen words in phrases: neighbours go together, with a few small words between them.

    The small words between are part of the phrase; a sign that parts a sentence ends it.
    """
    groups: list[list[int]] = []
    for number in sorted(chosen):
        if groups and _one_phrase(text, places, groups[-1][-1], number):
            groups[-1].extend(range(groups[-1][-1] + 1, number + 1))
        else:
            groups.append([number])
    return groups


def _one_phrase(text: str, places: Sequence[Place], last: int, number: int) -> bool:
    between = [text[slice(*place)] for place in places[last + 1 : number]]
    words = [word for word in between if any(char.isalnum() for char in word)]
    return (
        not _parted(text[places[last][1] : places[number][0]])
        and len(words) <= MAX_BETWEEN
        and not any(is_word(word, (0, len(word))) for word in words)
    )


def _parted(between: str) -> bool:
    return any(sign in between for sign in ",.;:!?\n|()[]")


def share_of(attribution: TextAttribution, words: Sequence[int], head: str) -> float:
    """Returns how much of what speaks for a head comes from these words, 0..1: exact for the states computed."""
    column = np.maximum(attribution.shares[:, HEADS.index(head)], 0)
    total = float(column.sum())
    return min(1.0, float(column[list(words)].sum()) / total) if total > 0 else 0.0
