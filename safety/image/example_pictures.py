"""Finds near-copies of the example pictures of an operator's category, by PDQ hash (safety/perceptual_hash.py).

What a picture shows is not compared: docs/feedback.md says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from safety.errors import FileError
from safety.perceptual_hash import as_hex, pdq
from safety.prompt.example_categories import ExampleCategory, ExamplePicture
from safety.records import Finding, Picture

MIN_QUALITY = 50  # PDQ's own measure; flatter pictures have no useful hash
MAX_DISTANCE = 31  # bits of 256 that may differ; what PDQ's makers advise
SUBCATEGORY = "copy"


class ExamplePicturesCheck:
    """Compares a picture, and its mirror image, with the example pictures of one category."""

    live = False

    def __init__(self, category: ExampleCategory) -> None:
        self.category = category

    @property
    def name(self) -> str:
        return self.category.check

    def detect(self, subject: Picture, /) -> Iterator[Finding]:
        """Yields a finding for a near-copy; the score falls from 1 to 0.5 with the distance."""
        hashes = [pdq(image) for image in (subject.image, ImageOps.mirror(subject.image))]
        rows = [bits for bits, quality in hashes if quality >= MIN_QUALITY]
        if not rows:
            return
        distances = (np.stack(rows)[:, None] != self._bits[None]).sum(-1).min(0)
        nearest = int(distances.argmin())
        if (distance := int(distances[nearest])) <= MAX_DISTANCE:
            evidence = f"“{self.category.pictures[nearest].name}”"
            score = 1.0 - 0.5 * distance / MAX_DISTANCE
            yield Finding(self.name, self.category.name, score, evidence, SUBCATEGORY)

    @cached_property
    def _bits(self) -> NDArray[np.uint8]:
        rows = [np.frombuffer(bytes.fromhex(one.hash), np.uint8) for one in self.category.pictures]
        return np.unpackbits(np.stack(rows), axis=1)


def example_picture(image: Image.Image, name: str) -> ExamplePicture:
    """Returns what is kept of an example picture: its hash, and no picture. Raises FileError for one too plain."""
    bits, quality = pdq(image)
    if quality < MIN_QUALITY:
        raise FileError(f"{name} is too plain to be known again.", "Choose a picture with more in it.")
    return ExamplePicture(name=name, hash=as_hex(bits))


def example_picture_checks(categories: Iterable[ExampleCategory]) -> tuple[ExamplePicturesCheck, ...]:
    """Returns a check for each category that is switched on and has example pictures."""
    return tuple(ExamplePicturesCheck(one) for one in categories if one.enabled and one.pictures)
