"""The panel in which one refusal is seen as the person refused, as the reviewer, and as the person depicted.

Each view is computed by the studio's review flow on a record that is thrown away (studio/rehearsal.py). The browser
keeps what the learner wrote and decided, and sends it along: the flow runs anew up to where the learner stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from safety.audit.appeal_state import OVERTURNED
from safety.config import ConfigModel
from safety.policy.model import BASE_MODE
from safety.review.appeals import AppealRequest, AppealStatus
from safety.review.decisions import MAX_REASON, OUTCOMES, ReviewCase
from studio import Studio
from studio.rehearsal import rehearsal
from ui.learn.own_reasons import refusal, said
from ui.learn.panel import Desk, Json, choice_of, text_of

REVIEWER = "a learner"


class CourtSettings(ConfigModel):
    """`prompt` is the case; `role` whose view this step has."""

    prompt: str
    role: Literal["refused", "reviewer", "depicted", "record"]


class CourtPanel:
    """Runs the case up to the view of a role. Nothing is kept, of the case or of the learner."""

    settings = CourtSettings
    most_bytes = 16384

    def open(self, desk: Desk[CourtSettings]) -> Json:
        """Returns the words, the prompt and the bounds of what a learner may write."""
        terms = desk.studio.retention
        return {
            "words": desk.words("learn_court."),
            "role": desk.settings.role,
            "prompt": desk.settings.prompt,
            "most_remark": terms.appeal.remark_characters,
            "most_reason": MAX_REASON,
            "outcomes": list(OUTCOMES),
            "is_refused": not desk.studio.check(desk.settings.prompt, BASE_MODE).allowed,
        }

    def answer(self, desk: Desk[CourtSettings], call: Mapping[str, Any]) -> Json:
        """Returns what the role of this step sees; from the reviewer on, `remark` is what the appeal said.

        On record there is the `outcome` with its `reason`, too. Raises RequestError where the studio's own flow does.
        """
        with rehearsal(desk.studio) as studio:
            refused = refusal(studio, desk.settings.prompt, BASE_MODE, desk.messages.tag)
            view: Json = {"statement": said(studio.statement(refused))}
            if desk.settings.role == "refused":
                return view
            remark = text_of(call, "remark", desk.studio.retention.appeal.remark_characters)
            # The person appeals with their own words, and nobody is asked to let them serve as an example.
            status = studio.appeal(AppealRequest(refused.case, desk.settings.prompt, remark=remark))
            view |= {"review": _reviewed(desk, studio.review.decisions.case(refused.case)), "status": _status(status)}
            if desk.settings.role == "reviewer" and "outcome" not in call:
                return view
            outcome, reason = choice_of(call, "outcome", OUTCOMES), text_of(call, "reason", MAX_REASON)
            studio.review.decisions.decide(refused.case, outcome, reason, REVIEWER)
            return view | _recorded(studio, refused.case)


def _reviewed(desk: Desk[CourtSettings], case: ReviewCase) -> Json:
    """Returns the case as the reviewers' page has it: the words, the remark, the reasons with scores and limits."""
    (judged,) = case.judged
    titles = desk.messages.locale.category
    return {
        "kind": case.kind,
        "state": case.state,
        "prompt": case.appeal["prompt"],
        "remark": case.appeal["remark"],
        "verdict": judged["verdict"],
        "reasons": [
            {
                "code": reason["code"],
                "title": titles[reason["category"]].title if reason["category"] in titles else reason["category"],
                "score": reason.get("score"),
                "threshold": reason.get("threshold"),
            }
            for reason in judged["reasons"]
        ],
    }


def _status(status: AppealStatus) -> Json:
    return {"outcome": status.outcome, "reason": status.reason, "until": status.until}


def _recorded(studio: Studio, case: str) -> Json:
    """Returns what the person may look up, each row of the record, and whether the chain holds."""
    status = studio.appeal_status(case)
    rows = [{"event": row["event"], "time": row["time"], "facts": _facts(row)} for row in studio.show_case(case)]
    return {
        "status": _status(status),
        "opens": status.outcome == OVERTURNED,
        "rows": rows,
        "breaks": studio.verify_audit(),
        "waiting": len(studio.review.decisions.queue()),
    }


def _facts(row: Mapping[str, Any]) -> dict[str, str]:
    """Returns the facts of a row that are plain values, as texts."""
    plain = {name: value for name, value in row["facts"].items() if isinstance(value, str | int | float | bool)}
    return {name: str(value) for name, value in plain.items() if value != ""}
