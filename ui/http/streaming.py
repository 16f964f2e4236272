"""Server-sent events of a picture while it is drawn, in OpenAI's shape. Partial pictures are blurred: nobody has judged
them yet.
"""

from __future__ import annotations

import base64
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from io import BytesIO
from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from safety.generation import Outcome
from ui.http.hang_up import HangUp
from ui.http.problems import ApiError, error_of

if TYPE_CHECKING:
    from PIL.Image import Image

PARTIAL, COMPLETED, FAILED = "image_generation.partial_image", "image_generation.completed", "error"
KEEP_ALIVE = 10.0  # seconds after which a comment keeps proxies from hanging up
MIME = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}


class EventStream(StreamingResponse):
    """Answers with the events of one creation. A client that hangs up stops the work at its next step.

    `place` is given back when the work ends, and the work begins at once: a client may hang up before the first event
    is asked for, and nothing would ever run then that gives the place back.
    """

    def __init__(
        self,
        create: Callable[..., Outcome],
        answer: Callable[[Outcome], dict[str, Any]],
        body: Any,
        place: AbstractContextManager[None],
    ) -> None:
        told: queue.Queue[tuple[str, dict[str, Any]] | None] = queue.Queue()
        self.hang_up = HangUp()
        work = _Work(create, answer, body, self.hang_up, told)
        super().__init__(_events(told), media_type="text/event-stream")
        place.__enter__()
        threading.Thread(target=work.run, args=(place,), daemon=True, name="stream").start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.hang_up.gone.set()  # at once: what waits for the next event takes a while to end
            return message

        try:
            await super().__call__(scope, watched, send)
        finally:
            self.hang_up.gone.set()


def _events(told: queue.Queue[tuple[str, dict[str, Any]] | None]) -> Iterator[str]:
    """Yields events until the outcome is told."""
    while True:
        try:
            event = told.get(timeout=KEEP_ALIVE)
        except queue.Empty:
            yield ": still drawing\n\n"
            continue
        if event is None:
            return
        name, row = event
        yield f"event: {name}\ndata: {json.dumps({'type': name, **row})}\n\n"


class _Work:
    """Runs one creation in a thread and tells what happens."""

    def __init__(
        self,
        create: Callable[..., Outcome],
        answer: Callable[[Outcome], dict[str, Any]],
        body: Any,
        hang_up: HangUp,
        told: queue.Queue[tuple[str, dict[str, Any]] | None],
    ) -> None:
        self.create, self.answer, self.body, self.hang_up, self.told = create, answer, body, hang_up, told
        self.partials = 0
        self.share = 0.0

    def run(self, place: AbstractContextManager[None]) -> None:
        try:
            row = self.answer(self.create(progress=self.progress, preview=self.preview))
            for picture in row["data"]:
                self.told.put((COMPLETED, {**self._about(), **picture, "size": row["size"]}))
            if not row["data"] or row["safety"]["withheld"]:
                self.told.put(("safelight.outcome", {"safety": row["safety"]}))
        except ApiError as error:
            self.told.put((FAILED, _error(error)))
        except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
            self.told.put((FAILED, _error(error_of(error))))
        finally:
            place.__exit__(None, None, None)
            self.told.put(None)

    def progress(self, stage: str, done: int, total: int, /) -> None:
        self.hang_up(stage, done, total)
        self.share = done / max(total, 1)

    def preview(self, pictures: tuple[Image, ...], /) -> None:
        """Tells a blurred picture, as many as were asked for, spread over the drawing."""
        wanted = self.body.partial_images
        if self.partials < wanted and self.share >= self.partials / max(wanted, 1):
            row = {"b64_json": _encoded(pictures[0], self.body.output_format), "partial_image_index": self.partials}
            self.told.put((PARTIAL, {**self._about(), **row}))
            self.partials += 1

    def _about(self) -> dict[str, Any]:
        own = {"created_at": int(time.time()), "output_format": self.body.output_format}
        return own | {"size": self.body.size or "auto", "quality": "auto", "background": "auto"}


def _encoded(picture: Image, form: str) -> str:
    file = BytesIO()
    picture.save(file, MIME[form])
    return base64.b64encode(file.getvalue()).decode()


def _error(error: ApiError) -> dict[str, Any]:
    row: dict[str, Any] = {
        "code": error.code,
        "message": error.sentence,
        "param": ".".join(map(str, error.loc)) or None,
    }
    return {"error": {**row, "type": error.kind, **({"safety": dict(error.safety)} if error.safety else {})}}
