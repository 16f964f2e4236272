"""What somebody is told before the first use: pictures are made by AI and judged, and what is never made. No gradio.

The sentences on hard lines are the policy's own (presets/locales/). assets/page/honest.js takes the notice away in a
browser where it was read, until the policy has another version.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from safety.messages.catalogue import Messages
from safety.policy.model import Policy
from ui.html.markup import joined
from ui.texts import page_texts


def first_notice(policy: Policy, messages: Messages) -> Markup:
    """Returns the notice in a language: no dialog, so that it stands in nobody's way."""
    said = page_texts(messages.tag)
    return Markup(
        '<aside class="sl-notice" aria-labelledby="sl-notice"><h2 id="sl-notice">{}</h2><p>{}</p><ul>{}</ul>'
        '<p class="sl-acts"><button type="button" class="sl-act sl-read" value="{}">{}</button>'
        '<a class="sl-act" href="policy" target="_blank" rel="noopener">{}</a></p></aside>'
    ).format(
        said["notice.title"],
        said["notice.what"],
        joined(Markup("<li>{}</li>").format(sentence) for sentence in _hard_lines(policy, messages)),
        policy.version,
        said["notice.read"],
        said["notice.rules"],
    )


def _hard_lines(policy: Policy, messages: Messages) -> Iterable[str]:
    return (messages.locale.category[name].prompt for name, category in policy.category.items() if category.hard)
