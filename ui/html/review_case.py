"""One case as a reviewer sees it, as HTML. Every string from outside is escaped by `Markup.format`."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup

from safety.review import stored_pictures
from safety.review.decisions import MAX_REASON, MIN_REASON, ReviewCase
from ui.html.markup import joined
from ui.html.review_frame import KINDS, STATES, ReviewFrame, form_key_field, page, time_text


def case_page(case: ReviewCase, frame: ReviewFrame, revealed: bool = False) -> str:
    """Returns the page of a case with its words, withheld pictures, judgements, settings and decision.

    The pictures are blurred unless `revealed`. A case that waits gets the form to decide it.
    """
    parts = [
        Markup('<p class="state">{} &middot; {} &middot; refused at {}, {}</p>').format(
            KINDS.get(case.kind, case.kind), STATES.get(case.state, case.state), case.stage, time_text(case.time)
        ),
        _words(case.appeal),
        _pictures(case, frame, revealed),
        joined(_judgement(judgement) for judgement in case.judged),
        _settings(case),
        _decision_form(case, frame) if case.state == "waiting" else _decision(case),
    ]
    return page(f"Case {case.case}", joined(parts), frame)


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
    """Returns the text with the evidence in <mark>; spans may overlap and may lie outside."""
    inside = {index for start, end in spans for index in range(max(start, 0), min(end, len(text)))}
    pieces = groupby(enumerate(text), key=lambda pair: pair[0] in inside)
    return joined(
        Markup("<mark>{}</mark>" if is_evidence else "{}").format("".join(char for _, char in piece))
        for is_evidence, piece in pieces
    )


def _pictures(case: ReviewCase, frame: ReviewFrame, revealed: bool) -> Markup:
    if not case.pictures:
        return Markup("")
    shown = joined(
        Markup('<img class="{}" alt="{}" src="data:image/png;base64,{}">').format(
            "revealed" if revealed else "veiled",
            "The withheld picture" if revealed else "The withheld picture, blurred",
            base64.b64encode(picture.png if revealed else stored_pictures.blurred_thumbnail(picture)).decode("ascii"),
        )
        for picture in case.pictures
    )
    button = Markup(
        '<form method="post" action="/review/case/{}/reveal">{}<button class="quiet">Reveal</button>'
        "<small>That you looked goes on record.</small></form>"
    ).format(case.case, form_key_field(frame))
    return Markup('<section class="card"><h2>Withheld picture</h2><div class="pictures">{}</div>{}</section>').format(
        shown, "" if revealed else button
    )


def _judgement(judgement: dict[str, Any]) -> Markup:
    rows = joined(
        Markup("<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>").format(
            reason["code"],
            reason["category"].replace("_", " "),
            reason["verdict"],
            _number(reason["score"]),
            _number(reason["threshold"]),
            reason["check"],
        )
        for reason in judgement["reasons"]
    )
    scores = ", ".join(f"{name.replace('_', ' ')} {score:.2f}" for name, score in sorted(judgement["scores"].items()))
    return Markup(
        '<section class="card"><h2>Judgement of the {}: {}</h2><div class="wide"><table><thead><tr><th>Code</th>'
        "<th>Category</th><th>Verdict</th><th>Score</th><th>Threshold</th><th>Check</th></tr></thead><tbody>{}</tbody>"
        "</table></div><p>All scores: {}</p><p>Policy {} <code>{}</code>, mode {}</p></section>"
    ).format(
        judgement["stage"],
        judgement["verdict"],
        rows,
        scores or "none",
        judgement["policy_version"],
        judgement["policy_digest"][:8],
        judgement["mode"],
    )


def _settings(case: ReviewCase) -> Markup:
    names = ("mode", "engine", "seed", "steps", "guidance", "width", "height", "count")
    settings = ", ".join(f"{name} {case.opening[name]}" for name in names if case.opening.get(name) is not None)
    return Markup('<p class="settings">Asked for with: {}</p>').format(settings)


def _decision_form(case: ReviewCase, frame: ReviewFrame) -> Markup:
    opens = "The request then passes once." if case.kind == "appeal" else "It serves as an example; nothing is made."
    return Markup(
        '<form method="post" action="/review/case/{}/decide" class="card decide">{}<h2>Your decision</h2>'
        '<label>Reason, which the person will read<textarea name="reason" required minlength="{}" maxlength="{}" '
        'rows="4"></textarea></label><p>Overturn, if the refusal was wrong. {}</p><div class="buttons">'
        '<button name="outcome" value="upheld" class="quiet">Uphold the refusal</button>'
        '<button name="outcome" value="overturned">Overturn it</button></div></form>'
    ).format(case.case, form_key_field(frame), MIN_REASON, MAX_REASON, opens)


def _decision(case: ReviewCase) -> Markup:
    if not case.review:
        return Markup("")
    return Markup('<section class="card"><h2>{} by {}</h2><blockquote>{}</blockquote></section>').format(
        STATES.get(case.state, case.state), case.review.get("reviewer", ""), case.review.get("reason", "")
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
