from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont
from skimage.metrics import structural_similarity

from safety.errors import ExportError
from safety.generation import Stamp
from safety.marks.invisible import robustness
from safety.marks.invisible.detect import MAX_KEYS, PUBLIC_KEY, SYNC_THRESHOLD, detect
from safety.marks.invisible.embed import embed
from safety.marks.invisible.mask import Bytes, luminance, ssim
from tests.fakes_marks import flat_art, photograph, recoded

STAMP = Stamp(0x0123456789ABCDEF)


@pytest.fixture(scope="module", params=[0, 1, 2, "photograph"])
def marked(request: pytest.FixtureRequest) -> Image.Image:
    """Flat art on white, blue and black, and a photograph."""
    return embed(photograph(1) if request.param == "photograph" else flat_art(request.param), STAMP)


def psnr(before: Image.Image, after: Image.Image) -> float:
    error = np.asarray(before, float) - np.asarray(after, float)
    return float(10 * np.log10(255**2 / (error**2).mean()))


def test_the_mark_is_invisible() -> None:
    for picture, least in ((photograph(1), 39.5), (flat_art(1), 42.9)):
        assert psnr(picture, embed(picture, STAMP)) > least


def test_the_similarity_is_that_of_the_paper() -> None:
    picture = photograph(1)
    marked = embed(picture, STAMP)
    ours = ssim(luminance(np.asarray(picture)), luminance(np.asarray(marked)))
    grey = [np.asarray(image.convert("L")) for image in (picture, marked)]
    theirs = structural_similarity(*grey, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)

    assert ours == pytest.approx(theirs, abs=0.004)


ATTACKS = [
    pytest.param(lambda im: im, id="untouched"),
    pytest.param(lambda im: recoded(im, "JPEG", 90), id="JPEG 90"),
    pytest.param(lambda im: recoded(im, "JPEG", 50), id="JPEG 50"),
    pytest.param(lambda im: recoded(im, "WEBP", 90), id="WebP 90"),
    pytest.param(lambda im: recoded(im, "WEBP", 80), id="WebP 80"),
    pytest.param(lambda im: im.resize((384, 384), Image.Resampling.BICUBIC), id="75 percent"),
    pytest.param(lambda im: im.resize((768, 768), Image.Resampling.BICUBIC), id="150 percent"),
    pytest.param(lambda im: im.crop((77, 51, 77 + 358, 51 + 358)), id="cropped"),
    pytest.param(lambda im: im.crop((3, 5, 512, 512)), id="shifted"),
    pytest.param(lambda im: im.rotate(5, Image.Resampling.BICUBIC), id="turned by 5 degrees"),
    pytest.param(lambda im: im.transpose(Image.Transpose.ROTATE_90), id="turned by 90 degrees"),
    pytest.param(lambda im: im.transpose(Image.Transpose.FLIP_LEFT_RIGHT), id="mirrored"),
    pytest.param(lambda im: im.point(lambda value: value * 0.7), id="darker"),
    pytest.param(lambda im: im.convert("L").convert("RGB"), id="grey"),
]


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS)
def test_the_mark_survives(marked: Image.Image, attack) -> None:  # type: ignore[no-untyped-def]
    mark = detect(attack(marked))

    assert mark is not None
    assert mark.stamp == STAMP
    assert 0.3 < mark.score <= 1


@pytest.mark.parametrize("size", [(522, 512), (532, 512), (512, 532)], ids=str)
def test_flat_art_survives_an_unequal_stretch(size: tuple[int, int]) -> None:
    mark = detect(embed(flat_art(1), STAMP).resize(size, Image.Resampling.BICUBIC))

    assert mark is not None
    assert mark.stamp == STAMP


@pytest.mark.parametrize("picture", [flat_art(1), photograph(2)], ids=["flat art", "photograph"])
def test_an_unmarked_picture_has_no_mark(picture: Image.Image) -> None:
    assert detect(picture) is None


def test_a_studio_with_another_key_neither_reads_nor_is_read() -> None:
    marked = embed(flat_art(3), STAMP, b"another key")

    assert detect(marked) is None
    assert (mark := detect(marked, [b"another key"], thorough=False)) and mark.stamp == STAMP


@pytest.mark.parametrize("written", [b"newest", b"older", PUBLIC_KEY], ids=["newest", "older", "public"])
def test_after_a_rotation_marks_of_every_key_are_read(written: bytes) -> None:
    cropped = embed(flat_art(5), STAMP, written).crop((40, 30, 400, 460)).resize((320, 382))

    assert (mark := detect(cropped, [b"newest", b"older", PUBLIC_KEY])) and mark.stamp == STAMP


def test_more_keys_than_the_bound_on_false_positives_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 8 keys"):
        detect(flat_art(1), [bytes([number]) for number in range(MAX_KEYS + 1)])


@pytest.mark.slow
def test_a_large_picture_is_read_after_it_was_shown_smaller() -> None:
    marked = embed(photograph(4, 1500, 1400), STAMP)

    for picture in (marked, marked.resize((750, 700), Image.Resampling.LANCZOS)):
        assert (mark := detect(picture)) and mark.stamp == STAMP


@pytest.mark.parametrize("size", [(64, 64), (65, 700), (129, 97), (2000, 70)], ids=str)
def test_small_and_odd_sizes_keep_their_size(size: tuple[int, int]) -> None:
    marked = embed(flat_art(6).resize(size), STAMP)

    assert marked.size == size
    assert (mark := detect(marked)) and mark.stamp == STAMP


@pytest.mark.parametrize("size", [(1, 1), (31, 400), (40, 40)], ids=str)
def test_a_picture_too_small_for_a_mark_says_so(size: tuple[int, int]) -> None:
    assert detect(photograph(5, *size)) is None
    with pytest.raises(ExportError, match="too small"):
        embed(photograph(5, *size), STAMP)


@pytest.mark.parametrize("colour", ["white", "black", "#fefefe"])
def test_pure_white_and_black_make_room_for_the_mark(colour: str) -> None:
    plain = Image.new("RGB", (256, 256), colour)
    marked = embed(plain, STAMP)

    assert (mark := detect(recoded(marked, "JPEG", 80))) and mark.stamp == STAMP
    assert np.abs(np.asarray(marked, int) - np.asarray(plain, int)).mean() < 12


@pytest.mark.parametrize("colours", [("black", "white"), ("white", "black")], ids=["on white", "on black"])
def test_a_poster_of_words_alone_carries_a_mark(colours: tuple[str, str]) -> None:
    ink, paper = colours
    poster = Image.new("RGB", (900, 280), paper)
    ImageDraw.Draw(poster).text((60, 80), "Lest we forget", fill=ink, font=ImageFont.load_default(size=110))

    marked = embed(poster, STAMP)
    for quality in (95, 60):
        assert (mark := detect(recoded(marked, "JPEG", quality))) and mark.stamp == STAMP


@pytest.mark.parametrize("factor", [2.0, 2.2, 2.5, 2.7])
def test_a_small_picture_is_read_after_it_was_enlarged(factor: float) -> None:
    marked = embed(flat_art(1).resize((512, 412)), STAMP)
    enlarged = marked.resize((round(512 * factor), round(412 * factor)), Image.Resampling.BICUBIC)

    assert (mark := detect(enlarged)) and mark.stamp == STAMP


@pytest.mark.parametrize("colour", ["grey", "#1e50c8", "yellow"])
def test_one_flat_colour_carries_a_mark_that_hardly_shows(colour: str) -> None:
    picture = Image.new("RGB", (512, 512), colour)
    marked = embed(picture, STAMP)

    assert psnr(picture, marked) > 39
    assert detect(picture) is None
    assert (mark := detect(recoded(marked, "JPEG", 75))) and mark.stamp == STAMP


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**64 - 1), st.integers(0, 200))
def test_every_stamp_comes_back(stamp: int, seed: int) -> None:
    mark = detect(embed(flat_art(seed, 256), Stamp(stamp)), thorough=False)

    assert mark is not None
    assert mark.stamp == Stamp(stamp)


def test_the_threshold_is_far_below_what_a_mark_scores() -> None:
    assert SYNC_THRESHOLD < 5


def test_ample_room_in_heavy_webp_answers_for_heavy_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("heavy_webp", "heavy_jpeg"):
        monkeypatch.setattr(robustness, name, recording(name, calls))
    attacks = robustness.required_attacks((256, 256))

    monkeypatch.setattr(robustness, "score", lambda *_: robustness.AMPLE_SCORE)
    assert robustness.fatal_attacks(attacks, np.zeros((256, 256, 3), np.uint8), STAMP, PUBLIC_KEY) == []
    assert calls == ["heavy_webp"]
    monkeypatch.setattr(robustness, "score", lambda *_: robustness.AMPLE_SCORE - 0.01)
    assert robustness.fatal_attacks(attacks, np.zeros((256, 256, 3), np.uint8), STAMP, PUBLIC_KEY) == []
    assert calls == ["heavy_webp", "heavy_webp", "heavy_jpeg"]


def recording(name: str, calls: list[str]) -> robustness.Attack:
    def attack(picture: Bytes) -> Bytes:
        calls.append(name)
        return picture

    return attack
