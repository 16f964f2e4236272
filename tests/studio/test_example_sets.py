"""Files of examples: every encoding that says what it is, doubles once, and one sentence for whatever is wrong."""

from __future__ import annotations

import pytest

from safety.errors import RequestError
from studio.example_sets import read_prompts, require_examples, without_doubles

LINES = ("bet now", "a casino at night", "ein Würfelspiel")
TEXT = "\n".join(LINES) + "\n"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(TEXT.encode(), "e.txt", id="UTF-8"),
        pytest.param(TEXT.encode("utf-8-sig"), "e.txt", id="UTF-8 with a mark"),
        pytest.param(TEXT.encode("utf-16"), "e.txt", id="UTF-16 with a mark"),
        pytest.param(TEXT.replace("\n", "\r\n").encode(), "e.txt", id="lines of Windows"),
        pytest.param(("id,text\n1," + "\n2,".join(LINES)).encode(), "e.csv", id="a column of a table"),
        pytest.param(f"\n\n{TEXT}\n  \n{TEXT}BET  NOW\n".encode(), "e.txt", id="doubles and empty lines"),
    ],
)
def test_prompts_are_read_once_each_in_their_order(data: bytes, name: str) -> None:
    assert read_prompts(data, name) == LINES


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        pytest.param("Würfel".encode("latin-1"), "e.txt", "Save it as UTF-8", id="another encoding"),
        pytest.param(b"prompt\nbet now\n", "e.csv", "no column text", id="a table without the column"),
        pytest.param(b"", "e.csv", "no column text", id="an empty table"),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, name: str, words: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_prompts(data, name)
    assert name in caught.value.sentence and words in caught.value.sentence


@pytest.mark.parametrize(
    ("examples", "against", "words"),
    [
        pytest.param(0, 0, "There are 0 different examples", id="none"),
        pytest.param(1, 0, "There is one example", id="one"),
        pytest.param(4, 0, "There are 4 different examples", id="four"),
        pytest.param(51, 0, "There are 51", id="fifty-one"),
        pytest.param(5, 51, "not meant", id="too many that are not meant"),
    ],
)
def test_too_few_and_too_many_are_refused(examples: int, against: int, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        require_examples([f"e{n}" for n in range(examples)], [f"a{n}" for n in range(against)])


def test_what_is_meant_and_not_meant_is_refused() -> None:
    with pytest.raises(RequestError, match="'E1' is meant and not meant"):
        require_examples(["E1", "e2", "e3", "e4", "e5"], ["e1"])


def test_doubles_are_those_that_differ_in_capitals_and_spaces() -> None:
    assert without_doubles(["a  b", "A b", " ", "a-b"]) == ("a b", "a-b")
