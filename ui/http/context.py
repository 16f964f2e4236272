"""What every endpoint of the API works with."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Request

from safety.audit.log import unknown_case
from safety.errors import RequestError
from safety.generation import Export
from safety.review.notices import STAMP
from ui.http.access import Caller
from ui.http.metrics import Metrics
from ui.http.problems import ApiError
from ui.http.quota import HourlyCalls

if TYPE_CHECKING:
    from studio import Studio

MOST_WAITING = 16  # creations that wait or run, of all callers of one server
RETRY = 2  # seconds after which a call that was turned away may pass
URL_LASTS = 3600  # seconds that the address of a picture holds
TOO_MANY = "Too many calls of yours are waiting. Wait for their answers, then try again."
FULL = "Too many pictures are waiting to be made here. Try again in a moment."


@dataclass
class ApiContext:
    """Holds the studio, the bounds on work at once and the secret that addresses of pictures are signed with.

    `most_waiting`: creations that wait or run, of all callers together.
    """

    studio: Studio
    secret: bytes
    metrics: Metrics
    most_waiting: int = MOST_WAITING
    quota: HourlyCalls = field(init=False)
    _running: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _limited: dict[int, Studio] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.quota = HourlyCalls(self.studio.review.rate_limiter.limits.api)

    @contextmanager
    def place(self, caller: Caller, group: str) -> Iterator[None]:
        """Holds one of the places of a caller for calls of a group. Raises ApiError 429 where all are taken."""
        key = (caller.client, group)
        limit = self.studio.review.rate_limiter.limits.at_once.limit(group)
        with self._lock:
            if self._running[key] >= limit:
                raise ApiError(429, TOO_MANY, "too_many_at_once", "rate_limit_error", wait=RETRY)
            waiting = sum(count for (_, kind), count in self._running.items() if kind == "create")
            if group == "create" and waiting >= self.most_waiting:
                raise ApiError(429, FULL, "queue_full", "rate_limit_error", wait=RETRY)
            self._running[key] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[key] -= 1
                if not self._running[key]:
                    del self._running[key]

    @property
    def waiting(self) -> int:
        """Returns how many creations wait or run."""
        with self._lock:
            return sum(count for (_, kind), count in self._running.items() if kind == "create")

    def studio_of(self, caller: Caller) -> Studio:
        """Returns the studio under the limit of the caller's key."""
        if not caller.per_hour:
            return self.studio
        with self._lock:
            if caller.per_hour not in self._limited:
                self._limited[caller.per_hour] = _with_limit(self.studio, caller.per_hour)
            return self._limited[caller.per_hour]

    def has_case(self, caller: Caller, case: str) -> bool:
        """Tells whether a case is this caller's to see and to use: of a key, only those that it opened.

        Without a key calls come from the machine itself, and only where nobody else reaches the studio.
        """
        return caller.key is None or self.studio.review.rate_limiter.opened(caller.client, case)

    def require_case(self, caller: Caller, case: str) -> None:
        """Raises RequestError for a case that is not this caller's, as for one that does not exist."""
        if not self.has_case(caller, case):
            raise unknown_case(case)

    def url_of(self, request: Request, case: str, export: Export) -> str:
        """Returns an address at which a finished file can be read for an hour by whoever has it."""
        until = int(time.time()) + URL_LASTS
        path = f"/v1/images/files/{case}/{export.path.name}"
        signature = self._signature(path, until)
        return f"{str(request.base_url).rstrip('/')}{path}?until={until}&signature={signature}"

    def file_of(self, case: str, name: str, until: int, signature: str) -> Path:
        """Returns the finished file behind such an address. Raises ApiError 404 for any other, and for an old one."""
        path = f"/v1/images/files/{case}/{name}"
        gone = ApiError(404, "There is no picture at this address, or it is too old. Ask for the picture anew.", "gone")
        if until < time.time() or not hmac.compare_digest(signature.encode(), self._signature(path, until).encode()):
            raise gone
        file = self.studio.outputs / case / name
        if not self.studio.pictures.bring(file) or self.studio.review.removals.removed(STAMP.findall(name)):
            raise gone
        return file

    def _signature(self, path: str, until: int) -> str:
        return hmac.new(self.secret, f"{path}?{until}".encode(), hashlib.sha256).hexdigest()


def _with_limit(studio: Studio, per_hour: int) -> Studio:
    limiter = studio.review.rate_limiter
    hour = limiter.limits.hour.model_copy(update={"generations": per_hour})
    limiter = replace(limiter, limits=limiter.limits.model_copy(update={"hour": hour}))
    return replace(studio, review=replace(studio.review, rate_limiter=limiter))


def engine_of(studio: Studio, model: str | None) -> str:
    """Returns the engine that a model's name stands for: an engine's own, or the first that has these weights.

    Raises RequestError for any other.
    """
    cards = studio.engine_cards()
    if not model:
        return studio.offered_engines()[0].name
    if model in cards:
        return model
    for name, card in cards.items():
        if card.model == model:
            return name
    raise RequestError(f"There is no model {model[:80]!r} here.", "GET /v1/models lists those there are.", "engine")
