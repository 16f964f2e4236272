"""What is kept, for how long, how one person gets it or has it deleted; and decided cases as labelled rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from safety.errors import LimitError, PresetError, RequestError
from safety.generation import Delivered, GenerationRequest
from safety.review.auth import ReviewerAuth, checked_password
from safety.review.labelled_cases import FIELDS, labelled
from safety.review.personal_data import personal
from safety.review.retention import load_retention
from studio import Studio
from tests.fakes import PRESETS, limits
from tests.safety.review.conftest import GORE, REASON, SMALL, SPOILT, appealed, events, refused

LATER = datetime.now(UTC) + timedelta(days=31)
PASSWORD = "a long enough password"


def kept(studio: Studio) -> set[tuple[str, str]]:
    with studio.audit.reading() as reader:
        return {(case, kind) for case, kind, _ in reader.all_kept()}


def test_pictures_go_after_their_days_and_words_after_theirs(studio: Studio) -> None:
    case = appealed(studio, SPOILT)
    assert studio.review.keeper.tidy() == 0
    assert kept(studio) == {(case, "appeal"), (case, "picture")}
    assert studio.review.keeper.tidy(LATER) == 1
    assert kept(studio) == {(case, "appeal")}
    assert studio.review.keeper.tidy(LATER + timedelta(days=60)) == 1
    assert kept(studio) == set()
    assert [row["facts"].get("by") for row in studio.audit.show(case)][-2:] == ["retention", "retention"]
    assert studio.review.desk.answer(case).outcome == "expired"
    assert studio.review.bench.queue() == []
    assert studio.audit.verify() == []


def test_one_case_can_be_erased_and_the_chain_still_holds(studio: Studio) -> None:
    case = appealed(studio, remark="My name is in here.")
    studio.review.bench.decide(case, "overturned", REASON, "Ada")
    made = studio.create(GORE, client="192.0.2.1")
    assert isinstance(made, Delivered)
    assert studio.review.keeper.erase(case) == ["appeal", "review"]
    gone = studio.review.keeper.erase(made.case)
    assert gone == ["client", made.pictures[0].export.path.name]  # type: ignore[union-attr]
    assert kept(studio) == set() and not list(studio.outputs.iterdir())
    assert events(studio, case)[-1] == "erased"
    with pytest.raises(RequestError, match="no case"):
        studio.review.keeper.erase("f" * 12)


def test_erased_words_are_not_in_the_files(tmp_path: Path) -> None:
    from tests.fakes import fake_studio

    studio = fake_studio(tmp_path)
    case = appealed(studio, remark="Rumpelstiltskin")

    def on_disk() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.glob("audit.sqlite3*"))

    assert b"Rumpelstiltskin" in on_disk()
    studio.review.keeper.erase(case)
    assert b"Rumpelstiltskin" not in on_disk()
    studio.audit.close()


def test_a_person_gets_all_that_is_kept_of_them(studio: Studio) -> None:
    mine = studio.create(GORE, client="192.0.2.1")
    studio.create(GORE, client="192.0.2.2")
    found = personal(studio.audit, client="192.0.2.1")
    assert [one["case"] for one in found] == [mine.case]
    case = appealed(studio, SPOILT, remark="Mine.")
    (one,) = personal(studio.audit, cases=[case])
    assert one["kept"]["appeal"]["remark"] == "Mine."
    assert one["kept"]["picture"]["pictures"][0]["png"]
    assert one["rows"][0]["event"] == "opened"
    with pytest.raises(RequestError, match="no case"):
        personal(studio.audit, cases=["f" * 12])
    studio.review.keeper.tidy(LATER)
    assert personal(studio.audit, client="192.0.2.1") == []


def test_only_decided_cases_whose_person_agreed_become_rows(studio: Studio) -> None:
    agreed, silent, open_ = appealed(studio, learn=True), appealed(studio), appealed(studio, learn=True)
    report = studio.report(GORE, "Paint.").case
    studio.review.bench.decide(agreed, "overturned", REASON, "Ada")
    studio.review.bench.decide(silent, "overturned", REASON, "Ada")
    studio.review.bench.decide(report, "upheld", REASON, "Ada")
    rows = {row["case"]: row for row in labelled(studio.audit)}
    assert {case: row["label"] for case, row in rows.items()} == {agreed: 0, report: 1}
    assert open_ not in rows
    assert (rows[agreed]["text"], rows[agreed]["codes"], rows[agreed]["mode"]) == ("gore", "P301", "general")
    assert set(FIELDS) < set(rows[agreed])
    studio.review.keeper.erase(agreed)
    assert [row["case"] for row in labelled(studio.audit)] == [report]


def test_the_shipped_retention_loads_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    assert load_retention(PRESETS).days.picture > 0
    (tmp_path / "retention.toml").write_text("[days]\nwords = -1\n")
    with pytest.raises(PresetError, match="retention.toml: days.words"):
        load_retention(tmp_path)


def roles(studio: Studio, **more: object) -> ReviewerAuth:
    object.__setattr__(studio.review.gate, "limits", limits(login={"tries": 2, "within_minutes": 15}))
    return ReviewerAuth(studio.review.gate, **more)  # type: ignore[arg-type]


def test_nobody_reviews_where_nothing_is_set(studio: Studio) -> None:
    nobody = roles(studio)
    assert not nobody.open
    with pytest.raises(RequestError, match="not the password"):
        nobody.login("", "Ada", "192.0.2.1")
    assert nobody.who("") == nobody.named("") == nobody.named("ada") == ""


def test_a_password_gives_a_token_that_ends(studio: Studio) -> None:
    at = [0.0]
    some = roles(studio, password=PASSWORD, clock=lambda: at[0])
    token = some.login(PASSWORD, "  Ada\n L. ", "192.0.2.1")
    assert some.who(token) == "Ada L."
    assert some.who(token[:-1]) == some.who("") == ""
    at[0] = 9 * 3600
    assert some.who(token) == ""
    token = some.login(PASSWORD, "", "192.0.2.1")
    some.logout(token)
    assert some.who(token) == ""


def test_wrong_passwords_lock_even_the_right_one_out(studio: Studio) -> None:
    some = roles(studio, password=PASSWORD)
    for _ in range(2):
        with pytest.raises(RequestError):
            some.login("wrong", "Ada", "192.0.2.1")
    with pytest.raises(LimitError):
        some.login(PASSWORD, "Ada", "192.0.2.1")
    assert some.login(PASSWORD, "Ada", "192.0.2.2")


def test_many_addresses_are_one_guesser(studio: Studio) -> None:
    some = roles(studio, password=PASSWORD)
    for number in range(20):
        with pytest.raises(RequestError):
            some.login("wrong", "", f"192.0.2.{number}")
    with pytest.raises(LimitError):
        some.login(PASSWORD, "", "198.51.100.1")


def test_a_short_password_stops_the_start() -> None:
    assert checked_password("") == "" and checked_password(PASSWORD) == PASSWORD
    with pytest.raises(PresetError, match="too short"):
        checked_password("hunter2")


def test_only_listed_names_review(studio: Studio) -> None:
    some = roles(studio, allowed=("ada",))
    assert some.open and some.named("ada") == "ada" and some.named("Ada") == some.named("bob") == ""


def test_a_prompt_that_nobody_refused_is_unknown_here(studio: Studio) -> None:
    assert refused(studio) not in {one.case_id for one in studio.review.bench.queue()}
    assert isinstance(studio.create(GenerationRequest("a red apple", **SMALL)), Delivered)
