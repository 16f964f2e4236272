"""Who may review: whoever has the password, or is logged in at Hugging Face and on the operator's list. Else nobody."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from safety.audit.hash_chain import timestamp
from safety.errors import LimitError, PresetError, RequestError
from safety.review.rate_limit import LOGIN, MAX_ACTIVITIES, LoginLimits, RateLimiter

if TYPE_CHECKING:
    from safety.audit.activity import Activity, ActivityTable

MIN_PASSWORD = 12  # characters
MAX_NAME = 60  # characters
# Seconds without a call after which a login ends.
SESSION_SECONDS = 8 * 3600.0
# Stands for all clients that never logged in, whose tries are counted too: many addresses are one guesser.
ALL_CLIENTS = "everybody"
# Times the tries of one client.
ALL_CLIENTS_FACTOR = 10
# The prefix under which it is kept that a client has logged in, or has come while everybody guesses.
KNOWN, ARRIVED = "known", "arrived"


def strong_password(password: str, setting: str = "SAFELIGHT_REVIEW_PASSWORD") -> str:
    """Returns the password, or "" for none. Raises PresetError for one that could be guessed."""
    if password and len(password) < MIN_PASSWORD:
        raise PresetError(f"{setting} is too short.", f"Use {MIN_PASSWORD} characters or more, or leave it unset.")
    return password


@dataclass
class ReviewerAuth:
    """Identifies reviewers. Nobody is one where neither `password` nor `hub_users` is set.

    `hub_users` are user names at Hugging Face. `clock` counts seconds. Logins are in memory: they end with the process.
    """

    rate_limiter: RateLimiter
    password: str = ""
    hub_users: Sequence[str] = ()
    clock: Callable[[], float] = time.monotonic
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    # Digest of a token -> the reviewer's name, and the time of the last call.
    _logins: dict[str, tuple[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_enabled(self) -> bool:
        """Tells whether anybody can be a reviewer here."""
        return bool(self.password or self.hub_users)

    def login(self, password: str, name: str, client: str) -> str:
        """Returns a token for a new login under a name. Raises RequestError for a wrong password, LimitError."""
        name = " ".join(name.split())[:MAX_NAME] or "reviewer"
        right = bool(self.password) and hmac.compare_digest(self._digest(password), self._digest(self.password))
        # Counted first, so that a locked-out guesser does not learn that it was right.
        self._count_try(client, right)
        if not right:
            raise RequestError("That is not the password.", "Ask the operator of this studio.")
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._logins[self._digest(token)] = (name, self.clock())
        return token

    def identify(self, token: str) -> str:
        """Returns the name behind a token; "" for one that is unknown or has run out."""
        with self._lock:
            self._remove_expired()
            key = self._digest(token)
            if not token or key not in self._logins:
                return ""
            name = self._logins[key][0]
            self._logins[key] = (name, self.clock())
            return name

    def identify_hub_user(self, username: str) -> str:
        """Returns the name of somebody who is logged in at Hugging Face; "" for who is not on the list."""
        return username if username and username in self.hub_users else ""

    def logout(self, token: str) -> None:
        """Ends the login behind a token."""
        with self._lock:
            self._logins.pop(self._digest(token), None)

    def form_key(self, session: str) -> str:
        """Returns what a form of this session carries, so that another site's form does not count."""
        return self._digest(f"form {session}")

    def _count_try(self, client: str, right: bool) -> None:
        """Counts a wrong password. Raises LimitError while its client has to wait.

        Guessers are slowed down and nobody is locked out: each client waits for its own tries only. Where strangers
        together guess too much, one that has never logged in waits once as well, from when it came.
        """
        now, audit = self.rate_limiter.now(), self.rate_limiter.audit
        with audit.write_transaction() as writer:
            tries = _Tries(writer.activity, audit.client_digest, self.rate_limiter.limits.login, now)
            wait = tries.delay(client)
            if not wait and not tries.is_known(client):
                wait = tries.arrival_delay(client)
            if not wait:
                tries.add(client, right)
        # Outside of the transaction, which an error would undo: that somebody came stays known.
        if wait:
            raise LimitError("There were too many tries to log in.", wait)

    def _digest(self, text: str) -> str:
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()

    def _remove_expired(self) -> None:
        oldest = self.clock() - SESSION_SECONDS
        for key in [key for key, (_, last_call) in self._logins.items() if last_call < oldest]:
            del self._logins[key]


@dataclass(frozen=True)
class _Tries:
    """Reads and writes the tries to log in, within one transaction. `digest` stands for a client in the table."""

    activity: ActivityTable
    digest: Callable[[str], str]
    limits: LoginLimits
    now: datetime

    def delay(self, client: str) -> float:
        """Returns the seconds until a client may try again, for its own wrong tries."""
        wrong = self._newest("login", client)
        return self._left(wrong, self.limits.delay(len(wrong))) if wrong else 0.0

    def is_known(self, client: str) -> bool:
        """Tells whether somebody has logged in from there before."""
        return bool(self.activity.newest(self.digest(f"{KNOWN} {client}"), LOGIN, "", 1))

    def arrival_delay(self, client: str) -> float:
        """Returns the seconds that a stranger waits while strangers guess too much; notes when it came."""
        everybody = len(self._newest("login", ALL_CLIENTS)) - self.limits.tries * (ALL_CLIENTS_FACTOR - 1)
        if not (duration := self.limits.delay(everybody)):
            return 0.0
        arrivals = self._newest(ARRIVED, client)
        if not arrivals:
            self.activity.add(self.digest(f"{ARRIVED} {client}"), LOGIN, "", timestamp(self.now))
            return duration
        # From its first call on: what others do in the meantime does not begin the wait anew.
        return self._left(arrivals[-1:], min(duration, self.limits.max_seconds))

    def add(self, client: str, right: bool) -> None:
        """Notes a try: a wrong one for its client and, of a stranger, for everybody."""
        if right:
            names = [] if self.is_known(client) else [f"{KNOWN} {client}"]
        else:
            names = [f"login {client}", *([] if self.is_known(client) else [f"login {ALL_CLIENTS}"])]
        for name in names:
            self.activity.add(self.digest(name), LOGIN, "", timestamp(self.now))

    def _newest(self, kind: str, client: str) -> list[Activity]:
        since = timestamp(self.now - timedelta(minutes=self.limits.within_minutes))
        return self.activity.newest(self.digest(f"{kind} {client}"), LOGIN, since, MAX_ACTIVITIES)

    def _left(self, newest: Sequence[Activity], duration: float) -> float:
        since = datetime.fromisoformat(newest[0].time)
        return max(0.0, duration - (self.now - since).total_seconds())
