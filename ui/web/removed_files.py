"""Hands out no copy of a picture that was removed after a notice, by whichever process: by no address of the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.review.notices import STAMP
from ui.web.open_routes import API

if TYPE_CHECKING:
    from safety.review.removals import Removals

FILES = f"{API}/file="
GONE = "This picture was removed here after a notice by somebody who is depicted."


class RemovedFiles:
    """Answers 404 at copies of removed pictures, deletes those below `folder`, and hands on the rest to `app`."""

    def __init__(self, app: ASGIApp, removals: Removals, folder: Path) -> None:
        self.app, self.removals, self.folder = app, removals, folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "") if scope["type"] == "http" else ""
        # A copy is named like the file that was handed out, which ends in the stamp.
        stamps: list[str] = STAMP.findall(path.lower()) if path.startswith(FILES) else []
        removed = await run_in_threadpool(self._drop, stamps) if stamps else False
        if removed:
            await JSONResponse({"error": GONE, "detail": GONE}, 404)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _drop(self, stamps: list[str]) -> bool:
        removed = self.removals.removed(stamps)
        delete_copies(self.folder, sorted(removed))
        return bool(removed)


def delete_copies(folder: Path, stamps: Sequence[str]) -> None:
    """Deletes copies of pictures with these stamps below a folder. Raises OSError where one cannot be."""
    if not stamps:
        return
    for path in folder.rglob("*"):
        if path.is_file() and any(stamp in path.name for stamp in stamps):
            path.unlink(missing_ok=True)
