"""A rehearsal: the whole flow, on a record that nothing is left of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from safety.errors import RequestError
from safety.generation import GenerationRequest, Refused
from safety.policy.model import Mode
from safety.review.appeals import AppealRequest
from studio import Studio
from studio.rehearsal import rehearsal
from tests.fakes import fake_studio

GORE = GenerationRequest("gore in a garden")


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return fake_studio(tmp_path)


def refused(studio: Studio, request: GenerationRequest = GORE) -> Refused:
    outcome = studio.create(request)
    assert isinstance(outcome, Refused)
    return outcome


def test_what_is_rehearsed_is_on_no_record_afterwards(studio: Studio) -> None:
    before = studio.audit_end()
    with rehearsal(studio) as stage:
        case = refused(stage).case
        assert [row["case"] for row in stage.list_cases(5)] == [case]
        folder = Path(str(stage.audit.location)).parent
        assert folder.exists() and stage.outputs.parent == folder
    assert not folder.exists()
    assert studio.audit_end() == before and not studio.list_cases(5)
    with pytest.raises(RequestError):
        studio.show_case(case)


def test_a_refusal_is_reviewed_as_in_the_studio_itself(studio: Studio) -> None:
    with rehearsal(studio) as stage:
        case = refused(stage).case
        stage.appeal(AppealRequest(case, GORE.prompt, remark="it is ketchup"))
        stage.review.decisions.decide(case, "overturned", "ketchup is not gore", "somebody")
        assert stage.appeal_status(case).outcome == "overturned"
        assert [row["event"] for row in stage.show_case(case)] == ["opened", "judged", "closed", "appealed", "reviewed"]
        assert not stage.verify_audit()


def test_the_statement_is_the_studios_but_for_case_and_time(studio: Studio) -> None:
    own = studio.statement(refused(studio))
    with rehearsal(studio) as stage:
        rehearsed = stage.statement(refused(stage))
    assert replace(rehearsed, case=own.case, time=own.time, appeal=own.appeal, until=own.until) == own


def test_another_policy_decides_in_a_rehearsal_and_nowhere_else(studio: Studio) -> None:
    mild = Mode.model_validate({"title": "Mild", "description": "", "limits": {"prompt": {"violence": {"warn": 0.8}}}})
    with rehearsal(studio, studio.policy.with_mode("mild", mild)) as stage:
        assert stage.check(GORE.prompt, "mild").verdict < stage.check(GORE.prompt, "general").verdict
    with pytest.raises(RequestError):
        studio.check(GORE.prompt, "mild")


def test_a_rehearsal_that_fails_leaves_nothing_either(studio: Studio) -> None:
    with pytest.raises(ZeroDivisionError), rehearsal(studio) as stage:
        refused(stage)
        folder = Path(str(stage.audit.location)).parent
        raise ZeroDivisionError
    assert not folder.exists() and not studio.list_cases(5)
