"""Decided cases are told: signed, in order, each until it is heard; a restart loses none."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from safety.errors import PresetError
from safety.generation import GenerationRequest
from studio import Studio
from studio.settings import Settings
from studio.webhook import DEAD_AFTER, Webhook
from tests.fakes import fake_studio
from tests.safety.audit.test_partitions import ClaimByHand

KEY = b"a key of some length for tests"


class Listener:
    def __init__(self) -> None:
        self.status, self.heard = 200, list[tuple[dict[str, Any], Mapping[str, str], bytes]]()
        self.now = 1_000_000.0

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.heard.append((json.loads(body), headers, body))
        return self.status

    @property
    def told(self) -> list[str]:
        return [row["data"].get("outcome", row["type"]) for row, _, _ in self.heard]


def webhook(studio: Studio, listener: Listener, home: Path) -> Webhook:
    return Webhook(studio.audit, "https://example.org/hook", KEY, home, listener, lambda: listener.now)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return fake_studio(tmp_path)


def test_cases_are_told_in_order_without_anybodys_words(studio: Studio, listener: Listener, tmp_path: Path) -> None:
    hook = webhook(studio, listener, tmp_path)
    hook.step()
    studio.create(GenerationRequest("a red apple"))
    studio.create(GenerationRequest("gore in a barn"))
    assert hook.step() == 2
    assert listener.told == ["delivered", "refused"]
    assert not any(b"barn" in body for _, _, body in listener.heard)
    assert listener.heard[1][0]["data"]["codes"] == ["P301"]


def test_cases_of_every_partition_are_told_once(studio: Studio, listener: Listener, tmp_path: Path) -> None:
    hook = webhook(studio, listener, tmp_path)
    (tmp_path / "webhook.json").write_text(json.dumps({hook.url: 0}), "utf-8")  # from before there were partitions
    others = []
    for partition in (1, 2):
        other = fake_studio(tmp_path)
        other.audit._database._claim = ClaimByHand(partition)  # type: ignore[assignment]
        other.audit.claim_partition()
        others.append(other)
    for maker in (others[1], studio, others[0], others[1]):
        maker.create(GenerationRequest("a red apple"))
    assert hook.step() == 4
    assert webhook(studio, listener, tmp_path).step() == 0
    others[0].create(GenerationRequest("gore in a barn"))
    assert hook.step() == 1 and listener.told == ["delivered"] * 4 + ["refused"]
    assert len({headers["webhook-id"] for _, headers, _ in listener.heard}) == 5


def test_a_call_is_signed_over_id_time_and_body(studio: Studio, listener: Listener, tmp_path: Path) -> None:
    hook = webhook(studio, listener, tmp_path)
    hook.step()
    studio.create(GenerationRequest("a red apple"))
    hook.step()
    _, headers, body = listener.heard[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_what_was_not_heard_is_told_again_under_its_id(studio: Studio, listener: Listener, tmp_path: Path) -> None:
    hook = webhook(studio, listener, tmp_path)
    hook.step()
    studio.create(GenerationRequest("a red apple"))
    listener.status = 500
    assert hook.step() == 0
    assert hook.step() == 0  # not before its time
    listener.status, listener.now = 200, listener.now + 10
    assert hook.step() == 1
    assert listener.heard[0][1]["webhook-id"] == listener.heard[1][1]["webhook-id"]
    assert len(listener.heard) == 2


def test_a_restart_loses_none_and_repeats_none(studio: Studio, listener: Listener, tmp_path: Path) -> None:
    webhook(studio, listener, tmp_path).step()
    studio.create(GenerationRequest("a red apple"))
    webhook(studio, listener, tmp_path).step()
    studio.create(GenerationRequest("gore"))
    webhook(studio, listener, tmp_path).step()
    assert listener.told == ["delivered", "refused"]


def test_what_fails_for_a_day_is_kept_aside_and_the_rest_goes_on(
    studio: Studio, listener: Listener, tmp_path: Path
) -> None:
    hook = webhook(studio, listener, tmp_path)
    hook.step()
    studio.create(GenerationRequest("a red apple"))
    listener.status = 0
    hook.step()
    listener.now += DEAD_AFTER + 1
    assert hook.step() == 1
    assert "delivered" in (tmp_path / "webhook-dead.jsonl").read_text()


@pytest.mark.parametrize(
    ("url", "key", "names"),
    [
        pytest.param("example.org", "k" * 24, "SAFELIGHT_WEBHOOK", id="no address"),
        pytest.param("https://example.org/", "short", "SAFELIGHT_WEBHOOK_SECRET", id="short secret"),
    ],
)
def test_a_webhook_that_cannot_be_stops_the_start(url: str, key: str, names: str) -> None:
    with pytest.raises(PresetError, match=names):
        Settings.read({"SAFELIGHT_WEBHOOK": url, "SAFELIGHT_WEBHOOK_SECRET": key})
