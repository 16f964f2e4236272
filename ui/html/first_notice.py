"""What somebody is told before the first use: pictures are made by AI, judged with errors, and what is refused.

The sentences on hard lines are the policy's own (presets/locales/). assets/page/honest.js gives the notice the focus,
and takes it away in a browser where it was read, until the policy has another version. Imports no gradio.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from safety.messages.catalogue import Messages
from safety.policy.model import Policy
from ui.html.markup import joined
from ui.texts import page_texts


def first_notice(policy: Policy, messages: Messages) -> Markup:
    """Returns the notice in a language: no dialog, so that it stands in nobody's way and keeps no key from the rest.

    It takes the focus at first, so that nobody who reads by ear or by keyboard starts behind it.
    """
    said = page_texts(messages.tag)
    return Markup(
        '<aside class="sl-notice" tabindex="-1" aria-labelledby="sl-notice" aria-describedby="sl-told sl-lines">'
        '<h2 id="sl-notice">{}</h2><p id="sl-told">{}</p><ul id="sl-lines">{}</ul>'
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
