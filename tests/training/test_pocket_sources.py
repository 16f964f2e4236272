"""Pictures: drawings of our own, old SVG, sets of emoji, and the lists that choose among them."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from training.pocket import objects
from training.pocket.drawings import DRAWINGS, VARIANTS, svg
from training.pocket.objects import Thing, depictions, smaller
from training.pocket.sources import EmojiSet, box, chosen_by_eye, fitted, rendered, sized


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_stands_free_and_its_variants_differ(name: str) -> None:
    drawn = [rendered(svg(f"{name}-{variant}"), 128) for variant in range(VARIANTS)]
    for picture in drawn:
        assert picture.shape == (128, 128, 4)
        assert 0.08 < (picture[..., 3] > 128).mean() < 0.97
    assert all(np.abs(drawn[0].astype(int) - other).mean() > 1 for other in drawn[1:])


def test_old_svg_in_points_is_drawn_whole() -> None:
    old = '<svg height="80pt" width="80pt" xmlns="http://www.w3.org/2000/svg"><rect width="100" height="100"/></svg>'
    assert (rendered(sized(old), 64)[..., 3] == 255).all()
    assert sized('<svg viewBox="0 0 4 4">') == '<svg viewBox="0 0 4 4">'


def test_clip_art_fills_its_square_but_for_a_fringe() -> None:
    picture = np.zeros((100, 100, 4), np.uint8)
    picture[40:60, 10:20] = (200, 10, 10, 255)
    left, top, right, bottom = box(fitted(picture)[..., 3])
    assert 230 <= bottom - top <= 240
    assert 110 <= right - left <= 125


def test_what_is_transparent_lends_no_colour_to_an_edge() -> None:
    picture = np.zeros((256, 256, 4), np.uint8)
    picture[:, 128:] = (255, 255, 255, 255)
    seen = smaller(picture)
    assert seen[seen[..., 3] > 40][:, :3].min() > 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A set of one emoji and an alias."""
    icons = {"icons": {"dog": {"body": "<circle r='9'/>"}}, "aliases": {"hound": {"parent": "dog"}}, "width": 32}
    (tmp_path / "icons.json").write_text(json.dumps(icons))
    (tmp_path / "chars.json").write_text(json.dumps({"1f415": "hound"}))
    return tmp_path


@pytest.mark.parametrize(
    ("hexcode", "label", "by_name", "name"),
    [
        pytest.param("1F415-FE0F", "a dog", False, "dog", id="by-code-point-and-alias"),
        pytest.param("1F999", "dog", True, "dog", id="by-name"),
        pytest.param("1F999", "dog", False, None, id="unknown"),
    ],
)
def test_an_emoji_is_found_in_a_set(folder: Path, hexcode: str, label: str, by_name: bool, name: str | None) -> None:
    assert EmojiSet(folder, by_name).find(hexcode, label) == name


@dataclass
class TwoSets:
    """Sources that have every emoji twice."""

    def emoji(self, hexcode: str, label: str) -> dict[str, str]:
        """The two keys."""
        del label
        return {"noto": f"noto:{hexcode}", "twemoji": f"twemoji:{hexcode}"}


def test_a_thing_has_the_pictures_of_all_sets_of_its_likes_and_of_clip_art() -> None:
    everyone = {label: {"label": label, "group": 3, "hexcode": label} for label in ("dog", "dog face")}
    lists = {
        "same": {"dog": ["dog face"]},
        "not": {"pictures": ["noto:dog"]},
        "more": {"dog": ["drawn:dog-0"]},
        "new": {},
    }
    found = list(depictions(everyone["dog"], everyone, TwoSets(), lists))  # type: ignore[arg-type]
    keys = tuple(key for key, _ in found)
    assert keys == ("twemoji:dog", "noto:dog face", "twemoji:dog face", "drawn:dog-0")
    assert Thing("dog", 3, (), keys, tuple(note for _, note in found)).sources[-1] == "drawn"


def test_the_chosen_pictures_are_of_things_that_are_learned() -> None:
    lists = chosen_by_eye()
    core = objects.Filter().core
    assert not set(lists["new"]) - core
    assert not set(lists["more"]) - core
    keys = [key for table in ("new", "more") for keys in lists[table].values() for key in keys]
    assert {key.split(":")[0] for key in keys} == {"openclipart", "drawn"}
    assert len(keys) == len(set(keys))
    for key in (key for key in keys if key.startswith("drawn:")):
        assert svg(key.removeprefix("drawn:"))


def test_no_chosen_picture_is_of_a_weapon_or_a_drug() -> None:
    keys = [key for table in ("new", "more") for keys in chosen_by_eye()[table].values() for key in keys]
    out = ("weapon", "alcohol", "cannabis", "cigar", "gun", "flag", "logo", "tux", "religion", "gallows", "scalpel")
    assert not [key for key in keys if any(word in key for word in out)]
