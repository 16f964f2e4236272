"""Errors over HTTP: OpenAI's shape under /v1, problem+json (RFC 9457) under /v1/safety; one sentence in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from safety.errors import (
    AuditError,
    Cancelled,
    EngineFailed,
    EngineUnavailable,
    ExportError,
    FileError,
    LimitError,
    RequestError,
    StudioError,
    WeightsError,
)
from ui.results import Problem

OWN = "/v1/safety"
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


def error_of(error: Exception, given: tuple[object, ...] = ()) -> ApiError:
    """Returns the answer to an error of the studio; one that is not ours to explain goes to the log under an id."""
    problem = Problem.of(error, given)
    if isinstance(error, StudioError):
        for kind, status, name, code in ERRORS:
            if isinstance(error, kind):
                return ApiError(status, problem.sentence, code, name, wait=problem.wait)
    return ApiError(500, problem.sentence, "internal_error", "server_error")


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
    """Returns the answer to a body that is not of its form: the first fault, named by its path."""
    first = error.errors()[0]
    loc = tuple(part for part in first["loc"] if part not in ("body", "query", "path"))
    if first["type"] == "json_invalid":
        return ApiError(400, "The body is no JSON.", "invalid_json")
    where = ".".join(str(part) for part in loc) or "body"
    if first["type"] == "extra_forbidden":
        return ApiError(400, f"There is no field {where!r} here.", "unknown_field", loc=loc)
    return ApiError(400, f"The field {where!r} cannot be used: {first['msg'].rstrip('.').lower()}.", loc=loc)


def plain(error: HTTPException) -> ApiError:
    """Returns the answer to what the framework itself refuses."""
    sentence = SENTENCES.get(error.status_code, str(error.detail))
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(error.status_code, "invalid_request")
    return ApiError(error.status_code, sentence, code)
