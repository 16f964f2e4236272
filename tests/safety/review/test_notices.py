"""A notice by somebody who is depicted: what it needs, the clock, what removing removes, and who learns what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from engines.testing import FakeEngine
from safety.audit.hash_chain import GENESIS_HASH, Entry, Keys
from safety.audit.notice_state import STATES, read_notice_state
from safety.errors import AuditError, LimitError, PresetError, RequestError
from safety.generation import Delivered, Export, GenerationRequest, Refused
from safety.marks.colour_layout import colour_layout
from safety.marks.near_copy import describe
from safety.marks.similarity import fingerprint
from safety.records import UNCHECKED
from safety.review.notices import NotedPicture, NoticeRequest, SentNotice
from safety.review.retention import load_retention
from studio import Studio
from tests.fakes import PRESETS, SECRET, PlainExporter, fake_studio
from tests.fakes_marks import photograph
from tests.safety.review.conftest import REASON, SMALL, events

PERSON, CLIENT = "cookie:" + "a" * 32, "192.0.2.7"
TOLD = "A person who is depicted has asked for it."
NOTICE = NoticeRequest("intimate", "It shows me, without clothes, and I never agreed to it.", "Ada", "ada@example.org")
NOTICE = replace(NOTICE, good_faith=True)


class Photographer(FakeEngine):
    """Makes pictures with as much structure as photographs have, another one for each seed."""

    def generate(self, request: Any, seeds: Any, *arguments: Any, **options: Any) -> Any:
        generation = super().generate(request, seeds, *arguments, **options)
        pictures = tuple(replace(one, image=photograph(one.seed, 256, 256)) for one in generation.pictures)
        return replace(generation, pictures=pictures)


class KnowingExporter(PlainExporter):
    """Puts on record what a picture is known by, as the real one does."""

    def export(self, image: Image.Image, *arguments: Any) -> Export:
        image = image.convert("RGB")
        known = replace(fingerprint(image), layout=colour_layout(image))
        return replace(super().export(image, *arguments), fingerprint=known, descriptor=describe(image))


@pytest.fixture
def studio(place: str | Path, tmp_path: Path) -> Iterator[Studio]:
    studio = fake_studio(tmp_path, Photographer(), KnowingExporter(), place=place)
    yield studio
    assert studio.audit.verify() == []
    studio.audit.close()


def made(studio: Studio, seed: int = 7, person: str = PERSON) -> Export:
    outcome = studio.create(GenerationRequest("a red apple", seed=seed, **SMALL), person=person)
    assert isinstance(outcome, Delivered) and outcome.pictures[0].export
    return outcome.pictures[0].export


def noticed(studio: Studio, stamp: str = "", client: str = "", **more: Any) -> SentNotice:
    request = replace(NOTICE, **{"stamp": stamp, **more})
    studio.review.notices.require_complete(request)
    return studio.review.notices.submit(request, studio.review.notices.named_picture(request), client)


def sent(studio: Studio, image: Image.Image, keep: bool = True) -> SentNotice:
    return studio.review.notices.submit(NOTICE, NotedPicture("file", None, image, keep))


def waiting(studio: Studio) -> str:
    return studio.review.notice_decisions.queue()[-1].case_id


def removed(studio: Studio, stamp: str) -> str:
    noticed(studio, stamp)
    case = waiting(studio)
    studio.review.notice_decisions.decide(case, "removed", REASON, "Grace", TOLD)
    return case


def at(studio: Studio, now: datetime) -> Studio:
    """Returns the studio at another time."""
    review = studio.review
    notices = replace(review.notices, now=lambda: now)
    decisions = replace(review.notice_decisions, now=lambda: now)
    return replace(studio, review=replace(review, notices=notices, notice_decisions=decisions))


# ---- what is sent ----


@pytest.mark.parametrize(
    ("lacks", "field"),
    [
        ({"reason": "ugly"}, "reason"),
        ({"stamp": ""}, "picture"),
        ({"stamp": "xyz"}, "stamp"),
        ({"stamp": "", "link": "https://example.org/cat.png"}, "link"),
        ({"statement": "Mine."}, "statement"),
        ({"statement": "x" * 4001}, "statement"),
        ({"name": " "}, "name"),
        ({"contact": ""}, "contact"),
        ({"contact": "x" * 301}, "contact"),
        ({"good_faith": False}, "good_faith"),
    ],
)
def test_a_notice_that_lacks_something_names_it_and_leaves_no_row(studio: Studio, lacks: Any, field: str) -> None:
    with pytest.raises(RequestError) as error:
        noticed(studio, **{"stamp": "0" * 16, **lacks})
    assert error.value.setting == field and error.value.advice
    assert studio.audit.end()[0] == 0


def test_where_a_minor_is_shown_nobody_has_to_say_who_they_are(studio: Studio) -> None:
    assert noticed(studio, "0" * 16, reason="minor", name="", contact="").status.state == "waiting"


def test_a_receipt_shows_how_it_went_however_it_is_written_down(studio: Studio) -> None:
    receipt = noticed(studio, str(made(studio).stamp)).receipt
    for written in (receipt, receipt.lower(), receipt.replace("-", " "), receipt.replace("0", "O").replace("1", "l")):
        assert studio.review.notices.status(written).state == "waiting"
    for wrong in ("", "0" * 20, receipt[:-1], waiting(studio)):
        with pytest.raises(RequestError, match="no notice"):
            studio.review.notices.status(wrong)


def test_a_link_and_a_stamp_find_the_picture_and_a_link_is_never_fetched(studio: Studio) -> None:
    export = made(studio)
    noticed(studio, link=f"http://here/gradio_api/file=/tmp/{export.path.name}?until=1")
    noticed(studio, str(export.stamp).upper())
    targets = {(one.target, one.stamp) for one in studio.review.notice_decisions.queue()}
    assert targets == {(export.path.parent.name, str(export.stamp))}


def test_no_word_and_no_picture_of_a_notice_is_in_the_chain(studio: Studio) -> None:
    receipt = sent(studio, photograph(3, 256, 256)).receipt
    with studio.audit.read_transaction() as reader:
        rows = " ".join(entry.facts for entry in reader.entries())
    assert "Ada" not in rows and "example.org" not in rows and receipt not in rows and "clothes" not in rows
    assert events(studio, waiting(studio)) == ["opened", "noticed", "closed"]


# ---- limits ----


def test_one_address_has_few_notices_open_and_a_decision_makes_room(studio: Studio) -> None:
    most = studio.review.notices.terms.open_each
    for _ in range(most):
        noticed(studio, "0" * 16, CLIENT)
    with pytest.raises(LimitError, match="wait for a reviewer"):
        studio.review.notices.require_room(CLIENT)
    with pytest.raises(LimitError):
        noticed(studio, "0" * 16, CLIENT)
    noticed(studio, "0" * 16, "192.0.2.8")
    studio.review.notice_decisions.decide(studio.review.notice_decisions.queue()[0].case_id, "rejected", REASON, "G")
    noticed(studio, "0" * 16, CLIENT)


def with_terms(studio: Studio, **terms: int) -> Studio:
    notices = studio.review.notices
    notices = replace(notices, terms=notices.terms.model_copy(update=terms))
    return replace(studio, review=replace(studio.review, notices=notices))


def kept(studio: Studio) -> int:
    with studio.audit.read_transaction() as reader:
        return reader.notices.kept_files()


def test_made_up_notices_keep_nobody_from_sending_a_file(studio: Studio) -> None:
    studio = with_terms(studio, kept_files=3)
    for number in range(20):
        noticed(studio, f"{number:016x}", f"198.51.100.{number}")
    answer = sent(studio, photograph(3, 256, 256))
    assert answer.keeps_files and kept(studio) == 1


def test_beyond_so_many_copies_a_notice_is_taken_without_one_and_says_so(studio: Studio) -> None:
    studio = with_terms(studio, kept_files=1)
    first, second = sent(studio, photograph(3, 256, 256)), sent(studio, photograph(4, 256, 256))
    assert (first.keeps_files, second.keeps_files, kept(studio)) == (True, False, 1)
    decisions = studio.review.notice_decisions
    without = [one.case_id for one in decisions.queue() if not decisions.case(one.case_id).pictures]
    # Its fingerprint is there all the same: a copy is withheld once a reviewer decides so.
    decisions.decide(without[0], "removed", REASON, "Grace", TOLD)
    assert not studio.look(ImageOps.mirror(photograph(4, 256, 256)), "general").allowed
    # Of a picture that was made here no copy is needed, and the answer is the same.
    picture = NotedPicture("file", studio.audit.find([made(studio).stamp], ""), photograph(7, 256, 256))
    assert not studio.review.notices.submit(NOTICE, picture).keeps_files
    assert noticed(studio, str(made(studio).stamp)).keeps_files


def test_a_decision_makes_room_for_another_copy(studio: Studio) -> None:
    studio = with_terms(studio, kept_files=1)
    sent(studio, photograph(3, 256, 256))
    studio.review.notice_decisions.decide(waiting(studio), "rejected", REASON, "Grace")
    assert sent(studio, photograph(4, 256, 256)).keeps_files and kept(studio) == 1


def test_a_disk_that_is_nearly_full_takes_no_notice(place: str | Path, studio: Studio) -> None:
    full = with_terms(studio, free_megabytes=10**9)
    if "://" in str(place):  # the disk of a server is not ours to look at
        assert noticed(full, "0" * 16).receipt
        return
    with pytest.raises(LimitError, match="no room"):
        full.review.notices.require_room(CLIENT)
    with pytest.raises(LimitError, match="no room"):
        noticed(full, "0" * 16)


def test_no_setting_gives_more_than_48_hours(tmp_path: Path) -> None:
    shipped = (PRESETS / "retention.toml").read_text("utf-8")
    assert load_retention(PRESETS).notice.hours == 48
    (tmp_path / "retention.toml").write_text(shipped.replace("hours = 48 ", "hours = 49 "))
    with pytest.raises(PresetError, match=r"notice\.hours"):
        load_retention(tmp_path)


# ---- the clock ----


def test_the_clock_counts_and_a_late_decision_is_on_record_as_late(studio: Studio) -> None:
    noticed(studio, str(made(studio).stamp))
    case = waiting(studio)
    figures = studio.review.notice_decisions.figures()
    assert (figures.waiting, figures.overdue) == (1, 0) and 0 <= figures.oldest_seconds < 3600
    late = at(studio, datetime.now(UTC) + timedelta(hours=48, minutes=1))
    figures = late.review.notice_decisions.figures()
    assert (figures.waiting, figures.overdue) == (1, 1) and figures.oldest_seconds > 48 * 3600
    late.review.notice_decisions.decide(case, "rejected", REASON, "Grace")
    assert late.review.notice_decisions.case(case).state.late
    assert late.review.notice_decisions.figures().waiting == 0


def test_a_studio_without_a_record_has_no_figures_and_begins_none(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    assert studio.review.notice_decisions.figures().waiting == 0
    studio.look(photograph(1, 256, 256), "general")
    assert not (tmp_path / "audit.sqlite3").exists()


# ---- what removing does ----

TURNS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as it is": lambda image: image,
    "mirrored": ImageOps.mirror,
    "upside down": lambda image: image.rotate(180),
    "turned": lambda image: image.rotate(90, expand=True),
    "smaller": lambda image: image.resize((180, 180)),
    "mirrored, turned and smaller": lambda image: ImageOps.mirror(image.rotate(270, expand=True)).resize((200, 200)),
}


def test_a_removed_picture_is_handed_out_in_no_other_format(studio: Studio, tmp_path: Path) -> None:
    export = made(studio)
    removed(studio, str(export.stamp))
    for format in ("png", "jpeg"):
        with pytest.raises(RequestError, match="removed here after a notice"):
            studio.in_format(export.path.parent.name, export, format, tmp_path)


def test_removing_deletes_the_picture_everywhere_and_blocks_near_copies(studio: Studio) -> None:
    export, other = made(studio), made(studio, seed=8)
    thumbnail = studio.outputs.parent / "thumbnails" / str(export.stamp)[:2] / f"{export.stamp}.webp"
    thumbnail.parent.mkdir(parents=True)
    thumbnail.write_bytes(b"small")
    case = removed(studio, str(export.stamp))
    assert not export.path.exists() and not thumbnail.exists() and other.path.exists()
    assert [entry.stamp for entry in studio.library.entries(PERSON, [str(export.stamp), str(other.stamp)])] == [
        str(other.stamp)
    ]
    assert events(studio, case)[-1] == "notice_decided"
    for name, turn in TURNS.items():
        decision = studio.look(turn(photograph(7, 256, 256)), "art")
        assert decision.verdict.name == "BLOCK", name
        assert "removed" in {reason.subcategory for reason in decision.reasons}, name
    assert studio.look(photograph(8, 256, 256), "general").allowed


def test_a_later_generation_that_matches_is_withheld_with_a_reason_and_cannot_be_marked(
    studio: Studio, tmp_path: Path
) -> None:
    removed(studio, str(made(studio).stamp))
    outcome = studio.create(GenerationRequest("a red apple", seed=7, mode="art", **SMALL))
    assert isinstance(outcome, Refused)
    text = " ".join(one.text for one in studio.messages("de").render(outcome.decision))
    assert "entfernt wurde" in text
    with pytest.raises(RequestError, match="removed here after a notice"):
        studio.mark(ImageOps.mirror(photograph(7, 256, 256)), tmp_path / "marked.png")


def test_near_copies_in_other_libraries_go_too(studio: Studio) -> None:
    export, twin = made(studio), made(studio, person="cookie:" + "b" * 32)
    case = removed(studio, str(export.stamp))
    assert not export.path.exists() and not twin.path.exists()
    assert studio.review.notice_decisions.case(case).state.pictures == 2
    assert len(studio.review.notices.removed("cookie:" + "b" * 32)) == 1


def test_a_picture_from_elsewhere_is_blocked_and_what_was_sent_is_deleted(studio: Studio) -> None:
    sent(studio, photograph(5, 256, 256))
    case = waiting(studio)
    assert len(studio.review.notice_decisions.case(case).pictures) == 1
    studio.review.notice_decisions.reveal(case, "Grace")
    assert studio.review.notice_decisions.decide(case, "removed", REASON, "Grace", TOLD).pictures == 0
    assert studio.review.notice_decisions.case(case).pictures == ()
    assert not studio.look(ImageOps.mirror(photograph(5, 256, 256)), "general").allowed
    assert "picture_seen" in events(studio, case)


def test_a_damaged_file_is_removed_like_any_other(studio: Studio) -> None:
    export = made(studio)
    export.path.write_bytes(export.path.read_bytes()[:100])
    noticed(studio, str(export.stamp))
    case = waiting(studio)
    assert not studio.review.notice_decisions.case(case).pictures
    assert studio.review.notice_decisions.decide(case, "removed", REASON, "Grace", TOLD).pictures == 1
    assert not export.path.exists()
    # By the fingerprint that the registry has of it.
    assert studio.review.notice_decisions.case(case).state.blocks


def test_a_rejected_notice_removes_and_blocks_nothing(studio: Studio) -> None:
    export = made(studio)
    receipt = noticed(studio, str(export.stamp)).receipt
    studio.review.notice_decisions.decide(waiting(studio), "rejected", REASON, "Grace")
    status = studio.review.notices.status(receipt)
    assert (status.state, status.reason, status.blocks) == ("rejected", REASON, False)
    assert export.path.exists() and studio.look(photograph(7, 256, 256), "general").allowed
    assert studio.review.notices.removed(PERSON) == []


@pytest.mark.parametrize(
    ("outcome", "reason", "told"), [("removed", "no", TOLD), ("removed", REASON, ""), ("lifted", REASON, TOLD)]
)
def test_a_decision_needs_a_reason_for_each_side(studio: Studio, outcome: str, reason: str, told: str) -> None:
    export = made(studio)
    noticed(studio, str(export.stamp))
    with pytest.raises(RequestError):
        studio.review.notice_decisions.decide(waiting(studio), outcome, reason, "Grace", told)
    assert export.path.exists() and studio.review.notice_decisions.figures().waiting == 1


def test_a_notice_is_decided_once(studio: Studio) -> None:
    case = removed(studio, str(made(studio).stamp))
    with pytest.raises(RequestError, match="does not wait"):
        studio.review.notice_decisions.decide(case, "rejected", REASON, "Grace")


# ---- the maker ----


def test_the_maker_learns_what_happened_and_nothing_of_who_asked(studio: Studio) -> None:
    stamp = str(made(studio).stamp)
    case = removed(studio, stamp)
    (told,) = studio.review.notices.removed(PERSON)
    assert (told.stamp, told.ground, told.reason, told.state) == (stamp, "intimate", TOLD, "removed")
    everything = json.dumps([str(getattr(told, name)) for name in told.__slots__])
    assert "Ada" not in everything and "clothes" not in everything and case not in everything
    assert studio.review.notices.removed("") == [] and studio.review.notices.removed("cookie:" + "c" * 32) == []


def test_the_maker_answers_once_and_an_answer_that_holds_lifts_the_block(studio: Studio) -> None:
    stamp = str(made(studio).stamp)
    case = removed(studio, stamp)
    notices, decisions = studio.review.notices, studio.review.notice_decisions
    for person, text in (("", "It is a fantasy figure."), ("cookie:x", "It is a fantasy figure."), (PERSON, "No.")):
        with pytest.raises(RequestError):
            notices.answer(person, stamp, text)
    notices.answer(PERSON, stamp, "It is a fantasy figure.")
    with pytest.raises(RequestError, match="answered already"):
        notices.answer(PERSON, stamp, "It is a fantasy figure.")
    assert decisions.queue("contested")[0].case_id == case and decisions.figures().contested == 1
    assert decisions.case(case).answers[0]["text"] == "It is a fantasy figure."
    decisions.decide_answer(case, "lifted", REASON, "Grace")
    assert studio.look(photograph(7, 256, 256), "general").allowed
    assert notices.removed(PERSON)[0].answer_reason == REASON


def test_an_answer_that_does_not_hold_leaves_the_block_until_it_is_lifted(studio: Studio) -> None:
    stamp = str(made(studio).stamp)
    case = removed(studio, stamp)
    studio.review.notices.answer(PERSON, stamp, "It is a fantasy figure.")
    studio.review.notice_decisions.decide_answer(case, "upheld", REASON, "Grace")
    assert not studio.look(photograph(7, 256, 256), "general").allowed
    studio.review.notice_decisions.decide_answer(case, "lifted", REASON, "Grace")
    assert studio.look(photograph(7, 256, 256), "general").allowed


def test_after_the_days_for_it_nobody_answers(studio: Studio) -> None:
    stamp = str(made(studio).stamp)
    removed(studio, stamp)
    with pytest.raises(RequestError, match="days for it are over"):
        at(studio, datetime.now(UTC) + timedelta(days=31)).review.notices.answer(
            PERSON, stamp, "It is a fantasy figure."
        )


# ---- what is kept, and erased ----


def test_what_waits_is_kept_and_what_is_decided_goes_after_its_days_but_not_the_block(studio: Studio) -> None:
    sent(studio, photograph(5, 256, 256))
    case = waiting(studio)
    later = datetime.now(UTC) + timedelta(days=400)
    studio.review.retention.purge(later)
    assert studio.review.notice_decisions.case(case).words["name"] == "Ada"
    studio.review.notice_decisions.decide(case, "removed", REASON, "Grace", TOLD)
    studio.review.retention.purge(later)
    decided = studio.review.notice_decisions.case(case)
    assert decided.words == {} and decided.review == {} and decided.state.state == "removed"
    assert not studio.look(photograph(5, 256, 256), "general").allowed


def test_a_person_can_have_a_notice_erased(studio: Studio) -> None:
    receipt = sent(studio, photograph(5, 256, 256)).receipt
    assert studio.review.retention.erase(waiting(studio)) == ["notice", "picture"]
    assert studio.review.notices.status(receipt).state == "expired"
    assert studio.review.notice_decisions.queue() == []


def test_a_changed_index_is_found(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    noticed(studio, "0" * 16)
    with studio.audit.write_transaction() as writer:
        writer.notices.set_state(waiting(studio), "rejected")
    assert any("notice" in problem and "edited" in problem for problem in studio.audit.verify())


# ---- the state ----

KEYS = Keys(SECRET)
EVENT = st.sampled_from(["noticed", "notice_decided", "answered", "answer_decided", "erased", "picture_seen", "closed"])
OUTCOME = st.sampled_from(["removed", "rejected", "upheld", "lifted"])


def row(number: int, event: str, outcome: str, genuine: bool) -> Entry:
    facts = {"outcome": outcome, "kinds": ["notice"], "due": "2026-12-01", "reason": "other"}
    if event == "notice_decided" and outcome == "removed":
        facts["blocked"] = "0" * 64
    bare = Entry(number, f"2026-11-29T00:00:{number:02}", "a" * 12, event, json.dumps(facts), None, None, GENESIS_HASH)
    return replace(bare, hash=KEYS.entry_hash(bare) if genuine else "0" * 64)


@given(st.lists(st.tuples(EVENT, OUTCOME, st.booleans()), max_size=8))
def test_any_rows_give_a_known_state_and_forged_ones_count_for_nothing(rows: list[tuple[str, str, bool]]) -> None:
    entries = [row(number, *one) for number, one in enumerate(rows)]
    state = read_notice_state(entries, KEYS)
    assert state.state in ("", *STATES)
    genuine = [entry for entry, (_, _, real) in zip(entries, rows, strict=True) if real]
    assert read_notice_state(genuine, KEYS) == state
    events = [entry.event for entry in genuine]
    assert bool(state.state) == ("noticed" in events)
    # A block stands only after a removal, and nothing blocks once it was lifted.
    assert not state.blocks or state.state in ("removed", "contested", "upheld")


@pytest.mark.parametrize("field", ["statement", "name", "contact", "behalf_of", "link"])
@pytest.mark.parametrize("text", ["\ud800 a person at a window", "a person at a window\0"], ids=["half a pair", "NUL"])
def test_words_that_no_reviewer_could_read_are_not_taken(studio: Studio, field: str, text: str) -> None:
    with pytest.raises(RequestError) as refused:
        noticed(studio, **{"stamp": str(made(studio).stamp), field: text})
    assert refused.value.setting == field


@pytest.mark.parametrize("damage", ["", "no JSON", "[]", "{}", '{"poses": ["zz"]}', '{"poses": [7]}'], ids=repr)
def test_while_a_kept_fingerprint_is_damaged_no_picture_counts_as_looked_at(studio: Studio, damage: str) -> None:
    import sqlalchemy as sa

    from safety.audit.tables import content

    case = removed(studio, str(made(studio).stamp))
    with studio.audit.write_transaction() as writer:
        writer.connection.execute(sa.delete(content).where(content.c.kind == "blocked"))
        writer.keep_content(case, "blocked", damage)
    studio.review.blocked._state = (0, "")
    with pytest.raises(AuditError, match=case):
        studio.review.blocked.require_other(photograph(9, 256, 256))
    decision = studio.look(photograph(9, 256, 256), "general")
    assert not decision.allowed and decision.reasons[0].category == UNCHECKED
    studio.review.notice_decisions.decide_answer(case, "lifted", REASON, "Grace")
    assert studio.look(photograph(9, 256, 256), "general").allowed
