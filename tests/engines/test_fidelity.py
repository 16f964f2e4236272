"""Which words of a prompt a model can use: by its list, with plurals and phrases; else by what its card says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from engines.cards import read_cards
from engines.fidelity import read_vocabulary, word_use
from engines.testing import CARD
from safety.errors import PresetError
from safety.resources import PRESETS
from training.pocket import vocabulary

POCKET = read_cards(PRESETS / "engines.toml")["pocket"]


def test_the_list_that_ships_is_what_the_model_was_taught() -> None:
    shipped, taught = tomllib.loads(vocabulary.FILE.read_text("utf-8")), vocabulary.read()
    assert vocabulary.FILE.read_text("utf-8") == vocabulary.text(shipped)
    assert set(shipped["things"]) <= set(taught["things"])


def test_words_for_places_and_styles_will_be_known_where_they_have_an_effect() -> None:
    around = set(vocabulary.read()["around"]["words"])
    assert around >= {"lake", "sunset", "night", "foggy", "watercolour", "painting"}
    assert around.isdisjoint({"photo", "sticker", "clipart"})


def test_all_that_is_offered_is_known() -> None:
    offers = word_use(POCKET, "a treaty").offers
    assert offers and all(word_use(POCKET, f"a {thing}").used == (thing,) for thing in offers)


@pytest.mark.parametrize(
    ("prompt", "used", "near", "left_out"),
    [
        pytest.param("a red umbrella", ("red", "umbrella"), (), (), id="colour and thing"),
        pytest.param("Two Red Apples", ("Red Apples",), (), (), id="a plural of two words, as typed"),
        pytest.param("mice", ("mice",), (), (), id="an irregular plural"),
        pytest.param("a biplane", (), (("biplane", "airplane"),), (), id="near to a thing"),
        pytest.param("a house by a lake", ("house",), (), ("lake",), id="known and not"),
        pytest.param("a photo of a cat", ("cat",), (), ("photo",), id="a style has no effect"),
        pytest.param("breast self-examination", (), (), ("breast", "self", "examination"), id="nothing"),
    ],
)
def test_words_are_told_apart(
    prompt: str, used: tuple[str, ...], near: tuple[tuple[str, str], ...], left_out: tuple[str, ...]
) -> None:
    use = word_use(POCKET, prompt)
    assert (use.used, use.near, use.left_out) == (used, near, left_out)
    assert bool(use.offers) is not bool(used or near)


@pytest.mark.parametrize(
    ("prompt", "limits"),
    [
        pytest.param("a (red:1.3) apple", ("weights",), id="a weight"),
        pytest.param("a ((red)) apple", ("weights",), id="brackets"),
        pytest.param("an apple " * 20, ("length",), id="longer than the model reads"),
        pytest.param("яблоко", ("language",), id="another script"),
        pytest.param("an apple (with a leaf)", (), id="plain words"),
    ],
)
def test_what_a_model_cannot_honour_is_named(prompt: str, limits: tuple[str, ...]) -> None:
    assert word_use(POCKET, prompt).limits == limits


def test_a_model_without_a_list_claims_nothing() -> None:
    use = word_use(CARD, "a house by a lake")
    assert not use.listed and (use.used, use.left_out, use.offers) == ((), (), ())


def test_a_list_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text("[things]\ncat = 3\n")
    with pytest.raises(PresetError, match=r"words\.toml"):
        read_vocabulary(tmp_path / "words.toml")


def _words(folder: Path, knows: str) -> Path:
    """A list of a cat, a shed and a word of a style, beside a file of what is known."""
    path = folder / "words.toml"
    path.write_text(
        '[around]\ncolours = ["red"]\nwords = ["watercolour"]\noffers = ["cat", "shed"]\n'
        '[things]\ncat = ["cat"]\nshed = ["shed"]\n[near]\nshed = ["hovel"]\n'
    )
    (folder / "knows.json").write_text(knows)
    return path


def test_what_is_drawn_too_seldom_counts_as_unknown(tmp_path: Path) -> None:
    things = '"things": {"cat": 0.5, "shed": 0.49}'
    known = f'{{"least": 0.5, {things}, "styles": {{"watercolour": 0.2}}, "scenes": {{}}, "relations": {{}}}}'
    _words(tmp_path, known)
    use = word_use(
        POCKET.model_copy(update={"vocabulary": "words.toml"}), "a watercolour of a cat by a shed and a hovel", tmp_path
    )
    assert use.used == ("cat",)
    assert use.near == ()
    assert use.left_out == ("watercolour", "shed", "hovel")


def test_nothing_is_offered_that_is_drawn_too_seldom(tmp_path: Path) -> None:
    list_ = read_vocabulary(
        _words(tmp_path, '{"least": 0.5, "things": {"cat": 0.6, "shed": 0}, "styles": {}, "scenes": {}}')
    )
    assert list_.offers == ("cat",)


@pytest.mark.parametrize("knows", ["{", "[]", '{"least": 0.5}', '{"least": 0.5, "things": {"cat": "often"}}'])
def test_a_file_of_what_is_known_that_is_none_is_named(tmp_path: Path, knows: str) -> None:
    with pytest.raises(PresetError, match=r"knows\.json"):
        read_vocabulary(_words(tmp_path, knows))
