"""The panel of credentials: every report is what Verify makes of the very bytes, and the riddle keeps its secret."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from engines.testing import FakeEngine
from safety.errors import RequestError
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.marks.verify import Verification
from studio import Studio
from tests.fakes import fake_studio
from ui.html.verification import layers
from ui.learn.content_credentials import ACTED, AMOUNTS, CredentialsPanel, CredentialsSettings
from ui.learn.panel import Desk, Memory
from ui.texts import page_texts

ALL = tuple(ACTED)
PANEL = CredentialsPanel()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    home = tmp_path_factory.mktemp("credentials")
    return fake_studio(home, FakeEngine(), Exporter(Marks(keys=home / "keys")))


@pytest.fixture(scope="module")
def memory() -> Memory:
    return Memory()


def desk(studio: Studio, memory: Memory, language: str = "en", **settings: Any) -> Desk[CredentialsSettings]:
    chosen = CredentialsSettings(acts=ALL, **settings)
    return Desk(studio, chosen, page_texts(language), studio.messages(), "203.0.113.9", memory=memory)


@pytest.fixture(scope="module")
def original(studio: Studio, memory: Memory) -> bytes:
    return base64.b64decode(PANEL.answer(desk(studio, memory), {"save": True})["file"])


def verified(studio: Studio, file: bytes) -> Verification:
    return studio.verify(file)


# What each act leaves of credentials, mark, metadata and record.
STATES = {
    "original": ("found", "found", "found", "found"),
    "painted": ("broken", "found", "found", "found"),
    "stripped": ("none", "found", "none", "found"),
    "resaved": ("none", "found", "none", "found"),
    "swapped": ("broken", "none", "found", "broken"),
    "forged": ("found", "found", "found", "none"),
}


@pytest.mark.parametrize("act", ALL)
def test_a_report_is_what_verify_says_of_the_same_bytes(
    studio: Studio, memory: Memory, original: bytes, act: str
) -> None:
    amount = AMOUNTS.get(act, (0,))[0]
    shown = PANEL.answer(desk(studio, memory), {"act": act, "amount": amount})
    again = verified(studio, ACTED[act](original, amount))
    row = json.loads(json.dumps(again.as_json()))
    assert tuple(layer["state"] for layer in shown["layers"]) == STATES[act]
    assert [layer["finding"] for layer in shown["layers"]] == [layer.finding for layer in layers(row, page_texts("en"))]
    if act != "forged":  # is signed anew each time
        assert shown["sha256"] == row["sha256"]
        assert shown["stamps"] == {name: layer["stamp"] for name, layer in row["layers"].items()}
        assert json.loads(json.dumps(shown["claims"])) == {
            name: value for name, value in row["layers"]["credentials"]["claims"].items() if value
        }


def test_the_original_is_the_file_on_record(studio: Studio, memory: Memory, original: bytes) -> None:
    shown = PANEL.open(desk(studio, memory))["original"]
    assert shown["sha256"] == shown["recorded"] == hashlib.sha256(original).hexdigest()
    assert len(set(shown["stamps"].values())) == 1
    assert shown["contradictions"] == []


def test_a_key_from_home_is_valid_and_not_known(studio: Studio, memory: Memory) -> None:
    claims = PANEL.answer(desk(studio, memory), {"act": "forged"})["claims"]
    assert claims["problems"] == ("signingCredential.untrusted",)
    assert "claimSignature.validated" in claims["passed"]


def test_a_report_speaks_the_language_of_the_learner(studio: Studio, memory: Memory) -> None:
    shown = PANEL.answer(desk(studio, memory, "de"), {"act": "painted", "amount": 1})
    assert shown["layers"][0]["finding"] == page_texts("de")["verify.changed"]


def test_the_riddle_names_no_act_before_it_is_answered(studio: Studio, memory: Memory) -> None:
    riddle = desk(studio, memory, riddle=True)
    opened = PANEL.open(riddle)
    assert opened["files"] == list("ABCDEF") and opened["original"] == {}
    for letter in opened["files"]:
        assert "act" not in PANEL.answer(riddle, {"letter": letter})
    answered = PANEL.answer(riddle, {"guessed": {}})
    assert sorted(answered["did"].values()) == sorted(ALL)
    assert not any(answered["right"].values())
    told = PANEL.answer(riddle, {"guessed": answered["did"]})["right"]
    assert all(told.values())


def test_what_a_letter_shows_is_what_was_done_to_its_file(studio: Studio, memory: Memory) -> None:
    riddle = desk(studio, memory, riddle=True)
    for letter, act in PANEL.answer(riddle, {"guessed": {}})["did"].items():
        states = tuple(layer["state"] for layer in PANEL.answer(riddle, {"letter": letter})["layers"])
        assert states == STATES[act]


WRONG = {
    "an act that there is not": {"act": "burnt"},
    "an amount that there is not": {"act": "painted", "amount": 7},
    "an amount that is a list": {"act": "painted", "amount": [1]},
}


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG)
def test_a_call_of_another_form_is_refused(studio: Studio, memory: Memory, call: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        PANEL.answer(desk(studio, memory), call)
