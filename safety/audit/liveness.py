"""Which process a case belongs to, and whether that one still runs: a locked file a process.

The system frees the lock when the process ends, however it ends. Numbers of processes are used again
and say nothing.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Protocol

try:
    import fcntl
except ImportError:  # Windows: a file that is open cannot be deleted there, which tells as much
    fcntl = None  # type: ignore[assignment]


class ProcessLock(Protocol):
    """A process as others can see it."""

    id: str

    def alive(self, other: str) -> bool: ...

    def sweep(self) -> None: ...

    def close(self) -> None: ...


class Instance:
    """This process, for as long as the object lives. Raises OSError where the folder cannot be written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._file: int | None = None
        while self._file is None:
            self.id = secrets.token_hex(6)
            self._file = _claim(self._path(self.id))

    def alive(self, other: str) -> bool:
        """Whether the process with this id still runs. Removes the file of one that does not."""
        if other == self.id:
            return self._file is not None
        path = self._path(other)
        if not fcntl:
            return not _deleted(path)
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            if dead := _lock(file):
                path.unlink(missing_ok=True)  # while it is locked: see _claim
            return not dead
        finally:
            os.close(file)

    def sweep(self) -> None:
        """Removes the files of all dead processes."""
        for path in self._folder.glob("*.lock"):
            self.alive(path.stem)

    def close(self) -> None:
        """From here on this process counts as ended."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._path(self.id).unlink(missing_ok=True)

    def _path(self, id_: str) -> Path:
        return self._folder / f"{id_}.lock"


def _claim(path: Path) -> int | None:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    # A process that starts at this moment may have taken the new file for a dead one's and removed it.
    if not fcntl or (_lock(file) and path.exists()):
        return file
    os.close(file)
    return None


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _deleted(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    return True
