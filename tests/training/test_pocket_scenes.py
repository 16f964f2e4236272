"""Scenes: pictures that show what their captions say."""

import random

import numpy as np
import pytest

from tests.training.pocket_things import language, things
from training.pocket.scenes import KINDS, Scenes, paint


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_a_picture_and_words(kind: str) -> None:
    scene = Scenes(*things(), language()).draw(kind, 3, random.Random(1))
    assert scene.picture.shape == (128, 128, 3)
    assert scene.picture.dtype == np.uint8
    assert scene.caption
    assert scene.kind == kind


@pytest.mark.parametrize("hue", [0, 120, 220])
def test_a_painted_object_has_the_hue_it_was_given(hue: int) -> None:
    _, cutouts = things()
    red, green, blue = paint(cutouts[1], hue)[64, 64, :3].astype(int)
    assert {0: red, 120: green, 220: blue}[hue] == max(red, green, blue)


@pytest.mark.slow
def test_a_colour_kept_for_the_evaluation_is_never_painted() -> None:
    drawer = Scenes(*things(), language(colours=(("blue", "dog"), ("purple", "kite"))))
    dice = random.Random(2)
    captions = [drawer.draw("painted", index, dice).caption for index in range(300)]
    assert not [caption for caption in captions if "blue dog" in caption or "purple kite" in caption]
    assert [caption for caption in captions if "red dog" in caption]


def test_a_pair_kept_for_the_evaluation_is_never_shown() -> None:
    drawer = Scenes(*things(), language(pairs=(("dog", "kite"),)))
    dice = random.Random(3)
    captions = [drawer.draw(kind, index, dice).caption for index in range(200) for kind in ("beside", "stacked")]
    assert not [caption for caption in captions if "kite" in caption and ("dog" in caption or "hound" in caption)]


def test_a_thing_without_a_bare_name_is_never_painted() -> None:
    drawer = Scenes(*things(), language())
    assert [drawer.things[i].label for i in drawer.paintables] == ["dog", "red apple", "kite"]
    captions = [drawer.draw("painted", 1, random.Random(seed)).caption for seed in range(20)]
    assert not [caption for caption in captions if "red apple" in caption and "red red" in caption]


def test_the_named_background_is_the_background() -> None:
    scene = Scenes(*things(), language()).draw("ground", 0, random.Random(4))
    colours = language().backgrounds
    named = max((word for word in colours if word in scene.caption), key=len)
    assert tuple(scene.picture[0, 0]) == colours[named]


def test_most_captions_of_people_tell_who_is_shown() -> None:
    drawer = Scenes(*things(), language())
    captions = [drawer.draw("person", index, random.Random(index)).caption for index in range(200)]
    told = [caption for caption in captions if "skin" in caption]
    assert 0.5 < len(told) / len(captions) < 0.9
    assert all("dark skin" in caption for caption in told if "man " in caption)
