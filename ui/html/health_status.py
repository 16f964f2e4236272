"""Whether the checks look: as one sentence, and as a light with the checks behind it. Imports no gradio."""

from __future__ import annotations

from markupsafe import Markup

from safety.health import CheckHealth, Health, State
from ui.html.markup import joined
from ui.results import for_visitors
from ui.texts import ENGLISH, Texts, page_texts

LIGHTS = {State.LOOKS: "on", State.ABSENT: "dim", State.FAILS: "off"}


def waiting(texts: Texts) -> Markup:
    """Returns what stands there until the checks have answered."""
    return Markup('<p class="sl-light"><span class="sl-dot"></span> {}</p>').format(texts["health.waiting"])


def light(health: Health, language: str = ENGLISH) -> Markup:
    """Returns a light with the headline; the checks behind it unfold."""
    texts = page_texts(language)
    rows = joined(_row(check, texts) for check in health.checks)
    return Markup(
        '<details class="sl-light"><summary><span class="sl-dot sl-{}"></span>{}</summary><ul>{}</ul></details>'
    ).format(_colour(health), headline(health, language), rows)


def headline(health: Health, language: str = ENGLISH) -> str:
    """Says in one sentence, without its full stop, whether pictures can be made."""
    texts = page_texts(language)
    running, absent = health.in_state(State.LOOKS), health.in_state(State.ABSENT)
    if failing := health.in_state(State.FAILS):
        names = ", ".join(check.name for check in failing)
        return texts.say("health.failing", names=names)
    if not health.sound:
        return texts["health.none"]
    if absent:
        return texts.say("health.some", count=len(running), absent=len(absent))
    return texts.say("health.all", count=len(running))


def _colour(health: Health) -> str:
    return "off" if not health.sound else "dim" if health.in_state(State.ABSENT) else "on"


def _row(check: CheckHealth, texts: Texts) -> Markup:
    told = filter(None, (check.about, for_visitors(check.why), check.means))
    # For operators, who read the rest of the program in English too.
    about = joined(Markup('<p lang="en">{}</p>').format(text) for text in told)
    return Markup('<li><span class="sl-dot sl-{}"></span><b lang="en">{}</b> <small>{}, {}</small>{}</li>').format(
        LIGHTS[check.state],
        check.name,
        texts[f"health.stage_{check.stage}"],
        texts[f"health.state_{check.state.name.lower()}"],
        about,
    )
