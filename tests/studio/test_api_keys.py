"""Keys with shares: what may be given to one, and that an older program reads the file of keys without them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from safety.errors import RequestError
from studio.api_keys import CREATE, FILE, ApiKeys
from studio.tenant import BATCH, INTERACTIVE, MAX_WEIGHT, NOBODY, Tenant, counted_as, current, lower


def test_a_key_keeps_its_priority_and_weight(tmp_path: Path) -> None:
    _, token = ApiKeys(tmp_path).make("nightly", priority=BATCH, weight=3)
    key = ApiKeys(tmp_path).find(token)
    assert key and (key.priority, key.weight) == (BATCH, 3)


def test_the_file_of_usual_keys_is_as_it_was_before_there_were_shares(tmp_path: Path) -> None:
    ApiKeys(tmp_path).make("shop")
    (row,) = json.loads((tmp_path / FILE).read_text("utf-8"))
    assert set(row) == {"id", "name", "scopes", "digest", "made", "mode", "per_hour", "revoked"}
    (key,) = ApiKeys(tmp_path).list()
    assert (key.priority, key.weight) == (INTERACTIVE, 1)


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        pytest.param({"priority": "urgent"}, "no priority 'urgent'", id="priority"),
        pytest.param({"weight": 0}, "from 1 to 100", id="no weight"),
        pytest.param({"weight": MAX_WEIGHT + 1}, "from 1 to 100", id="too much weight"),
    ],
)
def test_shares_that_cannot_be_make_no_key(tmp_path: Path, rest: dict[str, object], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        ApiKeys(tmp_path).make("shop", (CREATE,), **rest)  # type: ignore[arg-type]
    assert ApiKeys(tmp_path).list() == []


def test_a_request_is_counted_as_somebodys_for_as_long_as_it_is_worked_on() -> None:
    with counted_as(Tenant("shop")):
        assert current().name == "shop"
    assert current() is NOBODY


def test_of_two_priorities_the_lower_counts() -> None:
    assert lower(INTERACTIVE, BATCH) == lower(BATCH, INTERACTIVE) == lower(BATCH, BATCH) == BATCH
    assert lower(INTERACTIVE, INTERACTIVE) == INTERACTIVE
