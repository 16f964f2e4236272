"""Searches for scale, rotation and stretch of a picture that does not lie to the tile as it was made.

Whatever its scale, a picture is searched at a size at which a pixel of the tile is 0.7 to 1.4 pixels wide: enlarged
ones reduced, so that a patch of so many pixels holds as many tiles, and the band of the mark is most of what it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from safety.marks.invisible.autocorrelation import Autocorrelation
from safety.marks.invisible.error_correction import Floats
from safety.marks.invisible.mask import whiten
from safety.marks.invisible.sync import ALL_POSES, AS_MADE, Geometry, Spectrum, rank_poses, sync_scores, undo_pose

MIN_SCALE, MAX_SCALE = 0.34, 4.3  # pixels of the picture per pixel of the tile
# Standard deviations of sync: what is read before anything else is searched, and what is not worth reading.
# Chance gives 5 to 6 over a whole search.
SURE, MIN_SYNC = 7.0, 5.0
MAX_TILT = 16.0  # degrees
MAX_STRETCH = 0.12  # of one side, the other kept
_OCTAVE = 2**0.5
_PATCH = 640  # pixels a side, of which the autocorrelation is taken
_COARSE, _FINE = 640, 896  # pixels a side that candidates are ranked on and refined on
_MAX_REFINED = 6  # candidates of each stage
_BATCH = 32  # geometries read at once
_PLAIN = 3.0  # grey levels; a row or column that differs by no more all along is margin
_MIN_TRIMMED = 96  # pixels

Candidate = tuple[float, Geometry]  # with its score


@dataclass(eq=False)
class Level:
    """Holds a whitened picture, (height, width), at one size, and the scales that are searched in it.

    `reduction` is pixels of the picture per pixel here; `low` and `high` are pixels here per pixel of the tile.
    """

    white: Floats
    reduction: float
    low: float
    high: float

    @cached_property
    def coarse(self) -> Spectrum:
        """Returns the spectrum that candidates are ranked on."""
        return Spectrum(centre(self.white, _COARSE))

    @cached_property
    def fine(self) -> Spectrum:
        """Returns the spectrum that they are refined on."""
        return Spectrum(centre(self.white, _FINE))


def geometries(luma: Floats, is_over: Callable[[], bool] = lambda: False) -> Iterator[tuple[Level, Geometry]]:
    """Yields likely geometries of a picture's luma, (height, width), best first in each of two stages.

    First from the autocorrelation, then from a scan of upright scales. A geometry that is sure is yielded before the
    others are looked for. `is_over` tells when to look no further.
    """
    looked_at: list[Level] = []
    for stage in (repeating, scan):
        pool: list[tuple[float, int, Geometry]] = []
        for number, level in enumerate(looked_at if stage is scan else levels(luma)):
            if is_over():
                return
            if stage is repeating:
                looked_at.append(level)
            found = _distinct(stage(level), _MAX_REFINED)
            if found and found[0][0] >= SURE:
                yield level, refine(level, found.pop(0)[1])[1]
            pool += [(score, number, geometry) for score, geometry in found]
        best = sorted(pool, reverse=True)[:_MAX_REFINED]
        refined = [(*refine(looked_at[number], geometry), number) for _, number, geometry in best if not is_over()]
        for number, geometry in _worth_reading(refined):
            yield looked_at[number], geometry


def _worth_reading(refined: list[tuple[float, Geometry, int]]) -> Iterator[tuple[int, Geometry]]:
    """Yields number and geometry of the candidates that may be marks, best first, and no place twice."""
    seen: list[tuple[int, Geometry]] = []
    for score, geometry, number in sorted(refined, reverse=True):
        alike = any(number == other and not _unlike(geometry, known) for other, known in seen)
        if score >= MIN_SYNC and not alike:
            seen.append((number, geometry))
            yield number, geometry


def levels(luma: Floats) -> Iterator[Level]:
    """Yields the sizes at which a picture is searched, the likeliest first."""
    import cv2

    luma = without_margins(luma)
    yield Level(whiten(luma), 1.0, 1 / _OCTAVE, _OCTAVE)
    for reduction, high in ((2, _OCTAVE), (4, MAX_SCALE / 4)):
        size = luma.shape[1] // reduction, luma.shape[0] // reduction
        if min(size) >= 48:
            reduced = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.float32)
            yield Level(whiten(reduced), reduction, 1 / _OCTAVE, high)
        if reduction == 2:
            yield Level(whiten(luma, 0.5), 1.0, MIN_SCALE, 1 / _OCTAVE)


def without_margins(luma: Floats) -> Floats:
    """Returns luma without plain margins: those of a page or a screen that a picture was shown on."""
    kept = luma
    for axis in (1, 0):
        varied = np.flatnonzero(kept.max(axis) - kept.min(axis) > _PLAIN)
        if len(varied) and varied[-1] - varied[0] >= _MIN_TRIMMED:
            inside = slice(int(varied[0]), int(varied[-1]) + 1)
            kept = kept[inside] if axis == 1 else kept[:, inside]
    return np.ascontiguousarray(kept)


def centre(white: Floats, side: int) -> Floats:
    """Returns the middle of a picture, at most `side` pixels each way."""
    top, left = (max(0, length - side) // 2 for length in white.shape)
    return np.ascontiguousarray(white[top : top + side, left : left + side])


def repeating(level: Level) -> list[Candidate]:
    """Returns the geometries at which a level repeats, each in its best pose, the one with the best sync first."""
    patch, found = Autocorrelation(centre(level.white, _PATCH), level.high), []
    low = level.low
    while low < level.high * 0.98:
        high = min(low * _OCTAVE, level.high)
        found += patch.candidates(low, high)
        low = high
    return _rank(level.coarse, [geometry for _, geometry in sorted(found, reverse=True)])


def scan(level: Level) -> list[Candidate]:
    """Returns upright scales, and changes of one kind to a picture of its own scale, the one with the best sync first.

    For pictures too busy for the autocorrelation. Steps are of under a pixel at the patch's edge.
    """
    scales, side = [level.low], min(_COARSE, max(level.white.shape))
    while scales[-1] < level.high:
        scales.append(scales[-1] * (1 + min(0.012, 1.8 * scales[-1] / side)))
    tried = [Geometry(scale) for scale in scales]
    if level.low < 1 < level.high and level.reduction == 1:
        step = min(0.012, 1.8 / side)
        angles = np.arange(step, np.radians(MAX_TILT), step)
        tried += [Geometry(angle=float(np.degrees(angle))) for angle in [*angles, *-angles]]
        ratios = np.exp(np.arange(step, MAX_STRETCH, step))
        tried += [Geometry(float(ratio**power), stretch=float(ratio)) for ratio in ratios for power in (0.5, -0.5)]
        tried += [Geometry(float(ratio**power), stretch=float(1 / ratio)) for ratio in ratios for power in (0.5, -0.5)]
    return _rank(level.coarse, tried, AS_MADE)


def refine(level: Level, geometry: Geometry) -> Candidate:
    """Climbs to the geometry with the best sync score nearby, in ever smaller steps, then on more of the picture."""
    score = 0.0
    for spectrum, steps in ((level.coarse, (0.002, 0.001)), (level.fine, (0.0008, 0.0004))):
        for step in steps:
            for _ in range(3):
                near = [geometry, *_neighbours(geometry, step)]
                scores = sync_scores(undo_pose(spectrum.at_lattice(near), geometry.pose))
                best = int(scores.argmax())
                score, geometry = float(scores[best]), near[best]
                if best == 0:
                    break
    return score, geometry


def _neighbours(geometry: Geometry, step: float) -> list[Geometry]:
    """Returns the six geometries that differ by a relative step in scale, angle or stretch."""
    near = []
    for sign in (step, -step):
        near.append(replace(geometry, scale=geometry.scale * (1 + sign)))
        near.append(replace(geometry, angle=geometry.angle + float(np.degrees(sign))))
        near.append(replace(geometry, stretch=geometry.stretch * (1 + 2 * sign)))
    return near


def _rank(spectrum: Spectrum, geometries: list[Geometry], poses: Sequence[int] = ALL_POSES) -> list[Candidate]:
    """Returns each geometry with its best pose, the one with the best sync score first."""
    scored: list[Candidate] = []
    for start in range(0, len(geometries), _BATCH):
        batch = geometries[start : start + _BATCH]
        for geometry, scores in zip(batch, rank_poses(spectrum.at_lattice(batch), poses), strict=True):
            best = int(scores.argmax())
            scored.append((float(scores[best]), replace(geometry, pose=poses[best])))
    return sorted(scored, key=lambda pair: -pair[0])


def _distinct(ranked: list[Candidate], count: int) -> list[Candidate]:
    """Returns the first so many candidates that are no near neighbours of better ones."""
    chosen: list[Candidate] = []
    for score, geometry in ranked:
        if len(chosen) < count and all(_unlike(geometry, other) for _, other in chosen):
            chosen.append((score, geometry))
    return chosen


def _unlike(one: Geometry, other: Geometry) -> bool:
    """Returns whether climbing from one would not end where climbing from the other does."""
    turned = (one.angle - other.angle + 45) % 90 - 45
    return bool(
        abs(np.log(one.scale / other.scale)) > 0.008
        or abs(np.log(one.stretch / other.stretch)) > 0.012
        or abs(turned) > 0.6
    )
