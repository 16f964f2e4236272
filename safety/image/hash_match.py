"""Near-copies of listed pictures, by PDQ hash (safety/perceptual_hash.py).

It finds what was re-encoded, resized or mirrored; a crop, a turn or a new picture of the same thing it does not find.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import ImageOps

from safety.errors import FileError
from safety.image.config import HashList, HashMatchConfig
from safety.perceptual_hash import BITS, pdq
from safety.records import Finding, Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

ASPECT = "copy"
MEND = "Mend [copies] in picture_checks.toml."


@dataclass(frozen=True, slots=True)
class KnownPictures:
    """One list in memory: bits of shape (pictures, 256), 0 or 1, and the name of each."""

    card: HashList
    bits: NDArray[np.uint8]
    names: tuple[str, ...]


def read_list(card: HashList, folder: Path) -> KnownPictures:
    """A list; a relative path starts at `folder`. Raises FileError that names file and line."""
    path = folder / card.file
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"The hash list {path} cannot be read: {error}.", MEND) from None
    rows: list[NDArray[np.uint8]] = []
    names: list[str] = []
    for number, line in enumerate(lines, 1):
        digits, _, name = line.strip().partition(" ")
        if not digits or digits.startswith("#"):
            continue
        rows.append(_bits(digits, path, number))
        names.append(name.strip() or card.title)
    return KnownPictures(card, np.stack(rows) if rows else np.zeros((0, BITS), np.uint8), tuple(names))


def _bits(digits: str, path: Path, number: int) -> NDArray[np.uint8]:
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        data = b""
    if len(data) != BITS // 8:
        raise FileError(f"{path}, line {number}: not a PDQ hash.", "Write 64 hex digits, then perhaps a name.")
    return np.unpackbits(np.frombuffer(data, np.uint8))


class HashMatchCheck:
    """Compares a picture, and its mirror image, with every list. Without lists it has nothing to do."""

    name = "copies"
    live = False

    def __init__(self, card: HashMatchConfig, folder: Path) -> None:
        self._card, self._folder = card, folder
        self._known: tuple[KnownPictures, ...] | None = None

    def load(self) -> None:
        """Reads the lists, if they are not loaded. Raises FileError."""
        if self._known is None:
            self._known = tuple(read_list(card, self._folder) for card in self._card.lists)

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """A finding for each list that has the picture; the score is 1 for the very same, 0.5 at the farthest."""
        self.load()
        known = [each for each in self._known or () if len(each.bits)]
        if not known:
            return
        hashes = [pdq(image) for image in (subject.image, ImageOps.mirror(subject.image))]
        bits = np.stack([bits for bits, quality in hashes if quality >= self._card.quality] or [np.full(BITS, 2)])
        for each in known:
            distances = (bits[:, None] != each.bits[None]).sum(-1).min(0)
            nearest = int(distances.argmin())
            if (distance := int(distances[nearest])) <= each.card.distance:
                score = 1.0 - 0.5 * distance / max(each.card.distance, 1)
                evidence = f"{each.card.title}: {each.names[nearest]}, {distance} of {BITS} bits differ"
                yield Finding(self.name, each.card.category, score, evidence, ASPECT)
