"""What can go wrong, as one tree. A refusal is no error: it is a value (`Refused`).

StudioError
├── PresetError          a file under presets/ is not valid; stops the start
├── RequestError         what was asked for cannot be done: unknown mode, size out of range
│   └── RemovedPictureError  the picture is nearly one that was removed here after a notice
├── LimitError           this client has done enough for now
│   └── BusyError            as many files as may be are being read; soon there is room again
├── FileError            a picture file cannot be read
│   └── CostlyFileError      reading it took more time or memory than a picture may
├── KeysError            a secret or signing key cannot be made or read
├── WeightsError         weights are missing or are not the ones that were vendored
├── EngineError
│   ├── EngineUnavailable    the model cannot be loaded
│   ├── EngineFailed         it ran and gave no usable picture (NaN, all one colour)
│   └── Cancelled            the person stopped it
├── ExportError          a mark could not be applied or read back; nothing was handed out
├── StoreError           the store of finished pictures cannot be reached, or cannot keep one
└── AuditError           the record cannot be kept; nothing was made
"""

from __future__ import annotations

import math


class StudioError(Exception):
    """Base of all. The message says what is wrong; `advice` what to do about it."""

    advice = ""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice or self.advice

    @property
    def sentence(self) -> str:
        """Message and advice on one line, for a page or a terminal."""
        return " ".join(part for part in (str(self), self.advice) if part)


class PresetError(StudioError):
    """A preset file is not valid."""


class RequestError(StudioError):
    """The request cannot be carried out as it stands. `setting` names the one at fault, where it is one."""

    def __init__(self, message: str, advice: str = "", setting: str = "") -> None:
        super().__init__(message, advice)
        self.setting = setting


class RemovedPictureError(RequestError):
    """The picture is a near-copy of one that was removed here after a notice."""


class LimitError(StudioError):
    """This client has to wait. `seconds` says how long."""

    def __init__(self, message: str, seconds: float) -> None:
        self.seconds = max(1, math.ceil(seconds))
        super().__init__(message, f"Try again in {_duration(self.seconds)}.")


class BusyError(LimitError):
    """As many files are being read, or wait to be, as may be at once. Nothing is wrong with the file."""


def _duration(seconds: int) -> str:
    if seconds < 120:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"


class FileError(StudioError):
    """A picture file cannot be read."""


class CostlyFileError(FileError):
    """Reading a file went past the limits of time, memory or output; the process that read it was ended."""

    advice = "Save it anew as PNG or JPEG, smaller or without its metadata."


class KeysError(StudioError):
    """A secret or a signing key cannot be made or read."""


class WeightsError(StudioError):
    """Weights are missing or their SHA-256 is not the recorded one."""


class EngineError(StudioError):
    """Generation did not give a picture."""


class EngineUnavailable(EngineError):
    """The model cannot be loaded here."""


class EngineFailed(EngineError):
    """The model ran, and its output is no picture."""


class Cancelled(EngineError):
    """The person stopped the generation."""


class ExportError(StudioError):
    """The picture could not be marked, written or read back."""


class StoreError(StudioError):
    """The object store of finished pictures cannot be reached, or does not do what was asked."""


class AuditError(StudioError):
    """The record cannot be written, so nothing is made."""

    advice = "Free some disk space, or set SAFELIGHT_HOME to a folder that you can write to."
