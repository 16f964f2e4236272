"""An operator's categories from end to end: measured first, on record always, gone without a trace in any verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety.errors import RequestError, StudioError
from safety.generation import GenerationRequest
from safety.records import Decision, Verdict
from studio import Studio
from studio.categories import Categories, CategoryRequest, categories_of, problem_of
from studio.factory import make_studio
from studio.settings import Settings
from tests.example_prompts import GAMBLING, MORE_GAMBLING, ORDINARY

pytestmark = pytest.mark.slow  # many studios, one after the other
ASKED = CategoryRequest("gambling", "No adverts for betting", GAMBLING, level="block")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def studio(home: Path) -> Iterator[Studio]:
    made = make_studio(Settings(home))
    yield made
    made.audit.close()


@pytest.fixture
def categories(studio: Studio) -> Categories:
    return categories_of(studio)


def restarted(home: Path) -> Studio:
    return make_studio(Settings(home))


def changes(studio: Studio) -> list[dict[str, Any]]:
    """Returns the facts of what was changed, oldest first."""
    cases = [row["case"] for row in studio.audit.list(50) if row["kind"] == "change"]
    return [studio.audit.show(case)[0]["facts"] for case in reversed(cases)]


def test_a_category_stops_once_it_is_switched_on_and_no_longer_than_it_is_there(
    categories: Categories, studio: Studio, home: Path
) -> None:
    before = studio.check(MORE_GAMBLING[0], "general")
    category = categories.add(categories.draft(ASKED))
    assert not category.enabled and problem_of(category) == ""
    assert restarted(home).check(MORE_GAMBLING[0], "general") == before
    categories.enable("gambling")
    on = restarted(home)
    decision = on.check(MORE_GAMBLING[0], "art")
    assert (decision.verdict, decision.reasons[0].category) == (Verdict.BLOCK, "gambling")
    assert on.check(ORDINARY[0], "general").verdict is studio.check(ORDINARY[0], "general").verdict
    assert decision.policy_digest != before.policy_digest
    categories.disable("gambling")
    assert restarted(home).check(MORE_GAMBLING[0], "general") == before
    categories.remove("gambling")
    assert categories.known() == () and restarted(home).check(MORE_GAMBLING[0], "general") == before
    facts = changes(studio)
    assert [one["change"] for one in facts] == ["added", "enabled", "disabled", "removed"]
    assert {one["digest"] for one in facts} == {category.digest}
    assert studio.verify_audit() == []
    assert not any(example in str(facts) for example in GAMBLING)


def test_the_statement_of_reasons_names_it(categories: Categories, home: Path) -> None:
    categories.add(categories.draft(ASKED))
    categories.enable("gambling")
    on = restarted(home)
    refused = on.create(GenerationRequest(MORE_GAMBLING[0], "general", "pocket"))
    statement = on.statement(refused)  # type: ignore[arg-type]
    on.audit.close()
    assert "No adverts for betting." in statement.facts
    assert any(example in statement.facts for example in GAMBLING)
    assert statement.grounds[0].code == "P801"


def test_a_draft_keeps_nothing(categories: Categories, home: Path) -> None:
    categories.draft(ASKED)
    assert not home.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"examples": ()}, "There are 0 different examples", id="no examples"),
        pytest.param({"examples": GAMBLING[:4]}, "Give 5 to 50", id="four examples"),
        pytest.param({"examples": GAMBLING[:4] * 3}, "There are 4 different examples", id="doubles"),
        pytest.param({"against": (GAMBLING[0].upper(),)}, "meant and not meant", id="meant and not meant"),
        pytest.param({"name": "violence"}, "The policy has a category", id="the name of a hazard"),
        pytest.param({"name": "child_safety"}, "The policy has a category", id="the name of a hard line"),
        pytest.param({"name": "Gambling adverts"}, "name", id="a name with a space"),
        pytest.param({"name": "../escape"}, "name", id="a name that leads elsewhere"),
        pytest.param({"level": "hard"}, "level", id="a level that there is not"),
        pytest.param({"share": 0.5}, "share", id="half of all prompts"),
        pytest.param({"sentence": ""}, "sentence", id="no sentence"),
        pytest.param({"sentence": "No {evidence} at all."}, "sentence", id="braces"),
        pytest.param({"examples": (*GAMBLING[:5], "一枚の赤いリンゴの写真")}, "not in English", id="another language"),
        pytest.param({"examples": (*GAMBLING[:5], "a" * 10_001)}, "characters", id="too long"),
    ],
)
def test_what_cannot_be_a_category_is_refused_with_a_sentence(
    categories: Categories, home: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(RequestError) as caught:
        categories.draft(replace(ASKED, **change))
    assert words in caught.value.sentence
    assert not home.exists()


def test_an_example_that_crosses_a_hard_line_is_not_kept(categories: Categories, monkeypatch: Any) -> None:
    real = type(categories.guard).judge_many

    def judge(guard: Any, prompts: Any) -> list[Decision]:
        return [replace(one, verdict=Verdict.HARD_BLOCK) for one in real(guard, prompts)]

    monkeypatch.setattr(type(categories.guard), "judge_many", judge)
    with pytest.raises(RequestError, match="crosses a hard line"):
        categories.draft(ASKED)


def test_examples_like_ordinary_prompts_are_not_switched_on_but_by_force_which_is_recorded(
    categories: Categories, studio: Studio
) -> None:
    category = categories.add(categories.draft(replace(ASKED, name="anything", examples=ORDINARY)))
    assert "cannot tell its examples from ordinary prompts" in problem_of(category)
    with pytest.raises(RequestError, match="ordinary prompts"):
        categories.enable("anything")
    assert not categories.get("anything").enabled
    assert categories.enable("anything", force=True).forced
    assert [one["forced"] for one in changes(studio)] == [False, True]


def test_a_category_that_would_stop_too_many_is_not_switched_on(categories: Categories) -> None:
    category = categories.add(categories.draft(replace(ASKED, share=0.1)))
    assert category.figures.share > 0.02
    with pytest.raises(RequestError, match="more than 2%"):
        categories.enable("gambling")


def test_own_ordinary_prompts_are_counted_too(categories: Categories) -> None:
    figures = categories.draft(replace(ASKED, ordinary=ORDINARY)).figures
    assert (figures.own, figures.own_stopped) == (len(ORDINARY), 0)


def test_cases_whose_words_are_kept_are_judged_again(home: Path) -> None:
    studio = make_studio(Settings(home, keep_prompts=True))
    for prompt in (MORE_GAMBLING[0], ORDINARY[2]):
        with studio.audit.case(GenerationRequest(prompt, "general", "pocket", seed=1)) as case:
            decision = studio.check(prompt, "general")
            case.record_decision(decision)
            case.close("delivered")
    categories = categories_of(studio)
    category = categories.draft(ASKED)
    replay = categories.replay(category)
    assert (replay.cases, replay.stricter) == (2, 1)
    assert replay.changed[0][0] == MORE_GAMBLING[0]
    assert categories.replay(categories.add(category)) == replay
    studio.audit.close()


def test_a_category_that_holds_is_replayed_against_a_policy_without_it(home: Path) -> None:
    studio = make_studio(Settings(home, keep_prompts=True))
    with studio.audit.case(GenerationRequest(MORE_GAMBLING[0], "general", "pocket", seed=1)) as case:
        case.record_decision(studio.check(MORE_GAMBLING[0], "general"))
        case.close("delivered")
    categories = categories_of(studio)
    categories.add(categories.draft(ASKED))
    categories.enable("gambling")
    studio.audit.close()
    on = make_studio(Settings(home, keep_prompts=True))
    replay = categories_of(on).replay(categories_of(on).get("gambling"))
    assert (replay.cases, replay.stricter) == (1, 1)
    assert replay.changed[0][1:] == (Verdict.ALLOW, Verdict.BLOCK)
    on.audit.close()


def test_numbers_of_removed_categories_are_free_again(categories: Categories) -> None:
    for name in ("one", "two", "three"):
        categories.add(categories.draft(replace(ASKED, name=name + "_x")))
    categories.remove("two_x")
    assert categories.draft(replace(ASKED, name="four_x")).number == 2
    with pytest.raises(RequestError, match="already"):
        categories.draft(replace(ASKED, name="one_x"))


def test_refitting_keeps_what_was_chosen_and_counts_as_a_version(categories: Categories) -> None:
    categories.add(categories.draft(ASKED))
    old = categories.enable("gambling")
    new = categories.refit("gambling")
    assert (new.version, new.enabled, new.head) == (2, True, old.head)
    assert new.digest != old.digest


def test_a_folder_that_cannot_be_written_is_said_and_recorded_as_failed(categories: Categories, studio: Studio) -> None:
    category = categories.draft(ASKED)
    categories.folder.parent.mkdir(parents=True)
    categories.folder.write_text("no folder", "utf-8")
    with pytest.raises(StudioError):
        replace(categories, folder=categories.folder / "x")._write(category)


def test_an_unknown_name_is_said(categories: Categories) -> None:
    for ask in (categories.get, categories.enable, categories.disable, categories.remove, categories.refit):
        with pytest.raises(RequestError, match="There is no category 'nothing'"):
            ask("nothing")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Studio, Studio, Studio]:
    """Returns studios before a category was added, with it, and after it was removed."""
    home = tmp_path_factory.mktemp("both")
    before = make_studio(Settings(home))
    categories = categories_of(before)
    categories.add(categories.draft(ASKED))
    categories.enable("gambling")
    holding = make_studio(Settings(home))
    assert holding.check("a red apple", "general").allowed
    categories.remove("gambling")
    before.audit.close()
    return before, holding, make_studio(Settings(home))


WORDS = st.lists(
    st.sampled_from(" ".join((*GAMBLING, *ORDINARY, "blood corpse nude")).split()), min_size=1, max_size=14
)


@settings(max_examples=40, deadline=None)
@given(words=WORDS, mode=st.sampled_from(["general", "art", "medical"]))
def test_removing_brings_back_exactly_the_former_verdicts_and_adding_loosens_none(
    both: tuple[Studio, Studio, Studio], words: list[str], mode: str
) -> None:
    text = " ".join(words)
    before, holding, after = (studio.check(text, mode) for studio in both)
    assert after == before
    assert holding.verdict >= before.verdict
    kept = {name: score for name, score in holding.scores.items() if name != "gambling"}
    assert holding.verdict is Verdict.HARD_BLOCK or kept == dict(before.scores)
