"""What a manifest of this studio says, before it is signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from safety.generation import Stamp
from safety.marks.claim import ACTIONS, EARLIER, EditStep, manifest
from safety.marks.provenance import TRAINED_ALGORITHMIC_MEDIA, Provenance

TIME = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)
MADE_HERE = Provenance(Stamp(1), engine="pocket", model="pocket 1")
MADE_ELSEWHERE = Provenance(Stamp(2))


def actions_of(said: dict[str, Any]) -> list[dict[str, Any]]:
    (data,) = (assertion["data"] for assertion in said["assertions"] if assertion["label"] == ACTIONS)
    assert data["allActionsIncluded"] is True
    return list(data["actions"])


@pytest.mark.parametrize(
    ("provenance", "has_earlier", "steps", "names"),
    [
        pytest.param(MADE_HERE, False, (), ["c2pa.created", "c2pa.addedText", "c2pa.watermarked.bound"], id="made"),
        pytest.param(
            replace(MADE_HERE, source="00000000000000ab"),
            True,
            (),
            ["c2pa.opened", "c2pa.resized", "c2pa.watermarked.bound"],
            id="enlarged",
        ),
        pytest.param(MADE_HERE, True, (EditStep.ENCODED,), ["c2pa.opened", "c2pa.transcoded"], id="in another format"),
        pytest.param(
            MADE_ELSEWHERE, True, (), ["c2pa.opened", "c2pa.addedText", "c2pa.watermarked.bound"], id="marked"
        ),
        pytest.param(
            MADE_ELSEWHERE,
            False,
            (),
            ["c2pa.opened", "c2pa.addedText", "c2pa.watermarked.bound"],
            id="marked, without credentials",
        ),
    ],
)
def test_everything_that_was_done_is_listed_how_it_came_to_be_first(
    provenance: Provenance, has_earlier: bool, steps: tuple[EditStep, ...], names: list[str]
) -> None:
    actions = actions_of(manifest(provenance, TIME, has_earlier, steps))

    assert [action["action"] for action in actions] == names
    opened = [action for action in actions if action["action"] == "c2pa.opened"]
    assert not any("digitalSourceType" in action for action in opened)
    pointing = [action["action"] for action in actions if action.get("parameters") == {"ingredientIds": [EARLIER]}]
    assert pointing == [name for name in names if name in ("c2pa.opened", "c2pa.transcoded")]


def test_the_generator_names_the_version_of_the_specification() -> None:
    (info,) = manifest(MADE_HERE, TIME)["claim_generator_info"]

    assert info["specVersion"] == "2.4.0"


def test_what_a_person_declares_of_a_file_without_credentials_stands_with_that_file() -> None:
    said = manifest(MADE_ELSEWHERE, TIME)
    (ingredient,) = said["ingredients"]

    assert ingredient["digital_source_type"] == TRAINED_ALGORITHMIC_MEDIA
    assert "Declared" in ingredient["description"] and "Declared" in actions_of(said)[0]["description"]


def test_a_file_with_credentials_speaks_for_itself() -> None:
    said = manifest(MADE_ELSEWHERE, TIME, has_earlier=True)

    assert said["ingredients"] == []
    assert "Declared" in actions_of(said)[0]["description"]
