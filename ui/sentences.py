"""Sentences that the program says in English, in a reader's language: presets/sentences.toml.

Errors, what the marks of a file say and how a model was steered are worded where they arise, in one language, as the
command line, the API and the log need them. Here they are put into the language of the page, sentence by sentence; one
that the list does not have stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from safety.config import ConfigModel
from safety.resources import PRESETS
from ui.texts import ENGLISH, grouped

FILE = PRESETS / "sentences.toml"
_NUMBER = re.compile(r"\d{1,3}(,\d{3})+")
_NAME = re.compile(r"\{([a-z]+)\}")
# A sentence ends before the next one; that of Japanese needs no space behind it.
_END = re.compile(r"(?<=[.!?])\s+")


class _Sentence(ConfigModel):
    en: str
    de: str
    es: str
    fr: str
    ja: str


class _SentencesFile(ConfigModel):
    sentence: tuple[_Sentence, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """One sentence: what it looks like in English, and its wording in each language."""

    pattern: re.Pattern[str]
    words: Mapping[str, str]


def in_language(text: str, language: str) -> str:
    """Returns a text of whole sentences in a language such as "de" or "de-AT", as far as they are known."""
    tag = language.partition("-")[0].lower()
    if tag in ("", ENGLISH) or not text:
        return text
    whole = _said(text, tag)
    if whole is not None:
        return whole
    parts = [_said(part, tag) or part for part in _END.split(text)]
    return ("" if tag == "ja" else " ").join(parts) if parts else text


def _said(sentence: str, tag: str) -> str | None:
    """Returns one sentence or phrase in a language; None for one that is not in the list."""
    for template in templates():
        found = template.pattern.fullmatch(sentence)
        if found and tag in template.words:
            names = {name: _value(value, tag) for name, value in found.groupdict().items()}
            return _filled(template.words[tag], names)
    return None


def _value(value: str, tag: str) -> str:
    return grouped(value, tag) if _NUMBER.fullmatch(value) else _said(value, tag) or value


def _filled(words: str, names: Mapping[str, str]) -> str:
    # Not by str.format: some sentences speak of braces.
    return _NAME.sub(lambda name: names.get(name[1], name[0]), words)


@cache
def templates() -> tuple[Template, ...]:
    """Reads the list; those with most of their own words come first. Raises PresetError."""
    rows = _SentencesFile.load(FILE).sentence
    ordered = sorted(rows, key=lambda row: -len(_NAME.sub("", row.en)))
    return tuple(Template(_pattern(row.en), row.model_dump()) for row in ordered)


def _pattern(english: str) -> re.Pattern[str]:
    """Returns what a sentence looks like with its names filled in. A value holds no end of a sentence."""
    parts = _NAME.split(english)
    fixed, names = parts[::2], parts[1::2]
    built = re.escape(fixed[0])
    for name, after in zip(names, fixed[1:], strict=True):
        built += rf"(?P<{name}>(?:(?![.!?]\s).)+?)" + re.escape(after)
    return re.compile(built)
