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

SUBCATEGORY = "copy"
ADVICE = "Mend [copies] in picture_checks.toml."


@dataclass(frozen=True, slots=True)
class KnownPictures:
    """Holds one list in memory: bits of shape (pictures, 256), 0 or 1, and the name of each picture."""

    config: HashList
    bits: NDArray[np.uint8]
    names: tuple[str, ...]


def read_list(config: HashList, folder: Path) -> KnownPictures:
    """Reads a list; a relative path starts at `folder`. Raises FileError that names file and line."""
    path = folder / config.file
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"The hash list {path} cannot be read: {error}.", ADVICE) from None
    rows: list[NDArray[np.uint8]] = []
    names: list[str] = []
    for number, line in enumerate(lines, 1):
        digits, _, name = line.strip().partition(" ")
        if not digits or digits.startswith("#"):
            continue
        rows.append(_bits(digits, path, number))
        names.append(name.strip() or config.title)
    return KnownPictures(config, np.stack(rows) if rows else np.zeros((0, BITS), np.uint8), tuple(names))


def _bits(digits: str, path: Path, number: int) -> NDArray[np.uint8]:
    """Returns the 256 bits that 64 hex digits on line `number` stand for. Raises FileError for anything else."""
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        data = b""
    if len(data) != BITS // 8:
        raise FileError(f"{path}, line {number}: not a PDQ hash.", "Write 64 hex digits, then perhaps a name.")
    return np.unpackbits(np.frombuffer(data, np.uint8))


class HashMatchCheck:
    """Compares a picture, and its mirror image, with every list. Without lists it reports nothing."""

    name = "copies"
    live = False

    def __init__(self, config: HashMatchConfig, folder: Path) -> None:
        self._config, self._folder = config, folder
        self._lists: tuple[KnownPictures, ...] | None = None

    def load(self) -> None:
        """Reads the lists, if they are not loaded. Raises FileError."""
        if self._lists is None:
            self._lists = tuple(read_list(config, self._folder) for config in self._config.lists)

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """Yields a finding for each list that has the picture; the score falls from 1 to 0.5 with the distance."""
        self.load()
        lists = [known for known in self._lists or () if len(known.bits)]
        if not lists:
            return
        hashes = [pdq(image) for image in (subject.image, ImageOps.mirror(subject.image))]
        # Where neither is good enough to compare, a row of twos, which differs from every list in all bits.
        rows = [bits for bits, quality in hashes if quality >= self._config.quality] or [np.full(BITS, 2)]
        bits = np.stack(rows)
        for known in lists:
            distances = (bits[:, None] != known.bits[None]).sum(-1).min(0)
            nearest = int(distances.argmin())
            if (distance := int(distances[nearest])) <= known.config.distance:
                score = 1.0 - 0.5 * distance / max(known.config.distance, 1)
                evidence = f"{known.config.title}: {known.names[nearest]}, {distance} of {BITS} bits differ"
                yield Finding(self.name, known.config.category, score, evidence, SUBCATEGORY)
