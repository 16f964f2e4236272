"""Words near to a thing's names: which nouns count, and which are kept out."""

import tomllib
from pathlib import Path

import pytest

from training.pocket.neighbours import MOST, Nouns, Owners, choose, held_out, table, unsafe_words
from training.pocket.words import HERE

pytestmark = pytest.mark.slow

# offset: (what it is a kind of, words); the offsets and the word forms stand as WordNet's files have them
SENSES = {
    "00000001": ("", ["entity"]),
    "00000002": ("00000001", ["physical_entity"]),
    "00000003": ("00000001", ["poverty"]),
    "00000004": ("00000002", ["person"]),
    "00000005": ("00000004", ["cook"]),
    "00000006": ("00000002", ["animal"]),
    "00000007": ("00000006", ["dog"]),
    "00000008": ("00000007", ["spaniel"]),
    "00000009": ("00000006", ["cat"]),
    "00000010": ("00000002", ["house"]),
    "00000011": ("00000006", ["genus_felis"]),
    "00000012": ("00000006", ["araneida"]),
    "00000013": ("00000002", ["weapon"]),
    "00000014": ("00000013", ["missile"]),
}
KNOWN = dict.fromkeys(["dog", "spaniel", "cat", "house", "poverty", "cook", "genus", "felis", "animal", "missile"], 0)


@pytest.fixture
def nouns(tmp_path: Path) -> Nouns:
    """A WordNet of a few nouns."""
    data = ["  1 a line of the licence"]
    index = ["  1 a line of the licence"]
    for at, (above, words) in SENSES.items():
        pointers = f"001 @ {above} n 0000" if above else "000"
        data.append(f"{at} 03 n 01 {words[0]} 0 {pointers} | what it means")
        index += [f"{word} n 1 1 @ 1 {int(word == 'dog')} {at}" for word in words]
    (tmp_path / "data.noun").write_text("\n".join(data))
    (tmp_path / "index.noun").write_text("\n".join(index))
    return Nouns(tmp_path)


@pytest.mark.parametrize(
    ("word", "owners"),
    [("spaniel", ["dog"]), ("animal", ["cat face", "dog"]), ("poverty", ["house"])],
    ids=["a kind of it", "what both are", "what none is like"],
)
def test_a_noun_is_nearest_to_the_things_that_are_most_of_its_kind(nouns: Nouns, word: str, owners: list[str]) -> None:
    named = [("dog", "dog"), ("cat face", "cat"), ("cat face", "no such noun"), ("house", "house")]
    assert Owners(named, nouns).nearest(word)[1] == owners


def test_nouns_are_more_alike_the_lower_what_they_share_stands(nouns: Nouns) -> None:
    like = [Owners([("thing", name)], nouns).nearest("dog")[0] for name in ("dog", "spaniel", "cat", "house")]
    assert like[0] == 1 and like == sorted(like, reverse=True) and len(set(like)) == 4 and like[3] > 0
    assert Owners([("thing", "no such noun")], nouns).nearest("dog") == (0.0, [])


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("cook", "a person"),
        ("missile", "a weapon"),
        ("poverty", "no body"),
        ("genus felis", "a taxonomist's word"),
    ],
)
def test_a_noun_is_left_out(nouns: Nouns, word: str, why: str) -> None:
    assert word not in nouns.bodies(), why


def test_nouns_of_things_are_kept(nouns: Nouns) -> None:
    assert {"dog", "spaniel", "cat", "house", "araneida"} <= set(nouns.bodies())


@pytest.mark.parametrize(
    ("word", "known", "common"),
    [
        pytest.param("spaniel", KNOWN, True, id="in the encoder's vocabulary"),
        pytest.param("dog", {}, True, id="in use"),
        pytest.param("araneida", KNOWN, False, id="neither"),
    ],
)
def test_a_noun_is_common_if_it_is_used_or_known_to_the_encoder(
    nouns: Nouns, word: str, known: dict[str, int], common: bool
) -> None:
    assert nouns.common(word, known) == common


@pytest.mark.parametrize(
    "word", ["puppy", "puppies", "cottage loaf", "skyscrapers", "policeman's helmet", "tv set", "hdtv"]
)
def test_the_words_of_the_evaluation_and_what_grows_from_them_are_held_out(word: str) -> None:
    assert held_out().search(word)


@pytest.mark.parametrize("word", ["spaniel", "terrace", "tree", "table"])
def test_other_words_are_not(word: str) -> None:
    assert not held_out().search(word)


def test_of_all_words_those_unlike_the_names_come_first_and_none_that_is_stopped() -> None:
    found = [("dog", f"dog {chr(97 + i)}") for i in range(MOST)] + [
        ("dog", word) for word in ("hound", "puppy", "gore")
    ]
    chosen = choose(found, {"dog": {"dog"}}, lambda words: {"gore"} & set(words))
    assert chosen["dog"][0] == "hound"
    assert len(chosen["dog"]) == MOST
    assert not {"puppy", "gore"} & set(chosen["dog"])


def test_the_file_can_be_read_back() -> None:
    chosen = {"dog": ["spaniel", "dog's friend"], "red apple": ["fruit"]}
    assert tomllib.loads(table(chosen)) == {label: sorted(words) for label, words in chosen.items()}


def test_the_shipped_words_belong_to_learned_things_and_hold_nothing_unsafe_or_held_out() -> None:
    shipped = tomllib.loads((HERE / "neighbours.toml").read_text())
    words = [word for near in shipped.values() for word in near]
    assert set(shipped) <= set((HERE / "core.txt").read_text().splitlines())
    assert not [word for word in words if unsafe_words() & set(word.split())]
    assert not [word for word in words if held_out().search(word)]


@pytest.mark.parametrize("label", ["cook", "farmer", "health worker", "mage", "scientist"])
def test_no_shipped_word_is_drawn_as_a_person(label: str) -> None:
    assert label not in tomllib.loads((HERE / "neighbours.toml").read_text())


@pytest.mark.parametrize(
    "word", ["warship", "army tank", "fighter aircraft", "underwear", "prison camp", "wine bucket"]
)
def test_what_the_pictures_leave_out_the_shipped_words_leave_out(word: str) -> None:
    shipped = tomllib.loads((HERE / "neighbours.toml").read_text())
    assert word not in {word for near in shipped.values() for word in near}
