"""What is kept, for how long, how one person gets it or has it deleted; and decided cases as labelled rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from safety.errors import PresetError, RequestError
from safety.generation import Delivered, Export, KeptManifest, Stamp
from safety.review.labelled_cases import FIELDS, labelled_cases
from safety.review.personal_data import personal_data
from safety.review.retention import load_retention
from studio import Studio
from tests.fakes import PRESETS
from tests.safety.review.conftest import GORE, REASON, SPOILT, appealed, events

LATER = datetime.now(UTC) + timedelta(days=31)


def kept(studio: Studio) -> set[tuple[str, str]]:
    """Returns (case, kind) for all that is kept beside the chain."""
    with studio.audit.read_transaction() as reader:
        return {(case, kind) for case, kind, _ in reader.all_content()}


def test_pictures_go_after_their_days_and_words_after_theirs(studio: Studio) -> None:
    case = appealed(studio, SPOILT)
    assert studio.review.retention.purge() == 0
    assert kept(studio) == {(case, "appeal"), (case, "picture")}
    assert studio.review.retention.purge(LATER) == 1
    assert kept(studio) == {(case, "appeal")}
    assert studio.review.retention.purge(LATER + timedelta(days=60)) == 1
    assert kept(studio) == set()
    assert [row["facts"].get("by") for row in studio.audit.show(case)][-2:] == ["retention", "retention"]
    assert studio.review.appeals.status(case).outcome == "expired"
    assert studio.review.decisions.queue() == []
    assert studio.audit.verify() == []


def test_one_case_can_be_erased_and_the_chain_still_holds(studio: Studio) -> None:
    case = appealed(studio, remark="My name is in here.")
    studio.review.decisions.decide(case, "overturned", REASON, "Ada")
    delivered = studio.create(GORE, client="192.0.2.1")
    assert isinstance(delivered, Delivered)
    assert studio.review.retention.erase(case) == ["appeal", "review"]
    erased = studio.review.retention.erase(delivered.case)
    assert erased == ["client", delivered.pictures[0].export.path.name]  # type: ignore[union-attr]
    assert kept(studio) == set() and not list(studio.outputs.iterdir())
    assert events(studio, case)[-1] == "erased"
    with pytest.raises(RequestError, match="no case"):
        studio.review.retention.erase("f" * 12)


def test_credentials_go_with_their_days_or_their_case(studio: Studio) -> None:
    def case_of(stamp: int) -> str:
        with studio.audit.mark_case() as case:
            manifest = KeptManifest(str(Stamp(stamp)), f"urn:c2pa:{stamp}", b"a manifest")
            case.record_export(Export(Path("a.png"), Stamp(stamp), "ab" * 32, 64, 64, (), manifest=manifest))
        return case.id

    retention, first = studio.review.retention, case_of(1)
    case_of(2)
    assert retention.purge(LATER) == 0, "0 days: they are kept until their case is erased"
    assert retention.erase(first) == ["credentials"]
    (row,) = personal_data(studio.audit, cases=[case_of(3)])
    assert row["credentials"][0]["id"] == "urn:c2pa:3"
    limited = replace(retention, days=retention.days.model_copy(update={"manifests": 30}))
    assert limited.purge() == 0 and limited.purge(LATER) == 2
    assert studio.audit.find_manifest(str(Stamp(2))) is None and studio.audit.find([str(Stamp(2))], "") is not None
    assert studio.audit.verify() == []


def test_erased_words_are_not_in_the_files(tmp_path: Path) -> None:
    from tests.fakes import fake_studio

    studio = fake_studio(tmp_path)
    case = appealed(studio, remark="Rumpelstiltskin")

    def on_disk() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.glob("audit.sqlite3*"))

    assert b"Rumpelstiltskin" in on_disk()
    studio.review.retention.erase(case)
    assert b"Rumpelstiltskin" not in on_disk()
    studio.audit.close()


def test_a_person_gets_all_that_is_kept_of_them(studio: Studio) -> None:
    mine = studio.create(GORE, client="192.0.2.1")
    studio.create(GORE, client="192.0.2.2")
    assert [row["case"] for row in personal_data(studio.audit, client="192.0.2.1")] == [mine.case]
    case = appealed(studio, SPOILT, remark="Mine.")
    (row,) = personal_data(studio.audit, cases=[case])
    assert row["kept"]["appeal"]["remark"] == "Mine."
    assert row["kept"]["picture"]["pictures"][0]["png"]
    assert row["rows"][0]["event"] == "opened"
    with pytest.raises(RequestError, match="no case"):
        personal_data(studio.audit, cases=["f" * 12])
    studio.review.retention.purge(LATER)
    assert personal_data(studio.audit, client="192.0.2.1") == []


def test_only_decided_cases_whose_person_agreed_become_rows(studio: Studio) -> None:
    agreed, silent, open_ = appealed(studio, learn=True), appealed(studio), appealed(studio, learn=True)
    report = studio.report(GORE, "Paint.").case
    studio.review.decisions.decide(agreed, "overturned", REASON, "Ada")
    studio.review.decisions.decide(silent, "overturned", REASON, "Ada")
    studio.review.decisions.decide(report, "upheld", REASON, "Ada")
    rows = {row["case"]: row for row in labelled_cases(studio.audit)}
    assert {case: row["label"] for case, row in rows.items()} == {agreed: 0, report: 1}
    assert open_ not in rows
    assert (rows[agreed]["text"], rows[agreed]["codes"], rows[agreed]["mode"]) == ("gore", "P301", "general")
    assert set(FIELDS) < set(rows[agreed])
    studio.review.retention.erase(agreed)
    assert [row["case"] for row in labelled_cases(studio.audit)] == [report]


def test_the_shipped_retention_loads_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    assert load_retention(PRESETS).days.picture > 0
    (tmp_path / "retention.toml").write_text("[days]\nwords = -1\n")
    with pytest.raises(PresetError, match="retention.toml: days.words"):
        load_retention(tmp_path)
