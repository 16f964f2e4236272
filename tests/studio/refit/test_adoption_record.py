"""An adoption and its record: both or neither, whoever else adopts, deletes files, or takes feedback back meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from safety.errors import RequestError
from studio import Studio
from studio.refit.adopted_versions import AdoptedVersion, AdoptedVersions
from tests.studio.refit.conftest import reviewed
from tests.studio.refit.test_refit_service import VIGILS, adopt, proposed, service

Make = Callable[..., Studio]


@pytest.fixture
def studio(make: Make) -> Studio:
    studio = make()
    for prompt in VIGILS:
        reviewed(studio, prompt)
    return studio


def test_of_two_adoptions_at_once_one_holds_and_is_on_record(
    make: Make, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other, signed = proposed(studio, tmp_path), make(), AdoptedVersions.signed

    def late(versions: AdoptedVersions, version: AdoptedVersion, recorded: int = 0) -> tuple[AdoptedVersion, bytes]:
        found = signed(versions, version, recorded)
        if version.by == "Ben":
            service(other).adopt(path, list(other.labelled_cases()), "Ada")
        return found

    monkeypatch.setattr(AdoptedVersions, "signed", late)
    with pytest.raises(RequestError, match="adopted meanwhile"):
        service(studio).adopt(path, list(studio.labelled_cases()), "Ben")
    assert [(one.version, one.event, one.problem) for one in service(studio).history()] == [(1, "policy_adopted", "")]
    assert studio.audit.verify() == []


def test_a_file_that_cannot_be_written_leaves_no_adoption_on_record(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RequestError("No space left.")

    path = proposed(studio, tmp_path)
    monkeypatch.setattr(AdoptedVersions, "add", full)
    with pytest.raises(RequestError, match="No space"):
        adopt(studio, path)
    assert service(studio).history() == []


def test_no_number_is_given_twice_even_where_its_file_is_gone(make: Make, studio: Studio, tmp_path: Path) -> None:
    adopt(studio, proposed(studio, tmp_path))
    (tmp_path / "home" / "policy" / "0001.json").unlink()
    again = make()
    version, _ = adopt(again, proposed(again, tmp_path))
    assert version.version == 2
    assert [(one.version, one.problem) for one in service(again).history()] == [(1, "its file is gone"), (2, "")]


def test_a_proposal_from_a_case_that_was_erased_since_is_not_adopted(studio: Studio, tmp_path: Path) -> None:
    path = proposed(studio, tmp_path)
    studio.erase(json.loads(path.read_text("utf-8"))["regression"][0])
    with pytest.raises(RequestError, match="of which 1 were erased"):
        adopt(studio, path)
    assert service(studio).history() == []


def test_rows_of_an_export_whose_feedback_was_taken_back_since_are_left_out(studio: Studio, tmp_path: Path) -> None:
    row = {"label": "harmless", "mode": "general", "weight": 0.5, "source": "refusal"}
    rows = [{**row, "prompt": f"vigil {n}", "person": f"p{n}", "feedback": [f"{n:012x}"]} for n in range(12)]
    rows.append({**row, "prompt": "a vigil of old", "source": "review", "case": "f" * 12})
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "prompts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    found = service(studio).propose(list(studio.labelled_cases()), tmp_path / "out")
    assert found["rows"] == len(VIGILS)
    assert any(note.startswith("13 rows of the export") for note in found["notes"])
