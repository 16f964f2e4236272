"""The invisible mark comes back from any shape and scale, shown on a page, or photographed from a screen."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safety.generation import Stamp
from safety.marks.invisible.autocorrelation import Autocorrelation
from safety.marks.invisible.detect import DecodedMark, detect
from safety.marks.invisible.embed import BUSY_LEVEL, LEVELS, PLAIN_LEVEL, embed, first_level
from safety.marks.invisible.mask import luminance, whiten
from safety.marks.invisible.search import MAX_SCALE, MIN_SCALE, levels, without_margins
from safety.marks.invisible.sync import POSES, Geometry, align, at_lattice, flatten, fold
from safety.marks.invisible.tracking import track
from tests.fakes_marks import flat_art, photograph, recoded

STAMP = Stamp(0x0123456789ABCDEF)
EARLIER = Path(__file__).parents[2] / "data" / "marked_on_2026-11-28.jpg"
SHAPES = [(409, 512), (512, 412), (300, 880), (840, 290), (333, 347)]


@lru_cache(maxsize=8)
def marked(size: tuple[int, int], busy: bool = False) -> Image.Image:
    picture = photograph(3, *size) if busy else flat_art(3, max(size)).crop((0, 0, *size))
    return embed(picture, STAMP)


def scaled(image: Image.Image, across: float, down: float) -> Image.Image:
    return image.resize((round(image.width * across), round(image.height * down)), Image.Resampling.BICUBIC)


def is_ours(mark: DecodedMark | None) -> bool:
    return mark is not None and mark.stamp == STAMP


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(SHAPES), st.floats(np.log(0.4), np.log(3.4)))
def test_any_shape_is_read_at_any_scale(size: tuple[int, int], logarithm: float) -> None:
    factor = float(np.exp(logarithm))

    assert is_ours(detect(scaled(marked(size), factor, factor)))


@settings(max_examples=6, deadline=None)
@given(st.floats(0.92, 1.08), st.booleans())
def test_either_side_may_be_stretched(ratio: float, wide: bool) -> None:
    across, down = (ratio, 1.0) if wide else (1.0, ratio)

    assert is_ours(detect(scaled(marked((512, 412), busy=True), across, down)))


@pytest.mark.parametrize("factor", [1.7, 2.6], ids=str)
def test_a_busy_picture_is_read_enlarged_and_cropped(factor: float) -> None:
    large = scaled(marked((512, 412), busy=True), factor, factor)
    width, height = large.size

    assert is_ours(detect(recoded(large.crop((width // 9, height // 7, width * 8 // 9, height * 6 // 7)), "JPEG", 80)))


@pytest.mark.parametrize("colour", ["white", "#18191a"])
def test_a_picture_is_read_from_the_page_it_is_shown_on(colour: str) -> None:
    page = Image.new("RGB", (900, 800), colour)
    page.paste(scaled(marked((409, 512)), 0.8, 0.8), (450, 30))

    assert is_ours(detect(recoded(page, "JPEG", 75)))


def test_margins_are_left_out_and_a_plain_picture_is_left_as_it_is() -> None:
    luma = np.full((300, 400), 240, np.float32)
    luma[40:200, 90:350] += np.random.default_rng(1).normal(0, 9, (160, 260)).astype(np.float32)

    assert without_margins(luma).shape == (160, 260)
    assert without_margins(np.zeros((300, 400), np.float32)).shape == (300, 400)


def in_perspective(image: Image.Image, moves: list[tuple[float, float]]) -> Image.Image:
    size = np.array(image.size, np.float32)
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32) * size
    matrix = cv2.getPerspectiveTransform(corners, np.asarray(corners + np.array(moves) * size, np.float32))
    return Image.fromarray(cv2.warpPerspective(np.asarray(image), matrix, image.size, flags=cv2.INTER_CUBIC))


MOVES = [(0.02, 0.004), (-0.003, 0.018), (-0.015, -0.002), (0.001, -0.012)]


@pytest.mark.parametrize(
    "pose", [None, *Image.Transpose], ids=lambda pose: pose.name if pose is not None else "as made"
)
def test_a_screen_that_is_photographed_from_the_side_is_read(pose: Image.Transpose | None) -> None:
    seen = in_perspective(marked((768, 640), busy=True), MOVES)

    assert is_ours(detect(seen if pose is None else seen.transpose(pose)))


def test_following_a_bent_mark_finds_more_of_it() -> None:
    keystone = [(0.01, 0.0), (-0.01, 0.0), (0.01, 0.0), (-0.01, 0.0)]
    white = whiten(luminance(np.asarray(in_perspective(marked((768, 640), busy=True), keystone))))
    straight, _ = next(align(at_lattice(fold(white, Geometry())), 1))
    followed = track(white, Geometry())

    assert followed is not None and followed[0] > straight + 2
    assert track(white[:60, :400], Geometry()) is None


def test_every_pose_only_turns_or_mirrors() -> None:
    assert len({pose.tobytes() for pose in POSES}) == 8
    assert (POSES @ POSES.swapaxes(1, 2) == np.eye(2)).all()


@pytest.mark.parametrize("change", [1.0, 0.8, 1.9], ids=["as it was", "reduced", "enlarged"])
def test_marks_of_earlier_versions_are_read(change: float) -> None:
    """The file was marked before the tile's place was chosen by the picture (28 November 2026)."""
    with Image.open(EARLIER) as opened:
        assert is_ours(detect(scaled(opened.convert("RGB"), change, change)))


def test_the_levels_cover_every_scale_without_a_gap() -> None:
    ranges = sorted((level.low * level.reduction, level.high * level.reduction) for level in levels(np.eye(640, 400)))

    assert ranges[0][0] == MIN_SCALE and ranges[-1][1] == pytest.approx(MAX_SCALE)
    assert all(high == pytest.approx(low) for (_, high), (low, _) in zip(ranges, ranges[1:], strict=False))


def test_what_repeats_is_found_whatever_its_angle() -> None:
    white = whiten(luminance(np.asarray(marked((512, 412)).rotate(7, Image.Resampling.BICUBIC))))
    best = max(Autocorrelation(white, 1.42).candidates(0.9, 1.2), key=lambda candidate: candidate[0])[1]

    assert best.scale == pytest.approx(1, abs=0.01)
    assert min(abs(best.angle - angle) for angle in (7, 83)) < 0.6


def test_laid_flat_a_picture_is_whole_tiles() -> None:
    assert all(length % 63 == 0 for length in flatten(np.ones((200, 301), np.float32), Geometry(1.3, 11.0)).shape)


def test_the_mark_begins_as_strong_as_the_texture_hides_it() -> None:
    random = np.random.default_rng(1)
    smooth, busy = np.full((200, 200), 128, np.float32), random.normal(128, 40, (200, 200)).astype(np.float32)
    mark = random.normal(0, 1.6, (200, 200)).astype(np.float32)

    assert first_level(smooth, mark) == PLAIN_LEVEL > LEVELS[0]
    assert first_level(busy, mark) == BUSY_LEVEL
