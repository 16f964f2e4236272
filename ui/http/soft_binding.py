"""Resolves the stamp that pixels carry to the credentials that were kept, in the shape of C2PA's own API for that.

The shape is that of the C2PA Soft Binding Resolution API (matches, manifests, services), under /v1/c2pa. The algorithm
is this project's own and on no list of C2PA's. `GET /v1/safety/manifests/{stamp}` says the same in this studio's words.
"""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety.errors import RequestError
from safety.marks.given_back import GivenBack, own_manifest
from safety.marks.manifest import SOFT_BINDING
from safety.marks.manifest_store import MEDIA_TYPE
from safety.marks.provenance import parse_stamp
from safety.marks.similarity import Similarity
from safety.marks.verify import Verification
from ui.http.access import Caller, Judging
from ui.http.context import ApiContext
from ui.http.image_request import Strict
from ui.http.problems import ApiError, error_of

Row = dict[str, Any]
PREFIX = "/v1/c2pa"
BY_CONTENT = f"{PREFIX}/matches/byContent"
NO_FILE = "Send the picture file itself as the body."
OTHER_ALGORITHM = "This studio resolves {alg} only: GET /v1/c2pa/services/supportedAlgorithms."
FILE_SCHEMA = {"requestBody": {"required": True, "content": {"image/*": {"schema": {"type": "string"}}}}}


class SoftBindingQuery(Strict):
    """Holds a soft binding: its algorithm, and its value as 16 hex digits or as base64 of them."""

    alg: str
    value: str


def routes(context: ApiContext) -> APIRouter:
    """Returns the endpoints."""
    router = APIRouter(tags=["credentials"])
    _add_own(router, context)
    _add_matches(router, context)
    _add_fetch(router, context)
    return router


def _add_own(router: APIRouter, context: ApiContext) -> None:
    @router.get(
        "/v1/safety/manifests/{stamp}", summary="The credentials that are kept of a stamp; no picture is compared."
    )
    def manifest(stamp: str, caller: Judging) -> Row:
        return {"compared": False, **_kept(context, caller, stamp=stamp).as_json()}


def _add_matches(router: APIRouter, context: ApiContext) -> None:
    @router.get(f"{PREFIX}/matches/byBinding", summary="Manifests of a soft binding; no picture is compared.")
    def by_binding(caller: Judging, alg: str, value: str, most: int = Query(10, alias="maxResults", ge=1)) -> Row:
        return _by_binding(context, caller, alg, value)

    @router.post(f"{PREFIX}/matches/byBinding", summary="The same for a soft binding in the body.")
    def by_large_binding(
        body: SoftBindingQuery, caller: Judging, most: int = Query(10, alias="maxResults", ge=1)
    ) -> Row:
        return _by_binding(context, caller, body.alg, body.value)

    @router.post(
        BY_CONTENT, summary="Manifests of a picture file, where mark and picture agree.", openapi_extra=FILE_SCHEMA
    )
    async def by_content(
        request: Request, caller: Judging, alg: str = SOFT_BINDING, most: int = Query(10, alias="maxResults", ge=1)
    ) -> Row:
        _require(alg)
        data = await request.body()
        if not data:
            raise ApiError(400, NO_FILE, "no_file")
        return await run_in_threadpool(_by_content, context, caller, data)


def _by_binding(context: ApiContext, caller: Caller, alg: str, value: str) -> Row:
    """Returns the manifest that a soft binding names, as the one match or none. Raises ApiError."""
    _require(alg)
    stamp = _stamp_of(value)
    try:
        matches = [{"manifestId": _kept(context, caller, stamp=stamp).manifest.id}] if stamp else []
    except ApiError as error:
        if error.status != 404:
            raise
        matches = []
    return {"matches": matches}


def _by_content(context: ApiContext, caller: Caller, data: bytes) -> Row:
    """Returns the manifest of a picture file, as the one match or none. Raises ApiError."""
    with context.place(caller, "others"):
        try:
            return {"matches": _matches(context.studio.verify(data, caller.client))}
        except Exception as error:
            raise error_of(error) from error


def _add_fetch(router: APIRouter, context: ApiContext) -> None:
    @router.get(
        f"{PREFIX}/manifests/{{manifestId}}",
        summary="A manifest store as it was signed (application/c2pa).",
        response_class=Response,
    )
    def fetch(manifestId: str, caller: Judging) -> Response:
        kept = _kept(context, caller, manifest_id=manifestId).manifest
        return Response(kept.store, media_type=MEDIA_TYPE)

    @router.get(f"{PREFIX}/services/supportedAlgorithms", summary="The soft bindings that are resolved here.")
    def algorithms(caller: Judging) -> Row:
        return {"watermarks": [{"alg": SOFT_BINDING}], "fingerprints": []}


def _kept(context: ApiContext, caller: Caller, stamp: str = "", manifest_id: str = "") -> GivenBack:
    """Returns what is kept. Raises ApiError 404 where nothing is, 429."""
    try:
        return context.studio.kept_credentials(stamp, manifest_id, caller.client)
    except RequestError as error:
        raise ApiError(404, error.sentence, "not_kept") from error
    except Exception as error:
        raise error_of(error) from error


def _matches(verification: Verification) -> list[Row]:
    """Returns the manifest of a picture, with how well it fits; none where another is under the mark, or in it."""
    comparison = verification.comparison
    manifest = own_manifest(verification.readings, verification.record, comparison)
    if manifest is None or comparison is None:
        return []
    bits = comparison.distance or 0
    score = comparison.likeness if comparison.similarity is Similarity.EXCERPT else 1 - bits / 256
    return [{"manifestId": manifest.id, "similarityScore": round(100 * (score or 0.0))}]


def _require(alg: str) -> None:
    if alg != SOFT_BINDING:
        raise ApiError(400, OTHER_ALGORITHM.format(alg=SOFT_BINDING), "unknown_algorithm", loc=("alg",))


def _stamp_of(value: str) -> str:
    """Returns the stamp that a value of a soft binding names, as 16 hex digits or as base64 of them; "" for none."""
    stamp = parse_stamp(value)
    if stamp is None:
        with suppress(ValueError):
            stamp = parse_stamp(b64decode(value, validate=True).decode("ascii"))
    return str(stamp or "")
