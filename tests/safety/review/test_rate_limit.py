"""Rate limits: so much an hour, delays after refusals in a row, a time-out after hard lines. Never for a warning."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.errors import LimitError, PresetError
from safety.generation import GenerationRequest, Refused
from safety.review.appeals import AppealRequest
from safety.review.client import LOCAL, UNKNOWN, client_of
from safety.review.rate_limit import VERIFICATION, RateLimiter, RefusalDelays, load_limits
from studio import Studio
from tests.fakes import PRESETS, limits
from tests.safety.review.conftest import REASON, SMALL

ANN, BEN = "192.0.2.1", "192.0.2.2"


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **duration: float) -> None:
        self.at += timedelta(**duration)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limited(studio: Studio, clock: Clock, **table: Any) -> Studio:
    """Returns the studio with other limits and a clock that the test sets."""
    rate_limiter = RateLimiter(studio.audit, limits(**table), clock)
    review = replace(
        studio.review,
        rate_limiter=rate_limiter,
        appeals=replace(studio.review.appeals, rate_limiter=rate_limiter),
        auth=replace(studio.review.auth, rate_limiter=rate_limiter),
    )
    return replace(studio, review=review)


def create(studio: Studio, prompt: str, client: str = ANN) -> Any:
    return studio.create(GenerationRequest(prompt, **SMALL), client=client)


def test_an_hour_has_so_many_generations_and_then_more(studio: Studio, clock: Clock) -> None:
    studio = limited(studio, clock, hour={"generations": 2})
    for _ in range(2):
        create(studio, "a red apple")
        clock.advance(minutes=20)
    with pytest.raises(LimitError, match="2 times an hour") as caught:
        create(studio, "a red apple")
    assert caught.value.seconds == 20 * 60
    assert "20 minutes" in caught.value.sentence
    create(studio, "a red apple", BEN)
    create(studio, "a red apple", LOCAL)
    clock.advance(minutes=20)
    create(studio, "a red apple")


def test_what_is_over_the_limit_leaves_no_case(studio: Studio, clock: Clock) -> None:
    studio = limited(studio, clock, hour={"generations": 1})
    create(studio, "a red apple")
    end = studio.audit.end()
    with pytest.raises(LimitError):
        create(studio, "a red apple")
    assert studio.audit.end() == end


def test_delays_grow_with_each_refusal_in_a_row_and_end_with_what_passes(studio: Studio, clock: Clock) -> None:
    studio = limited(studio, clock, blocks={"free": 2, "first_seconds": 10, "most_seconds": 30})
    create(studio, "gore"), create(studio, "gore"), create(studio, "gore")
    for wait in (10, 20, 30, 30):
        with pytest.raises(LimitError) as caught:
            create(studio, "a red apple")
        assert caught.value.seconds == wait
        clock.advance(seconds=wait)
        create(studio, "gore")
    clock.advance(seconds=30)
    create(studio, "a red apple")
    create(studio, "gore"), create(studio, "gore")
    create(studio, "a red apple")


def test_warnings_and_withheld_pictures_never_delay(studio: Studio, clock: Clock) -> None:
    studio = limited(studio, clock, blocks={"free": 0, "first_seconds": 10, "most_seconds": 300})
    for _ in range(4):
        assert isinstance(create(studio, "a wound"), Refused)
        assert isinstance(create(studio, "spoilt"), Refused)
    create(studio, "a red apple")


def test_an_overturned_refusal_counts_against_nobody(studio: Studio, clock: Clock) -> None:
    studio = limited(studio, clock, blocks={"free": 0, "first_seconds": 1000, "most_seconds": 1000})
    case = create(studio, "gore").case
    with pytest.raises(LimitError):
        create(studio, "a red apple")
    studio.appeal(AppealRequest(case, "gore"), ANN)
    studio.review.decisions.decide(case, "overturned", REASON, "Ada")
    create(studio, "a red apple")


def test_hard_lines_again_and_again_lock_for_a_time(studio: Studio, clock: Clock) -> None:
    studio = limited(studio, clock, hard_lines={"repeats": 2, "within_hours": 24, "lock_minutes": 60})
    create(studio, "forbidden")
    create(studio, "a red apple")
    create(studio, "forbidden")
    with pytest.raises(LimitError, match="no mode allows") as caught:
        create(studio, "a red apple")
    assert caught.value.seconds == 3600
    create(studio, "a red apple", BEN)
    clock.advance(minutes=61)
    create(studio, "a red apple")


def test_appeals_and_uploads_are_counted_too(studio: Studio, clock: Clock) -> None:
    studio = limited(studio, clock, hour={"appeals": 1, "verifications": 1, "lookups": 2})
    cases = [create(studio, "gore").case for _ in range(2)]
    studio.appeal(AppealRequest(cases[0], "gore"), ANN)
    with pytest.raises(LimitError, match="appeals"):
        studio.appeal(AppealRequest(cases[1], "gore"), ANN)
    studio.review.rate_limiter.count(ANN, VERIFICATION)
    with pytest.raises(LimitError, match="files are read"):
        studio.verify(b"", ANN)
    for _ in range(2):
        studio.review.appeals.status(cases[0], ANN)
    with pytest.raises(LimitError, match="looked up"):
        studio.review.appeals.status(cases[0], ANN)


def test_no_address_is_in_the_database(studio: Studio, clock: Clock) -> None:
    studio = limited(studio, clock)
    create(studio, "gore")
    with studio.audit.read_transaction() as reader:
        rows = [tuple(row) for row in reader.connection.exec_driver_sql("SELECT * FROM act")]
    assert len(rows) == 1 and ANN not in repr(rows)


@given(st.integers(0, 10_000), st.integers(0, 20), st.floats(0, 1e3), st.floats(0, 1e6))
def test_delays_never_shrink_and_have_an_end(refusals: int, free: int, first: float, maximum: float) -> None:
    delays = RefusalDelays(free=free, first_seconds=first, max_seconds=maximum, forgotten_hours=1)
    assert 0 <= delays.delay(refusals) <= delays.delay(refusals + 1) <= maximum
    assert delays.delay(free) == 0


@pytest.mark.parametrize(
    ("host", "client"),
    [
        pytest.param("192.0.2.7", "192.0.2.7", id="IPv4"),
        pytest.param("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", id="IPv6 by its network"),
        pytest.param("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64", id="the same network"),
        pytest.param("::ffff:192.0.2.7", "192.0.2.7", id="IPv4 within IPv6"),
        pytest.param("fe80::1%eth0", "fe80::/64", id="with a zone"),
        pytest.param("testclient", UNKNOWN, id="no address"),
        pytest.param("", UNKNOWN, id="empty"),
        pytest.param(None, UNKNOWN, id="none"),
    ],
)
def test_a_client_is_an_address_or_a_network(host: str | None, client: str) -> None:
    assert client_of(host) == client != LOCAL


def test_the_shipped_limits_load_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    assert load_limits(PRESETS).blocks.free >= 1
    text = (PRESETS / "limits.toml").read_text("utf-8")
    (tmp_path / "limits.toml").write_text(text.replace("free =", "fre ="))
    with pytest.raises(PresetError, match="limits.toml: blocks.free"):
        load_limits(tmp_path)
