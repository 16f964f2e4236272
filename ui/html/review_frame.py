"""The frame of the reviewers' pages, their login and their queue, as HTML without a script; all text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from safety.audit.appeal_state import QueuedAppeal
from safety.resources import ASSETS
from ui.html.markup import joined

STYLE = ASSETS / "review.css"
KINDS = {"appeal": "Appeal", "report": "Report of a false block"}
STATES = {
    "waiting": "Waiting",
    "upheld": "Upheld",
    "overturned": "Overturned",
    "used": "Overturned, and used",
    "expired": "Deleted before a decision",
}
EMPTY = Markup("")
BACK = Markup('<p><a href="/review">Back to the queue</a></p>')


@dataclass(frozen=True, slots=True)
class ReviewFrame:
    """Holds what every page needs: the reviewer's name, the key of this session's forms, a notice for the top."""

    reviewer: str = ""
    form_key: str = ""
    notice: str = ""
    hugging_face: bool = False
    by_password: bool = True


def page(title: str, body: Markup, frame: ReviewFrame) -> str:
    """Returns a whole page: header with the logout form, the frame's notice, title and body."""
    notice = Markup('<p class="notice" role="alert">{}</p>').format(frame.notice) if frame.notice else ""
    logout = (
        Markup(
            '<form method="post" action="/review/logout">{}<span>{}</span><button class="quiet">Log out</button></form>'
        ).format(form_key_field(frame), frame.reviewer)
        if frame.reviewer
        else ""
    )
    return Markup(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{} - Safelight review</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        '<style>{}</style></head><body><header><a href="/review">Safelight review</a>{}</header>'
        "<main>{}<h1>{}</h1>{}</main></body></html>"
    ).format(title, Markup(STYLE.read_text("utf-8")), logout, notice, title, body)


def login(frame: ReviewFrame) -> str:
    """Returns the page with the logins that are set up: by password, at Hugging Face, or both."""
    parts = []
    if frame.by_password:
        parts.append(
            Markup(
                '<form method="post" action="/review/login" class="card">'
                '<label>Your name, as it goes on record<input name="name" maxlength="60" required autocomplete="name">'
                '</label><label>Password<input name="password" type="password" required '
                'autocomplete="current-password"></label><button>Log in</button></form>'
            )
        )
    if frame.hugging_face:
        parts.append(
            Markup(
                '<p><a class="button" href="/login/huggingface?_target_url=/review">Log in with Hugging Face</a></p>'
            )
        )
    intro = Markup("<p>Here a person looks at what the checks refused. What you do here is on record.</p>")
    return page("Log in", intro + joined(parts), frame)


def queue(
    waiting: Sequence[QueuedAppeal],
    decided: Sequence[QueuedAppeal],
    frame: ReviewFrame,
    notices: Markup = EMPTY,
    count: int = 0,
    decided_notices: Markup = EMPTY,
) -> str:
    """Returns the page of the cases that wait, longest first, and of decided ones.

    `notices` stands before all others: `count` of them wait, each with a time until when somebody decides.
    """
    empty = Markup("") if notices else Markup('<p class="empty">Nobody waits.</p>')
    body = Markup("{}<p>Who has waited longest comes first.</p>{}<h2>Decided</h2>{}").format(
        notices,
        _list(waiting) or empty,
        (decided_notices + _list(decided)) or Markup('<p class="empty">Nothing yet.</p>'),
    )
    return page(f"{len(waiting) + count} waiting", body, frame)


def _list(appeals: Sequence[QueuedAppeal]) -> Markup:
    rows = joined(
        Markup('<li><a href="/review/case/{}"><b>{}</b><span>{}</span><time>{}</time><code>{}</code></a></li>').format(
            appeal.case_id,
            KINDS.get(appeal.kind, appeal.kind),
            STATES.get(appeal.state, appeal.state),
            time_text(appeal.time),
            appeal.case_id,
        )
        for appeal in appeals
    )
    return Markup('<ul class="queue">{}</ul>').format(rows) if appeals else Markup("")


def form_key_field(frame: ReviewFrame) -> Markup:
    """Returns the hidden field by which a form shows that it is from a page of this session."""
    return Markup('<input type="hidden" name="form_key" value="{}">').format(frame.form_key)


def time_text(iso: str) -> str:
    """Returns an ISO 8601 time in UTC as "2026-01-31 09:05 UTC"."""
    return f"{iso[:10]} {iso[11:16]} UTC"
