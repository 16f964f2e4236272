"""Scenes: pictures that show what their captions say."""

import random
from dataclasses import replace

import numpy as np
import pytest

from tests.training.pocket_things import language, things
from training.pocket.composer import Composer, Part, Spec
from training.pocket.grounds import PLACES, TIMES
from training.pocket.grounds import paint as paint_ground
from training.pocket.painting import paint
from training.pocket.scenes import KINDS, Scenes
from training.pocket.styles import STYLES


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
    specs = [drawer.spec(kind, index, dice) for index in range(100) for kind in ("pair", "relation", "scene", "style")]
    shown = [{part.label for part in spec.parts} for spec in specs]
    assert {"dog", "kite"} not in shown
    assert {"dog", "red apple"} in shown


def test_a_thing_is_never_shown_where_and_when_it_is_held_out() -> None:
    held = ("dog", "beach", "night")
    drawer = Scenes(*things(), language(scenes=(held,)))
    dice = random.Random(5)
    specs = [drawer.spec(kind, 0, dice) for _ in range(300) for kind in ("scene", "style", "count", "size")]
    shown = {(part.label, spec.place, spec.time) for spec in specs for part in spec.parts}
    assert held not in shown
    assert {("dog", "beach", "day"), ("dog", "sea", "night")} <= shown


def test_what_is_open_varies_with_the_seed_and_what_is_told_stays() -> None:
    composer = Scenes(*things(), language()).composer
    red = [composer.draw(Spec((Part("kite"),), ground="red"), seed).astype(int) for seed in range(6)]
    assert all(np.abs(one - red[0]).mean() > 0.5 for one in red[1:])  # its shade; the thing has one picture here
    assert all(picture[0, 0, 0] > 2 * picture[0, 0, 1:].max() for picture in red)
    free = [composer.draw(Spec((Part("kite"),)), seed).astype(int) for seed in range(6)]
    assert np.mean([np.abs(one - other).mean() for one in free for other in free]) > 25


@pytest.mark.parametrize(
    "spec", [Spec((Part("kite"),)), Spec((Part("kite", size="small"),)), Spec((Part("kite", spot="left"),))]
)
def test_a_thing_stands_at_the_same_place_whatever_the_seed(spec: Spec) -> None:
    composer = Scenes(*things(), language()).composer
    drawn = [composer.draw(replace(spec, ground="red"), seed).astype(int) for seed in range(4)]
    masks = [picture[..., 2] > picture[..., 0] for picture in drawn]
    assert masks[0].sum() > 500
    # All but the soft edge, which takes the shade of the ground.
    assert all((mask != masks[0]).sum() < 0.05 * masks[0].sum() for mask in masks)


def test_of_a_thing_one_picture_is_drawn_and_another_where_a_style_asks_for_it() -> None:
    made, cutouts = things()
    files = ("noto:a", "noto:b", "twemoji:a", "fluent-flat:a")
    made[0] = replace(made[0], files=files, notes=("|",) * len(files))
    composer = Composer(made, np.concatenate([np.repeat(cutouts[:1], len(files), 0), cutouts[1:]]))
    dice = np.random.default_rng(1)
    assert {composer.choose("dog", dice) for _ in range(60)} == {0}
    assert {composer.choose("dog", dice, "flat") for _ in range(20)} == {3}
    assert {composer.choose("cook", dice) for _ in range(60)} == {0, 1}


@pytest.mark.parametrize("style", STYLES)
def test_every_style_gives_a_picture_of_its_own(style: str) -> None:
    composer = Scenes(*things(), language()).composer
    spec = Spec((Part("red apple"),), place="meadow", time="day", weather="clear")
    plain, styled = (composer.draw(replace(spec, style=name), 7).astype(int) for name in ("plain", style))
    assert styled.shape == plain.shape
    assert (np.abs(plain - styled).mean() > 1) == (style != "plain")
    assert np.array_equal(styled, composer.draw(replace(spec, style=style), 7))


@pytest.mark.parametrize("place", PLACES)
def test_night_is_darker_than_day_everywhere(place: str) -> None:
    lights = [paint_ground(place, time, "clear", 64, np.random.default_rng(1)).mean() for time in TIMES]
    assert lights[0] > lights[2] + 0.1


def test_one_picture_has_several_wordings() -> None:
    scene = Scenes(*things(), language()).draw("scene", 0, random.Random(6), captions=6)
    assert len(set(scene.captions)) == len(scene.captions) > 3
    assert scene.caption == scene.captions[0]


def test_a_thing_without_a_bare_name_is_never_painted() -> None:
    drawer = Scenes(*things(), language())
    assert [drawer.things[i].label for i in drawer.paintables] == ["dog", "red apple", "kite"]
    captions = [drawer.draw("painted", 1, random.Random(seed)).caption for seed in range(20)]
    assert not [caption for caption in captions if "red apple" in caption and "red red" in caption]


def test_the_named_background_is_the_background() -> None:
    scene = Scenes(*things(), language()).draw("ground", 0, random.Random(4))
    colours = language().backgrounds
    named = max((word for word in colours if word in scene.caption), key=len)
    assert np.abs(scene.picture[[0, 0, -1, -1], [0, -1, 0, -1]].mean(0) - colours[named]).max() < 30


def test_most_captions_of_people_tell_who_is_shown() -> None:
    drawer = Scenes(*things(), language())
    captions = [drawer.draw("person", index, random.Random(index)).caption for index in range(200)]
    told = [caption for caption in captions if "skin" in caption]
    assert 0.5 < len(told) / len(captions) < 0.9
    assert all("dark skin" in caption for caption in told if "man " in caption)
