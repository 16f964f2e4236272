"""What waits in this browser to be drawn, and what is read out: assets/page/queue.js fills these parts in."""

from __future__ import annotations

from markupsafe import Markup

from ui.html.markup import joined
from ui.texts import Texts

SAID = ("take_out", "take_up", "soon", "ready", "ready_many")


def queue(texts: Texts) -> Markup:
    """Returns the lists of wishes that wait and of those set aside, empty and hidden, with what the script says."""
    said = joined(Markup(' data-{}="{}"').format(name.replace("_", "-"), texts[f"queue.{name}"]) for name in SAID)
    return Markup(
        '<section class="sl-queue" aria-label="{}" hidden{}><h2>{}</h2><ol></ol><p class="sl-asks" hidden>{}</p>'
        '<p class="sl-paused" hidden>{} <button type="button" class="sl-act">{}</button></p></section>'
        '<section class="sl-queue sl-aside" aria-label="{}" hidden><h2>{}</h2><p>{}</p><ol></ol></section>'
        '<p class="sl-live" aria-live="polite"></p>'
    ).format(
        texts["queue.title"],
        said,
        *(texts[f"queue.{name}"] for name in ("title", "asks", "paused", "go_on", "aside", "aside", "aside_info")),
    )
