"""What a live panel is, and what it may use: one visitor's desk in one step of a lesson.

A panel kind is one module here and one script of the same name under assets/learn/. The server computes, the script
shows: `open` returns what the script starts from, `answer` what comes of one thing that the learner does.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from safety.config import ConfigModel
from safety.errors import RequestError

if TYPE_CHECKING:
    from safety.messages.catalogue import Messages
    from studio import Studio
    from ui.texts import Texts

S = TypeVar("S", bound=ConfigModel)
T = TypeVar("T")
Json = dict[str, Any]
MOST_KEPT = 256  # results of all panels together


class Memory:
    """Keeps what is the same for every visitor, such as the scores of a labelled set, so that it is computed once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, Any] = OrderedDict()
        self._locks: dict[object, threading.Lock] = {}
        self._lock = threading.Lock()

    def once(self, key: object, compute: Callable[[], T]) -> T:
        """Returns what `compute` gave for a key; others who ask for the same key meanwhile wait for it."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            with self._lock:
                if key in self._kept:
                    # What is looked at stays; the oldest of the rest goes.
                    self._kept.move_to_end(key)
                    return cast(T, self._kept[key])
            try:
                value = compute()
            except BaseException:
                # What fails leaves nothing: calls that fail could fill the memory.
                with self._lock:
                    self._locks.pop(key, None)
                raise
            with self._lock:
                self._kept[key] = value
                if len(self._kept) > MOST_KEPT:
                    old, _ = self._kept.popitem(last=False)
                    self._locks.pop(old, None)
            return value

    def forget(self, key: object, value: object) -> None:
        """Drops what is kept for a key, if it is still this value: the next who asks for it computes it anew."""
        with self._lock:
            if self._kept.get(key) is value:
                del self._kept[key]


@dataclass(frozen=True)
class Desk(Generic[S]):
    """What a panel works with: the studio, the step's settings, and who asks, in their language.

    `client` counts for the studio's limits; `person` is whose library it is ("" for nobody).
    """

    studio: Studio
    settings: S
    texts: Texts
    messages: Messages
    client: str
    person: str = ""
    memory: Memory = field(default_factory=Memory)

    def words(self, table: str) -> dict[str, str]:
        """Returns the strings of one table of the page's locale files, such as "learn_threshold.", by short key."""
        return {key.removeprefix(table): text for key, text in self.texts.strings.items() if key.startswith(table)}


class Panel(Protocol[S]):
    """One kind of panel. `settings` is the model of what a lesson may set; `most_bytes` bounds one call.

    Neither method keeps anything of a learner. Both may raise RequestError, LimitError and other StudioErrors.
    """

    settings: type[S]
    most_bytes: int

    def open(self, desk: Desk[S]) -> Json:
        """Returns what the script starts from: numbers, and `words` in the learner's language."""
        ...

    def answer(self, desk: Desk[S], call: Mapping[str, Any]) -> Json:
        """Returns what comes of one thing that the learner does. Raises RequestError for a call of another form."""
        ...


def text_of(call: Mapping[str, Any], name: str, most: int) -> str:
    """Returns a text of a call. Raises RequestError where it is none, or longer than `most` characters."""
    value = call.get(name)
    if not isinstance(value, str) or len(value) > most:
        raise RequestError(f"{name} has to be a text of at most {most} characters.", "Shorten it, then try again.")
    # Half a character shows nothing, as to the checks, and cannot be told again: JSON has it, UTF-8 has not.
    return value.encode("utf-8", "ignore").decode()


def number_of(call: Mapping[str, Any], name: str, least: float, most: float) -> float:
    """Returns a number of a call. Raises RequestError where it is none, or not within the two."""
    value = call.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise RequestError(f"{name} has to be a number from {least:g} to {most:g}.", "Move the slider, then try again.")
    return float(value)


def choice_of(call: Mapping[str, Any], name: str, options: tuple[str, ...]) -> str:
    """Returns one of the options. Raises RequestError for anything else."""
    value = call.get(name)
    if value not in options:
        raise RequestError(f"{name} has to be one of: {', '.join(options)}.")
    return str(value)


def file_of(call: Mapping[str, Any], name: str = "file") -> bytes:
    """Returns the bytes of a file that a call carries as base64; they stay in memory. Raises RequestError."""
    try:
        data = base64.b64decode(call.get(name) or "", validate=True)
    except (binascii.Error, TypeError, ValueError):
        data = b""
    if not data:
        raise RequestError("This call carries no file.", "Choose a picture, then try again.")
    return data
