"""Answers a call that is sent again under the same Idempotency-Key with the first answer: nothing is done twice.

As in the IETF's draft "The Idempotency-Key HTTP Header Field". Answers are kept for an hour, in files under the
studio's home, so that several workers know them. Kept is what was done, refusals too; not an error that another try
may mend. While a call is worked on, its file is locked: the lock ends with the process, and the call may be sent again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.http.access import Access
from ui.http.body import replay
from ui.http.problems import ApiError, response_of

HEADER = "idempotency-key"
KEPT = 3600.0  # seconds; an answer may quote other wordings of a prompt: no longer than a retry needs
ABANDONED = 3 * 3600.0  # seconds after which a call without an answer has ended, where files cannot be locked
WRITTEN = 2.0  # seconds after which a call that begins has locked its file
MAX_KEY = 255  # characters
MAX_ANSWER = 64 * 1024 * 1024  # bytes
MOST_OF_ONE = 1000  # answers that are kept of one caller
MOST_BYTES = 2 * 1024**3  # of the answers that are kept of one caller
WHOSE = 16  # figures at the beginning of a name that stand for the caller
# Answers after which the same call may go otherwise.
NOT_KEPT = (401, 403, 404, 408, 409, 413, 415, 422, 429)
# As an answer in JSON names the picture.
STAMP = re.compile(rb'"stamp": ?"([0-9a-f]{16})"')
SENT_ON = ("content-type", "x-safelight-stamp", "x-safelight-sha256")
FULL = "This studio keeps as many answers for you as it can. Leave out the Idempotency-Key, or wait."
WORKING = "The call with this Idempotency-Key is still being worked on. Wait for its answer."
OTHER_CALL = "This Idempotency-Key stood on another call. Use a new one for each call."
TOO_LONG = "A call has one Idempotency-Key, of 1 to 255 visible characters."
STREAMED = "A streamed call cannot be answered twice. Leave out stream or the Idempotency-Key."


@dataclass(frozen=True)
class Answers:
    """Keeps answers in a folder, one file each: it is made when a call begins, and replaced by its answer.

    `removed` returns those of some stamps whose picture was removed, by whichever process: no answer with one is given.
    """

    folder: Path
    removed: Callable[[Sequence[str]], Collection[str]] = lambda stamps: ()
    _open: dict[str, IO[str]] = field(default_factory=dict)

    def begin(self, name: str, call: str) -> dict[str, object] | None:
        """Notes that a call begins; returns None, or the kept answer. Raises ApiError 409, 422, 429."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.forget_old()
        if not self._path(name).exists() and self._is_full(name[:WHOSE]):
            raise ApiError(429, FULL, "too_many_kept", "rate_limit_error", wait=60)
        for _ in range(3):
            try:
                number = os.open(self._path(name), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            except FileExistsError:
                kept = self._kept(name)
                if kept is None:
                    continue  # too old, and gone now
                if kept.get("call", call) != call:
                    raise ApiError(422, OTHER_CALL, "idempotency_mismatch") from None
                if "status" not in kept:
                    raise ApiError(409, WORKING, "idempotency_in_progress", wait=2) from None
                return kept
            self._open[name] = file = os.fdopen(number, "w", encoding="utf-8")
            _lock(file)
            json.dump({"call": call, "time": time.time()}, file)
            file.flush()
            return None
        raise ApiError(409, WORKING, "idempotency_in_progress", wait=2)

    def end(self, name: str, call: str, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        """Keeps the answer of a call, or forgets the call where another try may mend it."""
        path, working = self._path(name), self._open.pop(name, None)
        try:
            if status in NOT_KEPT or status >= 500 or len(body) > MAX_ANSWER:
                path.unlink(missing_ok=True)
                return
            row = {"call": call, "time": time.time(), "status": status, "headers": headers, "body": body.hex()}
            row["stamps"] = _stamps(headers, body)
            part = path.with_suffix(".part")
            part.write_text(json.dumps(row), "utf-8")
            os.replace(part, path)
        finally:
            if working:
                working.close()  # last: until the answer is there, nobody else may begin

    def _is_full(self, whose: str) -> bool:
        """Tells whether as much is kept of a caller as may be."""
        sizes = []
        for path in self.folder.glob(f"{whose}*.json"):
            with suppress(OSError):
                sizes.append(path.stat().st_size)
        return len(sizes) >= MOST_OF_ONE or sum(sizes) >= MOST_BYTES

    def forget_old(self) -> None:
        """Deletes answers that have been kept for long enough."""
        for path in self.folder.glob("*.json"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > KEPT:
                    self._kept(path.stem)

    def forget_pictures(self, stamps: Sequence[str]) -> None:
        """Deletes kept answers that hold pictures with one of these stamps. Raises OSError where one cannot be."""
        for path in self.folder.glob("*.json"):
            with suppress(ValueError, FileNotFoundError):
                row = json.loads(path.read_text("utf-8"))
                if not set(stamps).isdisjoint(row.get("stamps", ())):
                    path.unlink(missing_ok=True)

    def _kept(self, name: str) -> dict[str, object] | None:
        """Returns what is kept under a name, {} while it is being written; None where it was let go of."""
        path = self._path(name)
        try:
            file = path.open("r+", encoding="utf-8")
        except FileNotFoundError:
            return None
        with file:
            try:
                row: dict[str, object] = json.load(file)
                age = time.time() - float(str(row["time"]))
            except (OSError, ValueError, KeyError):
                row, age = {}, time.time() - os.fstat(file.fileno()).st_mtime
            # Whoever gets the lock of a call without an answer knows that its process has ended.
            stamps = row.get("stamps")
            old = age > KEPT or bool(self.removed(stamps if isinstance(stamps, list) else []))
            ended = old if "status" in row else age > WRITTEN and _lock(file, wait=False, known=age > ABANDONED)
            if ended and _is_still(file, path):
                path.unlink(missing_ok=True)
            return None if ended else row

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def _lock(file: IO[str], wait: bool = True, known: bool = False) -> bool:
    """Locks a file until it is closed; tells whether it could be. `known`: the answer where no system locks files."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except ImportError:
        return known
    except BlockingIOError:
        return False
    return True


def _is_still(file: IO[str], path: Path) -> bool:
    """Tells whether an open file is the one at its path, and has not been replaced meanwhile."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


class Once:
    """Lets a call of `paths` that names an Idempotency-Key be worked on once. Stands behind what reads bodies whole.

    Nothing is kept for, and nothing of what is kept given to, somebody whom `access` does not know now: a key may have
    been revoked since.
    """

    def __init__(self, app: ASGIApp, answers: Answers, paths: tuple[str, ...], access: Access) -> None:
        self.app, self.answers, self.paths, self.access = app, answers, paths, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" and scope["method"] == "POST" else None
        if key is None or scope["path"].rstrip("/") not in self.paths:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        try:
            caller = await run_in_threadpool(self.access.known, request)
            name, call = _names(request, caller.client, key, body)
            kept = await run_in_threadpool(self.answers.begin, name, call)
        except ApiError as error:
            await response_of(request, error)(scope, receive, send)
            return
        if kept is not None:
            await _again(kept)(scope, receive, send)
            return
        await self._work(scope, replay(body, receive), send, (name, call))

    async def _work(self, scope: Scope, receive: Receive, send: Send, names: tuple[str, str]) -> None:
        """Has the call worked on, and keeps its answer before the client gets the end of it."""
        status, headers, parts = 500, list[tuple[str, str]](), list[bytes]()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
                headers.extend(pair for pair in pairs if pair[0] in SENT_ON)
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    await run_in_threadpool(self.answers.end, *names, status, headers, b"".join(parts))
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except BaseException:
            await run_in_threadpool(self.answers.end, *names, 500, (), b"")
            raise


def _names(request: Request, caller: str, key: str, body: bytes) -> tuple[str, str]:
    """Returns what stands for the caller and their key, and what for the call. Raises ApiError 400."""
    if not 0 < len(key) <= MAX_KEY or not key.isprintable() or len(request.headers.getlist(HEADER)) > 1:
        raise ApiError(400, TOO_LONG, "invalid_idempotency_key")
    with suppress(ValueError, AttributeError, RecursionError):
        if json.loads(body).get("stream"):
            raise ApiError(400, STREAMED, "idempotency_with_stream", loc=("stream",))
    whose = hashlib.sha256(caller.encode()).hexdigest()[:WHOSE]
    name = whose + hashlib.sha256(json.dumps([caller, key]).encode()).hexdigest()
    call = hashlib.sha256(f"{request.url.path}?{request.url.query}\0".encode() + body).hexdigest()
    return name, call


def _stamps(headers: Sequence[tuple[str, str]], body: bytes) -> list[str]:
    """Returns the stamps of the pictures that an answer holds, or leads to."""
    said = {value for name, value in headers if name == "x-safelight-stamp"}
    # An address of a picture ends in its stamp, too, but whoever follows it is asked anew.
    return sorted(said | {found.decode() for found in STAMP.findall(body)})


def _again(kept: dict[str, object]) -> Response:
    headers = {str(name): str(value) for name, value in kept["headers"]}  # type: ignore[attr-defined]
    return Response(
        bytes.fromhex(str(kept["body"])), int(str(kept["status"])), {**headers, "idempotent-replayed": "true"}
    )
