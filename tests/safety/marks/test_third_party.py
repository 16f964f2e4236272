"""Other makers' pixel marks, as their own library writes them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from safety.marks.third_party import MAX_AREA, MIN_SCORE, PAYLOADS, block_votes, detect, payload_score
from tests.fakes_marks import flat_art, photograph, recoded

PICTURES = [pytest.param(flat_art(1), id="flat art"), pytest.param(photograph(3), id="photograph")]


def library() -> Any:
    """The module of invisible-watermark that holds dwtDct, without the package, which imports torch."""
    package = importlib.util.find_spec("imwatermark")
    assert package is not None and package.submodule_search_locations
    place = Path(next(iter(package.submodule_search_locations))) / "maxDct.py"
    spec = importlib.util.spec_from_file_location("dwt_dct", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def marked(image: Image.Image, payload: str) -> Image.Image:
    encoder = library().EmbedMaxDct([int(bit) for bit in payload], wmLen=len(payload))
    return Image.fromarray(encoder.encode(np.asarray(image)[..., ::-1].copy())[..., ::-1].copy())


@pytest.mark.parametrize("image", PICTURES)
def test_the_votes_are_those_of_the_library_but_for_its_rounding(image: Image.Image) -> None:
    votes = block_votes(np.asarray(image))
    number = np.arange(len(votes)) % 48
    bits = np.bincount(number, votes, 48) / np.bincount(number, minlength=48) * 255 > 127

    theirs = library().EmbedMaxDct([], wmLen=48).decode(np.asarray(image)[..., ::-1].copy())

    assert (bits == theirs).sum() >= 42


@pytest.mark.parametrize("tool", PAYLOADS)
@pytest.mark.parametrize("image", PICTURES)
def test_a_known_payload_is_found_and_its_tool_named(tool: str, image: Image.Image) -> None:
    found = detect(np.asarray(marked(image, PAYLOADS[tool])))

    assert [mark.tool for mark in found] == [tool]
    assert found[0].method == "dwtDct" and found[0].score >= MIN_SCORE


def test_a_jpeg_loses_it_and_that_is_no_error() -> None:
    assert detect(np.asarray(recoded(marked(photograph(3), next(iter(PAYLOADS.values()))), "JPEG", 80))) == ()


@pytest.mark.parametrize("seed", range(8))
def test_unmarked_pictures_carry_none(seed: int) -> None:
    assert detect(np.asarray(flat_art(seed))) == detect(np.asarray(photograph(seed))) == ()


@pytest.mark.parametrize("size", [(1, 1), (255, 256), (20_000, 8), (8, 20_000), (7, 9_999)])
def test_any_size_is_read_or_left_alone(size: tuple[int, int]) -> None:
    assert detect(np.asarray(Image.new("RGB", size, "teal"))) == ()


def test_no_more_rows_are_read_than_needed() -> None:
    assert len(block_votes(np.zeros((6000, 4000, 3), np.uint8))) * 64 <= MAX_AREA
    assert payload_score(np.zeros(100, np.bool_), "01") == 0
