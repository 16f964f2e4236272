"""POST /v1/images/generations in OpenAI's shape."""

from __future__ import annotations

import base64
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from engines.interface import Progress, silent
from safety.generation import Delivered, Outcome, PictureResult, Refused
from safety.records import Decision, Verdict
from safety.statement import as_json
from studio.tenant import Tenant, counted_as
from ui import serialize
from ui.http.access import Caller, Creating
from ui.http.ascii_json import AsciiJson
from ui.http.context import ApiContext
from ui.http.hang_up import run_unless_gone
from ui.http.idempotency import HEADER as IDEMPOTENCY_KEY
from ui.http.image_request import ImageRequest, read
from ui.http.problems import ApiError, error_of
from ui.http.streaming import EventStream

if TYPE_CHECKING:
    from studio import Studio

Row = dict[str, Any]
NO_EDITS = "Pictures that people bring are not changed here. Ask /v1/images/generations for a new one."
MIME = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}


def refusal(studio: Studio, refused: Refused) -> ApiError:
    """Returns a refusal in OpenAI's shape, with the statement of reasons beside it."""
    statement = studio.statement(refused)
    row = serialize.refused(refused, statement)
    reasons = row["reasons"]
    said = reasons[0]["text"] if reasons else "This is refused."
    waits = serialize.can_confirm(refused.decision)
    code = "confirmation_required" if waits else "moderation_blocked"
    loc = ("prompt",) if str(refused.decision.stage) == "prompt" else ("data",)
    sentence = f"{said} {confirming(refused)}" if waits else said
    extra = {"categories": categories(refused.decision), "passes_in": list(refused.decision.modes_that_allow)}
    return ApiError(400, sentence, code, "image_generation_user_error", loc, safety={**row, **extra})


def confirming(refused: Refused) -> str:
    """Says how a warning is confirmed over HTTP."""
    return f'Whoever has read this may send it again with "safety": {{"warning": "{refused.case}"}}.'


def categories(decision: Decision) -> list[str]:
    """Returns the categories of the reasons that decide, each once."""
    return list(dict.fromkeys(reason.category for reason in decision.reasons if reason.verdict > Verdict.NOTE))


def answer(context: ApiContext, request: Request, body: ImageRequest, outcome: Outcome) -> Row:
    """Returns OpenAI's answer. Raises ApiError for a refusal. Withheld and veiled pictures stand under `safety`."""
    if isinstance(outcome, Refused):
        raise refusal(context.studio, outcome)
    messages = context.studio.messages(outcome.request.language)
    data, withheld = [], []
    for result in outcome.pictures:
        if result.export is None or result.veiled:
            withheld.append(_withheld(context.studio, outcome, result))
            continue
        row: Row = {"revised_prompt": result.picture.prompt if result.picture.filled else None}
        if body.response_format == "url":
            row["url"] = context.url_of(request, outcome.case, result.export)
        else:
            row["b64_json"] = base64.b64encode(context.studio.file_of(result.export)).decode()
        own = serialize.export("", result.export) | {"seed": result.picture.seed}
        own["picture"] = serialize.decision(result.decision, messages)
        data.append({**row, "safety": {name: value for name, value in own.items() if name != "file"}})
    about = {"case": outcome.case, "prompt": serialize.decision(outcome.prompt_decision, messages)}
    size = f"{data[0]['safety']['width']}x{data[0]['safety']['height']}" if data else None
    told = {"created": int(time.time()), "data": data, "output_format": body.output_format, "size": size}
    return {**told, "safety": {**about, "withheld": withheld}}


def _withheld(studio: Studio, outcome: Delivered, result: PictureResult) -> Row:
    statement = as_json(studio.statement(outcome.refusal(result)))
    return {"seed": result.picture.seed, "veiled": result.veiled, "statement": statement}


def create(context: ApiContext, body: ImageRequest, caller: Caller, **options: Any) -> Outcome:
    """Returns what became of a call. Raises ApiError."""
    studio, warning = context.studio_of(caller), body.safety.warning
    try:
        # A warning that somebody else was shown confirms nothing.
        warning = warning if warning and context.has_case(caller, warning) else ""
        request = read(body, caller, studio, warning)
        with counted_as(tenant_of(caller, studio)):
            return studio.create(request, client=caller.client, person=caller.person, **options)
    except ApiError:
        raise
    except Exception as error:
        raise error_of(error, (body.prompt, body.negative_prompt), ("safety",)) from error


def tenant_of(caller: Caller, studio: Studio) -> Tenant:
    """Returns as whose a call waits where calls wait for each other: its key's, or a keyed hash of its address's."""
    if caller.key is None:
        return Tenant(studio.audit.client_digest(caller.client))
    return Tenant(caller.client, caller.key.weight, caller.key.priority)


def routes(context: ApiContext) -> APIRouter:
    """Returns the endpoints."""
    router = APIRouter(tags=["images"])

    @router.post(
        "/v1/images/generations", summary="Make pictures: judged, drawn, judged again, marked.", response_model=None
    )
    async def generations(body: ImageRequest, request: Request, caller: Creating) -> Response:
        end = partial(answer, context, request, body)
        if body.stream:
            return EventStream(partial(create, context, body, caller), end, body, context.place(caller, "create"))

        def work(hang_up: Progress) -> Response:
            with context.place(caller, "create"):
                return AsciiJson(end(create(context, body, caller, progress=hang_up)))

        if IDEMPOTENCY_KEY in request.headers:  # whoever asks again gets this picture: it is made whatever happens
            return await run_in_threadpool(work, silent)
        return await run_unless_gone(request.receive, work)

    @router.get("/v1/images/files/{case}/{name}", include_in_schema=False)
    def file(case: str, name: str, until: int, signature: str) -> FileResponse:
        path = context.file_of(case, name, until, signature)
        kind = MIME.get(path.suffix.lstrip(".").replace("jpg", "jpeg"), "application/octet-stream")
        return FileResponse(path, media_type=kind, headers={"Cache-Control": "private, no-store"})

    @router.post("/v1/images/edits", summary="Not offered.", status_code=501)
    @router.post("/v1/images/variations", summary="Not offered.", status_code=501)
    def not_offered(caller: Creating) -> Row:
        raise ApiError(501, NO_EDITS, "not_offered")

    return router
