"""The perceptual hash PDQ: what a picture looks like, in 256 bits. Only this file imports pdqhash, at first use.

PDQ (Facebook 2019, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm") finds what was
re-encoded, resized or brightened; a large crop, a turn or a new picture of a thing it does not find.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

BITS = 256


def pdq(image: Image) -> tuple[NDArray[np.uint8], int]:
    """Returns the hash of an RGB picture, (256,), 0 or 1, and its quality, 0..100: how much structure it has."""
    import pdqhash

    bits, quality = pdqhash.compute(np.asarray(image))
    return np.asarray(bits, dtype=np.uint8), int(quality)


def pdq_poses(image: Image) -> list[NDArray[np.uint8]]:
    """Returns the eight hashes, (256,) each, of an RGB picture turned by right angles and mirrored."""
    import pdqhash

    return [np.asarray(bits, dtype=np.uint8) for bits in pdqhash.compute_dihedral(np.asarray(image))[0]]


def as_hex(bits: NDArray[np.uint8]) -> str:
    """Returns a hash, (256,), as 64 hex digits, the first bit first, as python-threatexchange writes it."""
    return np.packbits(bits).tobytes().hex()
