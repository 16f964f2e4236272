"""Lets calls into Gradio's queue: well formed ones, a few at a time for each client; says who still listens."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safety.review.client import client_of
from safety.review.rate_limit import CallsAtOnce
from ui.http.body import replay
from ui.web.open_routes import API
from ui.web.presence import Presence
from ui.web.sessions import NAME, Sessions, forget

MAX_BODY = 1024 * 1024  # bytes of one call: a prompt has at most some thousand
MAX_VALUES = 1000  # in one call: the page's own have some dozens
MAX_IDS = 4096  # bytes of a call that stops another one
RETRY = 2  # seconds after which a call that was turned away may pass
JOIN, CALL = f"{API}/queue/join", re.compile(rf"{API}/call/(\w+)/?")
STOPS = (f"{API}/cancel", f"{API}/reset")
HEARTBEAT = f"{API}/heartbeat/"
STREAM = re.compile(rf"{API}/(?:heartbeat|call/\w+)/(\w+)")
# What Gradio gets of a call. All else that it would read (tokens, events, formats) is for what this page has not.
PARTS = ("data", "fn_index", "trigger_id")
# A text in JSON, to its end or that of the call.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
# The key of a scope under which a call's handler finds out whether anybody still waits for its answer.
GONE = "safelight.gone"
NOT_JSON = 'This call is no JSON object such as {"data": ["a red apple"]}.'
TOO_LONG = "This call is longer than 1 MB. Send less."
MALFORMED = "This call has not the form of its endpoint. gradio_api/info says what each one takes."
TOO_MANY = "Too many calls of yours are waiting. Wait for their answers, then try again."


@dataclass
class Call:
    """Holds one call on its way into the queue. `group` is what its handler counts as for limits.

    `body` is what Gradio gets. `session` is the caller's own, and "" for a program's call without one, for which
    Gradio keeps what belongs to it under `kept_as`.
    """

    client: str
    body: dict[str, Any]
    group: str
    session: str
    kept_as: str


class Admission:
    """Answers 429 with Retry-After to a client of whom too many calls wait or run; 400 to what is malformed."""

    def __init__(self, app: ASGIApp, presence: Presence, limits: CallsAtOnce) -> None:
        self.app = app
        self.presence = presence
        self.limits = limits
        self.sessions = Sessions()
        # Calls that are on their way into the queue, by client and group.
        self._entering: Counter[tuple[str, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["method"] == "POST" and (path.rstrip("/") == JOIN or CALL.fullmatch(path)):
            await self._call(scope, receive, send)
        elif scope["method"] == "POST" and path.rstrip("/") in STOPS:
            await self._stop(scope, receive, send)
        elif scope["method"] == "GET" and (session := _listener(scope)):
            await self._listen(session, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _listen(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts a stream as open until its client hangs up, which Gradio itself sees ten seconds later."""
        self.presence.opened(session)
        if scope["path"].startswith(HEARTBEAT):
            self.sessions.stays(session)
        hang_up = asyncio.create_task(_hang_up(receive))
        hang_up.add_done_callback(lambda _: self.presence.closed(session))
        try:
            await self.app(scope, receive, send)
        finally:
            hang_up.cancel()
            self.sessions.left(session)

    async def _stop(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the ids of a call that is to stop through, and nothing that is longer or no ids."""
        raw = await _read(receive, MAX_IDS)
        if raw is None or _ids(raw) is None:
            await _refuse(400, MALFORMED)(scope, receive, send)
            return
        await self.app(scope, replay(raw, receive), send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = await _read(receive, MAX_BODY)
        if raw is None:
            await _refuse(413, TOO_LONG)(scope, receive, send)
            return
        call = self._parse(scope, raw)
        if isinstance(call, str):
            await _refuse(400, call)(scope, receive, send)
            return
        key = (call.client, call.group)
        if self._waiting(scope, call) + self._entering[key] >= self.limits.limit(call.group):
            await _refuse(429, TOO_MANY, {"Retry-After": str(RETRY)})(scope, receive, send)
            return
        self._entering[key] += 1
        try:
            await self._enter(call, scope, receive, send)
        finally:
            self._entering[key] -= 1

    async def _enter(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        blocks = scope["app"].get_blocks()
        busy = {event.session_hash for event in _events(blocks._queue)}
        for old in self.sessions.enter(call.client, call.kept_as, busy) + self.sessions.over(busy):
            forget(blocks, old)
        scope[GONE] = lambda: self.presence.gone(call.session)
        if call.session:
            self.presence.seen(call.session)

        async def remember(message: Message) -> None:
            # Without a session of its own, a call is asked for by the id that it gets here.
            if message["type"] == "http.response.body" and not call.session:
                call.session = _event_id(message.get("body", b""))
                self.sessions.known_as(call.session, call.kept_as)
                self.presence.seen(call.session)
            await send(message)

        await self.app(scope, replay(json.dumps(call.body).encode(), receive), remember)
        waiting = blocks._queue.event_queue_per_concurrency_id.get(call.group)
        if waiting:
            take_turns(waiting.queue)

    def _parse(self, scope: Scope, raw: bytes) -> Call | str:
        """Returns the call, or a sentence that says what is wrong with it."""
        try:
            text = raw.decode()
            # Counted before it is read: empty lists by the megabyte take half a second to read.
            if _values(text) > MAX_VALUES:
                return MALFORMED
            body = json.loads(text)
        except (ValueError, RecursionError):
            return NOT_JSON
        if not isinstance(body, dict) or not isinstance(body.get("data"), list):
            return NOT_JSON
        function = _function(scope, body)
        session = body.get("session_hash")
        # A batched call would be read as many calls, and an event's id as somebody else's.
        if function is None or body.get("batched") or body.get("event_id") or not _is_session(scope, session):
            return MALFORMED
        takes = (len(function.inputs), sum(not block.skip_api for block in function.inputs))
        if len(body["data"]) not in takes:
            return MALFORMED
        client = client_of((scope.get("client") or (None,))[0])
        kept_as = session or uuid.uuid4().hex
        parts = {name: body[name] for name in PARTS if name in body} | {"session_hash": kept_as}
        return Call(client, parts, str(function.concurrency_id), session or "", kept_as)

    def _waiting(self, scope: Scope, call: Call) -> int:
        """Returns how many calls of a client wait or run in Gradio's queue, of the same group."""
        return sum(
            1
            for event in _events(scope["app"].get_blocks()._queue)
            if event.concurrency_id == call.group and client_of(event.request.client.host) == call.client
        )


def take_turns(events: list[Any]) -> None:
    """Puts waiting calls into an order in which their clients take turns, each client's own calls as they came."""
    before: Counter[str] = Counter()
    turns = []
    for event in events:
        client = client_of(event.request.client.host)
        turns.append(before[client])
        before[client] += 1
    events[:] = [event for _, event in sorted(zip(turns, events, strict=True), key=lambda pair: pair[0])]


def is_gone(request: Any) -> Callable[[], bool]:
    """Returns what tells whether the caller of a handler (`gr.Request`) has gone; without a server, nobody goes."""
    inner = getattr(request, "request", None)
    gone: Callable[[], bool] = getattr(inner, "scope", {}).get(GONE, bool)
    return gone


def _events(queue: Any) -> Iterator[Any]:
    for events in (waiting.queue for waiting in queue.event_queue_per_concurrency_id.values()):
        yield from events
    for events in filter(None, queue.active_jobs):
        yield from events


def _function(scope: Scope, body: dict[str, Any]) -> Any:
    """Returns Gradio's record of the handler that is called; None where there is none."""
    functions = scope["app"].get_blocks().fns
    if named := CALL.fullmatch(scope["path"]):
        return next((one for one in functions.values() if one.api_name == named[1]), None)
    index = body.get("fn_index")
    return functions.get(index) if isinstance(index, int) and not isinstance(index, bool) else None


def _listener(scope: Scope) -> str:
    """Returns the session whose stream is opened here; "" for any other request."""
    if scope["path"] == f"{API}/queue/data":
        session = QueryParams(scope["query_string"]).get("session_hash", "")
    else:
        match = STREAM.fullmatch(scope["path"])
        session = match[1] if match else ""
    return session if NAME.fullmatch(session) else ""


def _is_session(scope: Scope, session: Any) -> bool:
    """Tells whether a call's session has a name that can be kept. A program's call may have none."""
    if session is None:
        return CALL.fullmatch(scope["path"]) is not None
    return isinstance(session, str) and NAME.fullmatch(session) is not None


def _values(text: str) -> int:
    """Returns how many values the lists and tables of a JSON text hold at least, by the signs between them."""
    signs = _STRING.sub("", text)
    return sum(signs.count(sign) for sign in "[{,")


def _ids(raw: bytes) -> dict[str, Any] | None:
    """Returns the ids in a call that stops another one; None for what holds anything else."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    ids = body.values() if isinstance(body, dict) else [None]
    plain = all(isinstance(value, int) or (isinstance(value, str) and NAME.fullmatch(value)) for value in ids)
    return body if plain else None


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read(receive: Receive, most: int) -> bytes | None:
    """Returns the body of a request; None for one that has more bytes than `most`."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most:
            return None
    return body


def _event_id(body: bytes) -> str:
    try:
        return str(json.loads(body).get("event_id", ""))
    except (ValueError, AttributeError):
        return ""


def _refuse(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": sentence, "detail": sentence}, status, headers)
