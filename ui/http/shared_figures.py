"""Figures of all processes that serve one studio: each writes its own into a folder of the home, any of them tells all.

Behind one address, Prometheus reaches another process at every look: without this, counters would jump back and forth.
Each series carries the label `process`, so that none of them ever falls but when its process ends.
"""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

EVERY = 10.0  # seconds between two notes of a process
SILENT = 60.0  # seconds without a note after which a process counts as gone
KEPT = 24 * 3600.0  # seconds that the note of a process that is gone lies there
SUFFIX, UNFINISHED = ".prom", ".part"


class SharedFigures:
    """Notes the figures of this process in `folder`, which all processes of the studio share, and reads the others'."""

    def __init__(self, folder: Path, process: str = "") -> None:
        self._folder = folder
        # Containers have process ids of their own: host and id alone would not tell two of them apart.
        self.process = process or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"

    def note(self, figures: bytes) -> None:
        """Writes the figures of this process, whole or not at all. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(UNFINISHED, dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(figures)
            os.replace(name, self._path)
        except OSError:
            with suppress(OSError):
                os.unlink(name)
            raise

    def note_regularly(self, figures: Callable[[], bytes], seconds: float = EVERY) -> None:
        """Notes what `figures` returns, as long as this process lives; what could not be written is written next."""

        def beat() -> None:
            while True:
                with suppress(OSError):
                    self.note(figures())
                time.sleep(seconds)

        threading.Thread(target=beat, daemon=True, name="figures").start()

    def together(self, own: bytes) -> bytes:
        """Returns the figures of all processes that live, those of this one as given, in Prometheus' text format."""
        with suppress(OSError):
            self.note(own)
        merged: dict[str, Metric] = {}
        for process, text in ((self.process, own.decode()), *self._others()):
            for family in text_string_to_metric_families(text):
                into = merged.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                into.samples += [each._replace(labels={**each.labels, "process": process}) for each in family.samples]
        registry = CollectorRegistry()
        registry.register(_Told(list(merged.values())))
        return generate_latest(registry)

    @property
    def _path(self) -> Path:
        return self._folder / f"{self.process}{SUFFIX}"

    def _others(self) -> Iterator[tuple[str, str]]:
        """Yields name and figures of each other process. Ages are told by one clock, that of the file system."""
        with suppress(OSError):
            now = self._path.stat().st_mtime
            for path in self._folder.glob(f"*{UNFINISHED}"):
                with suppress(OSError):  # one that a process was writing when it was killed
                    if now - path.stat().st_mtime > KEPT:
                        path.unlink()
            for path in sorted(self._folder.glob(f"*{SUFFIX}")):
                if path == self._path:
                    continue
                with suppress(OSError, ValueError):  # gone meanwhile, or no figures
                    age = now - path.stat().st_mtime
                    if age > KEPT:
                        path.unlink()
                    elif age <= SILENT:
                        text = path.read_text("utf-8")
                        list(text_string_to_metric_families(text))
                        yield path.stem, text


class _Told(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        """Returns the families as they are."""
        return self._families
