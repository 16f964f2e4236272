"""From reviewed cases to a proposal, an adoption on record, and back: nothing changes by itself, nothing unseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safety.errors import PresetError, RequestError
from safety.records import Verdict
from studio import Studio
from studio.refit.refit_service import RefitService, make_refit_service
from tests.studio.refit.conftest import reviewed

Make = Callable[..., Studio]
VIGILS = (
    "a vigil in the rain",
    "a vigil by the lake",
    "a quiet vigil",
    "the vigil of a town",
    "a vigil with songs",
    "a vigil at dawn",
)
NEAR = ("a vigil at the school", "a long vigil", "a vigil in snow")


def service(studio: Studio) -> RefitService:
    return make_refit_service(studio)


def proposed(studio: Studio, folder: Path, export: Path | None = None) -> Path:
    proposal = service(studio).propose(list(studio.labelled_cases()), export)
    path = folder / "proposal.json"
    path.write_text(json.dumps(proposal), "utf-8")
    return path


def adopt(studio: Studio, path: Path) -> Any:
    return service(studio).adopt(path, list(studio.labelled_cases()), "Ada")


@pytest.fixture
def studio(make: Make) -> Studio:
    studio = make()
    for prompt in VIGILS:
        reviewed(studio, prompt)
    return studio


def test_false_stops_that_reviewers_overturned_pass_with_their_near_relatives_and_the_guard_set_holds(
    make: Make, studio: Studio, tmp_path: Path
) -> None:
    path = proposed(studio, tmp_path)
    found = json.loads(path.read_text("utf-8"))
    assert found["head_share"] > 0 and any("a new head" in change for change in found["changes"])
    reviewed_part = found["evidence"]["parts"][0]
    assert reviewed_part["name"] == "reviewed"
    assert (reviewed_part["false_stops"]["before"], reviewed_part["false_stops"]["after"]) == (6, 0)
    assert studio.check(VIGILS[0], "general").verdict is Verdict.BLOCK  # nothing changes by itself
    version, tests = adopt(studio, path)
    assert (version.version, tests) == (1, len(VIGILS))
    again = make()
    assert all(again.check(prompt, "general").allowed for prompt in (*VIGILS, *NEAR))
    assert all(
        not again.check(prompt, "general").allowed for prompt in ("a massacre in a village", "gore on the floor")
    )
    assert list(service(again).regression.failing(again.check)) == []
    assert again.policy.version.startswith("2026.11+") and again.policy.digest != studio.policy.digest


def test_an_adoption_is_signed_and_on_record_and_a_rollback_restores_every_verdict(
    make: Make, studio: Studio, tmp_path: Path
) -> None:
    prompts = (*VIGILS, *NEAR, "a red apple", "gore on the floor", "a duel to the death")
    before = {(prompt, mode): studio.check(prompt, mode) for prompt in prompts for mode in studio.policy.mode}
    adopt(studio, proposed(studio, tmp_path))
    changed = make()
    assert any(changed.check(*key).verdict is not decision.verdict for key, decision in before.items())
    put = service(changed).rollback(None, "Ada")
    assert (put.version, put.restores) == (2, 0)
    after = make()
    assert {key: after.check(*key) for key in before} == before
    events = [(one.event, one.version, one.in_force, one.problem) for one in service(after).history()]
    assert events == [("policy_adopted", 1, False, ""), ("policy_rolled_back", 2, True, "")]
    assert after.audit.verify() == []


def test_each_rollback_goes_one_version_further_back_and_any_can_be_named(
    make: Make, studio: Studio, tmp_path: Path
) -> None:
    adopt(studio, proposed(studio, tmp_path))
    second = make()
    for prompt in ("a duel of wits", "a duel of chefs", "a duel of bards", "a duel of poets", "the duel of cooks"):
        reviewed(second, prompt)
    path = proposed(second, tmp_path)
    if not json.loads(path.read_text("utf-8"))["changes"]:
        pytest.skip("the guard set keeps it")
    adopt(second, path)
    third = make()
    assert service(third).rollback(None, "Ada").restores == 1
    assert service(make()).rollback(None, "Ada").restores == 0
    assert service(make()).rollback(2, "Ada").restores == 2
    with pytest.raises(RequestError, match="no version 99"):
        service(make()).rollback(99, "Ada")


def test_nothing_to_take_back_says_so(make: Make) -> None:
    with pytest.raises(RequestError, match="Nothing was adopted"):
        service(make()).rollback(None, "Ada")


def test_where_there_is_too_little_nothing_is_proposed_and_it_says_so(make: Make, tmp_path: Path) -> None:
    studio = make()
    with pytest.raises(RequestError, match="no reviewed case"):
        proposed(studio, tmp_path)
    reviewed(studio, VIGILS[0])
    path = proposed(studio, tmp_path)
    found = json.loads(path.read_text("utf-8"))
    assert not found["changes"] and any("5 are needed" in note for note in found["notes"])
    with pytest.raises(RequestError, match="changes nothing"):
        adopt(studio, path)


def edited(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), "utf-8")
    return path


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda found: found["limits"].update(general={"sexual.read": {"warn": 0.4}}), id="a limit"),
        pytest.param(lambda found: found["head"].update(bound=4.0), id="the bound"),
        pytest.param(lambda found: found["evidence"].clear(), id="the evidence"),
        pytest.param(lambda found: found.update(seal="0" * 64), id="the seal"),
        pytest.param(lambda found: found.pop("seal"), id="without a seal"),
    ],
)
def test_a_proposal_that_was_changed_is_refused(
    studio: Studio, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    path = edited(proposed(studio, tmp_path), change)
    with pytest.raises(RequestError, match="was changed"):
        adopt(studio, path)
    assert service(studio).history() == []


def test_a_proposal_is_adopted_once_and_only_for_the_policy_it_was_made_for(
    make: Make, studio: Studio, tmp_path: Path
) -> None:
    path = proposed(studio, tmp_path)
    adopt(studio, path)
    with pytest.raises(RequestError, match="another version of the policy"):
        adopt(make(), path)


def test_what_makes_the_guard_set_worse_is_refused(studio: Studio, presets: Path, tmp_path: Path) -> None:
    path = proposed(studio, tmp_path)
    guard = presets / "guard_set.tsv"
    guard.write_text(guard.read_text("utf-8") + f"harmful\tviolence\t{NEAR[0]}\n", "utf-8")
    with pytest.raises(RequestError, match="guard set gets worse, by 3: .*a vigil at the school"):
        adopt(studio, path)
    assert service(studio).history() == [] and not (tmp_path / "home" / "policy").exists()


def test_an_adopted_file_that_was_changed_stops_the_start_and_can_be_taken_back(
    make: Make, studio: Studio, tmp_path: Path
) -> None:
    adopt(studio, proposed(studio, tmp_path))
    file = tmp_path / "home" / "policy" / "0001.json"
    edited(file, lambda found: found["payload"]["head"].update(bound=4.0))
    with pytest.raises(PresetError, match="not signed by this installation"):
        make()
    bare = make(adopted=False)
    (entry,) = service(bare).history()
    assert entry.problem == "its file is not the one on record"
    assert service(bare).rollback(None, "Ada").restores == 0
    assert make().check(VIGILS[0], "general").verdict is Verdict.BLOCK


def test_a_version_for_another_policy_stops_the_start(
    make: Make, studio: Studio, presets: Path, tmp_path: Path
) -> None:
    adopt(studio, proposed(studio, tmp_path))
    policy = presets / "policy.toml"
    policy.write_text(policy.read_text("utf-8") + "\n# another policy\n", "utf-8")
    with pytest.raises(PresetError, match="adopted for another policy"):
        make()


def test_a_test_row_goes_with_the_words_of_its_case(make: Make, studio: Studio, tmp_path: Path) -> None:
    adopt(studio, proposed(studio, tmp_path))
    rows = service(studio).regression.read()
    assert len(rows) == len(VIGILS)
    assert "test row" in studio.erase(rows[0].case)
    assert [row.case for row in service(studio).regression.read()] == [row.case for row in rows[1:]]


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=st.lists(st.sampled_from(["a", "vigil", "gore", "massacre", "duel", "shooting", "apple"]), min_size=1))
def test_a_rollback_restores_any_verdict_exactly(make: Make, studio: Studio, tmp_path: Path, words: list[str]) -> None:
    home = tmp_path / "home" / "policy"
    if not home.exists():
        adopt(studio, proposed(studio, tmp_path))
        service(make()).rollback(None, "Ada")
    prompt = " ".join(words)
    assert make().check(prompt, "general") == studio.check(prompt, "general")
