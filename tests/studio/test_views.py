"""What may be asked of a studio: modes, languages, engines, as the page shows them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from safety.errors import RequestError
from safety.policy.model import load_policy
from tests.fakes import fake_studio
from tests.fakes_page import PRESETS


def test_general_mode_comes_first_and_a_locked_one_alone(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    assert list(studio.list_modes()) == ["general", "art", "medical"] and studio.locked_mode == ""
    locked = replace(studio, policy=load_policy(PRESETS, locked="art"))
    assert list(locked.list_modes()) == ["art"] and locked.locked_mode == "art"


def test_an_unknown_mode_or_language_is_refused_by_name(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    studio.require_mode("medical")
    for ask in (lambda: studio.require_mode("opera"), lambda: studio.messages("xx")):
        with pytest.raises(RequestError, match="opera|xx"):
            ask()


def test_languages_take_the_country_of_the_reader_or_of_the_operator(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    names = {"English": "en", "Deutsch": "de", "Español": "es", "Français": "fr", "日本語": "ja"}
    assert studio.list_languages() == list(names.items())
    assert studio.list_languages("AT") == [(name, f"{tag}-AT") for name, tag in names.items()]
    british = replace(studio, policy=load_policy(PRESETS, language="en-GB"))
    assert british.list_languages() == [(name, f"{tag}-GB") for name, tag in names.items()]
    assert studio.nearest_language("nl, de-AT;q=0.8") == "de-AT"


def test_engines_are_listed_with_whether_they_run(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    [engine] = studio.list_engines()
    assert (engine.name, engine.card.title, engine.availability.runs) == ("pocket", "Shapes", True)
    assert studio.offered_engines() == [engine] and set(studio.engine_cards()) == {"pocket"}
