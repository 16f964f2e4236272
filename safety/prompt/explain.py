"""Which words carry a score: the fewest found whose removal makes the prompt pass, checked by removing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from safety.prompt.encoder import Read

ROUNDS = 3  # readings at most; each costs nearly as much as the first
WORDS_A_ROUND = 50  # so many words more cost one reading: long prompts are slow to read again

# Their shares are their neighbours': an encoder spreads what it knows, and "the" alone carries nothing.
_FUNCTION = (
    "a an the this that these those of in on at to into onto from for with by as and or but is are was were be been "
    "being it its he she they them his her their who which there has have had do does will would"
)
FUNCTION_WORDS = frozenset(_FUNCTION.split())

Place = tuple[int, int]
Reader = Callable[[str], Read]
Passes = Callable[[Read], bool]


def carriers(text: str, first: Read, read: Reader, passes: Passes) -> tuple[Place, ...]:
    """The fewest words found, as (start, end) in `text`, in order, without which the prompt passes.

    The words are ranked once, by their share of the first head, and a search by halves finds how many it
    takes. Every answer was tried; where none of those tried passes, the longest row of words is given.
    """
    ranked = _ranked(first, text)
    few, many = 0, len(ranked)  # so many do not suffice, so many are known or hoped to
    tried = _estimate(first, ranked)
    for _ in range(max(1, ROUNDS - len(first.words) // WORDS_A_ROUND)):
        if tried >= many and few + 1 >= many:
            break
        if passes(read(_blanked(text, [place for place, _ in ranked[:tried]]))):
            many = tried
        else:
            few = tried
        if many - few <= 1:
            break
        tried = (few + many) // 2
    return tuple(sorted(place for place, _ in ranked[:many]))


def _ranked(read: Read, text: str) -> list[tuple[Place, float]]:
    shares = [(place, float(share)) for place, share in zip(read.words, read.shares[:, 0], strict=True)]
    return sorted(((place, share) for place, share in shares if is_word(text, place)), key=lambda pair: -pair[1])


def _estimate(read: Read, ranked: Sequence[tuple[Place, float]]) -> int:
    """How many words it takes if the shares of those that stay did not change: at least one, at most half."""
    left, count = float(read.logits[0]), 0
    for _, share in ranked[: (len(ranked) + 1) // 2]:
        if count and (left < 0 or share <= 0):
            break
        left -= share
        count += 1
    return count


def _blanked(text: str, places: Sequence[Place]) -> str:
    """The text with spaces in these places: what is left keeps its offsets."""
    for start, end in places:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def is_word(text: str, place: Place) -> bool:
    """Whether a place holds a word that can carry a meaning by itself."""
    word = text[place[0] : place[1]]
    return word.lower() not in FUNCTION_WORDS and any(char.isalnum() for char in word)


def joined(text: str, places: Sequence[Place]) -> list[Place]:
    """Neighbours with nothing but spaces and signs between them as one."""
    merged: list[Place] = []
    for start, end in sorted(places):
        if merged and not any(char.isalnum() for char in text[merged[-1][1] : start]):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
