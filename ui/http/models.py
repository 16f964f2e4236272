"""GET /v1/models in OpenAI's shape: the engines that can be asked for."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from engines.shapes import shown_sizes
from studio.views import EngineStatus
from ui.http.access import Judging
from ui.http.context import ApiContext
from ui.http.problems import ApiError

Row = dict[str, Any]
UNKNOWN = "There is no model {!r} here. GET /v1/models lists those there are."


def routes(context: ApiContext) -> APIRouter:
    """Returns the endpoints."""
    router = APIRouter(prefix="/v1/models", tags=["images"])

    @router.get("", summary="The engines that can be asked for, with the sizes of their pictures.")
    def models(caller: Judging) -> Row:
        return {"object": "list", "data": [_model(engine) for engine in context.studio.offered_engines()]}

    @router.get("/{model:path}", summary="One of them.")
    def one(model: str, caller: Judging) -> Row:
        for engine in context.studio.offered_engines():
            if engine.name == model:
                return _model(engine)
        raise ApiError(404, UNKNOWN.format(model[:80]), "model_not_found")

    return router


def _model(engine: EngineStatus) -> Row:
    card = engine.card
    sizes = [f"{width}x{height}" for width, height in shown_sizes(card).values()]
    own = {"title": card.title, "sizes": sizes, "most_pictures": int(card.count.most)}
    return {"id": engine.name, "object": "model", "created": 0, "owned_by": card.model or engine.name, "safety": own}
