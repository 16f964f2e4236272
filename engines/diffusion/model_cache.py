"""Keeps a limited number of models loaded; the least recently used one makes room."""

from __future__ import annotations

from typing import Protocol


class Unloadable(Protocol):
    """Holds a model and can let it go. Engines are; the cache need not know them, which import it."""

    def unload(self) -> None:
        """Lets the model go and frees its memory."""
        ...


class ModelCache:
    """Keeps the order in which models were used; at most `max_models` stay loaded.

    It has no lock: only the caller whose turn it is in the queue may call it.
    """

    def __init__(self, max_models: int = 2) -> None:
        self._max_models = max_models
        # The least recently used one comes first.
        self._loaded: list[Unloadable] = []

    def use(self, engine: Unloadable) -> None:
        """Marks an engine that is about to load or draw as the one used last; unloads others if there are too many."""
        self._loaded = [other for other in self._loaded if other is not engine] + [engine]
        while len(self._loaded) > self._max_models:
            self._loaded.pop(0).unload()

    def make_room(self, engine: Unloadable) -> bool:
        """Unloads the least recently used model other than the engine's. Returns False if there is none."""
        if not self._loaded or self._loaded[0] is engine:
            return False
        self._loaded.pop(0).unload()
        return True
