"""What many voices say together, when some are careless and some are hostile.

A person's reliability is measured by gold questions and by the others, without the person's own voice; who falls below
the bounds of presets/feedback.toml is left out, and the rest weigh as much as they agree. This is the one-coin model of
Dawid and Skene (1979, Applied Statistics 28) in its simplest form: a rate and a line through it instead of a
likelihood, so that anybody can follow why a voice counted less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from safety.review.feedback_rules import Damping

# What is assumed of somebody of whom nothing is known: that they agree on three of four. It weighs like four voices.
PRIOR_AGREED, PRIOR_SHARED = 3, 4
ROUNDS = 5
GOLD, OTHERS = "gold", "others"


@dataclass(frozen=True, slots=True)
class Vote:
    """Holds one voice: who said which answer of which item."""

    person: str
    item: str
    answer: str


@dataclass(slots=True)
class Voter:
    """Holds what is known of one person.

    `votes` were given, `counted` of them are within the limit. Of `shared` items others have spoken, too, and they
    agreed on `agreed`. `weight` is 0..1. `left_out` is GOLD or OTHERS for the bound that was missed, "" for none.
    """

    votes: int = 0
    counted: int = 0
    gold: int = 0
    gold_right: int = 0
    shared: int = 0
    agreed: int = 0
    weight: float = 0.5
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Consensus:
    """Holds what is said of an item together: weight 0..1, who said so, and who has spoken on it at all."""

    answer: str
    weight: float
    persons: tuple[str, ...]
    voices: int


@dataclass(frozen=True)
class Electorate:
    """Holds the votes that count, and what is known of each voter."""

    votes: Sequence[Vote]
    voters: Mapping[str, Voter]
    bounds: Damping

    def consensus(self, counts: Callable[[Vote], bool] = lambda vote: True) -> dict[str, Consensus]:
        """Returns what is said of each item by the votes that `counts` lets in; nothing of items in dispute."""
        found = {}
        for item, votes in _by_item(vote for vote in self.votes if counts(vote)).items():
            totals = _totals(votes, self.voters)
            best = max(totals, key=lambda answer: (totals[answer], answer), default="")
            whole = sum(totals.values())
            if whole > 0 and totals[best] / whole >= self.bounds.support:
                persons = tuple(vote.person for vote in votes if vote.answer == best and self._weighs(vote.person))
                found[item] = Consensus(best, min(1.0, 2 * totals[best] - whole), persons, len(votes))
        return found

    def _weighs(self, person: str) -> bool:
        return self.voters[person].weight > 0


def weigh(votes: Iterable[Vote], gold: Mapping[str, str], bounds: Damping, order: Callable[[str], str]) -> Electorate:
    """Returns which votes count and how much each voter weighs.

    Of a person's votes on one item the last one counts. `gold` are known answers by item: they measure, and are no
    votes. `order` is a keyed hash, by which those votes are chosen that count of a person who gave too many.
    """
    last = {(vote.person, vote.item): vote for vote in votes}.values()
    voters: dict[str, Voter] = defaultdict(Voter)
    for vote in last:
        voter = voters[vote.person]
        voter.votes += 1
        if vote.item in gold:
            voter.gold += 1
            voter.gold_right += vote.answer == gold[vote.item]
    for voter in voters.values():
        if voter.gold >= bounds.gold_least and voter.gold_right < bounds.gold_right * voter.gold:
            voter.left_out, voter.weight = GOLD, 0.0
    counted = _within_limit([vote for vote in last if vote.item not in gold], bounds.per_person, order)
    for vote in counted:
        voters[vote.person].counted += 1
    _measure(counted, voters, bounds)
    _cap_shares(counted, voters, bounds.share)
    return Electorate(counted, dict(voters), bounds)


def _within_limit(votes: Sequence[Vote], most: int, order: Callable[[str], str]) -> list[Vote]:
    """Returns at most so many votes of each person, chosen so that nobody can know which."""
    by_person: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        by_person[vote.person].append(vote)
    return [
        vote
        for own in by_person.values()
        for vote in (own if len(own) <= most else sorted(own, key=lambda one: order(f"{one.person} {one.item}"))[:most])
    ]


def _measure(votes: Sequence[Vote], voters: Mapping[str, Voter], bounds: Damping) -> None:
    """Measures everybody against the others until nobody is left out any more."""
    items = _by_item(votes)
    while True:
        for _ in range(ROUNDS):
            _agree(items, voters)
        below = [
            voter
            for voter in voters.values()
            if not voter.left_out
            and voter.shared >= bounds.others_least
            and voter.agreed < bounds.others_agree * voter.shared
        ]
        if not below:
            return
        # The worst half first: whom they have outvoted may look better without them.
        below.sort(key=lambda voter: voter.agreed / voter.shared)
        for voter in below[: (len(below) + 1) // 2]:
            voter.left_out, voter.weight = OTHERS, 0.0


def _agree(items: Mapping[str, Sequence[Vote]], voters: Mapping[str, Voter]) -> None:
    """Counts how often each voter agrees with the weighted majority of the others, and weighs everybody by it."""
    for voter in voters.values():
        voter.shared = voter.agreed = 0
    for votes in items.values():
        totals = _totals(votes, voters)
        for vote in votes:
            voter = voters[vote.person]
            others = {answer: total - voter.weight * (answer == vote.answer) for answer, total in totals.items()}
            highest = max(others.values(), default=0.0)
            leading = [answer for answer, total in others.items() if total > highest - 1e-9]
            # Nobody agrees with a tie, or with people who weigh nothing.
            if highest > 1e-9 and len(leading) == 1:
                voter.shared += 1
                voter.agreed += leading[0] == vote.answer
    for voter in voters.values():
        if not voter.left_out:
            agreed, shared = voter.agreed + voter.gold_right, voter.shared + voter.gold
            voter.weight = max(0.0, 2 * (agreed + PRIOR_AGREED) / (shared + PRIOR_SHARED) - 1)


def _cap_shares(votes: Sequence[Vote], voters: Mapping[str, Voter], share: float) -> None:
    """Lowers the weight of whoever carries more than a share of all weight."""
    carried = {person: voter.weight * voter.counted for person, voter in voters.items() if voter.weight * voter.counted}
    most = max(share, 1 / max(1, len(carried))) * sum(carried.values())
    for person, weight in carried.items():
        voters[person].weight *= min(1.0, most / weight)


def _by_item(votes: Iterable[Vote]) -> dict[str, list[Vote]]:
    items: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        items[vote.item].append(vote)
    return items


def _totals(votes: Iterable[Vote], voters: Mapping[str, Voter]) -> dict[str, float]:
    totals: dict[str, float] = defaultdict(float)
    for vote in votes:
        totals[vote.answer] += voters[vote.person].weight
    return totals
