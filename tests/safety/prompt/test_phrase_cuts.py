"""What is left out of a clause is a whole phrase that follows the thing it is about."""

from __future__ import annotations

import pytest

from safety.prompt.phrase_cuts import find_cuts


def left(text: str, *marked: str) -> list[str]:
    words = text.split()
    cuts = find_cuts(words, {n for n, word in enumerate(words) if word in marked}, range(len(words)))
    return [" ".join(word for n, word in enumerate(words) if n not in cut) for cut in cuts]


@pytest.mark.parametrize(
    ("text", "marked", "expected"),
    [
        pytest.param("a queen holding a severed head", "severed", ["a queen"], id="a verb and its object"),
        pytest.param(
            "a man being tortured in a basement", "tortured", ["a man in a basement", "a man"], id="the place stays"
        ),
        pytest.param("a muscular man with an erect penis", "penis", ["a muscular man"], id="with"),
        pytest.param("a soldier with his legs blown off", "blown", ["a soldier"], id="with and a participle"),
        pytest.param("a knight dripping with blood", "blood", ["a knight"], id="nothing dangles"),
        pytest.param("a girl shot in the chest", "shot", ["a girl"], id="a part of somebody is no place"),
        pytest.param("a vampire feeding on a corpse", "corpse", ["a vampire"], id="what belongs to the verb"),
        pytest.param("a screaming corpse", "corpse", [], id="the thing itself"),
        pytest.param("photo with a corpse", "corpse", [], id="no thing would be left"),
        pytest.param("a red apple on a table", "apple", [], id="nothing follows"),
    ],
)
def test_a_cut_leaves_what_a_person_would_write(text: str, marked: str, expected: list[str]) -> None:
    assert list(dict.fromkeys(left(text, marked))) == expected


def test_a_cut_without_a_marked_word_is_none() -> None:
    assert left("a queen holding a sword in a dark hall", "queen") == []
