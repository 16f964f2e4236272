"""The light of the page: whether every check looks. Asked once a minute at most, since asking loads models."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from markupsafe import Markup

from safety.health import CheckHealth, Health, State
from ui.html.decision import joined

if TYPE_CHECKING:
    from studio import Studio

KEPT = 60.0  # seconds
LIGHTS = {State.LOOKS: "on", State.ABSENT: "dim", State.FAILS: "off"}


class HealthBadge:
    """Asks one studio, for all sessions and threads."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._lock = threading.Lock()
        self._asked: tuple[float, Health] | None = None

    def health(self) -> Health:
        """As it was within the last minute."""
        with self._lock:
            if self._asked is None or time.monotonic() - self._asked[0] > KEPT:
                self._asked = time.monotonic(), self._studio.health()
            return self._asked[1]

    def show(self) -> Markup:
        """The light as it is now."""
        return light(self.health())


WAITING = Markup('<p class="sl-light"><span class="sl-dot"></span> Looking at the checks</p>')


def light(health: Health) -> Markup:
    """A lamp with one line; the checks behind it unfold."""
    rows = joined(_row(check) for check in health.checks)
    return Markup(
        '<details class="sl-light"><summary><span class="sl-dot sl-{}"></span>{}</summary><ul>{}</ul></details>'
    ).format(_colour(health), headline(health), rows)


def headline(health: Health) -> str:
    """What the light means, in one sentence."""
    looking, absent = health.in_state(State.LOOKS), health.in_state(State.ABSENT)
    if failing := health.in_state(State.FAILS):
        names = ", ".join(check.name for check in failing)
        return f"Nothing can be made: {names} cannot look"
    if not health.sound:
        return "Nothing can be made: no check looks"
    return f"{len(looking)} checks look" + (f", {len(absent)} more are not installed" if absent else "")


def _colour(health: Health) -> str:
    return "off" if not health.sound else "dim" if health.in_state(State.ABSENT) else "on"


def _row(check: CheckHealth) -> Markup:
    told = joined(Markup("<p>{}</p>").format(text) for text in (check.about, check.why, check.means) if text)
    return Markup('<li><span class="sl-dot sl-{}"></span><b>{}</b> <small>{}, {}</small>{}</li>').format(
        LIGHTS[check.state], check.name, check.stage, check.state, told
    )
