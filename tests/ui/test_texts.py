"""Strings of the page: every language says all of them, and nothing is kept that nobody reads."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from tests.sources import ROOT
from ui.texts import ENGLISH, FOLDER, all_texts, page_texts

TAGS = sorted(all_texts())
# A key, or the first part of one that is put together: f"verify.{state}".
NAMED = re.compile(r"""f?["']([a-z_]+\.[a-z0-9_.]*)(?:\{|["'])""")


def test_a_language_with_a_country_is_the_language() -> None:
    assert page_texts("en-GB") is page_texts("en")


def test_a_language_that_does_not_ship_is_english() -> None:
    assert page_texts("tlh").tag == ENGLISH


def test_names_are_filled_in() -> None:
    texts = page_texts()
    key = next(key for key in texts.strings if not re.search("[{}]", texts[key]))
    assert texts.say(key) == texts[key]


@pytest.mark.parametrize("tag", TAGS)
def test_every_language_says_every_string_with_the_same_names(tag: str) -> None:
    import tomllib

    own = tomllib.loads((FOLDER / f"{tag}.toml").read_text("utf-8"))
    strings = {f"{table}.{key}": text for table, keys in own.items() for key, text in keys.items()}
    english = all_texts()[ENGLISH].strings
    assert set(strings) == set(english)
    wrong = [key for key in strings if _names(strings[key]) != _names(english[key])]
    assert not wrong


def test_every_string_is_used_on_the_page() -> None:
    used = set()
    for path in (ROOT / "ui").rglob("*.py"):
        used |= set(NAMED.findall(path.read_text("utf-8")))
    unused = [key for key in all_texts()[ENGLISH].strings if not any(_uses(one, key) for one in used)]
    assert not unused


def _uses(named: str, key: str) -> bool:
    return key == named or (named.endswith((".", "_")) and key.startswith(named))


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
