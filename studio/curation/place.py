"""A folder on this machine, or at any address that fsspec knows (s3://, gs://). Nothing else here knows fsspec.

What is written gets its name only once it is whole: a run that is killed leaves no half file that looks like a result.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any

from safety.errors import FileError, StudioError

UNFINISHED = ".unfinished"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
ADVICE = "Check the address and that you may read it."


class NoRoomError(StudioError):
    """Nothing more can be written; what is there stays, and a later run goes on from it."""


@dataclass(frozen=True)
class DataPlace:
    """A folder, or one file. Can be pickled: it connects where it is used."""

    address: str

    @cached_property
    def _system(self) -> tuple[Any, str]:
        import fsspec

        try:
            system, root = fsspec.core.url_to_fs(self.address)
        except (ImportError, ValueError) as error:
            raise FileError(
                f"{self.address} cannot be opened: {error}.", "Install what fsspec needs for it."
            ) from error
        return system, root.rstrip("/") or "/"

    def __reduce__(self) -> tuple[type[DataPlace], tuple[str]]:
        return type(self), (self.address,)

    @property
    def is_local(self) -> bool:
        """Tells whether it lies on this machine."""
        return "file" in self._system[0].protocol

    @property
    def is_file(self) -> bool:
        """Tells whether it is one file, and not a folder. Raises FileError where it cannot be asked."""
        system, root = self._system
        with _told(self.address):
            return bool(system.isfile(root))

    def parent(self) -> tuple[DataPlace, str]:
        """Returns the folder that a file lies in, and the file's name."""
        folder, _, name = self.address.rpartition("/")
        return DataPlace(folder or ("/" if self.address.startswith("/") else ".")), name

    def lies_in(self, other: DataPlace) -> bool:
        """Tells whether it is another folder or within it, by their addresses."""
        (system, path), (others, folder) = self._system, other._system
        return system.protocol == others.protocol and f"{path}/".startswith(f"{folder.rstrip('/')}/")

    def within(self, name: str) -> DataPlace:
        """Returns a folder in it."""
        return DataPlace(f"{self.address.rstrip('/')}/{name}")

    def files(self) -> list[str]:
        """Returns the names of all files, those in folders with a slash, sorted; none where it does not exist.

        Hidden files and folders, whose names begin with a dot, are left out. Raises FileError.
        """
        system, root = self._system
        with _told(self.address):
            found = system.find(root) if system.exists(root) else []
        # A zip file lists its members without the slash that its root is.
        names = (path.removeprefix(root).lstrip("/") for path in found)
        return sorted(name for name in names if name and not any(part.startswith(".") for part in name.split("/")))

    def exists(self, name: str) -> bool:
        """Tells whether there is such a file or folder."""
        system, _ = self._system
        return bool(system.exists(self._path(name)))

    def size(self, name: str) -> int:
        """Returns the bytes of a file. Raises FileError."""
        with _told(name):
            return int(self._system[0].size(self._path(name)) or 0)

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """Opens a file to be read, anywhere in it. Raises FileError."""
        system, _ = self._system
        with _told(name), system.open(self._path(name), "rb") as file:
            yield file

    def read(self, name: str, most: int) -> bytes:
        """Returns the bytes of a file, of a longer one `most` + 1 of them. Raises FileError."""
        with self.reading(name) as file:
            return file.read(most + 1)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """Opens a file to be written; it gets its name at the end, in place of an older one.

        Raises NoRoomError, FileError.
        """
        system, _ = self._system
        path = self._path(name)
        at_first = f"{path}{UNFINISHED}{os.getpid()}" if self.is_local else path
        try:
            system.makedirs(path.rpartition("/")[0], exist_ok=True)
            try:
                with system.open(at_first, "wb") as file:
                    yield file
                if at_first != path:
                    os.replace(at_first, path)
            except BaseException:
                with suppress(OSError):
                    system.rm(at_first)
                raise
        except OSError as error:
            if error.errno not in NO_ROOM:
                what = f"{self.address} cannot be written: {error.strerror or error}."
                raise FileError(what, "Name a folder that you may write to.") from error
            what = f"{self.address} takes no more: {error.strerror}."
            raise NoRoomError(what, "Make room, then run the same command with --resume: nothing is lost.") from error

    def write(self, name: str, data: bytes) -> None:
        """Writes a file whole. Raises NoRoomError."""
        with self.writing(name) as file:
            file.write(data)

    def remove(self, name: str) -> None:
        """Removes a file or a folder with all in it, if it is there."""
        system, _ = self._system
        if system.exists(self._path(name)):
            system.rm(self._path(name), recursive=True)

    def _path(self, name: str) -> str:
        root = self._system[1]
        return f"{root.rstrip('/')}/{name}" if name else root


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turns what a file system raises into a FileError."""
    try:
        yield
    except OSError as error:
        raise FileError(f"{name} cannot be read: {error.strerror or error}.", ADVICE) from error
