"""What the page says of steering and of pictures that failed: what was done, what could not be, and nothing else."""

from __future__ import annotations

import pytest

from safety.generation import Generation, GenerationRequest, Steering, SteeringResult
from ui.html.progress import remarks

AWAY = Steering(("self_harm",), "suicide", "medium")


def told(steered: SteeringResult | None, failed: tuple[int, ...] = ()) -> str:
    return str(remarks(Generation(GenerationRequest("x"), (), "m", 1.0, steered=steered, failed=failed)))


@pytest.mark.parametrize(
    ("steered", "says"),
    [
        pytest.param(
            SteeringResult(AWAY, "sld", "By <b>SLD</b>."), "Steered away from self harm. By &lt;b&gt;SLD", id="done"
        ),
        pytest.param(
            SteeringResult(AWAY, "", "No guidance.", lacking=True), "Not steered. No guidance.", id="could not be"
        ),
        pytest.param(SteeringResult(AWAY, "", "Not called for."), "", id="not called for"),
        pytest.param(None, "", id="nothing unwanted"),
    ],
)
def test_what_was_done_or_could_not_be_is_said(steered: SteeringResult | None, says: str) -> None:
    assert says in told(steered) and bool(says) == bool(told(steered))


def test_a_picture_that_failed_is_named_by_its_seed() -> None:
    assert "No picture for the seed 8, 9" in told(None, (8, 9))
