"""At the refusal of an intimate picture of a real person stands what the law of the reader's country says of it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from safety.errors import PresetError
from safety.generation import GenerationRequest, Refused
from safety.messages.offences import CATEGORY, load_offences
from safety.policy.model import load_policy
from safety.records import Stage
from safety.resources import PRESETS
from safety.statement import as_json, as_text
from tests.fakes import fake_studio
from ui.html.statement import document, section

POLICY = load_policy(PRESETS)
OFFENCES = load_offences(PRESETS)
TAGS = sorted(POLICY.catalogue.locales)


@pytest.mark.parametrize("country", OFFENCES)
@pytest.mark.parametrize("tag", TAGS)
def test_a_reader_is_told_the_law_of_the_own_country_in_the_own_language(tag: str, country: str) -> None:
    messages = POLICY.messages(f"{tag}-{country}")
    said = messages.offence(CATEGORY, Stage.PROMPT)
    assert OFFENCES[country].law in said and said != messages.locale.offence.elsewhere


@pytest.mark.parametrize("tag", [*TAGS, *(f"{tag}-IS" for tag in TAGS)])
def test_where_no_law_is_known_one_sentence_says_that_there_are_such(tag: str) -> None:
    messages = POLICY.messages(tag)
    assert messages.offence(CATEGORY, Stage.PROMPT) == messages.locale.offence.elsewhere


@pytest.mark.parametrize("stage", [Stage.PICTURE, Stage.TEXT])
def test_nobody_is_told_so_for_what_a_model_made_of_a_prompt(stage: Stage) -> None:
    assert POLICY.messages("en-GB").offence(CATEGORY, stage) == ""


@pytest.mark.parametrize("category", sorted(set(POLICY.category) - {CATEGORY}))
def test_no_other_rule_is_called_an_offence(category: str) -> None:
    assert POLICY.messages("en-GB").offence(category, Stage.PROMPT) == ""


def test_the_statement_says_it_on_the_page_in_print_as_text_and_as_json(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    outcome = studio.create(GenerationRequest("forbidden", language="en-GB"))
    studio.audit.close()
    assert isinstance(outcome, Refused)
    statement = studio.statement(outcome)
    sentence = POLICY.messages("en-GB").offence(CATEGORY, Stage.PROMPT)
    shown = (section(statement), document(statement), as_text(statement), json.dumps(as_json(statement)))
    assert all(sentence in one for one in shown)


@pytest.mark.parametrize("country", OFFENCES)
def test_a_law_says_where_it_was_read_and_when(country: str) -> None:
    offence = OFFENCES[country]
    assert offence.asked >= date(2026, 11, 1) and (offence.since is None or offence.since <= offence.asked)
    assert len(country) == 2 and country.isupper()


def test_a_law_without_its_source_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "offences.toml").write_text('[GB]\nwhat = "asking"\nlaw = "x"\nasked = 2026-11-29\nchecked = true\n')
    with pytest.raises(PresetError, match="offences.toml"):
        load_offences(tmp_path)
