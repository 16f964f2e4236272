"""Errors over HTTP: OpenAI's shape under /v1, problem+json (RFC 9457) under /v1/safety; one sentence in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safety.errors import (
    AuditError,
    Cancelled,
    EngineFailed,
    EngineUnavailable,
    ExportError,
    FileError,
    LimitError,
    RequestError,
    StoreError,
    StudioError,
    WeightsError,
)
from ui.results import Problem

OWN = "/v1/safety"
MAX_SHOWN = 80  # characters of a name that a caller made up
# What the fields are called here that stand for a setting of the studio's own.
FIELDS: dict[str, tuple[str, ...]] = {
    "width": ("size",),
    "height": ("size",),
    "count": ("n",),
    "engine": ("model",),
    "format": ("output_format",),
}
OPTIONS = ("mode", "language")  # in OpenAI's shapes they stand under `safety`
# What a field of a form that cannot be read should look like.
FORMS = {"size": "write it like 512x512, or auto"}
REQUEST_ID = "x-request-id"
# Status, OpenAI's type and our code of each error; the first class that fits counts.
ERRORS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (LimitError, 429, "rate_limit_error", "rate_limit_exceeded"),
    (RequestError, 400, "invalid_request_error", "invalid_request"),
    (FileError, 400, "invalid_request_error", "invalid_file"),
    (Cancelled, 409, "invalid_request_error", "cancelled"),
    (EngineUnavailable, 503, "server_error", "engine_unavailable"),
    (EngineFailed, 502, "server_error", "engine_failed"),
    (WeightsError, 503, "server_error", "check_unavailable"),
    (AuditError, 503, "server_error", "record_unavailable"),
    (StoreError, 503, "server_error", "store_unavailable"),
    (ExportError, 500, "server_error", "not_markable"),
)
TITLES = {
    400: "The call is wrong",
    401: "A key is needed",
    403: "This key may not do that",
    404: "There is nothing here",
    405: "Not called in this way",
    408: "The call took too long to arrive",
    409: "In the way of another call",
    413: "The call is too large",
    415: "Not in this format",
    421: "Not this studio's name",
    422: "The call has not the form of its endpoint",
    429: "Too many calls",
    501: "Not offered",
    502: "The generator gave no picture",
    503: "Not ready",
}
SENTENCES = {
    404: "There is nothing at this address. /openapi.json lists what there is.",
    405: "This address is not called in this way. /openapi.json says how.",
}


@dataclass
class ApiError(Exception):
    """An answer that is an error. `loc` is the path of the field at fault; `safety` stands beside it as it is."""

    status: int
    sentence: str
    code: str = "invalid_request"
    kind: str = "invalid_request_error"
    loc: tuple[str | int, ...] = ()
    wait: int | None = None
    safety: Mapping[str, Any] = field(default_factory=dict)


def error_of(error: Exception, given: tuple[object, ...] = (), within: tuple[str, ...] = ()) -> ApiError:
    """Returns the answer to an error of the studio; one that is not ours to explain goes to the log under an id.

    `given`: the words of the call, which no log gets. `within`: the path of the field that OPTIONS stand in.
    """
    problem = Problem.of(error, given)
    loc = _loc_of(error.setting, within) if isinstance(error, RequestError) else ()
    if isinstance(error, StudioError):
        for kind, status, name, code in ERRORS:
            if isinstance(error, kind):
                return ApiError(status, problem.sentence, code, name, loc, wait=problem.wait)
    return ApiError(500, problem.sentence, "internal_error", "server_error")


def _loc_of(setting: str, within: tuple[str, ...]) -> tuple[str, ...]:
    own = FIELDS.get(setting, (setting,)) if setting else ()
    return (*within, *own) if setting in OPTIONS else own


def response_of(request: Request, error: ApiError) -> JSONResponse:
    """Returns the answer in the shape of the address that was called."""
    number = getattr(request.state, "request_id", "")
    request.state.code = error.code
    headers = {"Retry-After": str(error.wait)} if error.wait is not None else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if request.url.path.startswith(OWN):
        row = {
            "type": f"urn:safelight:problem:{error.code}",
            "title": TITLES.get(error.status, "Something failed"),
            "status": error.status,
            "detail": error.sentence,
            "request": number,
            **({"loc": list(error.loc)} if error.loc else {}),
            **({"wait": error.wait} if error.wait is not None else {}),
            **({"safety": dict(error.safety)} if error.safety else {}),
        }
        return JSONResponse(row, error.status, headers, "application/problem+json")
    parameter = ".".join(str(part) for part in error.loc) or None
    told: dict[str, Any] = {"message": error.sentence, "type": error.kind, "param": parameter, "code": error.code}
    if error.safety:
        told["safety"] = dict(error.safety)
    return JSONResponse({"error": told}, error.status, headers)


def malformed(error: RequestValidationError) -> ApiError:
    """Returns the answer to a body that is not of its form: the fault that lies deepest, named by its path.

    Of a field that takes several forms there is a fault for each form: the deepest is of the one that was meant.
    """
    first = max(error.errors(), key=lambda fault: len(fault["loc"]))
    loc = tuple(part for part in first["loc"] if not _is_technical(part))
    if first["type"] == "json_invalid" or not loc:
        return no_json()
    where = ".".join(str(part) for part in loc)[:MAX_SHOWN]
    if first["type"] == "extra_forbidden":
        return ApiError(400, f"There is no field {where!r} here.", "unknown_field", loc=_short(loc))
    why = FORMS.get(str(loc[-1]), "") if first["type"] == "string_pattern_mismatch" else ""
    why = why or _small(first["msg"].removeprefix("Value error, "))
    return ApiError(400, f"The field {where!r} cannot be used: {why}.", loc=_short(loc))


def no_json() -> ApiError:
    """Returns the answer to a body that is none, or no JSON, or JSON that is too deep to be read."""
    return ApiError(400, "The body is no JSON that can be read. Send one object, in UTF-8.", "invalid_json")


def _is_technical(part: str | int) -> bool:
    """Tells whether a part of a fault's path is none of the caller's: where it was looked for, or in which form."""
    return part in ("body", "query", "path", "str") or str(part).startswith("list[")


def _small(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def _short(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Returns a path with names of bounded length: the caller may have written any."""
    return tuple(part[:MAX_SHOWN] if isinstance(part, str) else part for part in loc)


def plain(error: HTTPException) -> ApiError:
    """Returns the answer to what the framework itself refuses."""
    if error.status_code == 400:  # the framework says no more than that a body cannot be parsed
        return no_json()
    sentence = SENTENCES.get(error.status_code, str(error.detail))
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(error.status_code, "invalid_request")
    return ApiError(error.status_code, sentence, code)


class Failures:
    """Answers what nobody foresaw with 500 and one sentence, and ends it there: the connection goes on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if started:
                raise  # half an answer has gone out: all that can be done is to hang up
            await response_of(Request(scope), error_of(error))(scope, receive, send)
