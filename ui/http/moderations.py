"""POST /v1/moderations in OpenAI's shape: its categories, and the studio's own beside them."""

from __future__ import annotations

import base64
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from safety.policy.model import BASE_MODE
from safety.records import Decision, Verdict
from ui import serialize
from ui.http.access import Caller, Judging
from ui.http.context import ApiContext
from ui.http.image_request import Strict
from ui.http.problems import ApiError, error_of

Row = dict[str, Any]
MAX_INPUTS = 32
# Ours ("category" or "category.subcategory") to OpenAI's. What is missing has no counterpart there: deception,
# protected works, shocking content and stereotypes stand under `safety` alone.
CATEGORIES: dict[str, tuple[str, ...]] = {
    "child_safety": ("sexual/minors", "sexual"),
    "intimate_imagery": ("sexual",),
    "sexual": ("sexual",),
    "nudity": ("sexual",),
    "violence": ("violence",),
    "violence.grave": ("violence/graphic",),
    "self_harm": ("self-harm",),
    "self_harm.method": ("self-harm/instructions",),
    "hate": ("hate",),
    "hate.extremism": ("hate/threatening",),
    "harassment": ("harassment",),
    "harassment.threat": ("harassment/threatening",),
    "dangerous": ("illicit",),
    "dangerous.instructions": ("illicit/violent",),
}
THEIRS = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
DATA_URL = "Give the picture as a data URL (data:image/png;base64,...): nothing is fetched from elsewhere."


class ImageUrl(Strict):
    """Holds a picture as a data URL."""

    url: str


class Part(Strict):
    """Is one part of an input: a text or a picture."""

    type: Literal["text", "image_url"]
    text: str | None = None
    image_url: ImageUrl | None = None


class ModerationOptions(Strict):
    """What only this studio knows."""

    mode: str = BASE_MODE


class ModerationRequest(Strict):
    """Is OpenAI's request: one text, several, or parts with pictures. `model` has no effect."""

    input: str | list[str] | list[Part] = Field(examples=["a red apple"])
    model: str | None = None
    safety: ModerationOptions = ModerationOptions()


def result(decision: Decision, kind: str, row: Row) -> Row:
    """Returns one result: flagged where the studio would not go on without a person's confirmation."""
    scores = dict.fromkeys(THEIRS, 0.0)
    flags = dict.fromkeys(THEIRS, False)
    for category, score in decision.scores.items():
        for theirs in CATEGORIES.get(category, ()):
            scores[theirs] = max(scores[theirs], float(score))
    for reason in decision.reasons:
        names = (reason.category, f"{reason.category}.{reason.subcategory}")
        for theirs in (name for ours in names for name in CATEGORIES.get(ours, ())):
            flags[theirs] |= reason.verdict > Verdict.NOTE
            scores[theirs] = max(scores[theirs], float(reason.score or 0.0))
    types = {name: [kind] if flags[name] or scores[name] else [] for name in THEIRS}
    flagged = decision.verdict > Verdict.NOTE
    told = {"flagged": flagged, "categories": flags, "category_scores": scores, "category_applied_input_types": types}
    return {**told, "safety": row}


def text_of(one: str | Part) -> str:
    """Returns the words of an input. Raises ApiError where there are none."""
    text = one if isinstance(one, str) else one.text or ""
    if not text.strip():
        raise ApiError(400, "An input is empty. Send a text to judge.", loc=("input",))
    return text


def picture_of(part: Part) -> bytes:
    """Returns the bytes of a picture in a data URL. Raises ApiError."""
    url = part.image_url.url if part.image_url else ""
    head, _, data = url.partition(",")
    if not (head.startswith("data:image/") and head.endswith(";base64")):
        raise ApiError(400, DATA_URL, "not_fetched", loc=("input", "image_url", "url"))
    try:
        return base64.b64decode(data, validate=True)
    except ValueError:
        raise ApiError(400, "The picture is no base64.", "invalid_file", loc=("input", "image_url", "url")) from None


def routes(context: ApiContext) -> APIRouter:
    """Returns the endpoint."""
    router = APIRouter(tags=["moderations"])

    def judge_text(text: str, mode: str) -> Row:
        decision = context.studio.check(text, mode)
        return result(decision, "text", serialize.decision(decision, context.studio.messages()))

    def judge_picture(data: bytes, mode: str) -> Row:
        decision = context.studio.guard.check_image(data, mode=context.studio.policy.effective_mode(mode))
        return result(decision, "image", serialize.decision(decision, context.studio.messages()))

    @router.post("/v1/moderations", summary="Judge texts and pictures.")
    def moderations(body: ModerationRequest, request: Request, caller: Judging) -> Row:
        inputs = body.input if isinstance(body.input, list) else [body.input]
        if not 0 < len(inputs) <= MAX_INPUTS:
            raise ApiError(400, f"One call takes 1 to {MAX_INPUTS} inputs.", loc=("input",))
        mode = _known_mode(context, caller, body.safety.mode)
        results = []
        with context.place(caller, "others"):
            for one in inputs:
                if isinstance(one, Part) and one.type == "image_url":
                    data = picture_of(one)
                    context.quota.take(caller.client, "look")
                    results.append(_guarded(judge_picture, data, mode))
                else:
                    text = text_of(one)
                    context.quota.take(caller.client, "judge")
                    results.append(_guarded(judge_text, text, mode))
        return {"id": f"modr-{request.state.request_id}", "model": "safelight", "results": results}

    return router


def _known_mode(context: ApiContext, caller: Caller, asked: str) -> str:
    mode = caller.mode(asked)
    _guarded(context.studio.require_mode, mode)
    return mode


def _guarded(work: Any, *given: Any) -> Any:
    try:
        return work(*given)
    except ApiError:
        raise
    except Exception as error:
        raise error_of(error, given, ("safety",)) from error
