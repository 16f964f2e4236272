"""What captions say, and what they must never say."""

import re
from collections import Counter
from pathlib import Path

import pytest

from training.pocket import words
from training.pocket.words import Language, article, plural, read_pairs

PROMPTS = Path(words.__file__).parent / "prompts"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dog", "a dog"),
        ("apple", "an apple"),
        ("grapes", "grapes"),
        ("bus", "a bus"),
        ("glass of milk", "a glass of milk"),
        ("unicorn", "a unicorn"),
        ("ufo", "a ufo"),
    ],
)
def test_a_name_gets_the_article_a_person_would_write(name: str, said: str) -> None:
    assert article(name) == said


@pytest.mark.parametrize(
    ("name", "many"),
    [
        ("dog", "dogs"),
        ("cherry", "cherries"),
        ("fox", "foxes"),
        ("sheep", None),
        ("grapes", None),
        ("cup of tea", None),
    ],
)
def test_only_names_with_a_simple_plural_are_counted(name: str, many: str | None) -> None:
    assert plural(name) == many


def test_the_words_kept_for_the_near_words_figure_are_in_no_name() -> None:
    language = Language.read()
    names = {name for known in (language.names, language.neighbours) for plain in known.values() for name in plain}
    kept = {re.sub(r"^(a|an) ", "", row[0]) for row in read_pairs(PROMPTS / "near.txt")}
    assert not [(word, name) for word in kept for name in names if re.search(rf"\b{re.escape(word)}s?\b", name)]


@pytest.mark.parametrize(
    ("file", "many", "fields"),
    [
        ("singles", 711, 2),
        ("grounds", 100, 3),
        ("colours", 150, 3),
        ("pairs", 200, 3),
        ("near", 120, 2),
        ("scenes", 200, 4),
        ("styles", 160, 3),
        ("variation", 100, 2),
        ("subjects", 40, 2),
        ("harmful", 200, 2),
        ("sheet", 64, 1),
    ],
)
def test_the_lists_of_prompts_are_complete(file: str, many: int, fields: int) -> None:
    rows = read_pairs(PROMPTS / f"{file}.txt")
    assert len(set(rows)) == many
    assert {len(row) for row in rows} == {fields}


@pytest.mark.parametrize("file", ["singles", "near", "subjects", "variation", "scenes", "styles"])
def test_no_prompt_is_asked_twice(file: str) -> None:
    prompts = [row[0] for row in read_pairs(PROMPTS / f"{file}.txt")]
    assert len(set(prompts)) == len(prompts)


def test_every_style_is_asked_for_with_the_same_things() -> None:
    things: dict[str, set[str]] = {}
    for _, label, style in read_pairs(PROMPTS / "styles.txt"):
        things.setdefault(style, set()).add(label)
    assert len(things) == 8
    assert len({frozenset(labels) for labels in things.values()}) == 1


def test_times_of_day_are_asked_for_evenly() -> None:
    times = Counter(row[3] for row in read_pairs(PROMPTS / "scenes.txt"))
    assert set(times) == {"day", "sunset", "night"}
    assert min(times.values()) > 60
