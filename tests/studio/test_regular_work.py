"""Of several processes on one PostgreSQL, one at a time does the regular work, and none of it is left undone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from safety.generation import Delivered, GenerationRequest
from studio import Studio
from studio.webhook import Webhook
from tests.fakes import fake_studio
from tests.postgres import Cluster

pytestmark = pytest.mark.slow


@pytest.fixture
def studios(postgres_cluster: Cluster, tmp_path: Path) -> Iterator[list[Studio]]:
    """Two ingresses of one record and one folder of pictures, each with a partition of its own."""
    place = postgres_cluster.new_database()
    made = [keeping_a_day(fake_studio(tmp_path, place=place)) for _ in range(2)]
    assert [studio.audit.claim_partition() for studio in made] == [1, 2]
    yield made
    for studio in made:
        studio.audit.close()


def keeping_a_day(studio: Studio) -> Studio:
    days = studio.review.retention.days.model_copy(update={"finished": 1})
    retention = replace(studio.review.retention, days=days)
    return replace(studio, review=replace(studio.review, retention=retention))


def old_picture(studio: Studio) -> Path:
    outcome = studio.create(GenerationRequest("a red apple", seed=7))
    assert isinstance(outcome, Delivered) and outcome.pictures[0].export
    path = outcome.pictures[0].export.path
    os.utime(path.parent, (0, 0))
    return path


def test_one_at_a_time_deletes_what_has_had_its_time(studios: list[Studio]) -> None:
    one, other = studios
    path = old_picture(one)
    with other.audit.turn_at("purge") as mine:
        assert mine and one.purge() == 0 and path.is_file()
    assert other.purge() == 1 and not path.exists()
    assert one.purge() == 0 and one.verify_audit() == []


def test_a_process_that_ends_in_the_middle_leaves_the_turn_to_the_next(studios: list[Studio]) -> None:
    one, other = studios
    path = old_picture(one)
    with pytest.raises(KeyboardInterrupt), other.audit.turn_at("purge"):
        raise KeyboardInterrupt
    assert one.purge() == 1 and not path.exists()


def test_one_at_a_time_signs_a_root(studios: list[Studio]) -> None:
    one, other = studios
    old_picture(one)
    with other.audit.turn_at("root"):
        assert one.audit.sign_root() is None
    root = one.audit.sign_root()
    assert root and root.facts()["partitions"] == 3 and other.audit.sign_root() is None
    assert one.verify_audit() == []


def test_a_case_is_told_by_one_of_them(studios: list[Studio], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = studios
    heard: list[str] = []
    hooks = [
        Webhook(studio.audit, "https://x.example", b"k" * 24, tmp_path, lambda *call: heard.append(call[0]) or 200)  # type: ignore[func-returns-value]
        for studio in studios
    ]
    hooks[0].step()
    old_picture(one)
    waits = iter([False, True])
    monkeypatch.setattr(hooks[0]._stop, "wait", lambda seconds: next(waits))
    with other.audit.turn_at("webhook"):
        hooks[0].run()
        assert heard == []
    assert hooks[1].step() == 1 and hooks[0].step() == 0 and len(heard) == 1
