"""Pictures that lessons work with: made by the studio as any other, once for all visitors, with all their marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safety.errors import RequestError
from safety.generation import EMBEDDED, Delivered, GenerationRequest, Outcome
from safety.policy.model import BASE_MODE
from ui.learn.panel import Desk

if TYPE_CHECKING:
    from PIL.Image import Image

STOPPED = "The studio stopped this wish, so there is no picture of it."
ANOTHER = "Choose other words."


@dataclass(frozen=True, slots=True)
class Drawn:
    """Holds one picture: RGB as it was drawn, which is never handed out, and its finished file with all marks."""

    prompt: str
    image: Image
    file: bytes
    stamp: str


def drawn_once(desk: Desk[Any], prompt: str, seed: int) -> Drawn:
    """Returns a picture that is the same for everybody; who asks first waits until it is drawn. Raises RequestError."""
    key = ("drawn", prompt, seed, desk.studio.policy_digest)

    def draw() -> Drawn:
        return _drawn(desk.studio.create(lesson_request(desk, prompt, seed)))

    drawn = desk.memory.once(key, draw)
    if desk.studio.review.removals.removed([drawn.stamp]):
        # Drawn anew, it is judged anew.
        desk.memory.forget(key, drawn)
        drawn = desk.memory.once(key, draw)
    return drawn


def draw(desk: Desk[Any], prompt: str) -> Drawn:
    """Draws what a learner asks for, under the limits that count for them; it is in nobody's library.

    Raises RequestError where the studio stops it, LimitError.
    """
    return _drawn(desk.studio.create(lesson_request(desk, prompt, None), client=desk.client))


def lesson_request(desk: Desk[Any], prompt: str, seed: int | None) -> GenerationRequest:
    """Returns a request for one picture by the embedded model, in general mode, in its quick number of steps."""
    engines = desk.studio.engines
    engine = EMBEDDED if EMBEDDED in engines else desk.studio.offered_engines()[0].name
    request = GenerationRequest(prompt, BASE_MODE, engine, seed)
    # Half the steps are enough for a lesson, and a class waits half as long.
    quick = engines[engine].card.steps.quick is not None
    return desk.studio.with_quick_steps(request) if quick else request


def _drawn(outcome: Outcome) -> Drawn:
    first = outcome.pictures[0] if isinstance(outcome, Delivered) else None
    # One that would be veiled is not shown in a lesson, either.
    if first is None or first.export is None or not first.decision.allowed:
        raise RequestError(STOPPED, ANOTHER)
    return Drawn(first.picture.prompt, first.picture.image, first.export.path.read_bytes(), str(first.export.stamp))
