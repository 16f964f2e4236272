"""Feedback: only of whoever agrees, kept as a case of its own, shown, exported with the person's data, and erased."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from safety.errors import LimitError, RequestError
from safety.generation import Delivered, GenerationRequest, Refused
from safety.review.feedback import Feedback, Giver
from safety.review.notices import NoticeRequest
from safety.review.service import ReviewSettings
from studio import Studio
from tests.fakes import fake_review, fake_studio, limits
from tests.safety.review.conftest import SMALL, events

ADA, GRACE = "cookie:" + "a" * 32, "cookie:" + "b" * 32
PROMPT = "a red apple"
ON = ReviewSettings(feedback=True)


def taking(studio: Studio, home: Path, **table: Any) -> Studio:
    return replace(studio, review=fake_review(studio.audit, home, limits(**table), ON))


@pytest.fixture
def studio(place: str | Path, tmp_path: Path) -> Iterator[Studio]:
    studio = taking(fake_studio(tmp_path, place=place), tmp_path)
    yield studio
    assert studio.audit.verify() == []
    studio.audit.close()


@pytest.fixture
def feedback(studio: Studio) -> Feedback:
    return studio.review.feedback


def drawn(studio: Studio, person: str = ADA, prompt: str = PROMPT, count: int = 2, seed: int = 7) -> list[str]:
    """Returns the stamps of pictures that a person made."""
    outcome = studio.create(GenerationRequest(prompt, seed=seed, count=count, **SMALL), person=person)
    assert isinstance(outcome, Delivered)
    return [str(one.export.stamp) for one in outcome.pictures if one.export]


def refused(studio: Studio, prompt: str = "gore") -> str:
    outcome = studio.create(GenerationRequest(prompt, **SMALL))
    assert isinstance(outcome, Refused)
    return outcome.case


def kept(studio: Studio) -> list[str]:
    with studio.audit.read_transaction() as reader:
        return list(reader.content_of_kind("feedback"))


# ---- consent ----


def test_nothing_is_taken_where_the_operator_has_not_switched_it_on(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    stamp = drawn(studio)[0]
    with pytest.raises(RequestError, match="takes no feedback"):
        studio.review.feedback.agree(ADA)
    with pytest.raises(RequestError, match="takes no feedback"):
        studio.review.feedback.rate(Giver(ADA), stamp, PROMPT, "up")
    assert not studio.review.feedback.has_agreed(ADA) and kept(studio) == []
    studio.audit.close()


def test_nothing_is_taken_of_who_has_not_agreed_or_is_nobody(studio: Studio, feedback: Feedback) -> None:
    stamp = drawn(studio)[0]
    with pytest.raises(RequestError, match="agreed to it"):
        feedback.rate(Giver(ADA), stamp, PROMPT, "up")
    with pytest.raises(RequestError, match="no cookie"):
        feedback.agree("")
    assert kept(studio) == []


def test_consent_is_off_by_default_and_taking_it_back_deletes_all_of_that_person(
    studio: Studio, feedback: Feedback
) -> None:
    assert not feedback.has_agreed(ADA)
    for person in (ADA, GRACE):
        feedback.agree(person)
        feedback.rate(Giver(person), drawn(studio, person)[0], PROMPT, "up")
    assert feedback.withdraw(ADA) == 1
    assert not feedback.has_agreed(ADA) and feedback.has_agreed(GRACE)
    assert feedback.given_by(ADA) == [] and len(feedback.given_by(GRACE)) == 1 and len(kept(studio)) == 1


# ---- what is kept ----


def test_a_rating_is_a_case_of_its_own_with_its_consent_words_and_provenance(
    studio: Studio, feedback: Feedback
) -> None:
    feedback.agree(ADA)
    stamp = drawn(studio)[0]
    entry = feedback.rate(Giver(ADA), stamp, PROMPT, "down", ["too_much", "not_asked"])
    assert events(studio, entry.case_id) == ["feedback"]
    (given,) = feedback.given_by(ADA)
    assert given["value"] == "down" and given["reasons"] == ["not_asked", "too_much"] and given["prompt"] == PROMPT
    assert given["consent"]["version"] and given["consent"]["time"] <= entry.time
    assert given["model"] and given["policy_version"] == studio.policy_version
    assert given["drawn"][stamp]["seed"] == 7 and "person" not in given


def test_the_chain_holds_neither_words_nor_the_person(studio: Studio, feedback: Feedback) -> None:
    feedback.agree(ADA)
    feedback.rate(Giver(ADA), drawn(studio)[0], PROMPT, "up")
    with studio.audit.read_transaction() as reader:
        rows = " ".join(entry.facts for entry in reader.entries())
    assert "apple" not in rows and studio.audit.person_digest(ADA) not in rows


def test_a_second_opinion_takes_the_place_of_the_first(studio: Studio, feedback: Feedback) -> None:
    feedback.agree(ADA)
    one, other = drawn(studio)
    for value in ("up", "down"):
        feedback.rate(Giver(ADA), one, PROMPT, value)
    feedback.choose(Giver(ADA), one, other, PROMPT)
    feedback.choose(Giver(ADA), other, one, PROMPT)
    assert [given["value"] for given in feedback.given_by(ADA)] == ["down", other] and len(kept(studio)) == 2


def test_a_refusal_that_is_held_for_wrong_names_its_category(studio: Studio, feedback: Feedback) -> None:
    feedback.agree(ADA)
    feedback.tell_refusal(Giver(ADA), refused(studio), "gore")
    (given,) = feedback.given_by(ADA)
    assert (given["value"], given["category"]) == ("wrongly_refused", "violence")


WRONG = {
    "another person's picture": lambda f, s: f.rate(Giver(ADA), drawn(s, GRACE)[0], PROMPT, "up"),
    "other words": lambda f, s: f.rate(Giver(ADA), drawn(s)[0], "a green apple", "up"),
    "an unknown rating": lambda f, s: f.rate(Giver(ADA), drawn(s)[0], PROMPT, "perhaps"),
    "an unknown reason": lambda f, s: f.rate(Giver(ADA), drawn(s)[0], PROMPT, "down", ["ugly"]),
    "a reason for a good one": lambda f, s: f.rate(Giver(ADA), drawn(s)[0], PROMPT, "up", ["too_much"]),
    "one picture twice": lambda f, s: f.choose(Giver(ADA), *drawn(s, count=1) * 2, PROMPT),
    "pictures of two prompts": lambda f, s: f.choose(
        Giver(ADA), drawn(s)[0], drawn(s, prompt="a green pear")[0], PROMPT
    ),
    "a case that passed": lambda f, s: f.tell_refusal(Giver(ADA), s.audit.list()[0]["case"], "gore"),
    "a case that there is not": lambda f, s: f.tell_refusal(Giver(ADA), "0" * 12, "gore"),
    "a stamp that no database can hold": lambda f, s: f.rate(Giver(ADA), "\ud800", PROMPT, "up"),
    "a case that no database can hold": lambda f, s: f.tell_refusal(Giver(ADA), "\ud800", "gore"),
    "a hard line": lambda f, s: f.tell_refusal(Giver(ADA), refused(s, "forbidden"), "forbidden"),
}


@pytest.mark.parametrize("give", WRONG.values(), ids=WRONG)
def test_what_cannot_be_feedback_is_refused_in_a_sentence_and_keeps_nothing(
    studio: Studio, feedback: Feedback, give: Any
) -> None:
    feedback.agree(ADA)
    drawn(studio)
    with pytest.raises(RequestError):
        give(feedback, studio)
    assert kept(studio) == []


def test_a_removed_picture_takes_no_feedback(studio: Studio, feedback: Feedback) -> None:
    feedback.agree(ADA)
    stamp = drawn(studio)[0]
    remove(studio, stamp)
    with pytest.raises(RequestError, match="own library"):
        feedback.rate(Giver(ADA), stamp, PROMPT, "up")


def test_what_was_said_of_a_removed_picture_and_its_case_goes_with_its_words(
    studio: Studio, feedback: Feedback
) -> None:
    for person in (ADA, GRACE):
        feedback.agree(person)
    one, other = drawn(studio)
    apart = drawn(studio, GRACE)[0]
    feedback.choose(Giver(ADA), one, other, PROMPT)
    feedback.rate(Giver(ADA), one, PROMPT, "up")
    feedback.rate(Giver(GRACE), apart, PROMPT, "up")
    remove(studio, other)
    # The words of the rating are those of the picture beside it: of the same wish.
    assert len(kept(studio)) == 1 and feedback.given_by(ADA) == []
    assert [said["stamp"] for said in feedback.given_by(GRACE)] == [apart]


def notice(studio: Studio, stamp: str) -> None:
    """Sends a notice about a picture."""
    notices = studio.review.notices
    asked = NoticeRequest("other", "It shows me, and I never agreed to it.", "Ada", "ada@example.org", good_faith=True)
    asked = replace(asked, stamp=stamp)
    notices.submit(asked, notices.named_picture(asked))


def remove(studio: Studio, stamp: str) -> None:
    """Sends a notice about a picture and removes it."""
    notice(studio, stamp)
    decisions = studio.review.notice_decisions
    told = "A person has asked for it."
    decisions.decide(decisions.queue()[-1].case_id, "removed", "It is the person.", "Grace", told)


def test_one_address_gives_so_much_in_an_hour(studio: Studio, tmp_path: Path) -> None:
    few = taking(studio, tmp_path, hour={"feedback": 2}).review.feedback
    few.agree(ADA)
    stamps = drawn(studio, count=3)
    giver = Giver(ADA, client="192.0.2.7")
    for stamp in stamps[:2]:
        few.rate(giver, stamp, PROMPT, "up")
    with pytest.raises(LimitError, match="feedback is taken"):
        few.rate(giver, stamps[2], PROMPT, "up")
    assert len(kept(studio)) == 2


# ---- a person's data ----


def test_what_is_on_record_of_a_person_has_their_feedback(studio: Studio, feedback: Feedback) -> None:
    feedback.agree(ADA)
    stamp = drawn(studio)[0]
    entry = feedback.rate(Giver(ADA, client="192.0.2.7"), stamp, PROMPT, "up")
    (row,) = studio.personal_data(client="192.0.2.7")
    assert row["case"] == entry.case_id and row["kept"]["feedback"]["prompt"] == PROMPT
    (about,) = studio.personal_data([entry.target])
    assert about["feedback"] == [entry.case_id]


ERASERS = {
    "its own case": lambda s, entry, stamp: s.erase(entry.case_id),
    "the case that it is about": lambda s, entry, stamp: s.erase(entry.target),
    "the picture, by its maker": lambda s, entry, stamp: s.library.delete(ADA, [stamp]),
    "everything of one person": lambda s, entry, stamp: s.review.retention.forget([("192.0.2.7", ADA)]),
    "the operator, by the keyed hash": lambda s, entry, stamp: s.review.feedback.erase_person(entry.person),
}


@pytest.mark.parametrize("erase", ERASERS.values(), ids=ERASERS)
def test_feedback_goes_with_what_is_erased_and_the_chain_stays_whole(
    studio: Studio, feedback: Feedback, erase: Any
) -> None:
    feedback.agree(ADA)
    stamp = drawn(studio)[0]
    entry = feedback.rate(Giver(ADA, client="192.0.2.7"), stamp, PROMPT, "up")
    erase(studio, entry, stamp)
    assert kept(studio) == [] and feedback.given_by(ADA) == [] and studio.audit.verify() == []


def test_feedback_is_kept_for_so_many_days(studio: Studio, feedback: Feedback) -> None:
    feedback.agree(ADA)
    feedback.rate(Giver(ADA), drawn(studio)[0], PROMPT, "up")
    days = studio.retention.days.feedback
    studio.review.retention.purge(datetime.now(UTC) + timedelta(days=days - 1))
    assert len(feedback.given_by(ADA)) == 1
    studio.review.retention.purge(datetime.now(UTC) + timedelta(days=days + 1))
    assert kept(studio) == [] and feedback.given_by(ADA) == []


def test_an_index_that_was_edited_is_found(tmp_path: Path) -> None:
    studio = taking(fake_studio(tmp_path), tmp_path)
    studio.review.feedback.agree(ADA)
    entry = studio.review.feedback.rate(Giver(ADA), drawn(studio)[0], PROMPT, "up")
    with sqlite3.connect(tmp_path / "audit.sqlite3") as database:
        database.execute("UPDATE feedback SET person = 'somebody else'")
    (problem,) = studio.audit.verify()
    assert entry.case_id in problem
    studio.audit.close()
