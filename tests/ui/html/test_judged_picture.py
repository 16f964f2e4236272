"""The picture that Verify has read, and what its marks come to in a few words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.ui.html.pages import NASTY, Html
from ui.html.judged_picture import judged_picture

NONE: dict[str, Any] = {"found": False}
AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def row(
    match: str = "",
    found: bool = False,
    contradictions: tuple[str, ...] = (),
    declared: bool = False,
    source: str = "",
) -> dict[str, Any]:
    record = NONE | ({"match": match, "declared": declared} if match else {})
    metadata = {"found": found, "digital_source_type": source}
    layers = {"credentials": NONE, "metadata": metadata, "registry": record}
    return {"layers": layers, "foreign": [], "contradictions": list(contradictions)}


@pytest.mark.parametrize(
    ("read", "words", "sign"),
    [
        pytest.param(row("file"), "Made by AI in this studio: this very file", "sl-allow", id="file"),
        pytest.param(row("edited"), "Made by AI in this studio, and edited since", "sl-note", id="edited"),
        pytest.param(row("excerpt"), "Made by AI in this studio: this is a part", "sl-note", id="excerpt"),
        pytest.param(row("another", contradictions=("one",)), "Not the picture", "sl-block", id="copied mark"),
        pytest.param(row("file", contradictions=("one",)), "contradict", "sl-warn", id="contradiction"),
        pytest.param(row("picture", declared=True), "Declared AI-made, and marked", "sl-allow", id="only marked here"),
        pytest.param(row(found=True), "not on record here", "sl-note", id="of others"),
        pytest.param(row(found=True, source=AI), "Marked as made by AI", "sl-note", id="of another generator"),
        pytest.param(row(), "nothing can be said", "sl-unknown", id="nothing"),
    ],
)
def test_a_verdict_is_told_in_plain_words_with_a_sign(read: dict[str, Any], words: str, sign: str) -> None:
    shown = judged_picture(Path("a.png"), read)
    assert words in Html(shown).text and sign in shown


def test_a_name_stays_text_and_what_no_browser_shows_is_left_out() -> None:
    assert NASTY not in judged_picture(Path(f"{NASTY}.png"), row())
    assert "<img" not in judged_picture(Path("scan.TIFF"), row())


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "ja"])
@pytest.mark.parametrize("match", ["file", "picture", "edited", "excerpt"])
def test_what_was_made_here_begins_with_that_ai_made_it(match: str, language: str) -> None:
    said = Html(judged_picture(Path("a.png"), row(match), language)).text
    assert re.match(r"(Mit |Hecha con |Faite par |Made by )?(AI|KI|IA)", said.strip()), said
