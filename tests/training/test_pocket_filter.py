"""The training filter: written rules, the first that names a label takes it out."""

import pytest

from safety.guard import Guard
from safety.policy.model import load_policy
from tests.fakes_page import PRESETS, WordCheck
from training.pocket.data import table
from training.pocket.objects import REFUSED, Filter, Removed, refused

OBJECTS, PEOPLE, FLAGS = 7, 1, 9


@pytest.mark.parametrize(
    ("label", "group", "rule"),
    [
        ("nazar", OBJECTS, "later: not yet in core.txt"),
        ("dagger", OBJECTS, "safety.weapons"),
        ("water pistol", 6, "safety.weapons"),
        ("syringe", OBJECTS, "safety.blood_and_injury"),
        ("cigarette", OBJECTS, "safety.drugs"),
        ("middle finger", PEOPLE, "safety.insult"),
        ("bikini", OBJECTS, "safety.undress"),
        ("three o’clock", 5, "clarity.no_picture_word"),
    ],
)
def test_a_rule_takes_the_label_out_and_says_which(label: str, group: int, rule: str) -> None:
    assert Filter().why_not(label, group) == rule


@pytest.mark.parametrize(("label", "group"), [("red apple", 4), ("hammer", OBJECTS), ("astronaut", PEOPLE)])
def test_harmless_things_are_learned(label: str, group: int) -> None:
    assert Filter().why_not(label, group) is None


@pytest.mark.parametrize(("label", "group"), [("kiss: woman, man", PEOPLE), ("flag: france", FLAGS), ("anything", -1)])
def test_a_group_that_is_not_open_learns_only_what_is_named(label: str, group: int) -> None:
    assert (Filter().why_not(label, group) or "").startswith("keep")


def test_no_label_is_both_kept_and_removed() -> None:
    rules = Filter()
    for group, labels in rules.keep.items():
        # The pattern " arrow$" is meant for signs; a heart with an arrow goes with them, knowingly.
        # "later" is no removal: such a label waits until the core has been learned.
        removed = {label for label in labels if not (rules.why_not(label, group) or "later").startswith("later")}
        assert removed <= {"heart with arrow"}


def test_the_list_of_removed_things_names_safety_first() -> None:
    text = table(
        [Removed("flag: france", "keep: not named in group 9"), Removed("bomb", "safety.weapons")], Filter(), 1
    )
    assert text.index("safety.weapons") < text.index("keep: not named")
    assert "bomb" in text


def test_what_the_studio_refuses_to_draw_is_not_learned() -> None:
    guard = Guard(load_policy(PRESETS), (WordCheck(),))
    assert refused(["red apple", "gore", "hammer"], guard) == {"gore"}
    assert f"## {REFUSED}\n\nthe studio would not draw it" in table([Removed("gore", REFUSED)], Filter(), 1)
