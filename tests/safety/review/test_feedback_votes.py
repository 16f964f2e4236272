"""What many voices say together: bounds on one person, gold questions, and a tenth of all who lie."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.feedback_poisoning import EAGER, measure
from safety.resources import PRESETS
from safety.review.feedback_rules import load_feedback_rules
from safety.review.feedback_votes import GOLD, OTHERS, Vote, weigh

BOUNDS = load_feedback_rules(PRESETS).damping


def order(text: str) -> str:
    return text[::-1]


def votes_of(person: str, answers: str, prefix: str = "item") -> list[Vote]:
    return [Vote(person, f"{prefix} {number}", answer) for number, answer in enumerate(answers)]


def test_what_all_say_is_said_and_three_voices_weigh_more_than_one() -> None:
    alone = weigh(votes_of("ada", "x"), {}, BOUNDS, order).consensus()["item 0"]
    three = [vote for person in ("ada", "grace", "joan") for vote in votes_of(person, "x" * 12)]
    together = weigh(three, {}, BOUNDS, order).consensus()["item 0"]
    assert alone.answer == together.answer == "x" and alone.weight == 0.5 and together.weight == 1.0


def test_what_is_in_dispute_is_not_said() -> None:
    both = votes_of("ada", "x") + votes_of("grace", "y")
    assert weigh(both, {}, BOUNDS, order).consensus() == {}


def test_the_last_word_of_a_person_on_one_item_counts() -> None:
    twice = votes_of("ada", "x") + votes_of("ada", "y")
    assert weigh(twice, {}, BOUNDS, order).consensus()["item 0"].answer == "y"


def test_who_fails_the_gold_questions_is_left_out_and_gold_is_no_vote() -> None:
    gold = {f"gold {number}": "x" for number in range(BOUNDS.gold_least)}
    votes = votes_of("liar", "y" * BOUNDS.gold_least, "gold") + votes_of("liar", "y")
    electorate = weigh(votes, gold, BOUNDS, order)
    assert electorate.voters["liar"].left_out == GOLD and electorate.consensus() == {}


def test_who_disagrees_with_all_others_is_left_out() -> None:
    honest = [vote for person in ("ada", "grace", "joan") for vote in votes_of(person, "x" * 12)]
    electorate = weigh(honest + votes_of("liar", "y" * 12), {}, BOUNDS, order)
    assert electorate.voters["liar"].left_out == OTHERS
    assert not any(electorate.voters[name].left_out for name in ("ada", "grace", "joan"))


def test_one_person_counts_for_so_many_votes_at_most() -> None:
    bounds = BOUNDS.model_copy(update={"per_person": 5})
    electorate = weigh(votes_of("ada", "x" * 50), {}, bounds, order)
    assert (electorate.voters["ada"].votes, electorate.voters["ada"].counted, len(electorate.votes)) == (50, 5, 5)


def test_one_person_carries_so_much_of_the_weight_at_most() -> None:
    many = [vote for number in range(12) for vote in votes_of(f"person {number}", "x" * 10, f"own {number}")]
    electorate = weigh(many + votes_of("busy", "x" * 150), {}, BOUNDS, order)
    carried = {name: voter.weight * voter.counted for name, voter in electorate.voters.items()}
    before = 0.5 * (12 * 10 + 150)
    assert carried["busy"] <= BOUNDS.share * before + 1e-9


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("123"), st.sampled_from("xy")), max_size=40))
def test_any_votes_give_weights_between_nothing_and_one(told: list[tuple[str, str, str]]) -> None:
    electorate = weigh([Vote(*one) for one in told], {"1": "x"}, BOUNDS, order)
    assert all(0 <= voter.weight <= 1 for voter in electorate.voters.values())
    assert all(0 < one.weight <= 1 + 1e-9 and one.persons for one in electorate.consensus().values())


def test_a_tenth_of_a_hundred_annotators_who_lie_leaves_few_wrong_labels() -> None:
    """The figures of docs/feedback.md, with room."""
    calm, eager = measure(0.1), measure(0.1, EAGER)
    assert calm.answers > 0.2 and eager.answers > 0.4
    for damped in (calm, eager):
        assert damped.exported < 0.05 and damped.left_out == 1.0 and damped.wronged < 0.05
        assert damped.share_exported > 0.75
    assert eager.majority > 4 * eager.exported


def test_without_damping_the_same_votes_give_far_more_wrong_labels() -> None:
    """So that the figures above are the damping's doing, and not that of an easy simulation."""
    none = BOUNDS.model_copy(update={"per_person": 10**6, "share": 1.0, "gold_right": 0.0, "others_agree": 0.0})
    undamped = measure(0.3, EAGER, with_gold=False, bounds=none)
    assert undamped.exported > 0.3 and measure(0.3, EAGER).exported < 0.1
