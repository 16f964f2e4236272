"""What waits in this browser to be drawn, and what is read out: assets/page/queue.js fills these parts in."""

from __future__ import annotations

from markupsafe import Markup

from ui.html.markup import joined
from ui.texts import Texts

SAID = ("take_out", "soon", "ready", "ready_many")


def queue(texts: Texts) -> Markup:
    """Returns the list of wishes that wait, empty and hidden, with the sentences that the script needs."""
    said = joined(Markup(' data-{}="{}"').format(name.replace("_", "-"), texts[f"queue.{name}"]) for name in SAID)
    return Markup(
        '<section class="sl-queue" aria-label="{}" hidden{}><h3>{}</h3><ol></ol>'
        '<p class="sl-paused" hidden>{} <button type="button" class="sl-act">{}</button></p></section>'
        '<p class="sl-live" aria-live="polite"></p>'
    ).format(texts["queue.title"], said, texts["queue.title"], texts["queue.paused"], texts["queue.go_on"])
