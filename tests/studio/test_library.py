"""The library of each person: what goes in, who sees it, and what goes again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from safety.audit.library_table import LibraryFilter
from safety.errors import RequestError
from safety.generation import Delivered, EnlargeRequest, GenerationRequest
from studio import Studio
from studio.library import OWNER
from tests.fakes import fake_studio

ADA, EVE = "cookie:ada", "cookie:eve"
ALL = LibraryFilter()


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return fake_studio(tmp_path)


def make(studio: Studio, person: str = ADA, prompt: str = "a red apple", **settings: Any) -> Delivered:
    outcome = studio.create(GenerationRequest(prompt, **settings), person=person)
    assert isinstance(outcome, Delivered)
    return outcome


def only(studio: Studio, person: str = ADA) -> Any:
    (entry,) = studio.library.page(person, ALL, 0, 10).entries
    return entry


def test_what_is_made_stands_in_its_persons_library_and_in_no_other(studio: Studio) -> None:
    outcome = make(studio, seed=7)
    entry = only(studio)
    assert outcome.pictures[0].export and entry.stamp == str(outcome.pictures[0].export.stamp)
    assert (entry.case_id, entry.seed, entry.mode, entry.engine) == (outcome.case, "7", "general", "pocket")
    assert studio.library.file(entry) == outcome.pictures[0].export.path.read_bytes()
    assert studio.library.page(EVE, ALL, 0, 10).entries == ()
    assert studio.library.page("", ALL, 0, 10).entries == ()


def test_nobodys_pictures_stand_nowhere(studio: Studio) -> None:
    make(studio, person="")
    assert studio.library.page("", ALL, 0, 10).total == 0


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda library, stamp: library.entries(EVE, [stamp]), id="entries"),
        pytest.param(lambda library, stamp: library.favour(EVE, [stamp], True), id="favourite"),
        pytest.param(lambda library, stamp: library.move(EVE, [stamp], "mine"), id="folder"),
        pytest.param(lambda library, stamp: library.delete(EVE, [stamp]), id="delete"),
        pytest.param(lambda library, stamp: library.delete("", [stamp]), id="nobody deletes"),
    ],
)
def test_another_persons_stamp_reaches_nothing(studio: Studio, call: Any) -> None:
    make(studio)
    before = only(studio)
    assert not call(studio.library, before.stamp)
    assert only(studio) == before and (studio.outputs / before.path).is_file()


@pytest.mark.parametrize("call", ["entry", "reveal"])
def test_another_persons_picture_is_not_there(studio: Studio, call: str) -> None:
    make(studio)
    with pytest.raises(RequestError, match="not in your library"):
        getattr(studio.library, call)(EVE, only(studio).stamp)


def test_words_are_kept_only_where_the_person_says_so_and_go_with_that(studio: Studio) -> None:
    make(studio)
    assert "apple" not in str(only(studio))
    studio.library.keep_prompts(ADA, True)
    make(studio, prompt="a blue lake")
    make(studio, person=EVE, prompt="a green lake")
    (found,) = studio.library.page(ADA, LibraryFilter(words="LAKE blue"), 0, 10).entries
    assert found.prompt == "a blue lake" and studio.library.wish(found)["prompt"] == "a blue lake"
    assert studio.library.page(EVE, LibraryFilter(words="lake"), 0, 10).total == 0
    studio.library.keep_prompts(ADA, False)
    assert studio.library.page(ADA, LibraryFilter(words="lake"), 0, 10).total == 0
    assert studio.library.page(ADA, ALL, 0, 10).total == 2


def test_the_operators_choice_keeps_words_for_all(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path, keep_prompts=True)
    make(studio)
    assert only(studio).prompt == "a red apple"


@pytest.mark.parametrize(
    ("days", "chosen", "kept"),
    [pytest.param(31, False, "", id="operator's, after its days"), pytest.param(29, False, "a red apple", id="before"),
     pytest.param(4000, True, "a red apple", id="one's own, for ever")],
)  # fmt: skip
def test_words_go_when_retention_says_so(tmp_path: Path, days: int, chosen: bool, kept: str) -> None:
    studio = fake_studio(tmp_path, keep_prompts=not chosen)
    studio.library.keep_prompts(ADA, chosen)
    make(studio)
    studio.review.retention.purge(datetime.now(UTC) + timedelta(days=days))
    assert only(studio).prompt == kept


@pytest.mark.parametrize(
    ("person", "may"),
    [pytest.param(ADA, True, id="her own"), pytest.param(EVE, False, id="another's"),
     pytest.param("", False, id="nobody"), pytest.param(OWNER, True, id="the machine's owner")],
)  # fmt: skip
def test_a_picture_is_enlarged_for_its_own_person_only(studio: Studio, person: str, may: bool) -> None:
    make(studio)
    asked = EnlargeRequest(only(studio).stamp, 2)
    if not may:
        with pytest.raises(RequestError, match="not in your library"):
            studio.enlarge(asked, person=person)
        return
    made = studio.enlarge(asked, person=person)
    assert made.result.export
    assert studio.library.entry(person, str(made.result.export.stamp)).width == 1024


@pytest.mark.parametrize("prompt", ["a red apple", "a guess at her words"])
@pytest.mark.parametrize("times", [2, 3, 4])
def test_an_error_tells_nothing_of_another_persons_picture(studio: Studio, prompt: str, times: int) -> None:
    make(studio, prompt="a shock")
    with pytest.raises(RequestError, match="not in your library"):
        studio.enlarge(EnlargeRequest(only(studio).stamp, times, prompt), person=EVE)


@pytest.mark.parametrize(
    ("person", "may"),
    [pytest.param(ADA, True, id="her own"), pytest.param(EVE, False, id="another's"),
     pytest.param("", False, id="nobody"), pytest.param(OWNER, True, id="the machine's owner")],
)  # fmt: skip
@pytest.mark.parametrize("call", ["appeal_status", "collect"])
def test_a_case_that_a_picture_names_is_its_own_persons(studio: Studio, call: str, person: str, may: bool) -> None:
    case = make(studio).case
    # Nothing waits to be collected here: her own sentence says so.
    expected = "not yours" if not may else "no picture to collect"
    if may and call == "appeal_status":
        assert studio.appeal_status(case, person=person).outcome == ""
        return
    with pytest.raises(RequestError, match=expected):
        getattr(studio, call)(case, person=person)


def test_every_kind_of_database_keeps_a_library(tmp_path: Path, place: str | Path) -> None:
    studio = fake_studio(tmp_path, place=place)
    studio.library.keep_prompts(ADA, True)
    make(studio, prompt="a Blue lake", seed=2**31)
    entry = studio.library.page(ADA, LibraryFilter(words="blue", day=only(studio).time[:10]), 0, 10).entries[0]
    studio.library.favour(ADA, [entry.stamp], True)
    studio.library.unveil(entry.stamp)
    assert only(studio).favourite and studio.library.facets(ADA)["mode"] == ["general"]
    studio.review.retention.purge(datetime.now(UTC) + timedelta(days=1))
    studio.library.keep_prompts(ADA, False)
    assert studio.library.delete(ADA, [entry.stamp]) == 1 and studio.verify_audit() == []
    studio.audit.close()


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(LibraryFilter(mode="art"), id="mode"),
        pytest.param(LibraryFilter(favourite=True), id="favourite"),
        pytest.param(LibraryFilter(folder="Lakes"), id="folder"),
        pytest.param(LibraryFilter(mode="art", engine="pocket", verdict="ALLOW"), id="several"),
    ],
)
def test_filters_find_one_of_two(studio: Studio, wanted: LibraryFilter) -> None:
    make(studio)
    make(studio, mode="art")
    art = studio.library.page(ADA, LibraryFilter(mode="art"), 0, 10).entries[0]
    studio.library.favour(ADA, [art.stamp], True)
    studio.library.move(ADA, [art.stamp], "  Lakes ")
    assert [entry.stamp for entry in studio.library.page(ADA, wanted, 0, 10).entries] == [art.stamp]
    facets = studio.library.facets(ADA)
    assert facets["mode"] == ["art", "general"] and facets["folder"] == ["Lakes"] and len(facets["day"]) == 1


def test_deleting_takes_file_and_words_and_the_chain_stays_whole(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path, keep_prompts=True)
    outcome = make(studio, prompt="a Rumpelstiltskin", count=2)
    first, second = studio.library.page(ADA, ALL, 0, 10).entries
    assert studio.library.delete(ADA, [first.stamp]) == 1
    assert studio.show_case(outcome.case)[-1]["event"] == "deleted"
    assert (studio.outputs / second.path).is_file() and not (studio.outputs / first.path).exists()
    assert "Rumpelstiltskin" in json.dumps(studio.show_case(outcome.case))
    assert studio.library.delete(ADA, [first.stamp, second.stamp]) == 1
    assert "Rumpelstiltskin" not in json.dumps(studio.show_case(outcome.case))
    assert not list(studio.outputs.iterdir()) and studio.verify_audit() == []
    assert studio.audit.find([second.stamp], "") is not None


def test_an_erased_case_is_in_no_library(studio: Studio) -> None:
    outcome = make(studio)
    assert studio.personal_data([outcome.case])[0]["library"][0]["mode"] == "general"
    assert "library" in studio.erase(outcome.case)
    assert studio.library.page(ADA, ALL, 0, 10).total == 0


def test_a_deleted_file_and_a_changed_one_are_told_in_one_sentence(studio: Studio) -> None:
    make(studio)
    entry = only(studio)
    (studio.outputs / entry.path).write_bytes(b"something else")
    with pytest.raises(RequestError, match="not the one that was made here"):
        studio.library.file(entry)
    (studio.outputs / entry.path).unlink()
    with pytest.raises(RequestError, match="is gone"):
        studio.library.file(entry)
    assert studio.library.delete(ADA, [entry.stamp]) == 1


def test_a_moved_home_keeps_its_library(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path / "old")
    make(studio)
    studio.audit.close()
    (tmp_path / "old").rename(tmp_path / "new")
    moved = fake_studio(tmp_path / "new")
    assert moved.library.file(only(moved))


def test_a_veiled_picture_stays_veiled_until_revealed(studio: Studio) -> None:
    outcome = make(studio, prompt="a shock")
    entry = only(studio)
    assert entry.verdict == "WARN" and entry.veiled
    assert not studio.library.reveal(ADA, entry.stamp).veiled and not only(studio).veiled
    assert studio.show_case(outcome.case)[-1]["event"] == "revealed"
