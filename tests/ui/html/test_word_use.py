"""Fidelity is said apart from safety: no tick, no verdict, and every word that was typed stays text."""

from __future__ import annotations

from engines.fidelity import WordUse
from engines.testing import CARD
from ui.html.word_use import after, before


def test_before_drawing_it_says_what_is_known_and_what_is_left_out() -> None:
    use = WordUse(True, ("house",), (("biplane", "airplane"),), ("lake",), tokens=9)
    shown = before(use, CARD, "en")
    assert "Shapes knows <b>house</b>" in shown and "<q>biplane</q> becomes <b>airplane</b>" in shown
    assert "does not know <q>lake</q>" in shown


def test_where_nothing_is_known_things_are_offered() -> None:
    shown = before(WordUse(True, left_out=("treaty",), offers=("cat", "owl"), tokens=3), CARD, "en")
    assert "little to do with your words" in shown and shown.count('class="sl-offer"') == 2


def test_after_drawing_it_is_no_verdict() -> None:
    shown = after(WordUse(True, left_out=("<b>treaty</b>",), offers=("cat",), tokens=3), CARD, "en")
    assert "sl-offer" not in shown and "sl-verdict" not in shown and "&lt;b&gt;treaty" in shown


def test_a_model_without_a_list_makes_no_promise() -> None:
    assert "has no list" in before(WordUse(tokens=4), CARD, "en")
