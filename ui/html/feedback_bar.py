"""What stands under a picture or a refusal where feedback is taken: a box to agree, and buttons. Imports no gradio.

The page holds an empty place under each; the script of assets/feedback/ fills it once, in the reader's language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from safety.generation import Delivered, PictureResult, Refused
from safety.records import Verdict
from ui.html.markup import joined
from ui.texts import Texts

if TYPE_CHECKING:
    from safety.audit.library_table import LibraryEntry
    from safety.review.feedback import Feedback

NOTHING = Markup("")


def under_picture(feedback: Feedback, outcome: Delivered, result: PictureResult) -> Markup:
    """Returns the place under a picture that was just made; nothing where no feedback is taken."""
    if not (feedback.enabled and result.export):
        return NOTHING
    return _place(str(result.export.stamp), outcome.case, outcome.request.prompt)


def under_entry(feedback: Feedback, entry: LibraryEntry) -> Markup:
    """Returns the place under a picture of the library: only where its words are kept, which go with feedback."""
    if not (feedback.enabled and entry.prompt) or entry.veiled:
        return NOTHING
    return _place(entry.stamp, entry.case_id, entry.prompt)


def under_refusal(feedback: Feedback, refused: Refused) -> Markup:
    """Returns the place under a refusal that could be wrong."""
    if not feedback.enabled or refused.decision.verdict is not Verdict.BLOCK:
        return NOTHING
    return _place("", refused.case, refused.request.prompt)


def _place(stamp: str, case: str, prompt: str) -> Markup:
    return Markup('<div class="sl-fb" data-stamp="{}" data-case="{}" data-prompt="{}"></div>').format(
        stamp, case, prompt
    )


def bar(texts: Texts, agreed: bool) -> Markup:
    """Returns what fills such a place: the parts for a picture and those for a refusal, of which one is shown."""
    rate = joined(_button(name, texts[f"feedback.{name}"]) for name in ("up", "down", "best"))
    why = joined(_button(name, texts[f"feedback.why_{name}"]) for name in ("not_asked", "too_much", "other"))
    taken_back = Markup('<p>{} <a href="feedback/mine" download="feedback.json">{}</a></p>').format(
        texts["feedback.withdraw"], texts["feedback.mine"]
    )
    consent = Markup(
        '<div class="sl-fb-consent{}"><label><input type="checkbox" data-fb="agree"{}><span>{}</span></label>{}</div>'
    ).format(
        " sl-agreed" if agreed else "",
        Markup(" checked") if agreed else NOTHING,
        texts["feedback.consent"],
        taken_back if agreed else NOTHING,
    )
    buttons = Markup(
        '<div class="sl-fb-do"><p class="sl-fb-picture">{}</p><p class="sl-fb-why" hidden>{} {}</p>'
        '<p class="sl-fb-refusal">{}</p></div>'
    ).format(rate, texts["feedback.why"], why, _button("refusal", texts["feedback.refusal"]))
    said = Markup('<p class="sl-fb-said" role="status" aria-live="polite"></p>')
    return joined([buttons, said, consent] if agreed else [consent, said])


def _button(name: str, text: str) -> Markup:
    return Markup('<button type="button" class="sl-act" data-fb="{}">{}</button>').format(name, text)
