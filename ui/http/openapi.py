"""The API's description: FastAPI's, with an example and a schema of each answer, and of errors as they are sent."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from fastapi import FastAPI

from ui.http.openapi_examples import ANSWERS, ERROR, PROBLEM, REQUESTS
from ui.http.problems import OWN

Row = dict[str, Any]
JSON, PROBLEM_JSON = "application/json", "application/problem+json"
# Fields whose names are not fixed: categories, modes, stages.
MAPS = ("scores", "margins", "modes", "limits", "categories", "category_scores", "category_applied_input_types")
# Fields that some answers lack, and those that may be null.
OPTIONAL = ("b64_json", "safety", "loc", "suggestions", "note", "warn", "block")
NULLABLE = ("param", "revised_prompt", "size", "stamp", "case", "unchanged")
KINDS: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}
ERRORS = {
    "400": "The call is wrong, or it is refused: the first field at fault, or the reasons.",
    "401": "No key that holds.",
    "403": "The key may not do this.",
    "429": "Too much of one caller; `Retry-After` says how many seconds to wait.",
}
OPEN = ("/health/live", "/health/ready")  # what needs no key and takes nothing


def describe(app: FastAPI) -> None:
    """Has an application describe itself in full."""
    plain = app.openapi

    def openapi() -> Row:
        if app.openapi_schema is None:
            app.openapi_schema = completed(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def completed(description: Row) -> Row:
    """Returns a description with examples, schemas of answers and errors."""
    whole = deepcopy(description)
    schemas = whole.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= {"Error": schema_of(ERROR), "Problem": schema_of(PROBLEM)}
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            _complete(operation, path, (method, path))
    return whole


def _complete(operation: Row, path: str, route: tuple[str, str]) -> None:
    if route in REQUESTS:
        operation["requestBody"]["content"][JSON]["example"] = REQUESTS[route]
    responses = operation["responses"]
    responses.pop("422", None)  # FastAPI's own: wrong calls are answered with 400 here
    example = ANSWERS.get(route)
    success = next((status for status in responses if status.startswith("2")), None)
    if example is not None and success:
        responses[success].setdefault("content", {})[JSON] = {"schema": schema_of(example), "example": example}
    kind, name, shown = (PROBLEM_JSON, "Problem", PROBLEM) if path.startswith(OWN) else (JSON, "Error", ERROR)
    schema: Row = {"schema": {"$ref": f"#/components/schemas/{name}"}}
    if "501" in responses:
        responses["501"]["content"] = {kind: schema}
    if path not in OPEN:
        for status, about in ERRORS.items():
            told = schema | ({"example": shown} if status == "400" else {})
            responses[status] = {"description": about, "content": {kind: told}}


def schema_of(example: Any, name: str = "") -> Row:
    """Returns the JSON schema of values like this one. A whole number of seconds may be a fraction elsewhere."""
    if example is None:
        return {}
    if isinstance(example, list):
        return {"type": "array", "items": schema_of(example[0]) if example else {}}
    if name in MAPS and isinstance(example, dict):
        return {"type": "object", "additionalProperties": schema_of(next(iter(example.values())))}
    if isinstance(example, dict):
        required = [key for key in example if key not in OPTIONAL]
        properties = {key: schema_of(value, key) for key, value in example.items()}
        return {"type": "object", "required": required, "properties": properties}
    kind = KINDS[type(example)]
    return {"type": [kind, "null"] if name in NULLABLE else kind}
