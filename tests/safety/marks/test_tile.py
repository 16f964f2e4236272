from __future__ import annotations

import numpy as np
import pytest

from safety.marks.invisible.error_correction import CODE_BITS, encode
from safety.marks.invisible.sync import Geometry, Spectrum, align, at_lattice, fold, rank_poses, undo_pose
from safety.marks.invisible.tile import SIDE, SYNC_POINTS, lattice, render, symbols

KEY = b"a key"


def tiled(side: int = 504) -> np.ndarray:
    grid = lattice(KEY)
    tile = render(symbols(encode(42, KEY), grid), grid)
    return np.tile(tile, (side // SIDE, side // SIDE))


def test_every_code_bit_is_carried() -> None:
    assert set(lattice(KEY).bit.tolist()) == set(range(CODE_BITS))


def test_sync_and_data_share_no_frequency() -> None:
    grid = lattice(KEY)

    assert len(grid.sync) == SYNC_POINTS
    assert sorted([*grid.sync, *grid.data]) == list(range(len(grid.points)))


def test_keys_give_unlike_tiles() -> None:
    one, other = (render(symbols(encode(42, key), lattice(key)), lattice(key)) for key in (KEY, b"other"))

    # They have the sync points in common, and nothing else.
    share = SYNC_POINTS * 1 / len(lattice(KEY).points)
    assert abs(float((one * other).mean())) < share + 0.1


def test_keys_share_points_and_sync() -> None:
    one, other = lattice(KEY), lattice(b"other")

    assert (one.points == other.points).all() and (one.sync == other.sync).all()
    assert np.allclose(one.phases[one.sync], other.phases[other.sync])
    assert not np.allclose(one.phases[one.data], other.phases[other.data])


def test_the_tile_falls_differently_on_the_blocks_of_a_codec_in_every_period() -> None:
    assert SIDE % 2 == 1


POSED = [
    pytest.param(lambda a: a, id="as made"),
    pytest.param(lambda a: np.rot90(a), id="left"),
    pytest.param(lambda a: np.rot90(a, 2), id="upside down"),
    pytest.param(lambda a: np.rot90(a, 3), id="right"),
    pytest.param(lambda a: a[:, ::-1], id="mirrored"),
    pytest.param(lambda a: a[::-1], id="flipped"),
    pytest.param(lambda a: a.T, id="transposed"),
    pytest.param(lambda a: a[::-1, ::-1].T, id="transversed"),
]


@pytest.mark.parametrize("turn", POSED)
@pytest.mark.parametrize("shift", [(0, 0), (5, 40)], ids=["in place", "shifted"])
def test_one_reading_finds_each_pose_and_shift(turn, shift) -> None:  # type: ignore[no-untyped-def]
    grid = lattice(KEY)
    picture = np.roll(np.ascontiguousarray(turn(tiled())), shift, (0, 1)).astype(np.float32)
    values = at_lattice(fold(picture, Geometry()))
    pose = int(rank_poses(values).argmax())

    score, straight = next(align(undo_pose(values, pose), 1))

    # Rings are levelled, so what is left of a pure mark is its own shape.
    expected = symbols(encode(42, KEY), grid)
    assert np.allclose(np.angle(straight * (expected * grid.phases).conj()), 0, atol=0.02)
    assert score > 6


def test_the_spectrum_reads_what_folding_reads() -> None:
    grid, geometry = lattice(KEY), Geometry(scale=1.0, angle=0.0)
    noisy = (tiled() + np.random.default_rng(1).normal(0, 1, (504, 504))).astype(np.float32)

    folded, read = at_lattice(fold(noisy, geometry)), Spectrum(noisy).at_lattice([geometry])[0]
    middle = np.exp(-2j * np.pi * (grid.points @ np.array([251.5, 251.5])) / SIDE)

    assert abs(np.vdot(folded, read * middle)) > 0.98 * len(grid.points)
