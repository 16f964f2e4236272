"""The picture that Verify has read, and what its marks come to in a few words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ui.html.pages import NASTY, Html
from ui.html.judged_picture import judged_picture

NONE: dict[str, Any] = {"found": False}


def row(match: str = "", found: bool = False, contradictions: tuple[str, ...] = ()) -> dict[str, Any]:
    layers = {"credentials": NONE, "metadata": {"found": found}, "registry": NONE | ({"match": match} if match else {})}
    return {"layers": layers, "foreign": [], "contradictions": list(contradictions)}


@pytest.mark.parametrize(
    ("read", "words", "sign"),
    [
        pytest.param(row("file"), "Made here, unchanged", "sl-allow", id="file"),
        pytest.param(row("edited"), "edited since", "sl-note", id="edited"),
        pytest.param(row("excerpt"), "a part of the picture", "sl-note", id="excerpt"),
        pytest.param(row("another", contradictions=("one",)), "Not the picture", "sl-block", id="copied mark"),
        pytest.param(row("file", contradictions=("one",)), "contradict", "sl-warn", id="contradiction"),
        pytest.param(row(found=True), "not on record here", "sl-note", id="of others"),
        pytest.param(row(), "nothing can be said", "sl-unknown", id="nothing"),
    ],
)
def test_a_verdict_is_told_in_plain_words_with_a_sign(read: dict[str, Any], words: str, sign: str) -> None:
    shown = judged_picture(Path("a.png"), read)
    assert words in Html(shown).text and sign in shown


def test_a_name_stays_text_and_what_no_browser_shows_is_left_out() -> None:
    assert NASTY not in judged_picture(Path(f"{NASTY}.png"), row())
    assert "<img" not in judged_picture(Path("scan.TIFF"), row())
