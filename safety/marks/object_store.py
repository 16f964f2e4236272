"""Finished pictures in an object store, at any address that fsspec knows (s3://bucket/prefix). Only this file asks it.

An object is there whole or not at all: it is put in one call, and its size is read back. Credentials are those of the
store's own library (for S3, boto's: the environment, files of AWS, a role of the machine); none passes through here,
and no message of that library is shown, since one may quote them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from safety.errors import StoreError

# Of S3 alone: fsspec hands them to botocore. Seconds, and tries of one call.
S3_OPTIONS = {"config_kwargs": {"connect_timeout": 5, "read_timeout": 30, "retries": {"max_attempts": 2}}}
ADVICE = "Try again; if it goes on, look at SAFELIGHT_OUTPUTS, at the store and at its credentials."
TIMES = ("LastModified", "mtime", "created")  # what stores call the time of an object


@dataclass(frozen=True)
class ObjectStore:
    """Keeps objects under names such as "case/file.png" below `address`. Every method raises StoreError."""

    address: str

    @cached_property
    def _system(self) -> tuple[Any, str]:
        import fsspec

        options = S3_OPTIONS if self.address.startswith("s3://") else {}
        # What others have put or deleted since must be seen.
        system, root = fsspec.core.url_to_fs(self.address, use_listings_cache=False, **options)
        return system, root.rstrip("/")

    def _path(self, name: str) -> str:
        return f"{self._system[1]}/{name}"

    def put(self, name: str, data: bytes) -> None:
        """Puts an object in its place, whole or not at all."""
        with _told("cannot keep a picture"):
            system, path = self._system[0], self._path(name)
            system.pipe_file(path, data)
            if system.info(path)["size"] != len(data):
                raise OSError("of another size")

    def get(self, name: str) -> bytes | None:
        """Returns an object; None where there is none."""
        with _told("cannot be read"):
            try:
                return bytes(self._system[0].cat_file(self._path(name)))
            except FileNotFoundError:
                return None

    def has(self, name: str) -> bool:
        """Tells whether there is an object of this name."""
        with _told("cannot be asked"):
            try:
                return bool(self._system[0].info(self._path(name))["type"] == "file")
            except FileNotFoundError:
                return False

    def names(self, folder: str) -> list[str]:
        """Returns the names of all objects in a folder, without it."""
        with _told("cannot be listed"):
            try:
                found = self._system[0].ls(self._path(folder), detail=False)
            except FileNotFoundError:
                return []
            return sorted(str(path).rpartition("/")[2] for path in found)

    def delete(self, name: str) -> None:
        """Deletes an object; one that is gone already is deleted, too."""
        with _told("cannot delete a picture"):
            try:
                self._system[0].rm_file(self._path(name))
            except FileNotFoundError:
                return

    def folders_before(self, time: datetime) -> list[str]:
        """Returns the folders of which every object was put before a time. Lists all that the store has."""
        newest: dict[str, datetime] = {}
        with _told("cannot be listed"):
            system, root = self._system
            try:
                found = system.find(root, detail=True)
            except FileNotFoundError:
                return []
            for path, facts in found.items():
                folder = path.removeprefix(root).lstrip("/").partition("/")[0]
                newest[folder] = max(newest.get(folder, _time_of(facts)), _time_of(facts))
        return sorted(folder for folder, put in newest.items() if put < time)


def _time_of(facts: dict[str, Any]) -> datetime:
    """Returns when an object was put; now where its store does not say."""
    told = next((facts[name] for name in TIMES if facts.get(name) is not None), None)
    if isinstance(told, datetime):
        return told if told.tzinfo else told.replace(tzinfo=UTC)
    return datetime.fromtimestamp(told, UTC) if isinstance(told, int | float) else datetime.now(UTC)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turns whatever a store's library raises into a StoreError that names its kind only."""
    try:
        yield
    except ImportError as error:
        raise StoreError("The store of finished pictures needs a package.", "pip install 'safelight[s3]'") from error
    except Exception as error:  # noqa: BLE001  botocore, aiohttp and others, each with a tree of its own
        raise StoreError(f"The store of finished pictures {what} ({type(error).__name__}).", ADVICE) from None
