"""Bounds what clients leave here: bytes for each and for all, files in a call. The oldest go, to make room."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safety.review.client import client_of
from safety.review.rate_limit import UploadLimits
from ui.web.open_routes import API

UPLOAD = f"{API}/upload"
MEGABYTE = 1024 * 1024
OVERHEAD = 64 * 1024  # bytes of a form around its files
# Bytes that an upload counts for at least: the smallest file costs a folder, and a place in the list.
LEAST = 256 * 1024
# Seconds that an upload is safe from pressure: its sender is about to ask what it says.
SETTLED = 60.0
# Gradio's own name for an upload under way, which stays behind where the sender hangs up.
UNFINISHED = re.compile(r"tmp\w+")
NO_LENGTH = "Send the length of an upload with it (Content-Length)."
NO_FORM = "An upload is a form (multipart/form-data) with the files under the name files."
TOO_LARGE = "That is too large: one upload has at most {} MB."
TOO_MANY_FILES = "Too many files in one upload: send at most {} at once."
OVER_QUOTA = "You have uploaded {} MB within {:g} minutes, which is the most for one address. Try again later."
FULL = "This studio holds as many uploads as it can just now. Try again later."


@dataclass
class Upload:
    """Holds one upload: whose, when (seconds), how many bytes it counts for, and the files that came of it."""

    client: str
    time: float
    size: int
    files: list[Path] = field(default_factory=list)


@dataclass
class Ledger:
    """Counts uploads. `folder` is where they lie; what is too old, or in the way, is deleted there."""

    limits: UploadLimits
    folder: Path
    clock: Callable[[], float] = time.monotonic
    uploads: list[Upload] = field(default_factory=list)

    def open(self, client: str, size: int) -> Upload | tuple[int, str, int]:
        """Returns a new upload, or status, sentence and the seconds to wait where it is over a quota."""
        now, limits, size = self.clock(), self.limits, max(size, LEAST)
        self._delete([upload for upload in self.uploads if now - upload.time > limits.minutes * 60])
        self._delete_unfinished()
        own = [upload for upload in self.uploads if upload.client == client]
        if sum(upload.size for upload in own) + size > limits.client_megabytes * MEGABYTE:
            wait = math.ceil(limits.minutes * 60 - (now - own[0].time)) if own else 0
            return 429, OVER_QUOTA.format(limits.client_megabytes, limits.minutes), max(wait, 1)
        if not self._make_room(size, now):
            return 503, FULL, math.ceil(SETTLED)
        upload = Upload(client, now, size)
        self.uploads.append(upload)
        return upload

    def forget(self, clients: set[str]) -> None:
        """Deletes what some clients have uploaded."""
        self._delete([upload for upload in self.uploads if upload.client in clients])

    def _make_room(self, size: int, now: float) -> bool:
        """Deletes the oldest uploads until another one fits; tells whether it does."""
        total = sum(upload.size for upload in self.uploads) + size
        for upload in [upload for upload in self.uploads if now - upload.time > SETTLED]:
            if total <= self.limits.total_megabytes * MEGABYTE:
                break
            total -= upload.size
            self._delete([upload])
        return total <= self.limits.total_megabytes * MEGABYTE

    def _delete(self, uploads: list[Upload]) -> None:
        self.uploads = [upload for upload in self.uploads if upload not in uploads]
        # The same bytes under the same name are one file, whoever sent them.
        kept = {file for upload in self.uploads for file in upload.files}
        for file in (file for upload in uploads for file in upload.files if file not in kept):
            with suppress(OSError):
                file.unlink(missing_ok=True)

    def _delete_unfinished(self) -> None:
        oldest = time.time() - self.limits.minutes * 60
        with suppress(OSError):
            for path in self.folder.iterdir():
                if UNFINISHED.fullmatch(path.name) and path.is_file() and path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)


class _TooManyFiles(Exception):
    pass


class UploadQuota:
    """Answers 411, 413, 429 or 503 to an upload that is over a bound; hands on the rest."""

    def __init__(self, app: ASGIApp, ledger: Ledger) -> None:
        self.app = app
        self.ledger = ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].rstrip("/") != UPLOAD:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        problem = self._problem(headers)
        if problem is None:
            client = client_of((scope.get("client") or (None,))[0])
            upload = self.ledger.open(client, int(headers["content-length"]))
            if isinstance(upload, Upload):
                await self._take(upload, boundary(headers), scope, receive, send)
                return
            problem = upload
        status, sentence, wait = problem
        retry = {"Retry-After": str(wait)} if wait else {}
        await JSONResponse({"error": sentence, "detail": sentence}, status, retry)(scope, receive, send)

    def _problem(self, headers: Headers) -> tuple[int, str, int] | None:
        """Returns status and sentence for an upload that cannot be taken whoever sends it."""
        limits, length = self.ledger.limits, headers.get("content-length", "")
        if not (length.isascii() and length.isdecimal()):
            return 411, NO_LENGTH, 0
        if len(length) > 15 or int(length) > limits.megabytes * MEGABYTE + OVERHEAD:
            return 413, TOO_LARGE.format(limits.megabytes), 0
        return None if boundary(headers) else (400, NO_FORM, 0)

    async def _take(self, upload: Upload, mark: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        answered = False

        async def remember(message: Message) -> None:
            nonlocal answered
            answered = True
            if message["type"] == "http.response.body":
                upload.files += _files(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, _counted(receive, mark, self.ledger.limits.files), remember)
        except _TooManyFiles:
            if not answered:
                sentence = TOO_MANY_FILES.format(self.ledger.limits.files)
                await JSONResponse({"error": sentence, "detail": sentence}, 413)(scope, receive, send)


def boundary(headers: Headers) -> bytes:
    """Returns what separates the parts of a form; b"" for what is no form."""
    kind, _, rest = headers.get("content-type", "").partition(";")
    match = re.search(r'boundary="?([^";,\s]+)', rest)
    return match[1].encode("latin-1") if match and kind.strip().lower() == "multipart/form-data" else b""


def _counted(receive: Receive, mark: bytes, files: int) -> Receive:
    """Returns a `receive` that raises once a form has more parts than `files`."""
    separator, seen, tail = b"--" + mark, 0, b""

    async def counted() -> Message:
        nonlocal seen, tail
        message = await receive()
        data = tail + message.get("body", b"")
        seen += data.count(separator)
        # A separator may lie across two messages; one that is whole is not counted again.
        tail = data[-len(separator) + 1 :]
        if seen > files + 1:
            raise _TooManyFiles
        return message

    return counted


def _files(body: bytes) -> list[Path]:
    try:
        paths = json.loads(body)
    except ValueError:
        return []
    return [Path(path) for path in paths if isinstance(path, str)] if isinstance(paths, list) else []
