"""POST /v1/images/generations and GET /v1/models in OpenAI's shapes."""

from __future__ import annotations

import base64
import time
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse, Response

from safety.generation import Delivered, GenerationRequest, Outcome, PictureResult, Refused
from safety.policy.model import BASE_MODE
from safety.records import Decision, Verdict
from safety.statement import as_json
from ui import serialize
from ui.http.access import Caller, Creating, Judging
from ui.http.context import ApiContext, engine_of
from ui.http.problems import ApiError, error_of
from ui.http.streaming import EventStream

if TYPE_CHECKING:
    from studio import Studio

Row = dict[str, Any]
MAX_N = 10
OPENAI_STYLES = (None, "vivid", "natural")
STYLE = "A name of presets/styles.toml, whose words are judged too; vivid and natural have no effect."
NO_EDITS = "Pictures that people bring are not changed here. Ask /v1/images/generations for a new one."
MIME = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}


class Strict(BaseModel):
    """A body in which nothing stands that is not read."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SafetyOptions(Strict):
    """What only this studio knows. `warning`: the case of the warning that a person has read, which confirms it."""

    mode: str = BASE_MODE
    language: str = ""
    warning: str = ""
    keep_prompt: bool = False
    balanced: bool = False


class ImageRequest(Strict):
    """OpenAI's request for pictures. What stands under "no effect" is taken, so that clients need no change."""

    prompt: Annotated[str, Field(examples=["a red apple on a blue background"])]
    model: str | None = Field(default=None, description="An engine of GET /v1/models; the studio's first by default.")
    n: int = Field(default=1, ge=1, le=MAX_N)
    size: str | None = Field(default=None, pattern=r"^(auto|[1-9]\d{1,4}x[1-9]\d{1,4})$", examples=["512x512"])
    response_format: Literal["url", "b64_json"] = "b64_json"
    output_format: Literal["png", "jpeg", "webp"] = "png"
    stream: bool = False
    partial_images: int = Field(default=0, ge=0, le=3)
    seed: int | None = Field(default=None, ge=0)
    negative_prompt: str = ""
    steps: int | None = None
    num_inference_steps: int | None = None
    guidance: float | None = None
    guidance_scale: float | None = None
    safety: SafetyOptions = SafetyOptions()
    quality: str | None = Field(default=None, description="No effect.")
    style: str | None = Field(default=None, description=STYLE)
    background: str | None = Field(default=None, description="No effect.")
    moderation: str | None = Field(default=None, description="No effect: the policy of the studio holds.")
    output_compression: int | None = Field(default=None, description="No effect.")
    user: str | None = Field(default=None, description="No effect, and not kept.")


def read(body: ImageRequest, caller: Caller, studio: Studio) -> GenerationRequest:
    """Returns the studio's own request. Raises RequestError."""
    width, height = (None, None)
    if body.size and body.size != "auto":
        width, height = (int(side) for side in body.size.split("x"))
    steps = body.steps if body.steps is not None else body.num_inference_steps
    guidance = body.guidance if body.guidance is not None else body.guidance_scale
    return GenerationRequest(
        prompt=body.prompt,
        mode=caller.mode(body.safety.mode),
        engine=engine_of(studio, body.model),
        seed=body.seed,
        steps=steps,
        guidance=guidance,
        negative_prompt=body.negative_prompt,
        width=width,
        height=height,
        count=body.n,
        format=body.output_format,
        acknowledged=bool(body.safety.warning),
        warning=body.safety.warning,
        keep_prompt=body.safety.keep_prompt,
        balanced=body.safety.balanced,
        style="" if body.style in OPENAI_STYLES else body.style or "",
        language=body.safety.language,
    )


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
            row["b64_json"] = base64.b64encode(result.export.path.read_bytes()).decode()
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


def routes(context: ApiContext) -> APIRouter:
    """Returns the endpoints."""
    router = APIRouter(tags=["images"])

    def create(body: ImageRequest, caller: Caller, **options: Any) -> Outcome:
        studio = context.studio_of(caller)
        try:
            return studio.create(read(body, caller, studio), client=caller.client, person=caller.person, **options)
        except Exception as error:
            raise error_of(error, (body.prompt, body.negative_prompt)) from error

    @router.post(
        "/v1/images/generations", summary="Make pictures: judged, drawn, judged again, marked.", response_model=None
    )
    def generations(body: ImageRequest, request: Request, caller: Creating) -> Response | Row:
        if body.stream:
            end = partial(answer, context, request, body)
            return EventStream(partial(create, body, caller), end, body, context.place(caller, "create"))
        with context.place(caller, "create"):
            return answer(context, request, body, create(body, caller))

    @router.get("/v1/images/files/{case}/{name}", include_in_schema=False)
    def file(case: str, name: str, until: int, signature: str) -> FileResponse:
        path = context.file_of(case, name, until, signature)
        kind = MIME.get(path.suffix.lstrip(".").replace("jpg", "jpeg"), "application/octet-stream")
        return FileResponse(path, media_type=kind, headers={"Cache-Control": "private, no-store"})

    @router.post("/v1/images/edits", summary="Not offered.", status_code=501)
    @router.post("/v1/images/variations", summary="Not offered.", status_code=501)
    def not_offered(caller: Creating) -> Row:
        raise ApiError(501, NO_EDITS, "not_offered")

    @router.get("/v1/models", summary="The engines that can be asked for.")
    def models(caller: Judging) -> Row:
        offered = context.studio.offered_engines()
        rows = [{"id": e.name, "object": "model", "created": 0, "owned_by": e.card.model or e.name} for e in offered]
        return {"object": "list", "data": rows}

    return router
