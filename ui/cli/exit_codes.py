"""How a command ends: an exit code and, if it failed, one sentence on stderr. Never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from safety.errors import FileError, PresetError, RequestError, StudioError
from safety.image_io import MAX_BYTES

DONE, UNSOUND, BAD_INPUT, REFUSED, COULD_NOT, INTERRUPTED = 0, 1, 2, 3, 4, 130
INPUT_ERRORS = (RequestError, FileError, PresetError)
FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}


def say(sentence: str) -> None:
    """Writes a sentence for the person to stderr, beside the results."""
    typer.echo(sentence, err=True)


@contextmanager
def exit_status() -> Iterator[None]:
    """Turns whatever goes wrong inside into a sentence and an exit code."""
    try:
        yield
    except StudioError as error:
        say(error.sentence)
        raise typer.Exit(BAD_INPUT if isinstance(error, INPUT_ERRORS) else COULD_NOT) from None
    except KeyboardInterrupt:
        say("Stopped.")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # Whoever read the results has gone. Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(COULD_NOT) from None
    except MemoryError:
        say("There is not enough memory for this. Close other programs, or ask for less.")
        raise typer.Exit(COULD_NOT) from None
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as error:  # noqa: BLE001  a person can do more with a sentence than with a traceback
        say(f"Safelight met an error that it does not know ({type(error).__name__}: {error}). Please report it.")
        raise typer.Exit(COULD_NOT) from None


@contextmanager
def file_name_in_errors(file: Path) -> Iterator[None]:
    """Puts the file's name before what is wrong with it."""
    try:
        yield
    except FileError as error:
        raise FileError(f"{file}: {error}", error.advice) from error


def for_each(files: Sequence[Path], work: Callable[[Path], None]) -> None:
    """Calls `work` for all files, whatever is wrong with one of them; exits with 2 if one could not be read."""
    unreadable = False
    for file in files:
        try:
            with file_name_in_errors(file):
                work(file)
        except FileError as error:
            say(error.sentence)
            unreadable = True
    if unreadable:
        raise typer.Exit(BAD_INPUT)


def read(file: Path, max_bytes: int = -1) -> bytes:
    """Returns the file, or its first `max_bytes`: it may be a device without an end. Raises FileError."""
    try:
        with file.open("rb") as stream:
            return stream.read(max_bytes)
    except OSError as error:
        raise FileError(f"{error.strerror or error}.", "Check its name and that you may read it.") from error


def read_picture(file: Path) -> bytes:
    """Returns as much of a file as it takes to know that it is too large for a picture. Raises FileError."""
    return read(file, MAX_BYTES + 1)


def format_of(out: Path) -> str:
    """Returns the picture format that a name asks for. Raises RequestError, also if no file could be put there."""
    if out.suffix.lower() not in FORMATS:
        raise RequestError(f"{out} names no picture format.", f"End it with one of: {' '.join(FORMATS)}.")
    if out.is_dir():
        raise RequestError(f"{out} is a folder.", "Name a file.")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise RequestError(f"There is no folder {out.parent} to write to.", "Make it, or choose another place.")
    return FORMATS[out.suffix.lower()]
