"""The learned enlarger: any size, tile by tile as in one piece, and never without its own weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from engines.cards import read_cards
from engines.diffusion.engine import DiffusionEngine
from engines.enlarger import FOLDER, Enlarger, load_enlargers
from engines.postprocess import enlarge
from safety.errors import Cancelled, PresetError, StudioError, WeightsError
from safety.resources import MODELS, PRESETS
from safety.weights import read_weights

NAME = "realesr-animevideov3-x4"
POCKET = read_cards(PRESETS / "engines.toml")["pocket"]


@pytest.fixture(scope="module")
def enlarger() -> Enlarger:
    return load_enlargers(MODELS)[NAME]


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    """Ellipses, and noise over a part of them: edges and grain, so that a seam would show."""
    image = Image.new("RGB", (width, height), (240, 240, 250))
    draw = ImageDraw.Draw(image)
    for number in range(6):
        left, top = (seed * 31 + number * 37) % width, (seed * 17 + number * 53) % height
        draw.ellipse((left, top, left + width // 3, top + height // 3), fill=(40 * number, 90, 200 - 30 * number))
    pixels = np.asarray(image).copy()
    noise = np.random.default_rng(seed).integers(0, 40, (height, width // 2, 3), dtype=np.uint8)
    pixels[:, : width // 2] = np.maximum(pixels[:, : width // 2], 40) - noise
    return Image.fromarray(pixels)


@settings(max_examples=12, deadline=None)
@given(width=st.integers(8, 90), height=st.integers(8, 90), tile=st.integers(7, 60), seed=st.integers(0, 99))
def test_tile_by_tile_is_as_in_one_piece(width: int, height: int, tile: int, seed: int) -> None:
    image, weights = picture(width, height, seed), read_weights(MODELS / FOLDER)[NAME]
    size = (4 * width, 4 * height)
    whole, tiled = (Enlarger(weights, side).enlarge(image, size) for side in (1000, tile))
    assert np.abs(np.asarray(whole, int) - np.asarray(tiled, int)).max() <= 1


@pytest.mark.parametrize(
    ("given_size", "wanted"),
    [
        pytest.param((32, 32), (128, 128), id="four times"),
        pytest.param((32, 32), (64, 64), id="two times"),
        pytest.param((31, 17), (93, 51), id="three times, odd sides"),
        pytest.param((16, 16), (100, 100), id="more than four times"),
        pytest.param((40, 24), (40, 24), id="not at all"),
    ],
)
def test_any_size_that_is_asked_for(enlarger: Enlarger, given_size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert enlarger.enlarge(picture(*given_size), wanted).size == wanted


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "CMYK"])
def test_pictures_of_every_mode_come_out_as_rgb(enlarger: Enlarger, mode: str) -> None:
    assert enlarger.enlarge(picture(24, 24).convert(mode), (96, 96)).mode == "RGB"


def test_what_is_transparent_lies_on_white(enlarger: Enlarger) -> None:
    made = np.asarray(enlarger.enlarge(Image.new("RGBA", (24, 24), (200, 0, 0, 0)), (96, 96)))
    assert made.min() >= 250


def test_edges_become_sharper_than_by_lanczos(enlarger: Enlarger) -> None:
    image = picture(64, 64).resize((48, 48), Image.Resampling.LANCZOS)
    steepest = [
        np.percentile(np.abs(np.diff(np.asarray(made.convert("L"), int)[:, 100:], axis=1)), 99)
        for made in (enlarge(image, 192), enlarge(image, 192, enlarger))
    ]
    assert steepest[1] > 1.2 * steepest[0]


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (30, 30, 200), (250, 220, 60), (128, 128, 128)])
def test_a_plain_ground_stays_plain_to_its_rim_and_keeps_its_colour(enlarger: Enlarger, colour: Sequence[int]) -> None:
    made = np.asarray(enlarger.enlarge(Image.new("RGB", (32, 32), tuple(colour)), (128, 128)), int)
    assert np.ptp(made, axis=(0, 1)).max() <= 1
    assert np.abs(made - np.array(colour)).max() <= 4


def test_the_work_can_be_stopped_between_two_tiles() -> None:
    seen: list[tuple[int, int]] = []

    def stop_at_the_second(_stage: str, done: int, total: int, /) -> None:
        seen.append((done, total))
        if done == 1:
            raise Cancelled("Stopped.", "")

    with pytest.raises(Cancelled):
        Enlarger(read_weights(MODELS / FOLDER)[NAME], 16).enlarge(picture(32, 32), (128, 128), stop_at_the_second)
    assert seen == [(0, 4), (1, 4)]


def test_the_embedded_model_is_enlarged_by_it() -> None:
    assert POCKET.enlarge == NAME


@pytest.mark.parametrize(
    ("spoil", "error", "names"),
    [
        pytest.param(lambda file: file.unlink(), WeightsError, "realesr-animevideov3-x4.onnx", id="no file"),
        pytest.param(lambda file: file.write_bytes(b"x"), WeightsError, "realesr-animevideov3-x4.onnx", id="another"),
        pytest.param(lambda file: (file.parent / "weights.toml").unlink(), StudioError, "weights.toml", id="no list"),
    ],
)
def test_without_its_weights_nothing_starts(
    tmp_path: Path, spoil: object, error: type[StudioError], names: str
) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    for name in (f"{NAME}.onnx", "weights.toml"):
        (folder / name).write_bytes((MODELS / FOLDER / name).read_bytes())
    spoil(folder / f"{NAME}.onnx")  # type: ignore[operator]
    with pytest.raises(error, match=names):
        DiffusionEngine("pocket", POCKET, tmp_path)


def test_a_card_that_names_no_enlarger_we_have_is_refused_by_name() -> None:
    with pytest.raises(PresetError, match="no enlarger 'another'"):
        DiffusionEngine("pocket", POCKET.model_copy(update={"enlarge": "another"}), MODELS)
