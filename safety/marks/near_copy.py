"""Tells whether two pictures are nearly the same one, in any pose: by two measures that see different things.

PDQ sees where it is bright and dark, the colour layout which colours lie where. Either alone takes pictures for copies
that are none: PDQ is blind to colour, and of a plain picture it is mostly noise, so that a label in the corner makes
two of them alike. Pictures with structure have to agree in both. Plain ones (below the quality that PDQ's authors ask
for) have to agree far more closely, and those that are hardly more than one colour pixel by pixel. The limits are
measured by benchmarks/marks/near_copy_limits.py; docs/operating.md has the table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from safety.generation import Descriptor
from safety.marks.colour_layout import colour_layout, layout_distances
from safety.marks.similarity import fingerprint

if TYPE_CHECKING:
    from PIL.Image import Image

BITS = 256
MIN_QUALITY = 50  # of 100, as PDQ's authors recommend for a search
LEAST_QUALITY = 8  # below, a hash says nothing at all


@dataclass(frozen=True, slots=True)
class NearLimits:
    """Says how far apart near-copies may be: in bits of 256, and in levels of 255 of brightness and of colour."""

    bits: int
    light: float
    colour: float


STRUCTURED = NearLimits(31, 16.0, 9.0)
PLAIN = NearLimits(8, 4.0, 3.0)
# So near that nobody would call it another picture: what a reviewer finds ticked.
CERTAIN = NearLimits(10, 4.0, 3.0)


@dataclass(frozen=True, slots=True)
class Nearness:
    """Holds how near two pictures are in their best pose: bits of 256, levels of 255 of brightness and of colour.

    `light` and `colour` are None where the layout of one is not known. `plain`: one of them has little structure.
    `same`: they are equal pixel by pixel.
    """

    bits: int
    light: float | None = None
    colour: float | None = None
    plain: bool = False
    same: bool = False

    @property
    def is_near(self) -> bool:
        """Tells whether they are nearly the same picture."""
        return self.same or self._within(PLAIN if self.plain else STRUCTURED)

    @property
    def is_certain(self) -> bool:
        """Tells whether they are so near that nobody would call them two pictures."""
        return self.same or (self.is_near and self.colour is not None and self._within(CERTAIN))

    def _within(self, limits: NearLimits) -> bool:
        if self.light is None or self.colour is None:
            # Put on record before layouts were: the hash alone has to do.
            return self.bits <= limits.bits
        return self.bits <= limits.bits and self.light <= limits.light and self.colour <= limits.colour


def describe(image: Image) -> Descriptor:
    """Returns what a picture is known again by. Takes a tenth of a second for one of 512 pixels.

    Each pose is taken of the turned pixels: those that PDQ derives from one hash are up to 52 bits off.
    """
    from PIL.Image import Transpose

    image = image.convert("RGB")
    own = fingerprint(image)
    turned = (fingerprint(image.transpose(turn)).bits for turn in Transpose)
    pixels = hashlib.sha256(f"{image.width}x{image.height} ".encode() + image.tobytes()).hexdigest()
    return Descriptor((own.bits, *turned), own.quality, colour_layout(image), pixels)


def nearness(one: Descriptor, other: Descriptor) -> Nearness:
    """Returns how near two pictures are in the best of the poses that are known of them."""
    if one.pixels and one.pixels == other.pixels:
        return Nearness(0, 0.0, 0.0, same=True)
    quality = min(one.quality, other.quality)
    if quality < LEAST_QUALITY:
        return Nearness(BITS, plain=True)
    # Turned is the one of which more poses are known.
    still, turning = (one, other) if len(other.hashes) >= len(one.hashes) else (other, one)
    number = int(still.hashes[0], 16)
    plain, found = quality < MIN_QUALITY, []
    for pose, bits in enumerate(turning.hashes):
        distance = (number ^ int(bits, 16)).bit_count()
        # Farther ones are near by no limit, whatever their colours.
        far = distance > STRUCTURED.bits or not (still.layout and turning.layout)
        light, colour = (None, None) if far else layout_distances(still.layout, turning.layout, pose)
        found.append(Nearness(distance, light, colour, plain))
    return min(found, key=lambda each: (not each.is_near, each.bits, each.colour or 0.0))


def nearest(mine: Iterable[Descriptor], known: Iterable[Descriptor]) -> Nearness:
    """Returns how near the nearest pair is; BITS bits where there is none."""
    pairs = [nearness(one, other) for other in known for one in mine]
    return min(pairs, key=lambda each: (not each.is_near, not each.same, each.bits), default=Nearness(BITS))
