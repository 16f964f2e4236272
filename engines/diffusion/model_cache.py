"""Loaded models: at most so many, and the least recently used one makes room."""

from __future__ import annotations

from typing import Protocol


class Loaded(Protocol):
    """Holds a model, and can let it go."""

    def unload(self) -> None: ...


class ModelCache:
    """Keeps the order in which models were used; `most` of them stay loaded. Only who has the turn calls it."""

    def __init__(self, most: int = 2) -> None:
        self._most = most
        self._used: list[Loaded] = []

    def use(self, engine: Loaded) -> None:
        """`engine` is about to load or to draw: it is the most recent one now, and others go if there are too many."""
        self._used = [one for one in self._used if one is not engine] + [engine]
        while len(self._used) > self._most:
            self._used.pop(0).unload()

    def make_room(self, engine: Loaded) -> bool:
        """Unloads the least recently used other model. False if there is no other."""
        if not self._used or self._used[0] is engine:
            return False
        self._used.pop(0).unload()
        return True
