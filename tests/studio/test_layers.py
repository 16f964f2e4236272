"""What each layer saw and how long it took: scores beside every mode's limits, time carried in the outcome."""

from __future__ import annotations

from pathlib import Path

from safety.generation import Delivered, GenerationRequest, Refused
from studio.layers import scores_of
from tests.fakes import fake_studio


def test_a_delivery_carries_the_time_of_each_layer(tmp_path: Path) -> None:
    delivered = fake_studio(tmp_path).create(GenerationRequest("a red apple"))
    assert isinstance(delivered, Delivered)
    assert set(delivered.seconds) == {"prompt", "picture", "marks"} and min(delivered.seconds.values()) >= 0


def test_a_refusal_carries_what_was_reached(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    early, late = (studio.create(GenerationRequest(text)) for text in ("gore", "a spoilt apple"))
    assert isinstance(early, Refused) and set(early.seconds) == {"prompt"}
    assert isinstance(late, Refused) and set(late.seconds) == {"prompt", "picture"}


def test_scores_stand_beside_the_limits_of_every_mode(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    (row,) = scores_of(studio.check("a wound", "general"), studio.policy)
    assert (row.category, row.score) == ("shocking", 0.6)
    assert {each.mode for each in row.limits} == set(studio.policy.mode)
    limits = {each.mode: each.warn for each in row.limits}
    assert limits["general"] is not None and (limits["medical"] is None or limits["medical"] > limits["general"])


def test_a_hard_line_tells_no_numbers(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    assert scores_of(studio.check("forbidden", "general"), studio.policy) == ()
