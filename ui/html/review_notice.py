"""Notices as reviewers see them: the queue with its clock, and one notice. HTML without a script; all text is escaped.

The clock counts in style sheets alone (assets/review.css), so that an open page counts on without asking the server.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from safety.audit.notice_state import CONTESTED, LIFTED, STANDING, WAITING, QueuedNotice
from safety.review import stored_pictures
from safety.review.decisions import MAX_REASON, MIN_REASON
from safety.review.notice_decisions import NoticeCase
from safety.review.stored_pictures import StoredPicture
from ui.html.markup import joined
from ui.html.review_copies import DECIDE, copies_section
from ui.html.review_frame import ReviewFrame, form_key_field, page, time_text

REASONS = {
    "intimate": "Intimate picture without consent",
    "minor": "Shows a minor",
    "deceptive": "Shows what never happened",
    "other": "Another reason",
}
NOTICE_STATES = {
    "waiting": "Waiting",
    "contested": "Removed, and its maker has answered",
    "removed": "Removed",
    "rejected": "Rejected",
    "upheld": "Removed, and upheld",
    "lifted": "Removed, and the block lifted",
    "expired": "Deleted before a decision",
}
# What a maker is told unless the reviewer writes something else: it names nobody.
MAKER_REASON = "Somebody who is depicted, or somebody for them, has asked for it, and a reviewer agrees."
NOT_KEPT = (
    "No picture is kept of this notice: it may show a minor, crosses a hard line, was deleted, or came when as many "
    "were kept as may be."
)
GONE = "The picture is not kept any more."
BLOCK_STANDS = "Near-copies are withheld here. Lifting the block lets them be made again; the file stays deleted."
NO_BLOCK = "Near-copies are not withheld for the sake of this notice. The file stays deleted."
HELD_BY_ANOTHER = "Near-copies of it are still withheld, for the sake of another notice."
EMPTY = Markup("")


def clock(due: str, now: datetime) -> Markup:
    """Returns how long is left until the timestamp `due`, counting; in red once it is past."""
    left = (datetime.fromisoformat(due) - now).total_seconds()
    if left <= 0:
        hours, minutes = divmod(int(-left) // 60, 60)
        said = f"Overdue by {hours} h {minutes:02} min"
        return Markup('<span class="clock overdue">{}</span>').format(said)
    minutes = int(left) // 60
    return Markup('<span class="clock" style="--from: {}; --seconds: {}s" role="timer">{}</span>').format(
        minutes, int(left), Markup('<i title="{}"></i><b>Overdue</b>').format(f"due {time_text(due)}")
    )


def undeleted(count: int) -> str:
    """Says of how many removed pictures a file is still to be deleted."""
    what = "A removed picture has a file" if count == 1 else f"{count} removed pictures have files"
    return (
        f"{what} that cannot be deleted yet. The decision stands, and they are handed out no more. It is tried again "
        "at every start and every hour: look at the rights and the disk of the studio's folder."
    )


def notice_list(notices: Sequence[QueuedNotice], now: datetime) -> Markup:
    """Returns notices in the order given: each that waits with its clock, the others with their state."""
    rows = joined(
        Markup(
            '<li><a href="/review/notice/{}"><b>Notice about a picture</b>{}<time>{}</time><code>{}</code></a></li>'
        ).format(
            one.case_id,
            clock(one.due, now)
            if one.state == WAITING
            else Markup("<span>{}</span>").format(NOTICE_STATES.get(one.state, one.state)),
            f"due {time_text(one.due)}" if one.state == WAITING else f"sent {time_text(one.time)}",
            one.case_id,
        )
        for one in notices
    )
    return Markup('<ul class="queue notices">{}</ul>').format(rows) if notices else Markup("")


def notice_page(
    notice: NoticeCase,
    frame: ReviewFrame,
    copies: Mapping[str, StoredPicture],
    revealed: bool = False,
    now: datetime | None = None,
) -> str:
    """Returns the page of one notice, its pictures blurred unless `revealed`; one that waits gets the form to decide.

    `copies` are its near-copies that are shown, small, by stamp.
    """
    state, now = notice.state, now or datetime.now(UTC)
    timer = clock(state.due, now) if state.state == "waiting" else Markup("")
    parts = [
        Markup('<p class="state">{} &middot; {} &middot; sent {}</p><p>{}</p>').format(
            REASONS.get(state.reason, state.reason),
            NOTICE_STATES.get(state.state, state.state),
            time_text(state.received),
            timer,
        ),
        _earlier(notice),
        _undeleted(notice),
        _words(notice.words),
        _picture(notice, frame, revealed),
        copies_section(notice, frame, copies, revealed),
        _decision(notice.review, NOTICE_STATES.get(state.state, state.state)),
        _answers(notice, frame),
        _form(notice, frame) if state.state == "waiting" else Markup(""),
    ]
    return page(f"Notice {notice.case}", joined(parts), frame)


def _words(words: Mapping[str, Any]) -> Markup:
    if not words:
        return Markup('<p class="empty">What was sent has been deleted.</p>')
    named = {"name": "Sent by", "contact": "Contact", "behalf_of": "On behalf of", "stamp": "Stamp", "link": "Link"}
    rows = joined(
        Markup("<tr><th>{}</th><td>{}</td></tr>").format(title, words[name])
        for name, title in named.items()
        if words.get(name)
    )
    return Markup(
        '<section class="card"><h2>Statement</h2><blockquote>{}</blockquote><div class="wide"><table>{}</table></div>'
        "</section>"
    ).format(words.get("statement", ""), rows)


def _earlier(notice: NoticeCase) -> Markup:
    """Says that the picture was removed before, so that nobody wonders why nothing is left of it."""
    if notice.earlier is None:
        return Markup("")
    return Markup(
        '<p class="notice" role="status">This picture is gone already: it was removed on {} after '
        '<a href="/review/notice/{}">an earlier notice</a>. Removing it again deletes nothing more of it: it adds a '
        "block that stands for itself, and tells the sender that it had been removed.</p>"
    ).format(time_text(notice.earlier.time), notice.earlier.notice)


def _undeleted(notice: NoticeCase) -> Markup:
    return (
        Markup('<p class="notice" role="alert">{}</p>').format(undeleted(notice.undeleted))
        if notice.undeleted
        else EMPTY
    )


def _picture(notice: NoticeCase, frame: ReviewFrame, revealed: bool) -> Markup:
    button = Markup(
        '<form method="post" action="/review/notice/{}/reveal">{}<button class="quiet">Reveal</button>'
        "<small>That you looked goes on record.</small></form>"
    ).format(notice.case, form_key_field(frame))
    may_reveal = not revealed and (notice.pictures or any(not one.own for one in notice.copies))
    if not notice.pictures:
        said = NOT_KEPT if notice.earlier is None and notice.state.state == "waiting" else GONE
        return Markup('<p class="empty">{}</p>{}').format(said, button if may_reveal else "")
    shown = joined(
        Markup('<img class="{}" alt="{}" src="data:image/png;base64,{}">').format(
            "revealed" if revealed else "veiled",
            "The picture" if revealed else "The picture, blurred",
            base64.b64encode(picture.png if revealed else stored_pictures.blurred_thumbnail(picture)).decode("ascii"),
        )
        for picture in notice.pictures
    )
    origin = "Made here" if notice.state.target else "Sent with the notice, not made here"
    return Markup('<section class="card"><h2>{}</h2><div class="pictures">{}</div>{}</section>').format(
        origin, shown, button if may_reveal else ""
    )


def _decision(review: Mapping[str, Any], title: str) -> Markup:
    if not review:
        return Markup("")
    told = Markup("<h2>To the maker</h2><blockquote>{}</blockquote>").format(review.get("maker_reason", ""))
    return Markup('<section class="card"><h2>{} by {}</h2><blockquote>{}</blockquote>{}</section>').format(
        title, review.get("reviewer", ""), review.get("reason", ""), told if review.get("maker_reason") else ""
    )


def _answers(notice: NoticeCase, frame: ReviewFrame) -> Markup:
    """Returns what makers answered, what was decided on it, and the form to decide while there is something to."""
    said = joined(
        Markup('<section class="card"><h2>{}</h2><blockquote>{}</blockquote></section>').format(
            f"The maker of {one['stamp']} answers" if one.get("stamp") else "The maker answers",
            str(one.get("text", "")),
        )
        for one in notice.answers
    )
    said += joined(
        _decision(one, "Decided on the answer" if one.get("stamps") else NOTICE_STATES[LIFTED])
        for one in notice.answer_reviews
    )
    contested, state = notice.state.state == CONTESTED, notice.state.state
    if not (contested or (notice.state.blocks and state in STANDING)):
        held = notice.blocked and state in (*STANDING, LIFTED)
        return said + (Markup("<p>{}</p>").format(HELD_BY_ANOTHER) if held else Markup(""))
    uphold = Markup('<button name="outcome" value="upheld" class="quiet">Uphold the removal</button>')
    return said + Markup(
        '<form method="post" action="/review/notice/{}/answer" class="card decide">{}<h2>{}</h2>{}'
        '<p>{}</p><div class="buttons">{}<button name="outcome" value="lifted">{}</button></div></form>'
    ).format(
        notice.case,
        form_key_field(frame),
        "The block" if notice.state.blocks else "The answer",
        _reason("reason", "Reason, which the maker will read"),
        BLOCK_STANDS if notice.state.blocks else NO_BLOCK,
        uphold if contested else "",
        "Lift the block" if notice.state.blocks else "The answer is right",
    )


def _form(notice: NoticeCase, frame: ReviewFrame) -> Markup:
    return Markup(
        '<form id="{}" method="post" action="/review/notice/{}/decide" class="card decide">{}<h2>Your decision</h2>{}{}'
        "<p>Removing cannot be undone: files, small copies and words are deleted, and near-copies are withheld.</p>"
        '<div class="buttons"><button name="outcome" value="rejected" class="quiet">Reject the notice</button>'
        '<button name="outcome" value="removed">Remove the picture</button></div></form>'
    ).format(
        DECIDE,
        notice.case,
        form_key_field(frame),
        _reason("reason", "Reason, which the person who sent the notice will read"),
        _reason("maker_reason", "What the maker reads if it is removed: name nobody", MAKER_REASON),
    )


def _reason(name: str, title: str, text: str = "") -> Markup:
    return Markup(
        '<label>{}<textarea name="{}" required minlength="{}" maxlength="{}" rows="3">{}</textarea></label>'
    ).format(title, name, MIN_REASON, MAX_REASON, text)
