"""Who may review: whoever has the password, or is logged in at Hugging Face and on the operator's list. Else nobody."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from safety.audit.activity import stamp
from safety.errors import LimitError, PresetError, RequestError
from safety.review.rate_limit import LOGIN, MANY, RateLimiter

LEAST_PASSWORD = 12  # characters
LASTS = 8 * 3600.0  # seconds without a call after which a login ends
EVERYBODY = "everybody"  # whose tries are counted too: many addresses together are one guesser
ALL_TOGETHER = 10  # times the tries of one client
MOST_NAME = 60


def checked_password(password: str) -> str:
    """Raises PresetError for one that could be guessed."""
    if password and len(password) < LEAST_PASSWORD:
        raise PresetError(
            "SAFELIGHT_REVIEW_PASSWORD is too short.", f"Use {LEAST_PASSWORD} characters or more, or leave it unset."
        )
    return password


@dataclass
class ReviewerAuth:
    """The reviewer's role. `allowed`: Hugging Face user names. Nobody has the role where neither is set."""

    gate: RateLimiter
    password: str = ""
    allowed: Sequence[str] = ()
    clock: Callable[[], float] = time.monotonic
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _logins: dict[str, tuple[str, float]] = field(default_factory=dict)  # digest of a token -> name and last call
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def open(self) -> bool:
        return bool(self.password or self.allowed)

    def login(self, password: str, name: str, client: str) -> str:
        """A token for this reviewer. Raises RequestError for a wrong password, LimitError after too many."""
        name = " ".join(name.split())[:MOST_NAME] or "reviewer"
        right = bool(self.password) and hmac.compare_digest(self._digest(password), self._digest(self.password))
        self._tried(client, right)  # first, so that a locked-out guesser does not learn that it was right
        if not right:
            raise RequestError("That is not the password.", "Ask the operator of this studio.")
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._logins[self._digest(token)] = (name, self.clock())
        return token

    def who(self, token: str) -> str:
        """The name behind a token; "" for one that is unknown or has run out."""
        with self._lock:
            self._sweep()
            key = self._digest(token)
            if not token or key not in self._logins:
                return ""
            name = self._logins[key][0]
            self._logins[key] = (name, self.clock())
            return name

    def named(self, username: str) -> str:
        """The same for somebody who is logged in at Hugging Face; "" for who is not on the list."""
        return username if username and username in self.allowed else ""

    def logout(self, token: str) -> None:
        with self._lock:
            self._logins.pop(self._digest(token), None)

    def form_key(self, session: str) -> str:
        """What a form of this session carries, so that another site's form does not count."""
        return self._digest(f"form {session}")

    def _tried(self, client: str, right: bool) -> None:
        now, login = self.gate.now(), self.gate.limits.login
        since = stamp(now - timedelta(minutes=login.within_minutes))
        most = {client: login.tries, EVERYBODY: login.tries * ALL_TOGETHER}
        with self.gate.audit.writing() as writer:
            for who, tries in most.items():
                key = self.gate.audit.client(f"login {who}")
                if len(writer.acts.of(key, LOGIN, since, MANY)) >= tries:
                    raise LimitError("There were too many tries to log in.", 60.0 * login.within_minutes)
                if not right:
                    writer.acts.add(key, LOGIN, "", stamp(now))

    def _digest(self, text: str) -> str:
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()

    def _sweep(self) -> None:
        oldest = self.clock() - LASTS
        for key in [one for one, (_, last) in self._logins.items() if last < oldest]:
            del self._logins[key]
