"""Work that is done once for every visitor, behind their backs, and that they watch: pictures that take minutes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from safety.errors import StudioError
from ui.learn.panel import Memory

T = TypeVar("T")
log = logging.getLogger(__name__)
FAILED = "This could not be finished. Open the step again to try once more."


class Work(Generic[T]):
    """Collects what an iterator yields, in a thread of its own. `total` is how many that will be."""

    def __init__(self, total: int, items: Callable[[], Iterator[T]]) -> None:
        self.total = total
        self._items, self._done = items, list[T]()
        self._over, self.failure = threading.Event(), ""
        threading.Thread(target=self._run, name="lesson", daemon=True).start()

    def done(self) -> list[T]:
        """Returns what there is so far, in order."""
        return list(self._done)

    @property
    def over(self) -> bool:
        """Tells whether no more will come: all is there, or `failure` says why not."""
        return self._over.is_set()

    def wait(self, seconds: float) -> bool:
        """Waits until the work is over; tells whether it is."""
        return self._over.wait(seconds)

    def _run(self) -> None:
        try:
            for item in self._items():
                self._done.append(item)
        except StudioError as error:
            self.failure = error.sentence
        except Exception:  # whatever it is, whoever watches is told that no more will come
            log.exception("A lesson's work in the background")
            self.failure = FAILED
        finally:
            self._over.set()


def shared_work(
    memory: Memory, key: object, total: int, items: Callable[[], Iterator[T]], again: bool = False
) -> Work[T]:
    """Returns the one work of a key, which begins with whoever asks first; `again`: one that failed begins anew."""
    work = memory.once(key, lambda: Work(total, items))
    if again and work.failure:
        memory.forget(key, work)
        work = memory.once(key, lambda: Work(total, items))
    return work
