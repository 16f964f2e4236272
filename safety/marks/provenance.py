"""Holds what a mark may say about a picture, and the names that several marks share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from string import hexdigits

from safety.generation import Stamp
from safety.marks.training_permission import TrainingPermission

TOOL = "Safelight"
VERSION = "0.1.0"

# IPTC's vocabulary; the whole URI is the value, a bare word is not.
DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED_ALGORITHMIC_MEDIA = DIGITAL_SOURCE_TYPE + "trainedAlgorithmicMedia"
ALGORITHMIC_MEDIA = DIGITAL_SOURCE_TYPE + "algorithmicMedia"  # made by a program that no data trained

HOW_TO_VERIFY = "Open the file in the Verify tab of any Safelight, or run: python app.py verify FILE"


@dataclass(frozen=True, slots=True)
class Operator:
    """Names who runs the studio, as far as they want every file to say so. Nothing here is about who typed a prompt."""

    provider: str = ""  # the name that laws on disclosure ask for
    verify_url: str = ""  # where anybody can reach this studio's Verify tab
    training: TrainingPermission = TrainingPermission()  # for what its pictures may be used in training

    @property
    def how_to_verify(self) -> str:
        """Returns a sentence on where anybody can have a file verified."""
        return f"Open the file at {self.verify_url}" if self.verify_url else HOW_TO_VERIFY


@dataclass(frozen=True, slots=True)
class Provenance:
    """Holds what the studio knows about one picture. Case, mode and seed stay in the audit log: they name a session.

    `prompt` is empty unless the person asked for it to be written into the file. `source` is the stamp of the picture
    that it was enlarged from, whose visible label it shows. `reserved`: the file that it came as reserves training.
    """

    stamp: Stamp = field(default_factory=Stamp.new)
    case: str = ""
    engine: str = ""
    model: str = ""
    mode: str = ""
    seed: int | None = None
    prompt: str = ""
    source: str = ""
    style: str = ""
    operator: Operator = Operator()
    reserved: bool = False

    @property
    def training(self) -> TrainingPermission:
        """Returns for what the picture may be used in training."""
        return self.operator.training.reserved() if self.reserved else self.operator.training

    @property
    def declared(self) -> bool:
        """Returns whether the picture was made elsewhere, so that its being AI-generated is the caller's word."""
        return not self.engine


def parse_stamp(text: str) -> Stamp | None:
    """Returns the stamp that 16 hex digits name, in upper or lower case; None for any other text."""
    return Stamp(int(text, 16)) if len(text) == 16 and set(text) <= set(hexdigits) else None


def timestamp(time: datetime) -> str:
    """Formats a time as ISO 8601 to the second, with its offset."""
    return time.isoformat(timespec="seconds")
