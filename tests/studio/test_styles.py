"""Styles: their words stand at the end of what is judged, drawn and recorded, and harm no harmless prompt."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from safety.errors import PresetError, RequestError
from safety.generation import Delivered, GenerationRequest, Refused
from safety.records import Verdict
from safety.resources import ASSETS, PRESETS
from studio.styles import Style, load_styles, styled, unstyled
from tests.fakes import fake_studio
from tests.sources import ROOT
from ui.texts import page_texts

STYLES = load_styles(PRESETS)
WATERCOLOUR = STYLES["watercolour"]


def test_there_are_at_least_forty_each_with_a_name_and_a_group() -> None:
    assert len(STYLES) >= 40
    texts = page_texts()
    for name, style in STYLES.items():
        assert texts[f"style.{name}"]
        assert texts[f"style_group.{style.group}"]


def test_each_has_a_small_picture_and_all_together_are_small() -> None:
    pictures = {path.stem: path.stat().st_size for path in (ASSETS / "styles").glob("*.webp")}
    assert set(pictures) == set(STYLES)
    assert sum(pictures.values()) < 150_000


def test_the_embedded_model_was_taught_the_words_of_those_it_is_said_to_follow() -> None:
    import tomllib

    words = tomllib.loads((ROOT / "training/pocket/language.toml").read_text("utf-8"))
    taught = {f"on a {colour} background" for colour in words["backgrounds"]} | set(words["styles"]["3d"]["after"])
    assert {style.words for style in STYLES.values() if style.embedded} <= taught


def test_none_names_a_person() -> None:
    for style in STYLES.values():
        assert not re.search(r"\b(style of|by [A-Z])", style.words)


@pytest.mark.parametrize(
    ("prompt", "composed"),
    [
        pytest.param("a red apple", f"a red apple, {WATERCOLOUR.words}", id="appended"),
        pytest.param("a red apple, ", f"a red apple, {WATERCOLOUR.words}", id="comma-not-doubled"),
        pytest.param(f"a red apple, {WATERCOLOUR.words}", f"a red apple, {WATERCOLOUR.words}", id="not-repeated"),
        pytest.param("  ", "  ", id="no-prompt-of-its-own"),
    ],
)
def test_the_words_stand_at_the_end_once(prompt: str, composed: str) -> None:
    assert styled(GenerationRequest(prompt, style="watercolour"), STYLES).prompt == composed


@pytest.mark.parametrize("prompt", ["a red apple", "a red apple ", "", "an apple, a pear"])
def test_without_the_style_the_prompt_is_as_typed(prompt: str) -> None:
    request = GenerationRequest(prompt, style="pencil", negative_prompt="blur")
    assert unstyled(styled(request, STYLES), STYLES) == request


def test_negative_words_join_the_negative_prompt() -> None:
    styles = {"grey": Style(group="print", words="in grey", negative="colour")}
    assert styled(GenerationRequest("a dog", style="grey"), styles).negative_prompt == "colour"
    request = GenerationRequest("a dog", style="grey", negative_prompt="a leash")
    assert styled(styled(request, styles), styles).negative_prompt == "a leash, colour"


def test_an_unknown_style_is_a_request_error_that_names_those_there_are() -> None:
    with pytest.raises(RequestError, match="no style 'vaporous'"):
        styled(GenerationRequest("a dog", style="vaporous"), STYLES)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param('groups = ["a"]\n[style.x]\ngroup = "b"\nwords = "w"', "style.x.group", id="group"),
        pytest.param('groups = ["a"]\n[style.x]\ngroup = "a"\nwords = " "', "style.x.words", id="no-words"),
        pytest.param('groups = ["a"]\n[style.x]\ngroup = "a"\nword = "w"', "style.x", id="unknown-key"),
    ],
)
def test_a_file_that_is_not_valid_names_file_and_key(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "styles.toml").write_text(text, "utf-8")
    with pytest.raises(PresetError, match=f"styles.toml: {complaint}"):
        load_styles(tmp_path)


def test_the_composed_prompt_is_what_the_studio_judges(tmp_path: Path) -> None:
    bloody = {"bloody": Style(group="print", words="covered in gore")}
    studio = dataclasses.replace(fake_studio(tmp_path), styles=bloody)
    assert isinstance(studio.create(GenerationRequest("a red apple", style="bloody")), Refused)


def test_a_picture_is_drawn_from_the_composed_prompt_and_the_case_names_the_style(tmp_path: Path) -> None:
    studio = dataclasses.replace(fake_studio(tmp_path), styles=STYLES)
    outcome = studio.create(GenerationRequest("a red apple", style="watercolour"))
    assert isinstance(outcome, Delivered)
    assert outcome.pictures[0].picture.prompt.endswith(WATERCOLOUR.words)
    assert outcome.request.style == "watercolour"
    assert studio.show_case(outcome.case)[0]["facts"]["style"] == "watercolour"


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["general", "art", "medical"])
def test_no_style_makes_a_harmless_prompt_need_a_confirmation(mode: str) -> None:
    from safety.guard import Guard

    guard = Guard.load()
    for name, style in STYLES.items():
        decision = guard.check_prompt(f"a red apple, {style.words}", mode, negative_prompt=style.negative)
        assert decision.verdict < Verdict.WARN, name
