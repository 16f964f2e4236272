"""Languages and help as data: complete, the same names everywhere, and English where something is missing."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from safety.errors import RequestError
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.records import Assessment, CheckFailure, Decision, Finding, Stage, Verdict

PRESETS = Path(__file__).parents[3] / "presets"
POLICY = load_policy(PRESETS)
OTHERS = sorted(set(POLICY.catalogue.locales) - {"en"})


def keys(table: dict[str, Any], inside: str = "") -> Iterator[str]:
    for key, value in table.items():
        yield from keys(value, f"{inside}{key}.") if isinstance(value, dict) else [f"{inside}{key}"]


def raw(language: str) -> dict[str, Any]:
    return tomllib.loads((PRESETS / "locales" / f"{language}.toml").read_text("utf-8"))


def test_a_second_language_ships() -> None:
    assert OTHERS


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_that_ships_lacks_no_key(language: str) -> None:
    modes = {f"mode.{name}.{part}" for name in POLICY.mode for part in ("title", "description")}
    assert set(keys(raw(language))) == set(keys(raw("en"))) | modes


@pytest.mark.parametrize("language", sorted(POLICY.catalogue.locales))
def test_every_category_and_aspect_of_the_policy_has_its_words(language: str) -> None:
    locale = POLICY.catalogue.locales[language]
    assert set(locale.category) == set(POLICY.category)
    for stage in (Stage.PROMPT, Stage.PICTURE):
        assert set(locale.verdict[stage]) == {verdict.name for verdict in Verdict}
    for words in locale.category.values():
        texts = [words.at(stage, "") for stage in Stage]
        assert all(text.endswith((".", "。")) for text in texts)


def test_what_a_language_lacks_is_said_in_english(tmp_path: Path) -> None:
    shutil.copytree(PRESETS, tmp_path / "presets")
    path = tmp_path / "presets" / "locales" / "xx.toml"
    path.write_text('language = "Xx"\n[category.hate]\ntitle = "Haine"\n', "utf-8")
    words = load_policy(tmp_path / "presets").messages("xx")
    hate = words.locale.category["hate"]
    assert (hate.title, hate.prompt) == (
        "Haine",
        "The prompt seems to attack or mock people for the group that they belong to.",
    )


def decided(mode: str, *findings: Finding, failed: tuple[CheckFailure, ...] = ()) -> Decision:
    return decide(Assessment(Stage.PROMPT, ("x",), findings, failed), POLICY, mode)


@pytest.mark.parametrize("language", OTHERS)
def test_a_decision_in_another_language_differs_in_its_words_alone(language: str) -> None:
    arousal, naked = Finding("x", "sexual", 0.5, "sexy"), Finding("x", "nudity", 0.75, "naked")
    one = decided(
        "medical", arousal, naked, failed=(CheckFailure("nudity", "no weights"), CheckFailure("", "Too long."))
    )
    for other, english in zip(POLICY.messages(language).render(one), POLICY.messages("en").render(one), strict=True):
        assert other.reason == english.reason
        assert other.title != english.title and other.clause.split(":")[0] == english.clause.split(":")[0]


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        pytest.param("de-AT,de;q=0.9,en;q=0.8", "de-AT", id="German in Austria"),
        pytest.param("en-GB,en;q=0.9", "en-GB", id="English in Britain"),
        pytest.param("es-MX,es;q=0.9,en;q=0.8", "es-MX", id="Spanish in Mexico"),
        pytest.param("fr-FR,fr;q=0.9,de;q=0.5", "fr-FR", id="French in France"),
        pytest.param("ja,en-US;q=0.9,en;q=0.8", "ja-JP", id="Japanese, with the English that browsers add"),
        pytest.param("de,en-US;q=0.7,en;q=0.3", "de", id="German, with the English that browsers add"),
        pytest.param("en-US,en;q=0.9", "en-US", id="English in the United States"),
        pytest.param("de, en-US,en;q=0.9", "de-US", id="German chosen in the United States"),
        pytest.param("xx-AT,xx;q=0.9,de;q=0.5", "de-AT", id="the next best language, the own country"),
        pytest.param("xx", "en", id="no language that is here"),
        pytest.param("", "en", id="nothing said"),
        pytest.param("*;q=0.5, ,;;,", "en", id="nonsense"),
        pytest.param("zh-Hant-TW", "en-TW", id="script and country"),
    ],
)
def test_the_language_follows_the_browser(header: str, tag: str) -> None:
    assert POLICY.catalogue.nearest(header) == tag
    POLICY.messages(tag)


@pytest.mark.parametrize("tag", ["de", "de-AT", "de_DE", "DE-at", "es-MX", "fr-CA", "en-ZZ", ""])
def test_a_tag_names_a_language_and_perhaps_a_country(tag: str) -> None:
    assert POLICY.messages(tag).tag in POLICY.catalogue.locales


@pytest.mark.parametrize("tag", ["xx", "../en", "e", "<b>", "English"])
def test_an_unknown_language_is_an_error_that_lists_the_known_ones(tag: str) -> None:
    with pytest.raises(RequestError) as caught:
        POLICY.messages(tag)
    assert "en, de" in caught.value.sentence


@pytest.mark.parametrize("category", ["self_harm", "child_safety"])
def test_there_is_help_in_many_countries_and_for_everybody_else(category: str) -> None:
    help_ = POLICY.catalogue.help
    assert len(help_.places(category)) >= 10 and help_.of(category, "world")
    for place in help_.places(category):
        assert re.fullmatch("[A-Z]{2}", place)
        assert all(each.phone or each.url for each in help_.of(category, place))
    unknown = help_.near(category, "ZZ")
    assert unknown == help_.of(category, "world")


def test_no_service_is_named_twice_to_one_reader() -> None:
    help_ = POLICY.catalogue.help
    for category in help_.categories:
        for place in ("", *help_.places(category)):
            names = [(each.name, each.whom) for each in help_.near(category, place)]
            assert len(names) == len(set(names))


@pytest.mark.parametrize("language", sorted(POLICY.catalogue.locales))
def test_a_near_copy_of_a_removed_picture_is_told_by_what_happened_and_not_as_an_attack(language: str) -> None:
    copy = Finding("x", "harassment", 1.0, "12 of 256 bits differ", "removed")
    picture = decide(Assessment(Stage.PICTURE, ("x",), (copy,), ()), POLICY, "general")
    (reason,) = POLICY.messages(language).render(picture)
    attack = POLICY.catalogue.locales[language].category["harassment"]

    assert reason.title != attack.title and attack.clause not in reason.clause
    assert reason.title == attack.subcategories["removed"].title and reason.clause.startswith("4.2: ")
