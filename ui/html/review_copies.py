"""The near-copies of a noticed picture, for a reviewer to look at: each small, blurred at first, with a box to tick."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from safety.review import stored_pictures
from safety.review.near_exports import NearExport
from safety.review.notice_decisions import NoticeCase
from safety.review.stored_pictures import StoredPicture
from ui.html.markup import joined
from ui.html.review_frame import ReviewFrame, form_key_field

PREFIX = "copy_"  # of the names of boxes, before a stamp
DECIDE = "decide"  # the id of the form that the boxes belong to, wherever it stands
WAITING_TEXT = (
    "What looks like it here, by whomever it was made. What is ticked is removed with it. Near-copies that are made "
    "from now on are withheld, whatever is ticked here. Reveal the picture above to see them, too."
)
LATER_TEXT = "What looks like it and is still here: it was not ticked, or was made since."


def ticked(form: Mapping[str, str]) -> list[str]:
    """Returns the stamps whose boxes are ticked in a form."""
    return [name.removeprefix(PREFIX) for name in form if name.startswith(PREFIX)]


def copies_section(
    notice: NoticeCase, frame: ReviewFrame, pictures: Mapping[str, StoredPicture], revealed: bool
) -> Markup:
    """Returns the near-copies, the nearest first, while the notice waits or its removal stands; else nothing.

    `pictures` are those that are shown, small, by stamp; of the others there is no box. Ticked beforehand are those
    that nobody would call another picture.
    """
    waits = notice.state.state == "waiting"
    others = [one for one in notice.copies if not one.own]
    if not others:
        return Markup("")
    boxes = joined(_box(one, pictures.get(one.stamp), revealed, waits) for one in others if one.stamp in pictures)
    left = len(others) - sum(one.stamp in pictures for one in others)
    more = Markup("<p>{}</p>").format(_more(left)) if left else Markup("")
    listed = Markup('<h2>{}</h2><p>{}</p><ul class="copies">{}</ul>{}').format(
        _title(others), WAITING_TEXT if waits else LATER_TEXT, boxes, more
    )
    if waits:
        return Markup('<section class="card">{}</section>').format(listed)
    return Markup(
        '<form method="post" action="/review/notice/{}/copies" class="card">{}{}<div class="buttons">'
        "<button>Remove the ticked ones, too</button></div></form>"
    ).format(notice.case, form_key_field(frame), listed)


def _box(one: NearExport, picture: StoredPicture | None, revealed: bool, waits: bool) -> Markup:
    if picture is None:
        return Markup("")
    png = picture.png if revealed else stored_pictures.blurred_thumbnail(picture)
    return Markup(
        '<li><label class="choice"><input type="checkbox" name="{}{}" value="yes"{}{}>'
        '<span><img class="{}" alt="{}" src="data:image/png;base64,{}"><small>{}</small><code>{}</code></span>'
        "</label></li>"
    ).format(
        PREFIX,
        one.stamp,
        Markup(' form="{}"').format(DECIDE) if waits else "",
        Markup(" checked") if one.certain and waits else "",
        "revealed" if revealed else "veiled",
        "The near-copy" if revealed else "The near-copy, blurred",
        base64.b64encode(png).decode("ascii"),
        distance_text(one),
        one.stamp,
    )


def distance_text(one: NearExport) -> str:
    """Says how near a picture is."""
    near = one.nearness
    if near.same:
        return "The same picture, made again"
    far = f"{near.bits} of 256 bits" + ("" if near.colour is None else f", colours {near.colour:.0f} of 255 apart")
    said = f"Enlarged from {one.source}; {far}" if one.source else far
    return f"{said}; plain" if near.plain else said


def _title(others: Sequence[NearExport]) -> str:
    return "One near-copy here" if len(others) == 1 else f"{len(others)} near-copies here"


def _more(count: int) -> str:
    what = "One more is" if count == 1 else f"{count} more are"
    return f"{what} not shown: files that are gone or damaged, or more than fit here. Open the notice again after it."
