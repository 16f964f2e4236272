"""What a picture looks like, in 256 bits (safety/perceptual_hash.py), so that the registry can tell a copied mark from
the picture it was made for.

Only ever used to compare one picture with the one that its stamp names, never to search: that is why an `EDITED` far
beyond the usual 31 is sound. The limits are measured by benchmarks/marks/registry.py; docs/provenance.md has the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safety.generation import Fingerprint
from safety.perceptual_hash import as_hex, pdq, poses

if TYPE_CHECKING:
    from PIL.Image import Image

SAME = 31  # bits that differ, at most: new files, other sizes, other formats
EDITED = 75  # at most: a text box, a crop of 5 %, a turn of 5 degrees; pictures that are strangers start at 84
STRANGER = 95  # at least: of another picture. In between nothing is said
LEAST_QUALITY = 8  # of 100. PDQ asks for 50 to search among millions; flat art has 10 to 60 and compares well
SIDE = 512  # as PDQ's authors advise; also keeps large pictures quick


def fingerprint(image: Image) -> Fingerprint:
    """The fingerprint of an RGB picture of any size."""
    bits, quality = pdq(_small(image))
    return Fingerprint(as_hex(bits), quality)


def distance(image: Image, known: Fingerprint, angle: float = 0.0) -> int:
    """The bits that differ, 0 to 256, in the best of the eight ways to turn and mirror the picture.

    `angle`: by how many degrees it was turned clockwise, as far as its mark tells; that is undone too.
    """
    import numpy as np

    wanted = np.unpackbits(np.frombuffer(bytes.fromhex(known.bits), np.uint8))
    seen = [image, image.rotate(angle)] if abs(angle) > 0.5 else [image]
    return min(int((bits != wanted).sum()) for one in seen for bits in poses(_small(one)))


def _small(image: Image) -> Image:
    from PIL import Image as Pillow

    return image if max(image.size) <= SIDE else image.resize((SIDE, SIDE), Pillow.Resampling.BOX)
