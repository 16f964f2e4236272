"""Places for a few of many: never more at work than may be, never one idle while somebody waits, nobody in vain."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.fair_queue import FairQueue, Request
from engines.interface import silent
from safety.errors import BusyError, Cancelled
from studio.tenant import BATCH, Tenant

ADA, BEN = Tenant("ada"), Tenant("ben")
KIND = "pocket"
FOR_EVER = float("inf")


class Simulated:
    """A queue whose work takes just as long as it is expected to: a second a unit, on a clock of its own."""

    def __init__(self, places: int = 1, **limits: int) -> None:
        self.now, self.number = 0.0, places
        self.queue = FairQueue(
            lambda: self.number, clock=lambda: self.now, **{"most": 100, "most_of_one": 100, **limits}
        )
        self.refused: list[Request] = []
        with self.queue.place(ADA, KIND, 1, FOR_EVER, silent):
            self.now += 1  # so long takes one unit of work

    def enter(self, tenant: Tenant = ADA, work: float = 1, within: float = FOR_EVER) -> Request:
        return self.queue.enter(tenant, KIND, work, self.now + within)

    @property
    def working(self) -> set[Request]:
        return set(self.queue._working)

    def run(self, until: float) -> None:
        """Lets time pass; what is done leaves."""
        while ends := [
            (each.began + each.seconds, each) for each in self.working if each.began + each.seconds <= until
        ]:
            self.now, done = min(ends, key=lambda pair: pair[0])
            self.queue.leave(done)
        self.now = until


def test_no_more_work_than_there_are_places_and_the_rest_wait() -> None:
    sim = Simulated(places=2)
    requests = [sim.enter() for _ in range(5)]
    assert [each.settled.is_set() for each in requests] == [True, True, False, False, False]
    sim.queue.leave(requests[0])
    assert requests[2].settled.is_set() and (sim.queue.working, sim.queue.waiting) == (2, 2)


def test_a_place_that_comes_up_is_taken_by_who_waits() -> None:
    sim = Simulated()
    waiting = [sim.enter() for _ in range(3)]
    sim.number = 3
    sim.queue.look(waiting[2])
    assert sim.queue.working == 3


@pytest.mark.parametrize(
    ("within", "sentence", "seconds"),
    [
        pytest.param(9, None, 0, id="in time"),
        pytest.param(7, "would not be there in time", 2, id="others come first"),
        pytest.param(2, "takes about 3 s here", 6, id="longer than it waits at all"),
    ],
)
def test_what_cannot_be_there_in_time_is_turned_away_at_once(within: float, sentence: str | None, seconds: int) -> None:
    sim = Simulated()
    sim.enter(work=2)
    sim.enter(work=4)
    if sentence is None:
        sim.enter(work=3, within=within)
        return
    with pytest.raises(BusyError, match=sentence) as caught:
        sim.enter(work=3, within=within)
    assert caught.value.seconds == seconds
    assert sim.queue.waiting == 1


def test_before_anything_was_measured_nobody_is_turned_away_for_time() -> None:
    queue = FairQueue(lambda: 1, clock=lambda: 0.0)
    queue.enter(ADA, KIND, 500, 0.1)
    assert not queue.enter(BEN, KIND, 500, 0.1).settled.is_set()


def test_who_is_overtaken_until_the_time_suffices_no_more_is_turned_away_then() -> None:
    sim = Simulated()
    sim.enter(work=3)
    late = sim.enter(work=2, within=6)
    for name in "abcdefgh":
        sim.enter(Tenant(name))
    sim.run(4.0)
    sim.queue.look(late)
    assert not late.settled.is_set()
    sim.now = 5.5  # of 7, by when it should be there
    sim.queue.look(late)
    assert isinstance(late.refused, BusyError) and late.settled.is_set()
    assert late not in list(sim.queue._order)


def test_a_tenant_has_only_so_many_waiting_and_hears_when_one_less_will() -> None:
    sim = Simulated(most_of_one=2)
    for _ in range(3):
        sim.enter(work=5)
    with pytest.raises(BusyError, match="of yours") as caught:
        sim.enter(work=5)
    assert caught.value.seconds == 5
    sim.enter(BEN)


def test_a_queue_that_one_tenant_has_filled_makes_room_for_another() -> None:
    sim = Simulated(most=4)
    mine = [sim.enter() for _ in range(5)]
    with pytest.raises(BusyError, match="Too many pictures are waiting"):
        sim.enter()
    his = sim.enter(BEN)
    assert his.refused is None and sim.queue.waiting == 4
    assert mine[-1].refused and "Others" in str(mine[-1].refused)
    sim.queue.leave(mine[-1])
    assert sim.queue.waiting == 4


def test_who_goes_while_waiting_leaves_the_queue() -> None:
    sim = Simulated()
    held = sim.enter()

    def gone(*_: Any) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled), sim.queue.place(BEN, KIND, 1, FOR_EVER, gone):
        raise AssertionError("It has no place.")
    assert (sim.queue.waiting, sim.queue.working) == (0, 1)
    sim.queue.leave(held)
    assert sim.queue.working == 0


def test_work_that_failed_teaches_nothing_and_gives_its_place_back() -> None:
    sim = Simulated()
    with pytest.raises(ZeroDivisionError), sim.queue.place(ADA, KIND, 1, FOR_EVER, silent):
        sim.now += 50
        raise ZeroDivisionError
    assert sim.queue.working == 0 and sim.queue._pace[KIND] == 1.0


def drawn(sim: Simulated, work: float, seconds: float) -> None:
    with sim.queue.place(ADA, KIND, work, FOR_EVER, silent):
        sim.now += seconds


def test_a_time_that_was_far_too_long_does_not_refuse_for_ever_what_would_show_it() -> None:
    sim = Simulated()
    drawn(sim, 1, 500)  # the model was loaded first
    with pytest.raises(BusyError, match="takes about"):
        sim.enter(within=60)
    sim.now += 301
    assert sim.enter(within=60).settled.is_set()


def test_tiny_drawings_of_one_tenant_do_not_turn_away_the_others() -> None:
    sim = Simulated()
    drawn(sim, 32, 3)
    for _ in range(20):
        drawn(sim, 1 / 16, 1)  # nearly all of it the way there and back
    assert sim.enter(BEN, 32, within=10).refused is None


def test_a_clock_that_is_set_back_while_something_is_drawn_makes_no_work_free() -> None:
    sim = Simulated()
    drawn(sim, 1, -3600)
    assert sim.enter().cost > 0


def test_a_clock_that_is_set_back_does_not_send_clients_away_for_as_long() -> None:
    sim = Simulated(most_of_one=1)
    sim.enter()
    sim.enter()
    sim.now -= 3600
    with pytest.raises(BusyError, match="of yours") as caught:
        sim.enter()
    assert caught.value.seconds == 1


requests = st.tuples(
    st.sampled_from(["ada", "ben", "cleo"]), st.integers(1, 9), st.sampled_from([5, 10, 30, 200]), st.booleans()
)


@given(st.integers(1, 3), st.lists(st.tuples(requests, st.integers(0, 5)), max_size=40))
def test_places_are_never_too_many_and_never_idle_and_what_is_taken_is_in_time(
    places: int, arrivals: list[tuple[tuple[str, int, int, bool], int]]
) -> None:
    """Whoever is turned away for time may come again after as long as was said, if nobody else comes meanwhile."""
    sim, again = Simulated(places), 0
    for (name, work, within, batch), passes in arrivals:
        tenant = Tenant(name, priority=BATCH) if batch else Tenant(name)
        try:
            sim.enter(tenant, work, within)
        except BusyError as error:
            again = error.seconds
            if work <= within:  # else no time is long enough
                sim.run(sim.now + again)
                sim.queue.leave(sim.enter(tenant, work, within))
        assert sim.queue.working <= places
        assert sim.queue.working == places or not sim.queue.waiting
        sim.run(sim.now + passes)
    late = [each for each in sim.working if each.began + each.seconds > each.until]
    assert late == []
    sim.run(sim.now + 10_000)
    assert (sim.queue.working, sim.queue.waiting) == (0, 0)


def test_threads_share_the_places_fairly() -> None:
    queue, lock = FairQueue(lambda: 3, most=100, most_of_one=100), threading.Lock()
    at_work, most, order = 0, 0, []

    def client(tenant: Tenant) -> None:
        nonlocal at_work, most
        with queue.place(tenant, KIND, 1, time.time() + 60, silent):
            with lock:
                at_work += 1
                most = max(most, at_work)
                order.append(tenant.name)
            time.sleep(0.005)
            with lock:
                at_work -= 1

    threads = [threading.Thread(target=client, args=(each,)) for each in [ADA] * 30 + [BEN] * 6]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 3 and Counter(order) == {"ada": 30, "ben": 6}
    assert order.index("ben") < 34
