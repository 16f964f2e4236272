"""Who may review: by password, by a name at Hugging Face, and how often somebody may guess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from safety.errors import LimitError, PresetError, RequestError
from safety.review.auth import ReviewerAuth, strong_password
from safety.review.rate_limit import RateLimiter
from studio import Studio
from tests.fakes import limits

PASSWORD = "a long enough password"


def auth_of(studio: Studio, **settings: object) -> ReviewerAuth:
    rate_limiter = RateLimiter(studio.audit, limits(login={"tries": 2, "within_minutes": 15}))
    return ReviewerAuth(rate_limiter, **settings)  # type: ignore[arg-type]


def test_nobody_reviews_where_nothing_is_set(studio: Studio) -> None:
    auth = auth_of(studio)
    assert not auth.is_enabled
    with pytest.raises(RequestError, match="not the password"):
        auth.login("", "Ada", "192.0.2.1")
    assert auth.identify("") == auth.identify_hub_user("") == auth.identify_hub_user("ada") == ""


def test_a_password_gives_a_token_that_ends(studio: Studio) -> None:
    seconds = [0.0]
    auth = auth_of(studio, password=PASSWORD, clock=lambda: seconds[0])
    token = auth.login(PASSWORD, "  Ada\n L. ", "192.0.2.1")
    assert auth.identify(token) == "Ada L."
    assert auth.identify(token[:-1]) == auth.identify("") == ""
    seconds[0] = 9 * 3600
    assert auth.identify(token) == ""
    token = auth.login(PASSWORD, "", "192.0.2.1")
    auth.logout(token)
    assert auth.identify(token) == ""


def test_wrong_passwords_lock_even_the_right_one_out(studio: Studio) -> None:
    auth = auth_of(studio, password=PASSWORD)
    for _ in range(2):
        with pytest.raises(RequestError):
            auth.login("wrong", "Ada", "192.0.2.1")
    with pytest.raises(LimitError):
        auth.login(PASSWORD, "Ada", "192.0.2.1")
    assert auth.login(PASSWORD, "Ada", "192.0.2.2")


def test_many_addresses_are_one_guesser(studio: Studio) -> None:
    auth = auth_of(studio, password=PASSWORD)
    for number in range(20):
        with pytest.raises(RequestError):
            auth.login("wrong", "", f"192.0.2.{number}")
    with pytest.raises(LimitError):
        auth.login(PASSWORD, "", "198.51.100.1")


def test_a_short_password_stops_the_start() -> None:
    assert strong_password("") == "" and strong_password(PASSWORD) == PASSWORD
    with pytest.raises(PresetError, match="too short"):
        strong_password("hunter2")


def test_only_listed_names_review(studio: Studio) -> None:
    auth = auth_of(studio, hub_users=("ada",))
    assert auth.is_enabled
    assert [auth.identify_hub_user(name) for name in ("ada", "Ada", "bob")] == ["ada", "", ""]


def slowed(studio: Studio, seconds: list[float]) -> ReviewerAuth:
    start = datetime.now(UTC)
    limiter = RateLimiter(studio.audit, limits(), lambda: start + timedelta(seconds=seconds[0]))
    return ReviewerAuth(limiter, PASSWORD)


def guess(auth: ReviewerAuth, client: str) -> float:
    """The seconds that a wrong password has to wait for; 0 where it was judged."""
    with pytest.raises((RequestError, LimitError)) as error:
        auth.login("wrong", "", client)
    return error.value.seconds if isinstance(error.value, LimitError) else 0.0


def test_a_guesser_is_slowed_down_and_never_locked_out(studio: Studio) -> None:
    seconds = [0.0]
    auth = slowed(studio, seconds)
    waits = []
    for _ in range(12):
        while wait := guess(auth, "192.0.2.1"):
            waits.append(wait)
            seconds[0] += wait
    # In 15 minutes the oldest tries are forgotten, and the delay with them.
    assert waits[:5] == [5, 10, 20, 40, 60] and max(waits) == 60
    seconds[0] += 60
    assert auth.login(PASSWORD, "", "192.0.2.1")


def test_a_reviewer_who_logged_in_before_does_not_wait_for_strangers(studio: Studio) -> None:
    seconds = [0.0]
    auth = slowed(studio, seconds)
    auth.login(PASSWORD, "", "198.51.100.1")
    for number in range(200):
        guess(auth, f"192.0.2.{number}")
    assert auth.login(PASSWORD, "", "198.51.100.1")


def test_a_new_reviewer_waits_once_however_many_go_on_guessing(studio: Studio) -> None:
    seconds = [0.0]
    auth = slowed(studio, seconds)
    for number in range(60):
        guess(auth, f"192.0.2.{number}")
    with pytest.raises(LimitError) as error:
        auth.login(PASSWORD, "", "198.51.100.1")
    assert error.value.seconds <= 60
    for number in range(60, 120):
        seconds[0] += 1
        guess(auth, f"192.0.2.{number}")
    assert auth.login(PASSWORD, "", "198.51.100.1")


def test_strangers_together_are_slowed_down(studio: Studio) -> None:
    auth = slowed(studio, [0.0])
    waits = [guess(auth, f"192.0.2.{number}") for number in range(200)]
    assert sum(wait == 0 for wait in waits) <= 51
