"""Pictures of lessons: each is drawn once by the studio, for everybody, and handed out as a marked file."""

from __future__ import annotations

import base64
from typing import Any

from safety.errors import RequestError
from studio.demonstration import FORMAT, Demonstrated, Demonstration, demonstrate
from ui.learn.panel import Desk


def demonstrated(desk: Desk[Any], asked: Demonstration) -> Demonstrated:
    """Returns a lesson's picture. Raises RequestError where the studio stops it, which is asked once, too."""

    def draw() -> Demonstrated | RequestError:
        try:
            return demonstrate(desk.studio, asked)
        except RequestError as error:
            return error

    # A mode that is locked for a class judges by other limits.
    key = ("demonstrated", asked, desk.studio.policy_digest, desk.studio.locked_mode)
    made = desk.memory.once(key, draw)
    if isinstance(made, Demonstrated) and desk.studio.review.removals.removed_from(made.case):
        # Drawn anew, it is judged anew.
        desk.memory.forget(key, made)
        made = desk.memory.once(key, draw)
    if isinstance(made, RequestError):
        raise made
    return made


def address(file: bytes) -> str:
    """Returns a marked file as an address to show it from: what a learner saves is the file, marks and all."""
    return f"data:image/{FORMAT};base64,{base64.b64encode(file).decode()}"
