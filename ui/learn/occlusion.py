"""The panel that covers a picture cell by cell and shows how each score changes: what the picture checks look at.

A learner's own picture travels in each call and is nowhere kept: not in memory, not on disk, in no log. One that the
policy would not show is not shown back, and no cell of it is judged.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from pydantic import Field

from safety.config import ConfigModel
from safety.errors import FileError, RequestError
from safety.image.attribution import cover_cells
from safety.image_io import open_picture, open_untrusted
from safety.policy.model import BASE_MODE
from safety.records import Decision, Stage
from safety.resources import ASSETS
from safety.review.rate_limit import VERIFICATION
from ui.learn.panel import Desk, Json, choice_of, file_of, number_of

if TYPE_CHECKING:
    from PIL.Image import Image

PICTURES = ASSETS / "lessons"
GRIDS = (4, 8)  # cells a side
SIDE = 384  # pixels: an own picture is judged and shown no larger; the models see 224
MOST_FILE = 8_000_000  # bytes


class OcclusionSettings(ConfigModel):
    """`pictures` are names in assets/lessons; with `map` cells are covered, with `upload` a learner may bring one."""

    pictures: tuple[str, ...] = Field(min_length=1)
    map: bool = True
    upload: bool = False


class OcclusionPanel:
    """Judges pictures, and copies of them with one cell covered, as `Studio.look` does. Nothing is recorded."""

    settings = OcclusionSettings
    most_bytes = MOST_FILE * 4 // 3 + 1024  # as base64

    def open(self, desk: Desk[OcclusionSettings]) -> Json:
        """Returns the pictures, and what may be done with them."""
        chosen = desk.settings
        return {
            "words": desk.words("learn_occlusion."),
            "pictures": [{"name": name, "file": _data(_file(name), "webp")} for name in chosen.pictures],
            "grids": list(GRIDS) if chosen.map else [],
            "upload": chosen.upload,
            "megabytes": MOST_FILE // 1_000_000,
        }

    def answer(self, desk: Desk[OcclusionSettings], call: Mapping[str, Any]) -> Json:
        """Returns the judgement of a `picture` by name, or of a `file`; with `grid`, of its copies with a cell covered.

        Of a file, only the cells of one `row` are judged in a call: a class shares one machine.
        Raises RequestError, LimitError.
        """
        if "file" in call:
            return self._answer_file(desk, call)
        name = choice_of(call, "picture", desk.settings.pictures)
        if "grid" not in call:
            return desk.memory.once(_key(desk, name), lambda: _judged(desk, _picture(name)))
        grid = _grid(desk, call)
        return desk.memory.once(_key(desk, name, grid), lambda: _covered(desk, _picture(name), grid))

    def _answer_file(self, desk: Desk[OcclusionSettings], call: Mapping[str, Any]) -> Json:
        if not desk.settings.upload:
            raise RequestError("This step takes no picture of your own.", "Choose one of the pictures.")
        if "grid" not in call:
            desk.studio.review.rate_limiter.count(desk.client, VERIFICATION)
        image = _opened(file_of(call), desk.client)
        judged = _judged(desk, image)
        if not judged["allowed"]:
            # What was read in it is not told, either.
            return judged | {"reasons": [reason | {"evidence": ""} for reason in judged["reasons"]]}
        if "grid" not in call:
            return judged | {"file": _data(_png(image), "png")}
        grid = _grid(desk, call)
        return _covered(desk, image, grid, (int(number_of(call, "row", 0, grid - 1)),))


def _key(desk: Desk[OcclusionSettings], *what: object) -> tuple[object, ...]:
    return ("occlusion", *what, desk.studio.policy_digest)


def _grid(desk: Desk[OcclusionSettings], call: Mapping[str, Any]) -> int:
    if not desk.settings.map or call.get("grid") not in GRIDS:
        raise RequestError(f"grid has to be one of: {', '.join(map(str, GRIDS))}.")
    return int(call["grid"])


def _file(name: str) -> bytes:
    return (PICTURES / f"{name}.webp").read_bytes()


def _picture(name: str) -> Image:
    return open_picture(_file(name))


def _opened(data: bytes, client: str) -> Image:
    """Returns an own picture, decoded in a worker process and made smaller. Raises RequestError, BusyError."""
    try:
        image = open_untrusted(data, client)
    except FileError as error:
        raise RequestError(str(error), error.advice) from None
    image.thumbnail((SIDE, SIDE))
    return image


def _judged(desk: Desk[OcclusionSettings], image: Image) -> Json:
    """Returns scores and verdict of a picture, and its reasons with the limits that were reached."""
    (decision,) = desk.studio.look_many([image], BASE_MODE)
    titles = desk.messages.locale.category
    return {
        "allowed": decision.allowed,
        "verdict": decision.verdict.name.lower(),
        "title": desk.messages.verdict(Stage.PICTURE, decision.verdict).title,
        "scores": _scores(decision),
        "titles": {name: titles[name].title for name in decision.scores},
        "reasons": [
            {"category": reason.category, "limit": reason.threshold, "evidence": reason.evidence}
            for reason in decision.reasons
            if reason.score is not None
        ],
    }


def _covered(desk: Desk[OcclusionSettings], image: Image, grid: int, rows: tuple[int, ...] = ()) -> Json:
    """Returns the scores of a picture, and those of its copies with one cell covered, row by row."""
    copies = [copy for copy, _ in cover_cells(image, grid, rows)]
    whole, *covered = map(_scores, desk.studio.look_many([image, *copies], BASE_MODE))
    return {"grid": grid, "rows": list(rows or range(grid)), "whole": whole, "cells": covered}


def _scores(decision: Decision) -> dict[str, float]:
    return {name: round(score, 4) for name, score in decision.scores.items()}


def _png(image: Image) -> bytes:
    memory = BytesIO()
    image.save(memory, "PNG")
    return memory.getvalue()


def _data(file: bytes, format: str) -> str:
    return f"data:image/{format};base64,{base64.b64encode(file).decode()}"
