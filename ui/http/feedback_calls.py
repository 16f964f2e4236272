"""Feedback over HTTP: a rating, a choice of two pictures, a refusal held for wrong; shown and taken back as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from safety.audit.feedback_record import FeedbackEntry
from safety.review.feedback import NOT_AGREED, Giver
from ui.http.access import Caller, Creating
from ui.http.context import ApiContext
from ui.http.image_request import Strict
from ui.http.problems import ApiError, error_of

Row = dict[str, Any]
ONE_THING = "Feedback is on one thing: 'stamp' with 'rating', 'chosen' with 'rejected', or 'case'."
PERSON = "Stands for the person who gives it, among those of one key; any text that is always the same."


class PersonBody(Strict):
    """Names the person whose feedback it is."""

    person: str = Field("", max_length=200, description=PERSON)


class FeedbackBody(PersonBody):
    """Holds one piece of feedback, with the words of its case exactly as they were sent."""

    prompt: str
    consent: bool = Field(
        False, strict=True, description="That this person has agreed that it is kept, with the words."
    )
    stamp: str = Field("", description="Of the picture that is rated.")
    rating: Literal["", "up", "down"] = ""
    reasons: list[Literal["not_asked", "too_much"]] = Field([], description="Why a picture is not good.")
    chosen: str = Field("", description="The stamp of the better one of two pictures of one prompt.")
    rejected: str = Field("", description="The stamp of the other one.")
    case: str = Field("", description="The case of a refusal that was wrong.")


@dataclass(frozen=True)
class _Calls:
    """Does what the endpoints ask for."""

    context: ApiContext

    def giver(self, caller: Caller, person: str) -> Giver:
        return Giver(f"{caller.person}/{person}" if person else caller.person, caller.person, caller.client)

    def give(self, body: FeedbackBody, caller: Caller) -> Row:
        """Keeps one piece of feedback. Raises ApiError."""
        feedback, giver = self.context.studio.review.feedback, self.giver(caller, body.person)
        if sum(map(bool, (body.stamp, body.chosen or body.rejected, body.case))) != 1:
            raise ApiError(400, ONE_THING, loc=("stamp",))

        def work() -> FeedbackEntry:
            if body.consent:
                feedback.agree(giver.person)
            if body.stamp:
                return feedback.rate(giver, body.stamp, body.prompt, body.rating, body.reasons)
            if body.case:
                self.context.require_case(caller, body.case)
                return feedback.tell_refusal(giver, body.case, body.prompt)
            return feedback.choose(giver, body.chosen, body.rejected, body.prompt)

        if feedback.enabled and not body.consent:
            raise ApiError(400, f"{NOT_AGREED} Send 'consent': true once the person has.", loc=("consent",))
        entry = self.answer(caller, work, (body.prompt, body.person))
        return {"case": entry.case_id, "kind": entry.kind, "about": entry.target, "at": entry.time}

    def answer(self, caller: Caller, work: Callable[[], Any], given: tuple[str, ...]) -> Any:
        with self.context.place(caller, "others"):
            try:
                return work()
            except Exception as error:
                raise error_of(error, given) from error


def routes(context: ApiContext) -> APIRouter:
    """Returns the endpoints."""
    router = APIRouter(prefix="/v1/safety/feedback", tags=["safety"])
    calls, feedback = _Calls(context), context.studio.review.feedback

    @router.post("", summary="Rate a picture, choose one of two, or say that a refusal was wrong.", status_code=201)
    def give(body: FeedbackBody, caller: Creating) -> Row:
        return calls.give(body, caller)

    @router.post("/given", summary="All feedback of one person, for them.")
    def given(body: PersonBody, caller: Creating) -> Row:
        person = calls.giver(caller, body.person).person
        return {"feedback": calls.answer(caller, lambda: feedback.given_by(person), (body.person,))}

    @router.post("/withdraw", summary="Take the consent of one person back, and delete all feedback of theirs.")
    def withdraw(body: PersonBody, caller: Creating) -> Row:
        person = calls.giver(caller, body.person).person
        return {"erased": calls.answer(caller, lambda: feedback.withdraw(person), (body.person,))}

    return router
