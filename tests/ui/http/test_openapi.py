"""/openapi.json: each route has examples, and real answers are as it says."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.fakes_marks import file_of, flat_art
from tests.ui.http.test_routes import Served, png
from ui.http.openapi_examples import ANSWERS, CASE, PICTURE, RECEIPT, REQUESTS, STAMP

ROUTES = sorted(ANSWERS)
STATUSES = {("post", f"/v1/safety/{name}"): "201" for name in ("appeals", "reports", "notices", "feedback")}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("openapi"))
    yield served
    served.studio.audit.close()


@pytest.fixture(scope="module")
def described(served: Served) -> Any:
    return served.client().get("/openapi.json").json()


def marked_png() -> bytes:
    return file_of(flat_art(1, 128))


def require(description: Any, schema: Any, value: Any) -> None:
    """Raises where a value does not fit a schema of the description."""
    Draft202012Validator({**schema, "components": description["components"]}).validate(value)


def test_every_route_that_there_is_has_an_example(described: Any) -> None:
    assert sorted((method, path) for path, methods in described["paths"].items() for method in methods) == ROUTES
    taking = {
        (method, path)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert taking == set(REQUESTS)


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_examples_fit_their_schemas(described: Any, route: tuple[str, str]) -> None:
    operation = described["paths"][route[1]][route[0]]
    shown = 0
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        for content in part.get("content", {}).values():
            if "example" in content:
                require(described, content["schema"], content["example"])
                shown += 1
    assert shown or ANSWERS[route] is None
    assert "422" not in operation["responses"]


@pytest.mark.parametrize("route", [route for route in ROUTES if ANSWERS[route] is not None], ids=" ".join)
def test_the_answer_to_the_example_fits_the_schema(served: Served, described: Any, route: tuple[str, str]) -> None:
    method, path = route
    api, status = served.client(), STATUSES.get(route, "200")
    made = api.post("/v1/safety/mark", content=marked_png()).headers["x-safelight-stamp"]
    refused = api.post("/v1/images/generations", json={"prompt": "gore"}).json()["error"]["safety"]["case"]
    options: dict[str, Any] = {}
    if route in REQUESTS:
        real = {CASE: refused, STAMP: made, PICTURE: base64.b64encode(png()).decode()}
        if RECEIPT in REQUESTS[route].values():
            sent = api.post("/v1/safety/notices", json=REQUESTS["post", "/v1/safety/notices"])
            real[RECEIPT] = sent.json()["receipt"]
        options["json"] = {
            name: real.get(value, value) if isinstance(value, str) else value for name, value in REQUESTS[route].items()
        }
    elif method == "post":
        options["content"] = png()
    if (method, path) == ("get", "/v1/c2pa/matches/byBinding"):
        options["params"] = {"alg": "safelight.tilemark", "value": made}
    answer = api.request(method, path.format(case=refused, model="pocket", stamp=made), **options)
    assert str(answer.status_code) == status, answer.text
    content = described["paths"][path][method]["responses"][status]["content"]["application/json"]
    require(described, content["schema"], answer.json())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/v1/images/generations", {"prompt": "gore"}, id="refused"),
        pytest.param("/v1/images/generations", {"prompt": "a", "colour": 1}, id="unknown field"),
        pytest.param("/v1/moderations", {}, id="no input"),
        pytest.param("/v1/safety/judge", {"prompt": "a", "mode": "x"}, id="unknown mode"),
        pytest.param("/v1/safety/appeals", {"case": "x", "prompt": "a"}, id="unknown case"),
    ],
)
def test_errors_fit_their_schemas(served: Served, described: Any, path: str, body: Any) -> None:
    answer = served.client().post(path, json=body)
    content = described["paths"][path]["post"]["responses"][str(answer.status_code)]["content"]
    require(described, content[answer.headers["content-type"]]["schema"], answer.json())
