"""The order in which requests of several tenants are served: by weight, with nobody starved, in bounded memory."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.fair_order import CLASSES, FairOrder, Ticket
from studio.tenant import BATCH, INTERACTIVE

TENANTS = ("ada", "ben", "cleo", "dan")
costs = st.integers(1, 20).map(float)
weights = st.fixed_dictionaries({name: st.integers(1, 5).map(float) for name in TENANTS})


def line(order: FairOrder, tenant: str, number: int, **rest: object) -> list[Ticket]:
    tickets = [Ticket(tenant, **{"cost": 1.0, **rest}) for _ in range(number)]  # type: ignore[arg-type]
    for ticket in tickets:
        order.add(ticket)
    return tickets


def test_tenants_take_turns_however_many_requests_one_has() -> None:
    order = FairOrder()
    line(order, "ada", 5)
    line(order, "ben", 2)
    assert [order.pop().tenant for _ in range(7)] == ["ada", "ben", "ada", "ben", "ada", "ada", "ada"]


def test_who_has_twice_the_weight_is_served_twice_as_often() -> None:
    order = FairOrder()
    line(order, "ada", 40, weight=2.0)
    line(order, "ben", 40)
    served = Counter(order.pop().tenant for _ in range(30))
    assert served == {"ada": 20, "ben": 10}


def test_who_asks_for_much_waits_longer_than_who_asks_for_little() -> None:
    order = FairOrder()
    line(order, "ada", 10, cost=4.0)
    line(order, "ben", 40)
    assert Counter(order.pop().tenant for _ in range(20)) == {"ada": 4, "ben": 16}


def test_service_while_nobody_else_waited_is_not_held_against_anybody() -> None:
    order = FairOrder()
    line(order, "ada", 100)
    for _ in range(100):
        order.pop()
    line(order, "ada", 3)
    line(order, "ben", 3)
    assert [order.pop().tenant for _ in range(4)] == ["ada", "ben", "ada", "ben"]


def test_batch_gets_a_ninth_while_others_wait_and_all_when_none_do() -> None:
    order = FairOrder()
    line(order, "ada", 100, priority=BATCH)
    line(order, "ben", 80)
    assert Counter(order.pop().tenant for _ in range(90)) == {"ben": 80, "ada": 10}
    assert Counter(order.pop().tenant for _ in range(90)) == {"ada": 90}


def test_many_tenants_of_batch_take_no_more_from_others_than_one() -> None:
    order = FairOrder()
    for number in range(50):
        line(order, f"batch {number}", 5, priority=BATCH)
    line(order, "ada", 80)
    assert Counter(order.pop().tenant for _ in range(90))["ada"] == 80


class Account:
    """Holds, for each two who wait, what one got more than the other since both do, each by its weight."""

    def __init__(self, weight: dict[str, float]) -> None:
        self.weight = weight
        self.more: dict[tuple[str, str], float] = {}
        self.left: Counter[str] = Counter()
        self.biggest = dict.fromkeys(weight, 0.0)

    def comes(self, tenant: str, cost: float) -> None:
        if not self.left[tenant]:
            self.restart(tenant)
        self.left[tenant] += 1
        self.biggest[tenant] = max(self.biggest[tenant], cost)

    def is_served(self, tenant: str, cost: float) -> None:
        self.left[tenant] -= 1
        for other in self.weight.keys() - {tenant}:
            if self.left[other]:
                self.more[tenant, other] += cost / self.weight[tenant]
                self.more[other, tenant] -= cost / self.weight[tenant]
        if not self.left[tenant]:
            self.restart(tenant)

    def restart(self, tenant: str) -> None:
        for other in self.weight:
            self.more[tenant, other] = self.more[other, tenant] = 0.0

    def furthest(self) -> float:
        """Returns by how much the bound is passed at most: no more than 0."""
        share = {name: self.biggest[name] / self.weight[name] for name in self.weight}
        return max((abs(more) - share[one] - share[other] for (one, other), more in self.more.items()), default=0.0)


@given(weights, st.lists(st.tuples(st.sampled_from(TENANTS), costs, st.integers(0, 2)), min_size=8, max_size=120))
def test_what_two_who_wait_get_differs_by_no_more_than_a_request_of_each(
    weight: dict[str, float], asked: list[tuple[str, float, int]]
) -> None:
    """Golestani's bound: |W_a / w_a - W_b / w_b| <= c_a / w_a + c_b / w_b over each time in which both wait."""
    order, account = FairOrder(), Account(weight)
    for tenant, cost, served in asked:
        order.add(Ticket(tenant, cost, weight[tenant]))
        account.comes(tenant, cost)
        for _ in range(min(served, len(order))):
            ticket = order.pop()
            account.is_served(ticket.tenant, ticket.cost)
            assert account.furthest() <= 1e-6


@given(st.sampled_from(list(CLASSES)), st.integers(1, 6), st.randoms(use_true_random=False))
def test_nobody_is_passed_for_ever_by_newcomers(priority: str, lines: int, random: object) -> None:
    """A new tenant comes for each request that is served, for ever; who has been served before waits among them."""
    order, names = FairOrder(), count()
    old = line(order, "old", 2, priority=priority)
    for _ in range(lines):
        line(order, f"new {next(names)}", 1)
    served = 0
    while old[1] in list(order):
        kind = random.choice(list(CLASSES))  # type: ignore[attr-defined]
        line(order, f"new {next(names)}", 1, priority=kind)
        order.pop()
        served += 1
        assert served <= 9 * 2 * (lines + 4)


@given(st.lists(st.tuples(st.sampled_from(["add", "pop", "remove"]), st.integers(0, 200), costs), max_size=150))
def test_memory_is_bounded_and_nothing_is_lost_or_served_twice(steps: list[tuple[str, int, float]]) -> None:
    order, waiting, gone = FairOrder(), [], set()
    for what, number, cost in steps:
        if what == "add":
            ticket = Ticket(f"tenant {number}", cost, priority=list(CLASSES)[number % 2])
            order.add(ticket)
            waiting.append(ticket)
        elif waiting:
            ticket = waiting[number % len(waiting)]
            if what == "pop":
                foreseen = list(order.served_next())
                ticket = order.pop()
                assert ticket is foreseen[0] and set(foreseen) == set(waiting)
            else:
                assert order.remove(ticket)
            assert ticket not in gone and not order.remove(ticket)
            gone.add(ticket)
            waiting.remove(ticket)
        assert len(order) == len(waiting) and set(order) == set(waiting)
        assert len(order._lines) <= len(waiting)
        for share in order._tenants.values():
            assert not share.finish and len(share.served) == len(share.weights) == len(share.since) <= len(waiting)


def test_a_request_that_leaves_costs_its_tenant_nothing() -> None:
    order = FairOrder()
    (first, second, third) = line(order, "ada", 3)
    line(order, "ben", 3)
    assert order.pop() is first
    assert order.remove(second)
    assert [order.pop().tenant for _ in range(3)] == ["ben", "ada", "ben"]
    assert order.remove(third) is False


@pytest.mark.parametrize(
    ("lines", "whose"),
    [
        pytest.param({"ada": (3, 1, INTERACTIVE), "ben": (1, 1, INTERACTIVE)}, "ada", id="most"),
        pytest.param({"ada": (3, 3, INTERACTIVE), "ben": (2, 1, INTERACTIVE)}, "ben", id="most for its weight"),
        pytest.param({"ada": (2, 1, INTERACTIVE), "ben": (2, 1, BATCH)}, "ben", id="as many: batch"),
    ],
)
def test_who_has_most_waiting_makes_room(lines: dict[str, tuple[int, int, str]], whose: str) -> None:
    order, last = FairOrder(), {}
    for tenant, (number, weight, priority) in lines.items():
        last[tenant] = line(order, tenant, number, weight=float(weight), priority=priority)[-1]
    assert order.longest() is last[whose]
