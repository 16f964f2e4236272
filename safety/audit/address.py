"""Where the database of the case store is, and sentences for what goes wrong there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from safety.errors import AuditError, RequestError

# What to do, by words of the database's own message.
DAMAGED = "Put a copy of it back, move it away (a new one is begun), or set SAFELIGHT_HOME to another folder."
ADVICE = {
    "locked": "Another program holds it: try again.",
    "lock timeout": "Another program holds it: try again.",
    "not a database": DAMAGED,
    "malformed": DAMAGED,
    "disk is full": "Make room on the disk, then try again.",
}
ADDRESS = (
    "Set it to postgresql://user:password@host/database, with %40 for @, %3A for : and %2F for / in the password, "
    "or leave it unset for SQLite."
)
DRIVER = "postgresql+pg8000"  # BSD, pure Python: docs/decisions


def without_password(location: str | Path) -> str:
    """Returns a location as people may read it: an address without its password, or a path. Raises AuditError."""
    # Options of a driver may have a password, too.
    return address_of(location).set(query={}).render_as_string() if _is_url(location) else str(location)


def _is_url(location: str | Path) -> bool:
    return isinstance(location, str) and "://" in location


def address_of(location: str | Path) -> sa.URL:
    """Returns the address of a path, or of an address as people write it. Raises AuditError, which shows none of it."""
    if not _is_url(location):
        return sa.URL.create("sqlite", database=str(location))
    try:
        url = sa.make_url(str(location))
    except (SQLAlchemyError, ValueError):
        # What cannot be read may have its password anywhere: neither the error nor its cause is shown.
        raise AuditError("SAFELIGHT_STORE is no address of a database.", ADDRESS) from None
    if url.get_backend_name() in ("postgresql", "postgres") and not (url.username or url.query.get("user")):
        raise AuditError("SAFELIGHT_STORE names no user of the database.", ADDRESS)
    return url.set(drivername=DRIVER) if url.drivername in ("postgresql", "postgres") else url


@contextmanager
def audit_errors(location: str) -> Iterator[None]:
    """Turns errors of the database and of its files into AuditError: one sentence, and what to do."""
    try:
        yield
    except ModuleNotFoundError as error:
        # The driver, which SQLAlchemy imports by the address; only SQLite's comes with Python.
        advice = f"Run: python -m pip install {error.name}, or leave SAFELIGHT_STORE unset."
        raise AuditError(f"The audit log {location} needs the package {error.name}.", advice) from error
    except UnicodeEncodeError as error:
        # Half a pair of UTF-16 in a name from outside: no row has it, and none can.
        raise RequestError("This text has characters that cannot be read.", "Type it anew.") from error
    except (SQLAlchemyError, OSError) as error:
        why = _message(getattr(error, "orig", None) or error)
        advice = next((advice for words, advice in ADVICE.items() if words in why), "")
        if not advice and _is_url(location):
            advice = "Check SAFELIGHT_STORE, and that the database server runs and lets this user in."
        raise AuditError(f"The audit log {location} cannot be used: {why}.", advice) from error


def _message(error: BaseException) -> str:
    """Returns the database's own message; pg8000 raises a dictionary with it under M."""
    first = error.args[0] if error.args else ""
    return str(first.get("M", first) if isinstance(first, dict) else error).rstrip(".")
