"""Knows a picture again by a part of it: where it grows lighter and darker, on a grid of 32 x 32 cells.

PDQ, which similarity.py compares by, does not see through a crop. An outline holds two signs for each cell: whether the
next one to the right, and the next one below, is lighter (1), darker (-1) or about the same (0). A part of the picture
is laid upon the grid in the size that its mark tells, at every place, and the signs are correlated. Where it fits best,
how much of it is the record's is looked at place by place: what was pasted into it is not. That is a fingerprint and no
small copy: no shade of grey is in it. The limits are measured by benchmarks/marks/outlines.py; docs/provenance.md has
the table.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = NDArray[np.float32]
Size = tuple[float, float]
CELLS = 32  # a side
SHADES_SIDE = 128  # pixels of the longer side of what a worker hands on
MIN_SCORE = 0.65  # of 1; 95 % of parts of the same picture have .7 or more, others .52 at most
MIN_OVERLAP = 180  # cells in which picture and record must overlap: a crop to half of each side has about 200
MIN_SIGNS = 60  # signs among them: less is a plain ground, which many pictures have
MARGIN = 8  # cells by which a picture may stick out, as a screenshot does with what is round it
MIN_SHARED = 0.86  # of what is structured in a picture must be the record's, for its credentials to be its own
_SCALES = (1.0, 0.985, 1.015)  # what the mark tells of the size is that sure
_PHASES = 3  # places a cell, in either direction, at which the grid is laid
_STEPS = 4  # samples of a cell's side
_FLAT = 0.4  # of the mean difference: what differs less is about the same
_WINDOW = 5  # cells a side of what is looked at by itself
_STRUCTURED = 12  # signs in it, of 50: less is too plain to tell
_ALIKE = 0.4  # correlation in it from which on it is the record's
_MIN_WINDOWS = 40  # that are structured: with fewer of them nothing is said


@dataclass(frozen=True, slots=True)
class Shades:
    """Holds a picture small and grey: `values` are bytes by rows. It goes from a worker to whoever compares."""

    width: int
    height: int
    values: bytes

    def pixels(self) -> Floats:
        """Returns the shades, (height, width), 0 to 255. Raises ValueError where there are too few or too many."""
        return np.frombuffer(self.values, np.uint8).reshape(self.height, self.width).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Fit:
    """Says how a picture fits into an outline where it fits best.

    `score` is the correlation, at most 1: from MIN_SCORE on it is a part of that picture; 0.0 where too little is there
    to compare. `shared` is the share, 0 to 1, of its structured places that look as the record does there; None where
    it has too few.
    """

    score: float = 0.0
    shared: float | None = None


def shades(image: Image) -> Shades:
    """Returns a picture of any mode small and grey."""
    from PIL import Image as Pillow

    factor = min(1.0, SHADES_SIDE / max(image.size))
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    small = image.convert("L").resize(size, Pillow.Resampling.BOX)
    return Shades(*small.size, small.tobytes())


def outline(image: Image) -> str:
    """Returns the outline of a picture as base64, 684 characters."""
    import cv2

    grey = np.asarray(image.convert("L"), np.float32)
    right, below = _signs(np.asarray(cv2.resize(grey, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32))
    signs = np.concatenate([right, below]).astype(np.int8).ravel()
    packed = np.packbits(np.stack([signs > 0, signs < 0], 1))
    return b64encode(packed.tobytes()).decode("ascii")


def fit(seen: Shades, known: str, cell: Size, upright: bool = False) -> Fit:
    """Returns how well a picture, in the best of its eight poses, fits into a known outline.

    `cell` is the width and height of one cell of the outline in pixels of `seen`. `upright`: it is known to be neither
    turned nor mirrored.
    """
    signs = _unpacked(known)
    if signs is None:
        return Fit()
    right, below = (np.pad(each, MARGIN) for each in signs)
    padded = _Padded(right, below, np.pad(np.ones((CELLS, CELLS), np.float32), MARGIN))
    best = _NOWHERE
    for pixels in islice(_poses(seen.pixels()), 1 if upright else None):
        best = max(best, _best_place(pixels, padded, cell), key=lambda place: place.score)
        if best.score >= MIN_SCORE:
            break
    return Fit(best.score, _shared(padded, best) if best.score else None)


@dataclass(frozen=True, slots=True)
class _Padded:
    """Holds the signs of an outline with an empty margin, and 1 wherever there is no margin."""

    right: Floats
    below: Floats
    inside: Floats


@dataclass(frozen=True, slots=True)
class _Place:
    """Holds a place of a picture on a padded outline: its first cell there, and the picture's signs."""

    score: float
    x: int
    y: int
    signs: tuple[Floats, Floats]


_NOWHERE = _Place(0.0, 0, 0, (np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32)))


def _best_place(pixels: Floats, known: _Padded, cell: Size) -> _Place:
    """Returns the best of all places of a picture of known size, in steps of a part of a cell."""
    best = _NOWHERE
    for scale in _SCALES:
        length = (cell[0] * scale, cell[1] * scale)
        for phase in range(_PHASES**2):
            corner = (length[0] * (phase % _PHASES) / _PHASES, length[1] * (phase // _PHASES) / _PHASES)
            cells = _cells(pixels, corner, length)
            if cells is not None:
                best = max(best, _correlate(known, _signs(cells)), key=lambda place: place.score)
    return best


def _cells(pixels: Floats, corner: Size, cell: Size) -> Floats | None:
    """Returns the mean shades of the whole cells from a corner on; None for fewer than two a side or far too many."""
    import cv2

    wide, high = (
        int((side - start) / length + 0.2) for side, start, length in zip(pixels.shape[::-1], corner, cell, strict=True)
    )
    if not (2 <= wide <= CELLS + 2 * MARGIN and 2 <= high <= CELLS + 2 * MARGIN):
        return None
    x, y = cell[0] / _STEPS, cell[1] / _STEPS
    matrix = np.array([[x, 0, corner[0] + x / 2 - 0.5], [0, y, corner[1] + y / 2 - 0.5]], np.float32)
    samples = cv2.warpAffine(
        pixels,
        matrix,
        (wide * _STEPS, high * _STEPS),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(samples.reshape(high, _STEPS, wide, _STEPS).mean((1, 3)), np.float32)


def _correlate(known: _Padded, signs: tuple[Floats, Floats]) -> _Place:
    """Returns the place at which two pairs of signs correlate best, of those where enough of both overlaps."""
    import cv2

    def over(image: Floats, template: Floats) -> Floats:
        return np.asarray(cv2.matchTemplate(image, template, cv2.TM_CCORR), np.float32)

    right, below = seen = tuple(np.ascontiguousarray(each[:-1, :-1]) for each in signs)
    everywhere = np.ones_like(right)
    energy = over(known.right**2 + known.below**2, everywhere)
    seen_energy = over(known.inside, right**2 + below**2)
    score = (over(known.right, right) + over(known.below, below)) / np.sqrt(np.maximum(energy * seen_energy, 1.0))
    enough = over(known.inside, everywhere) >= MIN_OVERLAP
    enough &= np.minimum(energy, seen_energy) >= MIN_SIGNS
    score = np.where(enough, score, 0.0)
    y, x = np.unravel_index(int(score.argmax()), score.shape)
    return _Place(float(score[y, x]), int(x), int(y), (seen[0], seen[1]))


def _shared(known: _Padded, place: _Place) -> float | None:
    """Returns the share of a picture's structured places that look as the record does there; None for too few.

    What lies outside of the record, or is plain in one of the two alone, does not look so.
    """
    import cv2

    def about(values: Floats) -> Floats:
        size = (_WINDOW, _WINDOW)
        return np.asarray(cv2.boxFilter(values, -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT), np.float32)

    seen_right, seen_below = place.signs
    height, width = seen_right.shape
    here = np.s_[place.y : place.y + height, place.x : place.x + width]
    right, below = known.right[here], known.below[here]
    product = about(right * seen_right + below * seen_below)
    signs, seen_signs = about(right**2 + below**2), about(seen_right**2 + seen_below**2)
    structured = np.maximum(signs, seen_signs) >= _STRUCTURED
    if structured.sum() < _MIN_WINDOWS:
        return None
    # A few signs beside many would correlate by chance.
    least = _STRUCTURED / 2
    correlation = product / np.sqrt(np.maximum(signs, least) * np.maximum(seen_signs, least))
    return float((correlation[structured] >= _ALIKE).mean())


def _signs(cells: Floats) -> tuple[Floats, Floats]:
    """Returns the signs of the steps to the right and down between cells; the last of each row and column are 0."""
    right, below = np.zeros_like(cells), np.zeros_like(cells)
    right[:, :-1], below[:-1] = np.diff(cells, axis=1), np.diff(cells, axis=0)
    flat = max(1.0, _FLAT * float(np.abs(right).mean() + np.abs(below).mean()) / 2)
    return tuple(np.sign(steps) * (np.abs(steps) > flat) for steps in (right, below))  # type: ignore[return-value]


def _poses(pixels: Floats) -> Iterator[Floats]:
    """Yields the eight ways to turn and mirror a picture: first as it is."""
    for keeping in (pixels, np.rot90(pixels)):
        for flipped in (keeping, keeping[::-1, ::-1], keeping[:, ::-1], keeping[::-1]):
            yield np.ascontiguousarray(flipped)


def _unpacked(text: str) -> tuple[Floats, Floats] | None:
    """Returns the signs of an outline, (32, 32) each; None for a text that holds none."""
    try:
        bits = np.unpackbits(np.frombuffer(b64decode(text, validate=True), np.uint8)).reshape(2, CELLS, CELLS, 2)
    except ValueError:
        return None
    signs = bits.astype(np.float32)
    return signs[0, ..., 0] - signs[0, ..., 1], signs[1, ..., 0] - signs[1, ..., 1]
