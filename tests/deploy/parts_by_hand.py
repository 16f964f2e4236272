"""A studio whose parts are replicas in this process: all that travels is pickled, as between machines."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from deploy.cluster_parts import GENERATOR, MARKS, PICTURES, PROMPTS, Part
from deploy.replicas import CheckReplica, DrawReplica, MarkReplica, told
from safety.records import Stage
from studio import Studio


def travelled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@dataclass
class HandPart:
    """Asks one replica. `before` is called with each call; what it raises is what the part raises."""

    replica: Any
    before: Callable[[str, Any], None] = lambda method, argument: None
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def call(self, method: str, argument: Any, seconds: float) -> Any:
        self.calls.append((method, argument))
        self.before(method, argument)
        if method == "look":
            return travelled(self.replica.look([travelled(argument)])[0])
        return travelled(getattr(self.replica, method)(travelled(argument)))

    def stream(self, method: str, argument: Any, seconds: float) -> Generator[Any]:
        self.calls.append((method, argument))
        self.before(method, argument)
        stop = threading.Event()
        try:
            for event in self.replica.draw(travelled(argument), stop):
                yield travelled(told(event))
        finally:
            stop.set()


def parts_of_hand(studio: Studio) -> dict[str, Part]:
    """Returns a replica of each part, of this studio."""
    return {
        PROMPTS: HandPart(CheckReplica(studio, Stage.PROMPT)),
        PICTURES: HandPart(CheckReplica(studio, Stage.PICTURE)),
        GENERATOR: HandPart(DrawReplica(studio)),
        MARKS: HandPart(MarkReplica(studio)),
    }
