"""Removing a picture: which near-copies go, what stays blocked, what is still to be deleted, and who is told what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from engines.testing import FakeEngine
from safety.audit.library_table import LibraryFilter
from safety.audit.notice_state import Removal
from safety.errors import RemovedPictureError, RequestError
from safety.generation import Delivered, EnlargeRequest, Export, GenerationRequest, Refused
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.marks.near_copy import MIN_QUALITY, describe
from safety.review.removals import Removals
from studio import Studio
from studio.handing_out import REMOVED_SINCE
from tests.fakes import fake_studio
from tests.fakes_marks import photograph
from tests.safety.review import test_notices
from tests.safety.review.conftest import REASON, SMALL, events
from tests.safety.review.test_notices import (
    PERSON,
    TOLD,
    KnowingExporter,
    Photographer,
    made,
    noticed,
    removed,
    sent,
    waiting,
)

OTHER = "cookie:" + "b" * 32
studio = test_notices.studio


class Painter(FakeEngine):
    """Makes one pale shape on a white ground, another one for each seed."""

    def generate(self, request: Any, seeds: Any, *arguments: Any, **options: Any) -> Any:
        generation = super().generate(request, seeds, *arguments, **options)
        pictures = tuple(replace(one, image=plain(one.seed)) for one in generation.pictures)
        return replace(generation, pictures=pictures)


def plain(seed: int) -> Image.Image:
    image = Image.new("RGB", (256, 256), "white")
    random = np.random.default_rng(seed)
    left, top = random.integers(20, 120, 2).tolist()
    draw = ImageDraw.Draw(image)
    shape = draw.ellipse if seed % 2 else draw.rectangle
    shape((left, top, left + 90, top + 90), fill=tuple(random.integers(215, 240, 3).tolist()))
    return image


class Varied(FakeEngine):
    """Makes the same photograph for each seed, the more out of true the larger the seed is."""

    def generate(self, request: Any, seeds: Any, *arguments: Any, **options: Any) -> Any:
        generation = super().generate(request, seeds, *arguments, **options)
        pictures = tuple(replace(one, image=varied(one.seed)) for one in generation.pictures)
        return replace(generation, pictures=pictures)


def varied(seed: int) -> Image.Image:
    other = photograph(99, 256, 256)
    return Image.blend(photograph(7, 256, 256), other, min(seed, 40) / 100)


@dataclass(frozen=True)
class Crashing(Removals):
    """Ends the process before the first file is deleted."""

    def finish(self) -> int:
        raise SystemExit


@pytest.fixture
def marking(tmp_path: Path) -> Iterator[Studio]:
    """A studio that draws plain pictures, and marks them as a real one does."""
    studio = fake_studio(tmp_path, Painter(), Exporter(Marks(tmp_path / "keys")))
    yield studio
    assert studio.audit.verify() == []
    studio.audit.close()


@pytest.fixture
def varying(place: str | Path, tmp_path: Path) -> Iterator[Studio]:
    studio = fake_studio(tmp_path, Varied(), KnowingExporter(), place=place)
    yield studio
    assert studio.audit.verify() == []
    studio.audit.close()


# ---- what is blocked ----


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_a_plain_picture_that_is_made_again_is_withheld_though_its_file_had_a_label(marking: Studio, seed: int) -> None:
    export = made(marking, seed)
    assert describe(plain(seed)).quality < MIN_QUALITY
    removed(marking, str(export.stamp))
    again = marking.create(GenerationRequest("a red apple", seed=seed, mode="art", **SMALL))
    assert isinstance(again, Refused)
    assert isinstance(marking.create(GenerationRequest("a red apple", seed=seed + 1, **SMALL)), Delivered)


def test_the_file_that_was_handed_out_is_blocked_as_well(marking: Studio, tmp_path: Path) -> None:
    export = made(marking, 2)
    file = export.path.read_bytes()
    removed(marking, str(export.stamp))
    with pytest.raises(RemovedPictureError):
        marking.mark(file, tmp_path / "marked.png")


def test_other_peoples_plain_pictures_stay(marking: Studio) -> None:
    export, others = made(marking, 0), [made(marking, seed, OTHER) for seed in range(1, 6)]
    case = removed(marking, str(export.stamp))
    assert marking.review.notice_decisions.case(case).state.pictures == 1
    assert all(other.path.exists() for other in others) and marking.review.notices.removed(OTHER) == []


def test_where_no_file_is_left_a_turned_copy_is_blocked_all_the_same(studio: Studio) -> None:
    export = made(studio)
    export.path.unlink()
    removed(studio, str(export.stamp))
    for turn in (ImageOps.mirror, lambda image: image.rotate(90), lambda image: image.rotate(180)):
        assert not studio.look(turn(photograph(7, 256, 256)), "general").allowed


def test_something_sent_that_is_not_the_picture_is_not_blocked_with_it(studio: Studio) -> None:
    """Nobody has seen it: the reviewer sees this studio's own file."""
    export, stranger = made(studio), photograph(55, 256, 256)
    record = studio.audit.find([str(export.stamp)], "")
    picture = test_notices.NotedPicture("file", record, stranger)
    studio.review.notices.submit(test_notices.NOTICE, picture)
    studio.review.notice_decisions.decide(waiting(studio), "removed", REASON, "Grace", TOLD)
    assert studio.look(stranger, "general").allowed and not studio.look(photograph(7, 256, 256), "general").allowed


def test_a_block_from_before_colours_were_kept_still_holds(studio: Studio) -> None:
    case = removed(studio, str(made(studio).stamp))
    poses = list(describe(photograph(5, 256, 256)).hashes)
    with studio.audit.write_transaction() as writer:
        writer.erase_content(case, "decision", "blocked")
        digest = writer.keep_content(case, "blocked", json.dumps({"poses": poses}))
        writer.append(case, "picture_seen", {"blocked": digest})
    assert not studio.look(ImageOps.mirror(photograph(5, 256, 256)), "general").allowed


# ---- what the reviewer chooses ----


def test_near_copies_are_listed_the_nearest_first_and_only_the_chosen_ones_go(varying: Studio) -> None:
    export = made(varying, 0)
    twin, near, far = made(varying, 0, OTHER), made(varying, 2, OTHER), made(varying, 40, OTHER)
    noticed(varying, str(export.stamp))
    decisions, case = varying.review.notice_decisions, waiting(varying)
    seen = decisions.case(case)
    assert [one.stamp for one in seen.copies][:2] == [str(export.stamp), str(twin.stamp)]
    assert seen.copies[0].own and seen.copies[1].certain
    assert str(far.stamp) not in {one.stamp for one in seen.copies}
    assert set(decisions.copy_pictures(seen)) == {one.stamp for one in seen.copies[1:]}
    decisions.decide(case, "removed", REASON, "Grace", TOLD, copies=[str(near.stamp), "f" * 16])
    assert not export.path.exists() and not near.path.exists() and twin.path.exists()
    # What was not chosen stays, and is blocked from being made again.
    assert isinstance(varying.create(GenerationRequest("a red apple", seed=0, **SMALL)), Refused)


def test_near_copies_that_stayed_can_be_removed_later(varying: Studio) -> None:
    export, twin = made(varying, 0), made(varying, 0, OTHER)
    noticed(varying, str(export.stamp))
    decisions, case = varying.review.notice_decisions, waiting(varying)
    with pytest.raises(RequestError, match="removed nothing"):
        decisions.remove_copies(case, [str(twin.stamp)], "Grace")
    decisions.decide(case, "removed", REASON, "Grace", TOLD, copies=[])
    (left,) = decisions.case(case).copies
    assert left.stamp == str(twin.stamp) and twin.path.exists()
    with pytest.raises(RequestError, match="No near-copy"):
        decisions.remove_copies(case, [], "Grace")
    assert decisions.remove_copies(case, [str(twin.stamp)], "Grace").pictures == 1
    assert not twin.path.exists() and decisions.case(case).state.pictures == 2
    assert decisions.case(case).copies == []


def test_the_maker_of_a_near_copy_is_told_that_it_was_one(varying: Studio) -> None:
    export, twin = made(varying, 0), made(varying, 0, OTHER)
    removed(varying, str(export.stamp))
    (own,), (near,) = varying.review.notices.removed(PERSON), varying.review.notices.removed(OTHER)
    assert (own.stamp, own.near, near.stamp, near.near) == (str(export.stamp), False, str(twin.stamp), True)


# ---- what cannot be deleted ----


def test_a_file_that_cannot_be_deleted_undoes_nothing_and_is_tried_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    export, unlink = made(studio), Path.unlink

    def fails(path: Path, missing_ok: bool = False) -> None:
        if path == export.path:
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok)

    noticed(studio, str(export.stamp))
    case, decisions = waiting(studio), studio.review.notice_decisions
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", fails)
        done = decisions.decide(case, "removed", REASON, "Grace", TOLD)
        assert (done.pictures, done.undeleted) == (1, 1)
        assert decisions.case(case).state.state == "removed" and decisions.case(case).undeleted == 1
        assert decisions.figures().undeleted == 1
        studio.purge()
        assert export.path.exists() and studio.review.removals.pending() == 1
        # Handed out no more, though its file is still there.
        with pytest.raises(RequestError, match="removed here"):
            studio.file_of(export)
        with pytest.raises(RequestError, match="removed here"):
            studio.in_format(export.path.parent.name, export, "png", export.path.parent)
        with pytest.raises(RequestError, match="removed here"):
            studio.enlarge(EnlargeRequest(str(export.stamp)), person=PERSON)
        with pytest.raises(RequestError, match="no picture of the case"):
            studio.reveal_file(export.path.parent.name)
        assert not studio.look(photograph(7, 256, 256), "general").allowed
    studio.resume()
    assert not export.path.exists() and studio.review.removals.pending() == 0
    assert decisions.case(case).undeleted == 0


def test_a_crash_between_decision_and_deletion_is_made_up_for_at_the_next_start(studio: Studio) -> None:
    export = made(studio)
    noticed(studio, str(export.stamp))
    crashed = replace(studio.review.notice_decisions, removals=Crashing(**vars(studio.review.removals)))
    with pytest.raises(SystemExit):
        crashed.decide(waiting(studio), "removed", REASON, "Grace", TOLD)
    assert export.path.exists()
    studio.resume()
    assert not export.path.exists()


def test_a_copy_elsewhere_that_cannot_be_deleted_is_tried_again(studio: Studio) -> None:
    seen: list[tuple[str, ...]] = []

    def hook(stamps: Any) -> None:
        seen.append(tuple(stamps))
        if len(seen) == 1:
            raise OSError(13, "Permission denied")

    studio.review.removals.when_removed.append(hook)
    export = made(studio)
    removed(studio, str(export.stamp))
    assert studio.review.removals.pending() == 1
    studio.purge()
    assert studio.review.removals.pending() == 0 and set(seen) == {(str(export.stamp),)}


# ---- what another process removes ----


def test_a_server_drops_its_copies_of_what_the_command_line_removed(studio: Studio, place: str | Path) -> None:
    export, dropped = made(studio), list[str]()
    studio.review.removals.when_removed.append(dropped.extend)
    beside = fake_studio(studio.outputs.parent, Photographer(), KnowingExporter(), place=place)
    assert studio.review.removals.removed([str(export.stamp)]) == set()
    removed(beside, str(export.stamp))
    assert studio.review.removals.removed([str(export.stamp), "0" * 16]) == {str(export.stamp)}
    assert not studio.look(photograph(7, 256, 256), "general").allowed
    assert dropped == []
    studio.purge()
    assert dropped == [str(export.stamp)]
    beside.audit.close()


# ---- between judging and handing out ----


@dataclass
class Slow(KnowingExporter):
    """Takes so long that somebody removes a picture meanwhile."""

    meanwhile: Any = None

    def export(self, image: Image.Image, *arguments: Any) -> Export:
        export = super().export(image, *arguments)
        if self.meanwhile:
            work, self.meanwhile = self.meanwhile, None
            work()
        return export


@pytest.fixture
def slow(place: str | Path, tmp_path: Path) -> Iterator[Studio]:
    studio = fake_studio(tmp_path, Photographer(), Slow(), place=place)
    yield studio
    assert studio.audit.verify() == []
    studio.audit.close()


def while_exporting(studio: Studio, stamp: str) -> None:
    assert isinstance(studio.exporter, Slow)
    studio.exporter.meanwhile = lambda: removed(studio, stamp)


def test_a_near_copy_that_was_judged_before_the_removal_is_withheld_after_it(slow: Studio) -> None:
    stamp = str(made(slow).stamp)
    while_exporting(slow, stamp)
    outcome = slow.create(GenerationRequest("a red apple", seed=7, **SMALL), person=OTHER)
    assert isinstance(outcome, Refused) and outcome.decision.verdict.name == "BLOCK"
    rows = events(slow, outcome.case)
    assert REMOVED_SINCE in rows and "exported" not in rows and rows.count("judged") == 3
    assert list((slow.outputs / outcome.case).glob("*.png")) == []
    assert slow.library.page(OTHER, LibraryFilter(), 0, 9).total == 0


def test_a_policy_that_allows_near_copies_ends_in_an_error_and_not_in_drawing_for_ever(slow: Studio) -> None:
    # As where an operator's own policy knows no limit for them.
    vars(slow)["picture_checks"] = slow.checks.picture
    removed(slow, str(made(slow).stamp))
    with pytest.raises(RemovedPictureError):
        made(slow)
    assert [path for path in slow.outputs.rglob("*.png")] == []


def test_so_is_one_that_is_marked_or_enlarged(slow: Studio, tmp_path: Path) -> None:
    stamp, other = str(made(slow).stamp), made(slow, 8)
    while_exporting(slow, stamp)
    with pytest.raises(RemovedPictureError):
        slow.mark(photograph(7, 256, 256), tmp_path / "marked.png")
    assert not (tmp_path / "marked.png").exists()
    while_exporting(slow, str(other.stamp))
    enlarged = slow.enlarge(EnlargeRequest(str(other.stamp), 2, "a red apple"), person=PERSON)
    assert enlarged.result.export is None and enlarged.result.decision.verdict.name == "BLOCK"


def test_what_is_removed_before_it_comes_to_a_library_stays_out_and_its_maker_is_told(studio: Studio) -> None:
    outcome = studio.create(GenerationRequest("a red apple", seed=7, **SMALL))
    assert isinstance(outcome, Delivered) and outcome.pictures[0].export
    stamp = str(outcome.pictures[0].export.stamp)
    removed(studio, stamp)
    studio.library.record(PERSON, outcome)
    assert studio.library.entries(PERSON, [stamp]) == []
    assert [one.stamp for one in studio.review.notices.removed(PERSON)] == [stamp]


# ---- makers ----

TEXT = "It is a fantasy figure, and nobody else."


def test_each_maker_answers_once_and_learns_what_was_decided_on_their_own_answer(varying: Studio) -> None:
    first, second = str(made(varying, 0).stamp), str(made(varying, 0, OTHER).stamp)
    case, notices, decisions = removed(varying, first), varying.review.notices, varying.review.notice_decisions
    notices.answer(PERSON, first, TEXT)
    assert [one.state for one in (*notices.removed(PERSON), *notices.removed(OTHER))] == ["contested", "removed"]
    decisions.decide_answer(case, "upheld", "It is the person, clearly.", "Grace")
    (other,) = notices.removed(OTHER)
    assert (other.state, other.answer_reason) == ("removed", "")
    notices.answer(OTHER, second, f"{TEXT} Mine.")
    assert decisions.case(case).state.state == "contested" and len(decisions.queue("contested")) == 1
    for person, stamp in ((PERSON, first), (OTHER, second)):
        with pytest.raises(RequestError, match="answered already"):
            notices.answer(person, stamp, TEXT)
    decisions.decide_answer(case, "upheld", "This one shows the person, too.", "Grace")
    told = [*notices.removed(PERSON), *notices.removed(OTHER)]
    assert [one.answer_reason for one in told] == ["It is the person, clearly.", "This one shows the person, too."]
    assert [one["text"] for one in decisions.case(case).answers] == [TEXT, f"{TEXT} Mine."]


def test_two_answers_that_wait_are_decided_together(varying: Studio) -> None:
    first, second = str(made(varying, 0).stamp), str(made(varying, 0, OTHER).stamp)
    case = removed(varying, first)
    varying.review.notices.answer(PERSON, first, TEXT)
    varying.review.notices.answer(OTHER, second, TEXT)
    varying.review.notice_decisions.decide_answer(case, "upheld", REASON, "Grace")
    told = [*varying.review.notices.removed(PERSON), *varying.review.notices.removed(OTHER)]
    assert {(one.state, one.answer_reason) for one in told} == {("upheld", REASON)}


def test_an_answer_is_decided_on_where_nothing_is_blocked_too(studio: Studio) -> None:
    stamp = str(made(studio).stamp)
    case = removed(studio, stamp)
    with studio.audit.write_transaction() as writer:
        writer.erase_content(case, "retention", "blocked")
    studio.review.notices.answer(PERSON, stamp, TEXT)
    studio.review.notice_decisions.decide_answer(case, "lifted", REASON, "Grace")
    assert studio.review.notices.removed(PERSON)[0].answer_reason == REASON
    with pytest.raises(RequestError, match="Nothing is blocked"):
        studio.review.notice_decisions.decide_answer(case, "lifted", REASON, "Grace")


# ---- what is said of a block ----


def test_a_block_that_had_its_days_is_said_to_be_over(studio: Studio) -> None:
    stamp = str(made(studio).stamp)
    receipt = noticed(studio, stamp).receipt
    studio.review.notice_decisions.decide(waiting(studio), "removed", REASON, "Grace", TOLD)
    assert studio.review.notices.status(receipt).blocks and studio.review.notices.removed(PERSON)[0].blocks
    retention = studio.review.retention
    days = retention.days.model_copy(update={"blocked": 30})
    replace(retention, days=days).purge(datetime.now(UTC) + timedelta(days=31))
    assert not studio.review.notices.status(receipt).blocks and not studio.review.notices.removed(PERSON)[0].blocks
    assert studio.look(photograph(7, 256, 256), "general").allowed


def test_lifting_one_of_two_blocks_lifts_its_own_and_says_that_the_other_holds(studio: Studio) -> None:
    stamp = str(made(studio).stamp)
    first = noticed(studio, stamp).receipt
    second = noticed(studio, stamp, "192.0.2.8").receipt
    one, other = [queued.case_id for queued in studio.review.notice_decisions.queue()]
    for case in (one, other):
        studio.review.notice_decisions.decide(case, "removed", REASON, "Grace", TOLD)
    studio.review.notice_decisions.decide_answer(one, "lifted", REASON, "Grace")
    assert not studio.look(photograph(7, 256, 256), "general").allowed
    assert studio.review.notice_decisions.case(one).blocked
    statuses = {each.state: each for each in map(studio.review.notices.status, (first, second))}
    assert statuses["lifted"].blocks and statuses["removed"].blocks
    (told,) = studio.review.notices.removed(PERSON)
    assert (told.state, told.blocks) == ("lifted", True)
    studio.review.notice_decisions.decide_answer(other, "lifted", REASON, "Grace")
    assert studio.look(photograph(7, 256, 256), "general").allowed
    assert not any(studio.review.notices.status(each).blocks for each in (first, second))


def test_a_second_notice_about_a_removed_picture_says_so_to_both_sides(studio: Studio) -> None:
    stamp = str(made(studio).stamp)
    first = removed(studio, stamp)
    receipt = noticed(studio, stamp).receipt
    case = waiting(studio)
    earlier = studio.review.notice_decisions.case(case).earlier
    assert isinstance(earlier, Removal) and earlier.notice == first
    assert studio.review.notice_decisions.decide(case, "removed", REASON, "Grace", TOLD).pictures == 0
    status = studio.review.notices.status(receipt)
    assert (status.state, status.earlier) == ("removed", earlier.time) and status.blocks


def test_verify_says_that_a_picture_was_removed_and_why_its_credentials_are_gone(marking: Studio) -> None:
    export = made(marking, 1)
    file = export.path.read_bytes()
    assert "removed" not in marking.verify(file).summary
    removed(marking, str(export.stamp))
    seen = marking.verify(file)
    assert "It was removed here on" in seen.summary and seen.as_json()["layers"]["registry"]["removed"]
    with pytest.raises(RequestError, match="removed here after a notice"):
        marking.kept_credentials(str(export.stamp))


def test_a_picture_from_elsewhere_keeps_its_block_when_what_was_sent_is_deleted(studio: Studio) -> None:
    receipt = sent(studio, photograph(5, 256, 256)).receipt
    case = waiting(studio)
    studio.review.notice_decisions.decide(case, "removed", REASON, "Grace", TOLD)
    studio.review.retention.erase(case)
    assert studio.review.notices.status(receipt).blocks
    assert not studio.look(photograph(5, 256, 256), "general").allowed
