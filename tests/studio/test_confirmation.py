"""A warning is confirmed by its id: once, soon, and for the words and the mode that it was about."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from safety.generation import Delivered, GenerationRequest, Outcome, Refused
from studio import Studio
from tests.fakes import fake_studio

WOUND = GenerationRequest("a wound", width=256, height=256, steps=1, acknowledged=True)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = fake_studio(tmp_path)
    yield studio
    assert studio.audit.verify() == []
    studio.audit.close()


def warned(studio: Studio, request: GenerationRequest = WOUND) -> str:
    outcome = studio.create(request)
    assert isinstance(outcome, Refused)
    return outcome.case


def confirmed(studio: Studio, warning: str, **changes: object) -> Outcome:
    return studio.create(replace(WOUND, warning=warning, **changes))  # type: ignore[arg-type]


def test_a_tick_from_the_start_passes_nothing(studio: Studio) -> None:
    assert isinstance(studio.create(WOUND), Refused)


def test_the_id_of_the_warning_passes_once(studio: Studio) -> None:
    warning = warned(studio)
    first = confirmed(studio, warning, seed=7)
    assert isinstance(first, Delivered)
    assert isinstance(confirmed(studio, warning), Refused)
    rows = {row["event"]: row["facts"] for row in studio.audit.show(first.case)}
    assert rows["acknowledged"] == {"stage": "prompt", "of": warning}
    assert studio.audit.show(warning)[-1]["facts"] == {"by": first.case}


def test_an_id_without_the_tick_passes_nothing(studio: Studio) -> None:
    assert isinstance(confirmed(studio, warned(studio), acknowledged=False), Refused)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"prompt": "a wound!"}, id="other words"),
        pytest.param({"negative_prompt": "blur"}, id="another negative prompt"),
        pytest.param({"mode": "art", "prompt": "gore"}, id="another mode"),
        pytest.param({"balanced": True}, id="a balanced set"),
    ],
)
def test_a_warning_is_about_its_own_words_in_its_own_mode(studio: Studio, changes: dict[str, object]) -> None:
    assert isinstance(confirmed(studio, warned(studio), **changes), Refused)


@pytest.mark.parametrize("id_", ["", "0" * 12, "x", "' OR 1=1 --"])
def test_an_id_that_is_no_warning_passes_nothing(studio: Studio, id_: str) -> None:
    assert isinstance(confirmed(studio, id_), Refused)


def test_no_other_case_is_a_warning(studio: Studio) -> None:
    made = studio.create(replace(WOUND, prompt="an apple"))
    refused = studio.create(replace(WOUND, prompt="gore"))
    for outcome in (made, refused):
        assert isinstance(confirmed(studio, outcome.case, prompt="gore"), Refused)


def test_a_refusal_and_a_hard_line_have_no_confirmation(studio: Studio) -> None:
    for prompt in ("gore", "forbidden"):
        case = warned(studio, replace(WOUND, prompt=prompt))
        assert isinstance(confirmed(studio, case, prompt=prompt), Refused)
        assert studio.warn(replace(WOUND, prompt=prompt)) == ""


def test_a_warning_is_forgotten_after_its_time(studio: Studio) -> None:
    limiter = studio.review.rate_limiter
    warning = warned(studio)
    later = timedelta(minutes=limiter.limits.warnings.minutes, seconds=1)
    rules = replace(studio.review, rate_limiter=replace(limiter, now=lambda: datetime.now(UTC) + later))
    assert isinstance(confirmed(replace(studio, review=rules), warning), Refused)
    assert isinstance(confirmed(studio, warning), Delivered)


def test_of_many_at_once_one_passes(studio: Studio) -> None:
    warning = warned(studio)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: confirmed(studio, warning), range(8)))
    assert sum(isinstance(outcome, Delivered) for outcome in outcomes) == 1


def test_what_the_page_shows_is_put_on_record_and_confirmed_like_any_warning(studio: Studio) -> None:
    warning = studio.warn(WOUND)
    assert isinstance(confirmed(studio, warning), Delivered)
    assert studio.warn(replace(WOUND, prompt="an apple")) == ""
