"""What the program says in English is said in the reader's language: as far as it is known, and never half."""

from __future__ import annotations

import re

import pytest

from safety.errors import LimitError
from safety.prompt.validation import MAX_PROMPT, prompt_problem
from tests.sources import ROOT
from ui.html.markup import problem
from ui.results import Problem
from ui.sentences import in_language, templates
from ui.texts import page_texts

LANGUAGES = ("de", "es", "fr", "ja")
SOURCES = "\n".join(
    path.read_text("utf-8")
    for folder in ("safety", "engines", "studio", "ui", "presets")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".toml") and path.name != "sentences.toml"
)
PLAIN = re.sub(r'"\s*\n\s*f?"', "", SOURCES)
NAME = re.compile(r"\{[^{}]*\}")


def words_of(english: str) -> list[str]:
    """Returns the parts of a sentence that stand in the code as they are."""
    return [part.strip() for part in NAME.split(english) if len(part.strip()) > 3]


@pytest.mark.parametrize("english", [template.words["en"] for template in templates()])
def test_every_sentence_of_the_list_still_stands_in_the_code(english: str) -> None:
    """Some are put together, so that not every word stands beside its next one: two thirds of all pairs do."""
    code = PLAIN.replace("}}", "}").replace("{{", "{")
    words = [word for part in words_of(english) for word in zip(part.split(), part.split()[1:], strict=False)]
    pairs = [f"{one} {other}".rstrip(".,:") for one, other in words] or words_of(english)
    found = [pair for pair in pairs if pair.rstrip(".") in code]
    assert len(found) >= 2 / 3 * len(pairs), sorted(set(pairs) - set(found))


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.words["en"])
def test_every_language_fills_in_the_same_names(template: object) -> None:
    words = template.words  # type: ignore[attr-defined]
    names = {tag: sorted(re.findall(r"\{([a-z]+)\}", text)) for tag, text in words.items()}
    assert all(each == names["en"] for each in names.values()), names


SAID = {
    "an empty prompt": (prompt_problem(""), "Der Prompt ist leer. Schreiben Sie, was das Bild zeigen soll."),
    "a long prompt": (
        prompt_problem("a" * (MAX_PROMPT + 1)),
        "Der Prompt hat 10.001 Zeichen. Kürzen Sie ihn auf höchstens 10.000.",
    ),
    "a limit": (
        LimitError("60 times an hour pictures are made for one address, and that many have been.", 1800).sentence,
        "60-mal in der Stunde werden Bilder gemacht für eine Adresse, und so oft ist es geschehen. "
        "Versuchen Sie es in 30 Minuten noch einmal.",
    ),
    "a verdict of marks": (
        "Made by AI in this studio on 2026-11-29 06:34 UTC (case feb763fd1b84), and unchanged since.",
        "Mit KI gemacht, in diesem Studio, am 2026-11-29 06:34 UTC (Fall feb763fd1b84), und seither unverändert.",
    ),
    "one that is not known": ("The moon is full. The file is empty.", "The moon is full. Die Datei ist leer."),
    "braces": ("Line 3 has a { without its }.", "Zeile 3 hat eine { ohne ihre }."),
}


@pytest.mark.parametrize(("english", "german"), SAID.values(), ids=SAID)
def test_what_is_said_is_said_in_german(english: str, german: str) -> None:
    assert in_language(english, "de-AT") == german


@pytest.mark.parametrize("tag", LANGUAGES)
def test_an_error_on_the_page_is_told_in_its_language(tag: str) -> None:
    shown = problem(Problem("The file is empty."), tag)
    assert "The file is empty" not in shown


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en", "4,000 12,345"),
        ("de", "4.000 12.345"),
        ("es", "4000 12\u202f345"),
        ("fr", "4\u202f000 12\u202f345"),
        ("ja", "4,000 12,345"),
    ],
)
def test_numbers_are_grouped_as_a_language_does(tag: str, said: str) -> None:
    assert f"{page_texts(tag).number(4000)} {page_texts(tag).number(12_345)}" == said


def test_english_stays_as_it_is() -> None:
    assert in_language("The file is empty.", "en-GB") == "The file is empty."
