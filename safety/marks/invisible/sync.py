"""Finds where the tile lies: reads a whitened picture at the lattice and correlates it with the sync points.

A picture that was scaled or turned carries the lattice scaled and turned. The eight ways of turning a square by 90
degrees and mirroring it only permute the lattice, so values read once serve all eight. The shift is a phase ramp, found
by correlation to an eighth of a pixel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from safety.marks.invisible.error_correction import Floats
from safety.marks.invisible.tile import RINGS, SIDE, SYNC_POINTS, Complex, Indices, lattice

# (8, 2, 2): what each does to (down, across); four rotations by 90 degrees, then the same after a reflection.
POSES = np.array(
    [
        *([[1, 0], [0, 1]], [[0, 1], [-1, 0]], [[-1, 0], [0, -1]], [[0, -1], [1, 0]]),
        *([[1, 0], [0, -1]], [[0, -1], [-1, 0]], [[-1, 0], [0, 1]], [[0, 1], [1, 0]]),
    ]
)
ALL_POSES = range(8)
AS_MADE = (0, 4)  # neither turned nor upside down: upright and mirrored
_SUBPIXELS = np.arange(-5, 6) / 8  # pixels of the tile, around the best whole one


@dataclass(frozen=True, slots=True, order=True)
class Geometry:
    """Says how a picture lies to the tile, as well as reading it needed to know.

    `scale` is pixels per pixel of the tile, `angle` degrees, `pose` one of eight; `stretch` is width over height of
    what was a square, applied last.
    """

    scale: float = 1.0
    angle: float = 0.0
    pose: int = 0
    stretch: float = 1.0

    def matrix(self) -> NDArray[np.float64]:
        """Returns the matrix, (2, 2), that takes tile coordinates (x, y) to the picture's; the pose is left out."""
        angle, width = np.radians(self.angle), self.stretch**0.5
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.asarray(np.array([[self.scale * width], [self.scale / width]]) * rotation)


def flatten(white: Floats, geometry: Geometry) -> Floats:
    """Returns a whitened picture, (height, width), laid out so that its tiles are squares of 63 px side by side."""
    import cv2

    height, width = white.shape
    if replace(geometry, pose=0) == Geometry():
        return np.pad(white, ((0, -height % SIDE), (0, -width % SIDE)))
    matrix = geometry.matrix()
    periods = np.ceil(np.abs(np.linalg.inv(matrix)) @ (width, height) / SIDE).astype(int).clip(1)
    size = periods * SIDE
    offset = (np.array([width, height]) - 1) / 2 - matrix @ ((size - 1) / 2)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    flat = cv2.warpAffine(white, np.column_stack([matrix, offset]), size.tolist(), flags=flags)
    return np.asarray(flat, np.float32)


def fold(white: Floats, geometry: Geometry) -> Floats:
    """Sums all periods of the tile in a whitened picture, (height, width), into one, (63, 63).

    Over n periods the mark grows by n, and noise by the root of n.
    """
    flat = flatten(white, geometry)
    rows, columns = flat.shape
    return np.asarray(flat.reshape(rows // SIDE, SIDE, columns // SIDE, SIDE).sum((0, 2)), np.float32)


def at_lattice(folded: Floats) -> Complex:
    """Returns the spectrum of a fold, (63, 63), at the lattice, (K,), at unit power in every ring."""
    y, x = lattice().points.T
    return level_rings(np.fft.fft2(folded)[y % SIDE, x % SIDE])


class Spectrum:
    """Holds the spectrum of a whitened picture, to be read at any scale and angle without touching a pixel again.

    Padded to twice its size, so that reading between the bins loses little, and with its origin in the middle of the
    picture, so that phases change slowly from bin to bin.
    """

    def __init__(self, white: Floats) -> None:
        import cv2

        height, width = white.shape
        self.size = cv2.getOptimalDFTSize(2 * height), cv2.getOptimalDFTSize(2 * width)
        middle_y = np.exp(2j * np.pi * np.fft.fftfreq(self.size[0]) * (height - 1) / 2)
        middle_x = np.exp(2j * np.pi * np.fft.rfftfreq(self.size[1]) * (width - 1) / 2)
        self.values = (np.fft.rfft2(white, self.size) * middle_y[:, None] * middle_x).astype(np.complex64)

    def at_lattice(self, geometries: Sequence[Geometry]) -> Complex:
        """Returns the values at the lattice in each of N geometries, (N, K), at unit power in every ring."""
        inverse = np.linalg.inv([geometry.matrix() for geometry in geometries])
        # Cycles a pixel along x and y, (N, K) each.
        across, down = np.einsum("nij,kj->ink", np.swapaxes(inverse, 1, 2), lattice().points[:, ::-1] / SIDE)
        # Only half of the spectrum of a real picture is kept; the other half is its conjugate.
        below = across < 0
        rows, columns = np.where(below, -down, down) * self.size[0], np.abs(across) * self.size[1]
        row, column = np.floor(rows).astype(np.intp), np.floor(columns).astype(np.intp)
        # Bilinear between the four bins around each frequency.
        share_y, share_x = (rows - row).astype(np.float32), (columns - column).astype(np.float32)
        total = np.zeros(rows.shape, np.complex64)
        for step_down, share_down in ((0, 1 - share_y), (1, share_y)):
            for step_across, share_across in ((0, 1 - share_x), (1, share_x)):
                # Beyond the highest frequency of the picture lies nothing; what is read there is noise as any other.
                place = (row + step_down) % self.size[0], (column + step_across) % self.values.shape[1]
                total += self.values[place] * (share_down * share_across)
        return level_rings(np.where(below, total.conj(), total))


def rank_poses(values: Complex, poses: Sequence[int] = ALL_POSES) -> Floats:
    """Returns the best sync score over all shifts for each of P poses, (..., P), of lattice values, (..., K).

    Without a mark these are about the maxima of 3,969 standard normal values.
    """
    order, mirrored = (of_all[list(poses)] for of_all in _poses())
    posed = np.where(mirrored, values[..., order].conj(), values[..., order])
    return np.asarray(shift_scores(posed).max((-2, -1)), np.float32)


def sync_scores(values: Complex) -> Floats:
    """Returns the best sync score over all shifts, (...), of lattice values, (..., K), as they are."""
    return np.asarray(shift_scores(values).max((-2, -1)), np.float32)


def undo_pose(values: Complex, pose: int) -> Complex:
    """Returns lattice values, (..., K), as they were before a pose, (..., K)."""
    order, mirrored = (of_all[pose] for of_all in _poses())
    return np.where(mirrored, values[..., order].conj(), values[..., order])


def align(values: Complex, max_shifts: int) -> Iterator[tuple[float, Complex]]:
    """Yields the best shifts of lattice values, (K,), best first: the sync score, and the values without the shift.

    A shift is found to an eighth of a pixel of the tile.
    """
    grid, surface = lattice(), shift_scores(values)
    for _ in range(max_shifts):
        shift = np.array(np.unravel_index(surface.argmax(), surface.shape))
        ramps = np.exp(2j * np.pi / SIDE * (shift[:, None] + _SUBPIXELS)[..., None] * grid.points.T[:, None, :])
        bare = values[grid.sync] * grid.phases[grid.sync].conj()
        scores = np.einsum("ak,bk,k->ab", ramps[0][:, grid.sync], ramps[1][:, grid.sync], bare, optimize=True).real
        best = np.unravel_index(scores.argmax(), scores.shape)
        straight = values * ramps[0][best[0]] * ramps[1][best[1]]
        yield float(scores[best]) / (SYNC_POINTS / 2) ** 0.5, np.asarray(straight, np.complex64)
        # Its neighbours are the same shift once more.
        rows, columns = ((centre + np.arange(-2, 3)) % SIDE for centre in shift)
        surface[np.ix_(rows, columns)] = -np.inf


def shift_scores(values: Complex) -> NDArray[np.float32]:
    """Returns the sync score of every whole-pixel shift, (..., 63, 63), of lattice values, (..., K).

    In standard deviations of what a picture without a mark gives.
    """
    grid = lattice()
    half = np.zeros((*values.shape[:-1], SIDE, SIDE // 2 + 1), np.complex64)
    # x > 0: the half of the spectrum that a real transform keeps.
    y, x = grid.points[grid.sync].T
    half[..., y % SIDE, x] = values[..., grid.sync] * grid.phases[grid.sync].conj() / 2
    return np.asarray(np.fft.irfft2(half, (SIDE, SIDE)) * np.float32(SIDE**2 / (SYNC_POINTS / 2) ** 0.5), np.float32)


def level_rings(values: NDArray[np.complexfloating]) -> Complex:
    """Brings lattice values, (..., K), to unit power in every ring."""
    ring = lattice().ring
    member = np.equal.outer(ring, np.arange(RINGS)) / np.bincount(ring, None, RINGS)
    power = (values.real**2 + values.imag**2) @ member
    return np.asarray(values / np.sqrt(power + 1e-12)[..., ring], np.complex64)


@lru_cache(maxsize=1)
def _poses() -> tuple[Indices, NDArray[np.bool_]]:
    """Returns where each pose puts each lattice point, (8, K), and whether on its opposite, (8, K).

    Frequencies turn as points do.
    """
    points = lattice().points
    index = {point: number for number, point in enumerate(map(tuple, points.tolist()))}
    places = points @ POSES.swapaxes(1, 2)
    opposite = places[..., 1] < 0
    places = np.where(opposite[..., None], -places, places)
    return np.array([[index[tuple(point)] for point in pose] for pose in places.tolist()], np.intp), opposite
