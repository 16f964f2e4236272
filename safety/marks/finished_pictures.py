"""Where finished pictures lie: in a folder here, or in an object store with copies of them in that folder.

With a store, what it has is what there is: a picture counts as kept once it is there whole, and as gone once it is not.
The folder then has copies for those who need a file; `sweep` deletes them after an hour.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from safety.errors import ExportError, StoreError
from safety.marks.export import FORMATS, files_of_stamp, write
from safety.marks.object_store import ObjectStore

COPIES_LAST = 3600.0  # seconds
CASE = re.compile("[0-9a-f]{12}")  # the name of a case's folder


@dataclass(frozen=True)
class FinishedPictures:
    """Keeps, finds and deletes finished pictures below `folder`, a folder a case.

    With a store, every method raises StoreError where it cannot be reached.
    """

    folder: Path
    store: ObjectStore | None = None

    def keep(self, path: Path) -> None:
        """Keeps a whole file that was just written below the folder. Raises ExportError: then it is nowhere."""
        if self.store is None:
            return
        try:
            self.store.put(self._name(path), path.read_bytes())
        except (StoreError, OSError) as error:
            self._forget_copy(path)
            # It may have arrived with the answer lost. If this fails as well, no row names it.
            with suppress(StoreError):
                self.store.delete(self._name(path))
            sentence = str(error) if isinstance(error, StoreError) else f"{path.name} cannot be read back."
            raise ExportError(sentence, getattr(error, "advice", "")) from error

    def bring(self, path: Path) -> bool:
        """Tells whether a finished picture is kept; its file then lies at `path`."""
        if self.store is None or not self._is_within(path):
            return path.is_file()
        if path.is_file():
            if self.store.has(self._name(path)):
                return True
            # Another process has deleted it.
            self._forget_copy(path)
            return False
        data = self.store.get(self._name(path))
        if data is None:
            return False
        try:
            write(path, data)
        except ExportError as error:
            raise StoreError(str(error), error.advice) from error
        return True

    def has(self, path: Path) -> bool:
        """Tells whether a finished picture is kept, wherever."""
        if self.store is None or not self._is_within(path):
            return path.is_file()
        return self.store.has(self._name(path))

    def of_stamp(self, case: str, stamp: object) -> list[Path]:
        """Returns the files of a case's pictures whose names end in a stamp."""
        folder = self.folder / case
        for name in self.store.names(case) if self.store else ():
            if str(stamp) in name:
                self.bring(folder / name)
        return [path for path in files_of_stamp(folder, stamp) if self.store is None or self.bring(path)]

    def delete(self, path: Path) -> None:
        """Deletes a finished picture. Raises OSError where a file stays."""
        if self._is_within(path):
            if self.store:
                self.store.delete(self._name(path))
            self._forget_copy(path)
        else:
            path.unlink(missing_ok=True)

    def delete_stamp(self, case: str, stamp: object) -> None:
        """Deletes the pictures of a case whose names end in a stamp. Raises OSError where a file stays."""
        folder = self.folder / case
        named = [folder / name for name in self.store.names(case)] if self.store else []
        named = [path for path in named if str(stamp) in path.stem and path.suffix in FORMATS]
        for path in {*named, *files_of_stamp(folder, stamp)}:
            self.delete(path)

    def delete_case(self, case: str) -> list[str]:
        """Deletes all pictures of a case; returns their names. Raises OSError where a file stays."""
        folder = self.folder / case
        names = set(self.store.names(case)) if self.store else set()
        for name in names:
            self.delete(folder / name)
        if folder.is_dir():
            names |= {path.name for path in folder.iterdir()}
            shutil.rmtree(folder)
        return sorted(names)

    def cases_before(self, oldest: datetime) -> list[str]:
        """Returns the cases whose pictures are all older than a time. What else lies there belongs to somebody else."""
        if self.store:
            return [name for name in self.store.folders_before(oldest) if CASE.fullmatch(name)]
        folders = self.folder.iterdir() if self.folder.is_dir() else ()
        cases = (one for one in folders if CASE.fullmatch(one.name) and one.is_dir())
        return [one.name for one in cases if one.stat().st_mtime < oldest.timestamp()]

    def sweep(self) -> None:
        """Deletes copies of what is in the store, an hour after they were made."""
        oldest = time.time() - COPIES_LAST
        for path in self._copies() if self.store else ():
            with suppress(OSError):
                if path.stat().st_mtime < oldest:
                    self._forget_copy(path)

    def _copies(self) -> Iterator[Path]:
        return (path for path in self.folder.glob("*/*") if path.suffix in FORMATS)

    def _forget_copy(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        if path.parent != self.folder and path.parent.is_dir() and not any(path.parent.iterdir()):
            with suppress(OSError):
                path.parent.rmdir()

    def _is_within(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self.folder.resolve())

    def _name(self, path: Path) -> str:
        return path.resolve().relative_to(self.folder.resolve()).as_posix()
