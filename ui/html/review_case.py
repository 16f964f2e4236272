"""One case as a reviewer sees it, as HTML. Every string from outside is escaped by `Markup.format`."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup

from safety.review import stored_pictures
from safety.review.decisions import LEAST_REASON, MOST_REASON, ReviewCase
from ui.html.review_frame import KINDS, STATES, ReviewFrame, joined, key, page, time_said


def docket(one: ReviewCase, frame: ReviewFrame, revealed: bool = False) -> str:
    words = one.appeal
    parts = [
        Markup('<p class="state">{} &middot; {} &middot; refused at {}, {}</p>').format(
            KINDS.get(one.kind, one.kind), STATES.get(one.state, one.state), one.stage, time_said(one.time)
        ),
        _words(words),
        _pictures(one, frame, revealed),
        joined(_judged(table) for table in one.judged),
        _settings(one),
        _decision(one, frame) if one.state == "waiting" else _review(one),
    ]
    return page(f"Case {one.case}", joined(parts), frame)


def _words(words: dict[str, Any]) -> Markup:
    if not words:
        return Markup('<p class="empty">The words of this case have been deleted.</p>')
    spans = [span for reason in words.get("reasons", ()) for span in reason["spans"]]
    negative = words.get("negative_prompt")
    return Markup(
        '<section class="card"><h2>Prompt</h2><blockquote class="prompt">{}</blockquote>{}{}</section>'
    ).format(
        marked(words["prompt"], spans),
        Markup("<h2>What it should not show</h2><blockquote>{}</blockquote>").format(negative) if negative else "",
        Markup("<h2>Remark of the person</h2><blockquote>{}</blockquote>").format(words["remark"])
        if words.get("remark")
        else Markup('<p class="empty">No remark.</p>'),
    )


def marked(text: str, spans: Iterable[Sequence[int]]) -> Markup:
    """The text with the evidence in <mark>; spans may overlap and may lie outside."""
    inside = {place for start, end in spans for place in range(max(start, 0), min(end, len(text)))}
    pieces, at = [], 0
    while at < len(text):
        end = at
        while end < len(text) and (end in inside) == (at in inside):
            end += 1
        pieces.append(Markup("<mark>{}</mark>" if at in inside else "{}").format(text[at:end]))
        at = end
    return joined(pieces)


def _pictures(one: ReviewCase, frame: ReviewFrame, revealed: bool) -> Markup:
    if not one.pictures:
        return Markup("")
    shown = joined(
        Markup('<img class="{}" alt="{}" src="data:image/png;base64,{}">').format(
            "revealed" if revealed else "veiled",
            "The withheld picture" if revealed else "The withheld picture, blurred",
            base64.b64encode(picture.png if revealed else stored_pictures.veiled(picture)).decode("ascii"),
        )
        for picture in one.pictures
    )
    button = Markup(
        '<form method="post" action="/review/case/{}/reveal">{}<button class="quiet">Reveal</button>'
        "<small>That you looked goes on record.</small></form>"
    ).format(one.case, key(frame))
    return Markup('<section class="card"><h2>Withheld picture</h2><div class="pictures">{}</div>{}</section>').format(
        shown, "" if revealed else button
    )


def _judged(table: dict[str, Any]) -> Markup:
    rows = joined(
        Markup("<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>").format(
            reason["code"],
            reason["category"].replace("_", " "),
            reason["verdict"],
            _number(reason["score"]),
            _number(reason["threshold"]),
            reason["check"],
        )
        for reason in table["reasons"]
    )
    scores = ", ".join(f"{name.replace('_', ' ')} {score:.2f}" for name, score in sorted(table["scores"].items()))
    return Markup(
        '<section class="card"><h2>Judgement of the {}: {}</h2><div class="wide"><table><thead><tr><th>Code</th>'
        "<th>Category</th><th>Verdict</th><th>Score</th><th>Threshold</th><th>Check</th></tr></thead><tbody>{}</tbody>"
        "</table></div><p>All scores: {}</p><p>Policy {} <code>{}</code>, mode {}</p></section>"
    ).format(
        table["stage"],
        table["verdict"],
        rows,
        scores or "none",
        table["policy_version"],
        table["policy_digest"][:8],
        table["mode"],
    )


def _settings(one: ReviewCase) -> Markup:
    names = ("mode", "engine", "seed", "steps", "guidance", "width", "height", "count")
    told = ", ".join(f"{name} {one.opening[name]}" for name in names if one.opening.get(name) is not None)
    return Markup('<p class="settings">Asked for with: {}</p>').format(told)


def _decision(one: ReviewCase, frame: ReviewFrame) -> Markup:
    opens = "The request then passes once." if one.kind == "appeal" else "It serves as an example; nothing is made."
    return Markup(
        '<form method="post" action="/review/case/{}/decide" class="card decide">{}<h2>Your decision</h2>'
        '<label>Reason, which the person will read<textarea name="reason" required minlength="{}" maxlength="{}" '
        'rows="4"></textarea></label><p>Overturn, if the refusal was wrong. {}</p><div class="buttons">'
        '<button name="outcome" value="upheld" class="quiet">Uphold the refusal</button>'
        '<button name="outcome" value="overturned">Overturn it</button></div></form>'
    ).format(one.case, key(frame), LEAST_REASON, MOST_REASON, opens)


def _review(one: ReviewCase) -> Markup:
    if not one.review:
        return Markup("")
    return Markup('<section class="card"><h2>{} by {}</h2><blockquote>{}</blockquote></section>').format(
        STATES.get(one.state, one.state), one.review.get("reviewer", ""), one.review.get("reason", "")
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
