"""Whether the checks look: as one sentence, and as a light with the checks behind it. Imports no gradio."""

from __future__ import annotations

from markupsafe import Markup

from safety.health import CheckHealth, Health, State
from ui.html.markup import joined
from ui.results import for_visitors

LIGHTS = {State.LOOKS: "on", State.ABSENT: "dim", State.FAILS: "off"}
WAITING = Markup('<p class="sl-light"><span class="sl-dot"></span> Looking at the checks</p>')


def light(health: Health) -> Markup:
    """Returns a light with the headline; the checks behind it unfold."""
    rows = joined(_row(check) for check in health.checks)
    return Markup(
        '<details class="sl-light"><summary><span class="sl-dot sl-{}"></span>{}</summary><ul>{}</ul></details>'
    ).format(_colour(health), headline(health), rows)


def headline(health: Health) -> str:
    """Says in one sentence, without its full stop, whether pictures can be made."""
    running, absent = health.in_state(State.LOOKS), health.in_state(State.ABSENT)
    if failing := health.in_state(State.FAILS):
        names = ", ".join(check.name for check in failing)
        return f"Nothing can be made: {names} cannot look"
    if not health.sound:
        return "Nothing can be made: no check looks"
    return f"{len(running)} checks look" + (f", {len(absent)} more are not installed" if absent else "")


def _colour(health: Health) -> str:
    return "off" if not health.sound else "dim" if health.in_state(State.ABSENT) else "on"


def _row(check: CheckHealth) -> Markup:
    texts = joined(
        Markup("<p>{}</p>").format(text) for text in (check.about, for_visitors(check.why), check.means) if text
    )
    return Markup('<li><span class="sl-dot sl-{}"></span><b>{}</b> <small>{}, {}</small>{}</li>').format(
        LIGHTS[check.state], check.name, check.stage, check.state, texts
    )
