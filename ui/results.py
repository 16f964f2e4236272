"""What the page gets back from a call of the studio: plain records, and the one place where errors become sentences."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from traceback import format_exception
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from safety.errors import LimitError, RequestError, StudioError
from safety.generation import GenerationRequest
from safety.messages.catalogue import Messages
from safety.records import Decision
from safety.review.appeals import AppealRequest

if TYPE_CHECKING:
    from PIL.Image import Image

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)
MASK = "..."
# What only an operator can do something with: a variable, a command, the name of a file or a folder, a class of errors.
OPERATORS_OWN = re.compile(
    r"SAFELIGHT_|GRADIO_|`|\bpython\b|\bpip\b|\w\.(?:toml|py|txt|md|onnx|npz|sqlite3?|json|safetensors|pem)\b"
    r"|(?:^|[\s'\"(])/\w[^\s/]*/|\b[A-Z]:\\|\b\w+(?:Error|Exception)\b"
)


@dataclass(frozen=True, slots=True)
class Judged:
    """Holds a decision, the texts of the language that it is shown in, and the prompt as typed, to quote from it."""

    decision: Decision
    messages: Messages
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Says what went wrong as one sentence for the person.

    `wait` is the number of seconds after which the same call may pass, or None. `bad_request`: the call itself was
    wrong, so that the same call would fail again.
    """

    sentence: str
    wait: int | None = None
    bad_request: bool = False

    @classmethod
    def of(cls, error: Exception, given: Iterable[object] = ()) -> Problem:
        """Returns the problem behind an error. One that is not ours to explain goes to the log, under an id.

        `given` is what the failed call was given: its words are taken out of what the log says.
        """
        told = for_visitors(error.sentence) if isinstance(error, StudioError) else ""
        if isinstance(error, StudioError) and told == error.sentence:
            wait = error.seconds if isinstance(error, LimitError) else None
            return cls(told, wait, isinstance(error, RequestError))
        number = secrets.token_hex(4)
        log.error("page problem %s\n%s", number, without_words("".join(format_exception(error)), given))
        told = told or "Something failed that should not, and no picture was handed out."
        return cls(f"{told} The log has the details under {number}.", bad_request=isinstance(error, RequestError))


@dataclass(frozen=True, slots=True)
class Step:
    """Says how far the work is, for how many `seconds` it has been running, and how many are `left` of this stage.

    `previews` are blurred pictures, one a seed: they are not judged yet.
    """

    stage: str = "starting"
    done: int = 0
    total: int = 1
    seconds: float = 0.0
    left: float | None = None
    previews: tuple[Image, ...] = ()


def attempt(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Problem:
    """Calls `function` and returns its result, or the problem behind whatever it raised."""
    try:
        return function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
        return Problem.of(error, (*args, *kwargs.values()))


def for_visitors(text: str) -> str:
    """Returns what a visitor can use of a text: no sentence that names a command, a file or a setting of the operator.

    Of such a sentence stays what comes before its first colon, if that names none.
    """
    return " ".join(filter(None, map(_plain, re.split(r"(?<=[.!?])\s+", text))))


def _plain(sentence: str) -> str:
    if not OPERATORS_OWN.search(sentence):
        return sentence
    before, colon, _ = sentence.partition(": ")
    return f"{before}." if colon and not OPERATORS_OWN.search(before) and len(before.split()) > 2 else ""


def without_words(text: str, given: Iterable[object]) -> str:
    """Returns a text with every word masked that stands in what a person gave: an error may quote it, or a part."""
    words = {word for typed in _texts(given) for word in re.findall(r"\w{3,}", typed)}
    return re.sub(r"\w{3,}", lambda word: MASK if word[0] in words else word[0], text) if words else text


def _texts(given: Iterable[object]) -> Iterator[str]:
    """Yields the texts in requests, forms and lists; other objects hold nothing that was typed."""
    for value in given:
        if isinstance(value, str):
            yield value
        elif isinstance(value, GenerationRequest | AppealRequest):
            yield from (value.prompt, value.negative_prompt, getattr(value, "remark", ""))
        elif isinstance(value, Mapping):
            yield from _texts(value.values())
        elif isinstance(value, list | tuple):
            yield from _texts(value)
