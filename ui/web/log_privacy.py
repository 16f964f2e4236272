"""Keeps what people type out of every log: of an error the log says what it is and where, not about which words."""

from __future__ import annotations

import logging
import sys
import traceback
import warnings
from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Any

import gradio.blocks
import gradio.queueing
import gradio.routes

log = logging.getLogger(__name__)
# The server and the libraries that see prompts or files, with all their modules: their messages name values.
FOREIGN = (
    "uvicorn",
    "starlette",
    "fastapi",
    "python_multipart",
    "asyncio",
    "gradio",
    "httpx",
    "mcp",
    "diffusers",
    "transformers",
    "PIL",
)
LEFT_OUT = "(its words are left out: they may be a person's)"


class WithoutWords:
    """Makes the records of all loggers, those of another library without arguments, exceptions and their texts.

    A filter would not do: a logger's own filters see nothing of what the loggers beneath it say.
    """

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *arguments: Any, **options: Any) -> logging.LogRecord:
        """Returns a record."""
        record = self._make(*arguments, **options)
        if record.name.partition(".")[0] not in FOREIGN:
            return record
        if record.exc_info and record.exc_info[1]:
            record.msg = f"{type(record.exc_info[1]).__name__} {LEFT_OUT}\n{where(record.exc_info[2])}"
        elif record.args:
            record.msg = f"{record.msg} {LEFT_OUT}".replace("%", "%%")
        record.args, record.exc_info, record.exc_text = (), None, None
        return record


class _QuietTraceback(ModuleType):
    """Stands in for `traceback` inside Gradio, which prints every error of a handler with all its words."""

    def __init__(self) -> None:
        super().__init__("traceback")
        self.__dict__.update({name: value for name, value in vars(traceback).items() if name[:2] != "__"})
        self.__dict__["print_exc"] = _log_error


def keep_words_out_of_logs() -> None:
    """Makes Gradio, its server and the libraries log no values. Raises RuntimeError for an unknown Gradio."""
    for module in (gradio.queueing, gradio.routes):
        if not hasattr(module, "traceback"):
            raise RuntimeError(f"This Gradio's {module.__name__} prints errors in another way: see what it logs.")
        setattr(module, "traceback", _QuietTraceback())  # noqa: B010  mypy knows it as a module
    for module in (gradio.queueing, gradio.blocks):
        # Both print what an error says, bare of any logger.
        setattr(module, "print", _no_print)  # noqa: B010  the module has no such name of its own
    if not isinstance(logging.getLogRecordFactory(), WithoutWords):
        logging.setLogRecordFactory(WithoutWords(logging.getLogRecordFactory()))
    # Gradio warns of values that do not fit a component, and names them.
    warnings.filterwarnings("ignore", module="gradio")


def where(trace: TracebackType | None) -> str:
    """Returns the places of a traceback, innermost last, as code and never as values."""
    return "".join(traceback.format_tb(trace))


def _log_error(*_: Any, **__: Any) -> None:
    kind, _error, trace = sys.exc_info()
    log.error("a handler failed with %s\n%s", kind.__name__ if kind else "nothing", where(trace))


def _no_print(*_: Any, **__: Any) -> None:
    log.error("Gradio reported a problem %s", LEFT_OUT)
