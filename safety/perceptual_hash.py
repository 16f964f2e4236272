"""PDQ, a picture's look in 256 bits (Facebook 2019, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
Algorithm"). The one file that imports pdqhash.

It finds what was re-encoded, resized or brightened; a large crop, a turn or a new picture of a thing it does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

BITS = 256


def pdq(image: Image) -> tuple[NDArray[np.uint8], int]:
    """256 bits, 0 or 1, and the quality 0..100, of an RGB picture."""
    import pdqhash

    bits, quality = pdqhash.compute(np.asarray(image))
    return np.asarray(bits, dtype=np.uint8), int(quality)


def poses(image: Image) -> list[NDArray[np.uint8]]:
    """The 256 bits of an RGB picture turned and mirrored in all eight ways."""
    import pdqhash

    return [np.asarray(bits, dtype=np.uint8) for bits in pdqhash.compute_dihedral(np.asarray(image))[0]]


def as_hex(bits: NDArray[np.uint8]) -> str:
    """64 hex digits, the first bit first, as python-threatexchange writes it."""
    return np.packbits(bits).tobytes().hex()
