"""Detects pixel marks of other tools: fixed payloads, written with the `dwtDct` method of `invisible-watermark`.

The method has no test of presence: it reads bits from any picture, in a third of unmarked ones all the same bit, and
its own reader gets the known payload back whole from about half of the marked ones. So the payload is not read here
but looked for: the votes of all blocks are correlated with it, their common bias taken out. A score of 6 was reached
by no unmarked picture of those tried (benchmarks/marks/registry.py), but no bound is proven, and anybody can write
these payloads: a hint, no more. They do not survive JPEG below 95, a resize or a crop: none found says nothing.

Only numpy and OpenCV: the package itself imports torch to read a mark that needs none. A test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCALE = 36  # quantisation step of dwtDct
BLOCK = 4  # of the wavelet's low band
MIN_SCORE = 6.0  # standard deviations
MIN_AREA = 256 * 256  # pixels; the encoder refuses less
MAX_AREA = 1_500_000  # pixels that are read, from the top, where the payload repeats

# Payload bits by tool, from the reference code of each. FLUX's lacks two leading zeros: bin() drops them.
PAYLOADS = {
    "Stable Diffusion XL (diffusers, Stability)": f"{0b101100111110110010010000011110111011000110011110:b}",
    "FLUX (Black Forest Labs)": f"{0b001010101111111010000111100111001111010100101110:b}",
    "Stable Diffusion 1 (CompVis)": f"{int.from_bytes(b'StableDiffusionV1', 'big'):0136b}",
    "Stable Diffusion 2 (Stability)": f"{int.from_bytes(b'SDV2', 'big'):032b}",
}


@dataclass(frozen=True, slots=True)
class ThirdPartyMark:
    """Holds a mark of another maker. `score`: standard deviations for dwtDct, 1.0 for a payload with its own check."""

    tool: str
    method: str
    score: float
    payload: str = ""


def detect(pixels: NDArray[np.uint8]) -> tuple[ThirdPartyMark, ...]:
    """Returns the known payload that RGB pixels, (height, width, 3), carry, at most one: some resemble each other."""
    height, width = pixels.shape[:2]
    if width * height < MIN_AREA or min(height, width) < 2 * BLOCK:
        return ()
    votes = block_votes(pixels)
    score, tool = max((payload_score(votes, payload), tool) for tool, payload in PAYLOADS.items())
    return (ThirdPartyMark(tool, "dwtDct", round(score, 1)),) if score >= MIN_SCORE else ()


def block_votes(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Returns one vote a block of 8 x 8 pixels, row by row, (blocks,), of RGB pixels, (height, width, 3).

    The rule is dwtDct's: in the low band of the U channel's Haar wavelet, the largest coefficient of each 4 x 4 block
    but the first lies in the upper half of its quantisation step, or in the lower.
    """
    import cv2

    rows = max(8, MAX_AREA // pixels.shape[1] // 8 * 8)
    chroma = cv2.cvtColor(pixels[:rows], cv2.COLOR_RGB2YUV)[..., 1].astype(np.float32)
    high, wide = (side // (2 * BLOCK) for side in chroma.shape)
    low = chroma[: high * 8, : wide * 8].reshape(high * BLOCK, 2, wide * BLOCK, 2).sum((1, 3)) / 2
    blocks = low.reshape(high, BLOCK, wide, BLOCK).transpose(0, 2, 1, 3).reshape(-1, BLOCK * BLOCK)
    largest = np.abs(blocks[:, 1:]).argmax(1) + 1
    return np.asarray(np.abs(blocks[np.arange(len(blocks)), largest]) % SCALE > SCALE / 2)


def payload_score(votes: NDArray[np.bool_], payload: str) -> float:
    """Correlates votes, (blocks,), with the payload's bits, repeated.

    Returns standard deviations of the correlation of votes that are independent of the payload.
    """
    bits: NDArray[Any] = np.array(list(payload), np.float64)
    expected = np.resize(bits - bits.mean(), len(votes))
    centred = votes - votes.mean()
    spread = float(centred.std() * np.linalg.norm(expected))
    return float(centred @ expected) / spread if spread else 0.0
