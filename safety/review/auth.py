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

from safety.audit.hash_chain import timestamp
from safety.errors import LimitError, PresetError, RequestError
from safety.review.rate_limit import LOGIN, MAX_ACTIVITIES, RateLimiter

MIN_PASSWORD = 12  # characters
MAX_NAME = 60  # characters
# Seconds without a call after which a login ends.
SESSION_SECONDS = 8 * 3600.0
# Stands for all clients, whose tries are counted too: many addresses together are one guesser.
ALL_CLIENTS = "everybody"
# Times the tries of one client.
ALL_CLIENTS_FACTOR = 10


def strong_password(password: str) -> str:
    """Returns the password, or "" for none. Raises PresetError for one that could be guessed."""
    if password and len(password) < MIN_PASSWORD:
        raise PresetError(
            "SAFELIGHT_REVIEW_PASSWORD is too short.", f"Use {MIN_PASSWORD} characters or more, or leave it unset."
        )
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
        """Counts a wrong password, for its client and for all of them. Raises LimitError after too many."""
        now, limits = self.rate_limiter.now(), self.rate_limiter.limits.login
        since = timestamp(now - timedelta(minutes=limits.within_minutes))
        audit = self.rate_limiter.audit
        with audit.write_transaction() as writer:
            for guesser, tries in ((client, limits.tries), (ALL_CLIENTS, limits.tries * ALL_CLIENTS_FACTOR)):
                digest = audit.client_digest(f"login {guesser}")
                if len(writer.activity.newest(digest, LOGIN, since, MAX_ACTIVITIES)) >= tries:
                    raise LimitError("There were too many tries to log in.", 60.0 * limits.within_minutes)
                if not right:
                    writer.activity.add(digest, LOGIN, "", timestamp(now))

    def _digest(self, text: str) -> str:
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()

    def _remove_expired(self) -> None:
        oldest = self.clock() - SESSION_SECONDS
        for key in [key for key, (_, last_call) in self._logins.items() if last_call < oldest]:
            del self._logins[key]
