"""Near-copies: two measures that see different things have to agree, and plain pictures have to agree closely."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance, ImageOps
from PIL.Image import Transpose

from safety.generation import Descriptor
from safety.marks.colour_layout import BYTES, POSES, colour_layout, layout_distances
from safety.marks.label import LabelStyle
from safety.marks.near_copy import LEAST_QUALITY, MIN_QUALITY, describe, nearest, nearness
from safety.marks.visible import Corner, labelled
from tests.fakes_marks import flat_art, photograph, recoded

COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "mirrored": ImageOps.mirror,
    "turned": lambda image: image.rotate(90, expand=True),
    "as JPEG": lambda image: recoded(image, "JPEG", 40),
    "smaller": lambda image: image.resize((200, 200)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "mirrored, turned, smaller and as JPEG": lambda image: recoded(
        ImageOps.mirror(image).rotate(270, expand=True).resize((300, 300)), "JPEG", 70
    ),
}


def with_label(image: Image.Image) -> Image.Image:
    return labelled(image, Corner.TOP_RIGHT, LabelStyle())[0]


def circle(fill: str, ground: str = "white", side: int = 512) -> Image.Image:
    """One shape on a plain ground."""
    image = Image.new("RGB", (side, side), ground)
    ImageDraw.Draw(image).ellipse((130, 130, 380, 380), fill=fill)
    return image


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 200), st.integers(0, len(POSES) - 1))
def test_one_layout_holds_for_all_poses(seed: int, pose: int) -> None:
    image = photograph(seed, 96, 64)
    turned = image if pose == 0 else image.transpose(list(Transpose)[pose - 1])
    own = colour_layout(image)
    assert len(own) == 2 * BYTES
    light, colour = layout_distances(colour_layout(turned), own, pose)
    # A level or two: averages are rounded to whole levels.
    assert light <= 3 and colour <= 3


def test_a_layout_tells_colours_in_levels() -> None:
    grey, red = Image.new("RGB", (64, 64), (128, 128, 128)), Image.new("RGB", (64, 64), (228, 100, 100))
    assert layout_distances(colour_layout(grey), colour_layout(grey)) == (0, 0)
    light, colour = layout_distances(colour_layout(grey), colour_layout(red))
    assert light < 15 and 30 < colour < 80


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_of_a_structured_picture_is_near_it(copy: str) -> None:
    for seed in range(4):
        image = photograph(seed)
        known = describe(image), describe(with_label(image))
        assert known[0].quality >= MIN_QUALITY
        assert nearest([describe(COPIES[copy](with_label(image)))], known).is_near, seed


def test_what_was_made_again_is_the_same_whatever_its_structure() -> None:
    for image in (circle("red"), Image.new("RGB", (256, 256), "white"), photograph(1), flat_art(3)):
        assert nearness(describe(image), describe(image.copy())).same


def test_the_hash_alone_is_blind_to_colour_and_the_two_together_are_not() -> None:
    light = photograph(5).convert("L")
    tints = [Image.new("L", light.size, level) for level in (100, 156)]
    # The same brightness everywhere, one picture in reds and one in blues.
    image, recoloured = (Image.merge("YCbCr", (light, *pair)).convert("RGB") for pair in (tints, tints[::-1]))
    blind, seen = describe(image), describe(recoloured)
    assert nearness(Descriptor(blind.hashes, blind.quality), Descriptor(seen.hashes, seen.quality)).is_near
    assert not nearness(blind, seen).is_near


def test_the_same_label_makes_no_near_copies_of_plain_pictures() -> None:
    colours = ["#c01010", "#1010c0", "#108010", "#c0a000", "#800080", "#f08030"]
    plain = [describe(with_label(circle(colour))) for colour in colours]
    plain += [describe(with_label(flat_art(seed))) for seed in range(8)]
    near = [(a, b) for a in range(len(plain)) for b in range(a) if nearness(plain[a], plain[b]).is_near]
    assert near == []


def test_a_picture_without_any_structure_is_near_itself_alone() -> None:
    white, dotted = Image.new("RGB", (256, 256), "white"), Image.new("RGB", (256, 256), "white")
    dotted.putpixel((10, 10), (250, 250, 250))
    one, other = describe(white), describe(dotted)
    assert one.quality < LEAST_QUALITY and not nearness(one, other).is_near


def test_one_pose_is_enough_where_the_other_side_has_all() -> None:
    image = photograph(6)
    own = describe(image)
    alone = Descriptor(own.hashes[:1], own.quality, own.layout)
    for turn in Transpose:
        assert nearness(alone, describe(image.transpose(turn))).is_near
        assert nearness(describe(image.transpose(turn)), alone).is_near


def test_strangers_are_not_near() -> None:
    known = [describe(photograph(seed)) for seed in range(8)]
    assert not any(nearness(a, b).is_near for number, a in enumerate(known) for b in known[:number])


def test_a_descriptor_comes_back_as_it_was_written() -> None:
    own = describe(photograph(2, 128, 128))
    assert Descriptor.read(own.as_facts()) == own
    assert Descriptor.read(None) is None and Descriptor.read({"pdq": []}) is None
