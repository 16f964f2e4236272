"""Keys of the HTTP API: made and revoked by the operator; only hashes are kept.

A key is `sl-ID-SECRET` with 256 random bits in its secret, so that one round of SHA-256 keeps it safe at rest.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from safety.errors import KeysError, RequestError
from studio.tenant import INTERACTIVE, MAX_WEIGHT, PRIORITIES

# What a key may be used for.
JUDGE, CREATE, MARK, OPERATE = "judge", "create", "mark", "operate"
SCOPES = {
    JUDGE: "judge prompts and pictures, read marks, read the policy",
    CREATE: "make pictures, appeal, look up own cases",
    MARK: "mark pictures made elsewhere",
    OPERATE: "read metrics",
}
FILE = "api-keys.json"
MAX_NAME = 80  # characters


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Holds what is kept of a key. `mode` locks its calls to one mode; `per_hour` bounds its creations, 0: as others.

    `digest` is the SHA-256 of the whole key as hex; times are UTC, ISO 8601; `revoked` is "" for a key that holds.
    Where requests wait for each other, `priority` says in which class, and `weight` for how big a share.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    digest: str
    made: str
    mode: str = ""
    per_hour: int = 0
    revoked: str = ""
    priority: str = INTERACTIVE
    weight: int = 1


# Kept only where they are not the usual: a program that does not know them yet reads the file of one that does.
_LATER = {"priority": INTERACTIVE, "weight": 1}


@dataclass
class ApiKeys:
    """Keeps keys in one file under the studio's home. Safe to use from threads and from several processes."""

    folder: Path
    _lock: Lock = field(default_factory=Lock)
    _read_at: tuple[int, int] = (0, 0)
    _by_digest: dict[str, ApiKey] = field(default_factory=dict)

    def make(
        self,
        name: str,
        scopes: Sequence[str] = (JUDGE, CREATE),
        mode: str = "",
        per_hour: int = 0,
        priority: str = INTERACTIVE,
        weight: int = 1,
    ) -> tuple[ApiKey, str]:
        """Makes a key; returns what is kept of it, and the key itself, which is never seen again.

        Raises RequestError for a name, scope, priority or weight that cannot be, KeysError where the file cannot be
        written.
        """
        if unknown := sorted(set(scopes) - set(SCOPES)):
            raise RequestError(f"There is no scope {unknown[0]!r}.", f"Choose from: {', '.join(SCOPES)}.")
        if not 0 < len(name.strip()) <= MAX_NAME or not scopes or per_hour < 0:
            raise RequestError("A key needs a name, a scope and a limit from 0 on.", "Name who uses it, such as shop.")
        if priority not in PRIORITIES:
            raise RequestError(f"There is no priority {priority!r}.", f"Choose from: {', '.join(PRIORITIES)}.")
        if not 1 <= weight <= MAX_WEIGHT:
            raise RequestError(f"A key's weight is from 1 to {MAX_WEIGHT}.", "1 is the share of any other key.")
        number = secrets.token_hex(4)
        token = f"sl-{number}-{secrets.token_urlsafe(32)}"
        once = tuple(dict.fromkeys(scopes))
        key = ApiKey(number, name.strip(), once, _digest(token), _now(), mode, per_hour, "", priority, weight)
        with self._changing() as keys:
            keys[key.digest] = key
        return key, token

    def revoke(self, number: str) -> ApiKey:
        """Ends a key from its next call on. Raises RequestError for an unknown one."""
        with self._changing() as keys:
            key = next((key for key in keys.values() if key.id == number), None)
            if key is None:
                raise RequestError(f"There is no key {number!r}.", "`python app.py keys list` shows all.")
            keys[key.digest] = key = replace(key, revoked=key.revoked or _now())
        return key

    def list(self) -> list[ApiKey]:
        """Returns all keys, revoked ones too, oldest first. Raises KeysError."""
        return sorted(self._known().values(), key=lambda key: (key.made, key.id))

    def find(self, token: str) -> ApiKey | None:
        """Returns the key that holds for a token, or None; looked up by its hash."""
        key = self._known().get(_digest(token))
        return key if key and not key.revoked else None

    def _known(self) -> dict[str, ApiKey]:
        """Returns the keys as the file has them now."""
        path = self.folder / FILE
        try:
            state = path.stat()
        except FileNotFoundError:
            return {}
        with self._lock:
            if (state.st_mtime_ns, state.st_ino) != self._read_at:
                self._by_digest = _read(path)
                self._read_at = (state.st_mtime_ns, state.st_ino)
            return dict(self._by_digest)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, ApiKey]]:
        """Yields the keys to change, and writes them whole; another process waits for its turn."""
        path = self.folder / FILE
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _held(self.folder / f"{FILE}.lock"):
                keys = _read(path) if path.exists() else {}
                yield keys
                _write(path, [_row(key) for key in keys.values()])
        except OSError as error:
            raise KeysError(f"{path} cannot be written ({error.strerror}).", "Set SAFELIGHT_HOME.") from error


def _read(path: Path) -> dict[str, ApiKey]:
    try:
        rows = json.loads(path.read_text("utf-8"))
        keys = [ApiKey(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise KeysError(f"{path} is damaged.", "Restore a backup, or move it away and make new keys.") from error
    return {key.digest: key for key in keys}


def _row(key: ApiKey) -> dict[str, Any]:
    return {name: value for name, value in asdict(key).items() if name not in _LATER or value != _LATER[name]}


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f"{FILE}.")
    with os.fdopen(number, "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(name, path)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Holds a lock file until the end, by the system's own lock where there is one."""
    with path.open("a") as file:
        try:
            import fcntl
        except ImportError:  # Windows: two commands at the same moment are the operator's own
            yield
            return
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
