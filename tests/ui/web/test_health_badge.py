"""The light says what is so, in every colour, and asks once a minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from safety.health import CheckHealth, Health, State
from safety.records import Stage
from ui.html.health_status import headline, light
from ui.web.health_badge import HealthBadge

PROMPT = CheckHealth("words", Stage.PROMPT, State.LOOKS, True)
PICTURE = CheckHealth("nudity", Stage.PICTURE, State.LOOKS, True)
ABSENT = CheckHealth("reading", Stage.PICTURE, State.ABSENT, False, "Words", "Not <installed>", "Words go unread")
FAILING = CheckHealth("gore", Stage.PICTURE, State.FAILS, True, "Gore", "weights are gone", "Nothing is shown")


@pytest.mark.parametrize(
    ("checks", "says", "colour"),
    [
        pytest.param((PROMPT, PICTURE), "2 checks look", "sl-on", id="all"),
        pytest.param((PROMPT, PICTURE, ABSENT), "2 checks look, 1 more are not installed", "sl-dim", id="one absent"),
        pytest.param((PROMPT, PICTURE, FAILING), "Nothing can be made: gore cannot look", "sl-off", id="one fails"),
        pytest.param((PROMPT,), "Nothing can be made: no check looks", "sl-off", id="no picture check"),
    ],
)
def test_the_light_has_a_sentence_and_a_colour(checks: tuple[CheckHealth, ...], says: str, colour: str) -> None:
    health = Health(checks)
    assert headline(health) == says
    assert f'<summary><span class="sl-dot {colour}"></span>{says}</summary>' in light(health)


def test_every_check_is_told_and_stays_text() -> None:
    shown = light(Health((PROMPT, PICTURE, ABSENT)))
    assert "Not &lt;installed&gt;" in shown and "Words go unread" in shown


def test_the_studio_is_asked_once_a_minute() -> None:
    @dataclass
    class Studio:
        calls: int = 0

        def health(self) -> Health:
            self.calls += 1
            return Health((PROMPT, PICTURE))

    studio: Any = Studio()
    badge = HealthBadge(studio)
    assert badge.health() is badge.health()
    assert studio.calls == 1
