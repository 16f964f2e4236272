"""The statement of reasons: its fields, its published schema, and that people can read it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.checks import run_checks
from safety.generation import GenerationRequest, Refused
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.records import Assessment, CheckFailure, Decision, Finding, Model, Prompt, Region, Span, Stage, Verdict
from safety.review.retention import RetentionRules, load_retention
from safety.statement import Statement, StatementTerms, as_json, as_text, build_statement

ROOT = Path(__file__).parents[3]
POLICY = load_policy(ROOT / "presets")
SCHEMA = json.loads((ROOT / "docs" / "statement-of-reasons.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
RETENTION = load_retention(ROOT / "presets")
TIME = datetime(2026, 11, 25, 16, 20, 31, tzinfo=UTC)
PROMPT = "a battlefield full of gore"
GORE = Finding("lexicon", "violence", 0.9, "gore", spans=(Span(22, 26),))
LANGUAGES = sorted(POLICY.catalogue.locales)


def decided(*findings: Finding, stage: Stage = Stage.PROMPT, mode: str = "general") -> Decision:
    models = {"meaning": (Model("prompt_classifier", "ab" * 32),)}
    return decide(Assessment(stage, ("lexicon", "meaning"), findings, models=models), POLICY, mode)


def stated(
    decision: Decision,
    language: str = "en",
    keeps: bool = False,
    reviewed: bool = True,
    retention: RetentionRules = RETENTION,
) -> Statement:
    request = GenerationRequest(PROMPT, decision.mode, language=language)
    refused = Refused("5f0e15eb6767", decision, request, TIME)
    return build_statement(refused, POLICY, StatementTerms(retention, reviewed, keeps))


def keeping(**days: float) -> RetentionRules:
    """The shipped retention with other numbers."""
    table = RETENTION.model_dump()
    for part in table.values():
        part.update({name: value for name, value in days.items() if name in part})
    return RetentionRules.model_validate(table)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_statement_holds_every_field_that_the_policy_asks_for() -> None:
    told = as_json(stated(decided(GORE)))
    assert (told["case"], told["time"], told["stage"]) == ("5f0e15eb6767", "2026-11-25T16:20:31+00:00", "prompt")
    assert told["facts"] == "The prompt seems to ask for killing, torture or wounds in detail."
    assert told["mode"] == {"name": "general", "title": "General", "set_by": "person"}
    assert told["policy"] == {"version": POLICY.version, "digest": POLICY.digest}
    assert told["passing"] == ["art", "medical"] and told["automatic"] is True
    assert told["appeal"]["until"] == (TIME + timedelta(days=RETENTION.appeal.ask_days)).date().isoformat()
    ground = told["grounds"][0]
    assert (ground["code"], ground["quotes"], ground["spans"]) == ("P301", ["gore"], [[22, 26]])
    assert ground["signals"] == [
        {"check": "lexicon", "models": [], "score": 0.9, "threshold": 0.7, "margin": 0.2, "verdict": "BLOCK"}
    ]
    assert any("not stored" in line for line in told["stored"])


def test_a_signal_names_the_model_and_its_hash() -> None:
    one = stated(decided(replace(GORE, check="meaning")))
    assert as_json(one)["grounds"][0]["signals"][0]["models"] == [{"name": "prompt_classifier", "sha256": "ab" * 32}]
    assert "prompt_classifier, SHA-256 abababababab" in as_text(one)


def test_the_text_of_the_json_is_the_text() -> None:
    one = stated(decided(GORE), "de")
    assert as_json(one)["text"] == as_text(one) and as_json(one)["language"] == "de"


findings = st.builds(
    Finding,
    check=st.sampled_from(["lexicon", "meaning", "unheard of"]),
    category=st.sampled_from(sorted(POLICY.category)),
    score=st.floats(0, 1),
    evidence=st.sampled_from(["gore", "naked"]),
    subcategory=st.sampled_from(["", "method", "instructions", "photoreal", "propaganda", "news", "median"]),
    spans=st.just((Span(22, 26),)),
    regions=st.just((Region(0.1, 0.2, 0.5, 0.6),)),
    stage=st.sampled_from([None, Stage.TEXT]),
)
refusals = st.builds(
    decided,
    findings,
    findings,
    stage=st.sampled_from([Stage.PROMPT, Stage.PICTURE]),
    mode=st.sampled_from(sorted(POLICY.mode)),
).filter(lambda decision: decision.verdict >= Verdict.WARN)


@given(refusals, st.sampled_from([*LANGUAGES, "de-AT", "en-US"]), st.booleans())
def test_every_statement_is_valid_by_the_published_schema(decision: Decision, language: str, keeps: bool) -> None:
    VALIDATOR.validate(as_json(stated(decision, language, keeps)))


@given(refusals, st.sampled_from(LANGUAGES))
def test_a_hard_line_gives_category_clause_and_help_and_nothing_more(decision: Decision, language: str) -> None:
    one = stated(decision, language, keeps=True)
    if decision.verdict is not Verdict.HARD_BLOCK:
        return
    for ground in one.grounds:
        assert (ground.quotes, ground.spans, ground.regions, ground.signals) == ((), (), (), ())
        assert POLICY.category[ground.category].hard and ground.clause
    assert (one.modes_that_allow, one.suggestions, one.until) == ((), (), None)
    assert "gore" not in as_text(one).replace(PROMPT, "") and not re.search(r"\b[01]\.\d\d\b", as_text(one))
    assert {found.category for found in one.help} >= {ground.category for ground in one.grounds}


@pytest.mark.parametrize("language", [*LANGUAGES, "de-AT", "en-US", "en-IN"])
@pytest.mark.parametrize("category", ["self_harm", "child_safety"])
def test_help_is_the_first_thing_said(category: str, language: str) -> None:
    one = stated(decided(replace(GORE, category=category)), language)
    words = POLICY.messages(language)
    assert as_text(one).startswith(words.locale.category[category].help)
    first = POLICY.catalogue.help.of(category, words.country) or POLICY.catalogue.help.of(category, "world")
    assert as_text(one).splitlines()[1].strip().startswith(first[0].name)


def test_nobody_who_may_need_help_is_sent_to_a_mode_that_allows_it() -> None:
    decision = decided(replace(GORE, category="self_harm"))
    assert decision.modes_that_allow and "would pass" not in as_text(stated(decision))


def test_a_warning_says_that_it_waits_and_a_check_that_could_not_look_says_why() -> None:
    waits = stated(decided(replace(GORE, score=0.5)))
    assert waits.verdict is Verdict.WARN and waits.until is None and "confirm" in waits.possible
    broken = decide(Assessment(Stage.PICTURE, (), (), (CheckFailure("nudity", "no weights"),)), POLICY, "general")
    says = {
        "en": "could not look: {}",
        "de": "konnte nicht hinsehen: {}",
        "es": "no pudo examinarlo: {}",
        "fr": "n\u2019a pas pu être fait\u00a0: {}",
    }
    for language, said in says.items():
        assert said.format("no weights") in as_text(stated(broken, language))
        assert as_json(stated(broken, language))["grounds"][0]["code"] == "I000"


def test_what_was_stored_is_what_the_settings_say() -> None:
    assert "was stored, apart" in as_text(stated(decided(GORE), keeps=True))
    assert "was not stored" in as_text(stated(decided(GORE)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_days_are_those_of_the_retention(language: str) -> None:
    rules = keeping(words=41, appeal=42, clients=43, ask_days=44)
    told = as_json(stated(decided(GORE), language, keeps=True, retention=rules))
    assert told["appeal"]["until"] == (TIME + timedelta(days=44)).date().isoformat()
    assert all(any(f"{days} " in line for line in told["stored"]) for days in (41, 42, 43))
    ever = as_json(stated(decided(GORE), language, keeps=True, retention=keeping(words=0, appeal=0, clients=0)))
    assert sum(POLICY.messages(language).locale.statement.lasting_ever in line for line in ever["stored"]) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_withheld_picture_waits_and_is_stored_only_with_an_appeal(language: str) -> None:
    one = as_json(
        stated(decided(GORE, stage=Stage.PICTURE), language, retention=keeping(withheld_minutes=25, picture=9))
    )
    assert "16:45 UTC" in one["appeal"]["how"] and one["appeal"]["until"] == "2026-11-25"
    assert "25 " in one["stored"][-1] and "9 " in one["stored"][-1]
    hard = decided(replace(GORE, category="child_safety"), stage=Stage.PICTURE)
    for none in (
        stated(hard, language),
        stated(decided(GORE, stage=Stage.PICTURE), language, retention=keeping(withheld_minutes=0)),
    ):
        assert none.stored[-1] == POLICY.messages(language).locale.statement.stored_picture_no


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_way_to_a_review_is_named_and_whether_a_reviewer_is_set_up(language: str) -> None:
    from ui.texts import page_texts

    label = page_texts(language)["appeal.title"]

    with_one, without = stated(decided(GORE), language), stated(decided(GORE), language, reviewed=False)
    said = POLICY.messages(language).locale.statement
    for one in (with_one, without):
        assert label in one.appeal and "/appeal" in one.appeal
    assert said.appeal_reviewed in with_one.appeal and said.appeal_operator in without.appeal
    for other in (decided(replace(GORE, score=0.5)), decided(replace(GORE, category="child_safety"))):
        assert label not in stated(other, language).appeal


def test_codes_differ_between_prompt_picture_and_text_in_it() -> None:
    def code(stage: Stage, read: Stage | None = None) -> str:
        return stated(decided(replace(GORE, stage=read), stage=stage)).grounds[0].code

    assert [code(Stage.PROMPT), code(Stage.PICTURE), code(Stage.PICTURE, Stage.TEXT)] == ["P301", "I301", "T301"]


# ---- plain language -------------------------------------------------------------------------------


def syllables(word: str) -> int:
    """Groups of vowels, a silent e at the end not counted: a rough count that serves on average."""
    groups = re.findall(r"[aeiouyäöü]+", word.lower())
    silent = word.lower().endswith("e") and not word.lower().endswith(("le", "ee")) and len(groups) > 1
    return max(1, len(groups) - silent)


def grade(text: str) -> float:
    """Flesch-Kincaid grade level (Kincaid et al., 1975): years of school that a reader needs, for English."""
    sentences = [part for part in re.split(r"[.!?:]+(?:\s|$)", text) if re.search(r"\w", part)]
    words = re.findall(r"[A-Za-z']+", text)
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def sentences_of(table: dict[str, Any]) -> str:
    """All that is a sentence (it ends like one) in a locale's table, one after the other."""
    found = []
    for value in table.values():
        if isinstance(value, dict):
            found.append(sentences_of(value))
        elif value.endswith((".", "!", "?")):
            found.append(re.sub(r"\{\w+\}", "it", value))
    return " ".join(filter(None, found))


def test_the_formula_tells_plain_words_from_officialese() -> None:
    assert grade("The cat sat on the mat. It was warm.") < 2
    assert grade("Notwithstanding the aforementioned determination, remedial applications are inadmissible.") > 15


def test_the_english_texts_are_read_after_eight_years_of_school() -> None:
    locale = POLICY.catalogue.locales["en"].model_dump(mode="json")
    assert grade(sentences_of(locale)) <= 8.0
    for name in ("verdict", "statement", "context"):
        assert grade(sentences_of(locale[name])) <= 8.5, name


@pytest.mark.parametrize("category", sorted(POLICY.category))
def test_a_whole_statement_is_read_after_about_eight_years_of_school(category: str) -> None:
    one = stated(decided(replace(GORE, category=category, score=1.0)))
    prose = " ".join([one.possible, one.facts, one.appeal, *one.stored])
    assert grade(prose) <= 9.0, f"{grade(prose):.1f}: {prose}"


def test_japanese_sentences_are_short() -> None:
    said = POLICY.catalogue.locales["ja"].model_dump(mode="json")["statement"].values()
    sentences = [part for text in said for part in text.split("。") if part]
    assert max(map(len, sentences)) <= 80


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_sentences_of_other_languages_are_short(language: str) -> None:
    text = sentences_of(POLICY.catalogue.locales[language].model_dump(mode="json"))
    lengths = [len(part.split()) for part in re.split(r"[.!?]+\s", text)]
    assert sum(lengths) / len(lengths) <= 12 and max(lengths) <= 25


def test_the_model_that_ships_is_named_with_the_hash_of_its_file() -> None:
    from safety.prompt import load_prompt_checks

    checks = load_prompt_checks(ROOT / "presets", ROOT / "assets" / "models").checks
    seen = run_checks(Stage.PROMPT, Prompt("a red apple"), [check for check in checks if check.name == "meaning"])
    if seen.failed:
        pytest.skip("the weights are not here")
    models = seen.models["meaning"]
    assert [model.name for model in models] == ["prompt_classifier", "prompt_languages"]
    assert all(re.fullmatch("[0-9a-f]{64}", model.sha256) for model in models)
