"""The studio's own endpoints, under /v1/safety: the JSON of the command line (docs/cli.md), errors as problem+json."""

from __future__ import annotations

import base64
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety.errors import StudioError
from safety.generation import GenerationRequest
from safety.policy.model import BASE_MODE
from safety.review.appeals import AppealRequest, AppealStatus
from ui import serialize
from ui.http.access import Creating, Judging, Marking
from ui.http.context import ApiContext, engine_of
from ui.http.image_request import Strict
from ui.http.images import MIME
from ui.http.problems import ApiError, error_of, malformed

Row = dict[str, Any]
MAX_PROMPTS = 64
JSON = "application/json"
SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
NO_FILE = "Send the file itself as the body, such as curl --data-binary @picture.png."


class JudgeRequest(Strict):
    """Holds prompts to judge. `suggest`: other wordings of what is blocked are looked for, which takes longer."""

    prompt: str | list[str] = Field(examples=["a red apple"])
    mode: str = BASE_MODE
    negative_prompt: str = ""
    language: str = ""
    suggest: bool = False


class LookRequest(Strict):
    """Holds a picture to judge together with the words that it was made from."""

    picture: str = Field(description="The file as base64, or as a data URL.")
    prompt: str = ""
    mode: str = BASE_MODE

    def data(self) -> bytes:
        """Returns the bytes of the file. Raises ApiError where they are no base64."""
        try:
            return base64.b64decode(self.picture.rpartition("base64,")[2], validate=True)
        except ValueError:
            raise ApiError(400, "The field 'picture' is no base64.", "no_file", loc=("picture",)) from None


class Appeal(Strict):
    """Asks a person to look at a refusal again."""

    case: str
    prompt: str
    negative_prompt: str = ""
    remark: str = ""
    learn: bool = False


class Report(Strict):
    """Tells of a false block that nobody tried to create."""

    prompt: str
    mode: str = BASE_MODE
    negative_prompt: str = ""
    remark: str = ""


def routes(context: ApiContext) -> APIRouter:
    """Returns the endpoints."""
    router = APIRouter(prefix="/v1/safety", tags=["safety"])
    _add_judge(router, context)
    _add_files(router, context)
    _add_cases(router, context)

    @router.get("/policy", summary="The policy in force: modes, categories and limits.")
    def policy(caller: Judging) -> Row:
        studio = context.studio
        modes = {name: {"title": mode.title, "about": mode.description} for name, mode in studio.list_modes().items()}
        limits = {mode: _limits(context, mode) for mode in modes}
        added = [serialize.added_category(one) for one in studio.policy.added]
        row = {"version": studio.policy_version, "digest": studio.policy_digest, "modes": modes, "limits": limits}
        return {**row, "added": added}

    return router


def _limits(context: ApiContext, mode: str) -> Row:
    """Returns every limit of a mode by stage and category, as scores; what has none is left out."""
    policy = context.studio.policy
    rows: Row = {}
    for stage, table in policy.limits.items():
        for key in table:
            category, _, subcategory = key.partition(".")
            limits = policy.thresholds(stage, category, subcategory, mode)
            told = limits.model_dump(exclude_none=True) if limits else {}
            rows.setdefault(str(stage), {})[key] = told
    return rows


def _add_judge(router: APIRouter, context: ApiContext) -> None:
    studio = context.studio

    @router.post("/judge", summary="Judge prompts with all checks. Nothing is made or recorded.")
    def judge(body: JudgeRequest, caller: Judging) -> Row:
        prompts = body.prompt if isinstance(body.prompt, list) else [body.prompt]
        if not 0 < len(prompts) <= MAX_PROMPTS:
            raise ApiError(400, f"One call takes 1 to {MAX_PROMPTS} prompts.", loc=("prompt",))
        mode = caller.mode(body.mode)
        for _ in prompts:
            context.quota.take(caller.client, "judge")
        with context.place(caller, "others"):
            try:
                studio.require_mode(mode)
                rows = [_judged(context, prompt, mode, body) for prompt in prompts]
            except StudioError as error:
                raise error_of(error) from error
            except Exception as error:
                raise error_of(error, (*prompts, body.negative_prompt)) from error
        return rows[0] if isinstance(body.prompt, str) else {"results": rows}


def _judged(context: ApiContext, prompt: str, mode: str, body: JudgeRequest) -> Row:
    studio, started = context.studio, time.perf_counter()
    decision = studio.check(prompt, mode, body.negative_prompt)
    seconds = time.perf_counter() - started
    found = studio.suggest(prompt, mode, decision, body.negative_prompt) if body.suggest else ()
    row = serialize.checked_prompt(prompt, decision, studio.messages(body.language), seconds, found)
    return {**row, "passes": decision.allowed, "passes_in": list(decision.modes_that_allow)}


def _add_files(router: APIRouter, context: ApiContext) -> None:
    studio = context.studio
    schema = {"requestBody": {"required": True, "content": {"image/*": {"schema": {"type": "string"}}}}}

    async def body_of(request: Request) -> bytes:
        data = await request.body()
        if not data:
            raise ApiError(400, NO_FILE, "no_file")
        return data

    @router.post("/look", summary="Judge a picture file, sent as the body.", openapi_extra=_look_schema())
    async def look(request: Request, caller: Judging, mode: str = BASE_MODE) -> Row:
        data, prompt = await body_of(request), ""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() == JSON:
            # Words stand in no address: proxies write those down.
            asked_for = _look_request(data)
            data, prompt, mode = asked_for.data(), asked_for.prompt, asked_for.mode
        context.quota.take(caller.client, "look")

        def work() -> Row:
            asked = studio.policy.effective_mode(caller.mode(mode))
            return serialize.decision(studio.guard.check_image(data, prompt, asked), studio.messages())

        return dict(await _in_place(context, caller, work))

    @router.post("/verify", summary="Read every mark of a picture file, sent as the body.", openapi_extra=schema)
    async def verify(request: Request, caller: Judging) -> Row:
        data = await body_of(request)
        return dict(await _in_place(context, caller, lambda: studio.verify(data, caller.client).as_json()))

    @router.post(
        "/mark",
        summary="Mark a picture that the caller declares AI-generated; answers with the file.",
        openapi_extra=schema,
        response_class=Response,
    )
    async def mark(
        request: Request, caller: Marking, output_format: Literal["png", "jpeg", "webp"] = "png"
    ) -> Response:
        data = await body_of(request)
        context.quota.take(caller.client, "mark")

        def work() -> Response:
            with tempfile.TemporaryDirectory() as folder:
                suffix = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}[output_format]
                export = studio.mark(data, Path(folder) / f"marked{suffix}")
                headers = {"X-Safelight-Stamp": str(export.stamp), "X-Safelight-Sha256": export.sha256}
                return Response(export.path.read_bytes(), media_type=MIME[output_format], headers=headers)

        answer: Response = await _in_place(context, caller, work)
        return answer


def _look_request(body: bytes) -> LookRequest:
    try:
        return LookRequest.model_validate_json(body)
    except ValidationError as error:
        raise malformed(RequestValidationError(error.errors())) from error


def _look_schema() -> Row:
    picture = {"image/*": {"schema": {"type": "string"}}}
    words = {JSON: {"schema": LookRequest.model_json_schema()}}
    return {"requestBody": {"required": True, "content": picture | words}}


async def _in_place(context: ApiContext, caller: Any, work: Any) -> Any:
    def run() -> Any:
        with context.place(caller, "others"):
            try:
                return work()
            except Exception as error:
                raise error_of(error) from error

    return await run_in_threadpool(run)


def _add_cases(router: APIRouter, context: ApiContext) -> None:
    studio = context.studio

    def attempt(work: Any, *given: Any) -> Row:
        try:
            return asdict(work())
        except Exception as error:
            raise error_of(error, given) from error

    @router.post("/appeals", summary="Ask a person to look at a refusal again.", status_code=201)
    def appeal(body: Appeal, caller: Creating) -> Row:
        asked = AppealRequest(**body.model_dump())

        def work() -> AppealStatus:
            context.require_case(caller, body.case)
            return studio.appeal(asked, caller.client)

        return attempt(work, asked)

    @router.post("/reports", summary="Report a false block without creating.", status_code=201)
    def report(body: Report, caller: Creating) -> Row:
        mode, engine = caller.mode(body.mode), engine_of(studio, None)
        asked = GenerationRequest(body.prompt, mode, engine, negative_prompt=body.negative_prompt)
        return attempt(lambda: studio.report(asked, body.remark, caller.client), asked, body.remark)

    @router.get("/cases/{case}", summary="How the review of a case went.")
    def case(case: str, caller: Creating) -> Row:
        def work() -> AppealStatus:
            context.require_case(caller, case)
            return studio.appeal_status(case, caller.client, caller.person)

        return attempt(work)
