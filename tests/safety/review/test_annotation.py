"""Pairs for annotators: whose pictures they are, in which order they come, gold questions among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from safety.errors import RequestError
from safety.review.annotation import NEITHER, Annotation, annotator
from safety.review.feedback import Giver
from safety.review.notices import NoticeRequest
from studio import Studio
from tests.fakes import fake_studio
from tests.safety.review.test_feedback import ADA, GRACE, PROMPT, drawn, kept, remove, taking

EVERY = 3


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = taking(fake_studio(tmp_path), tmp_path)
    studio.review.feedback.agree(annotator("Joan"))
    yield studio
    assert studio.audit.verify() == []
    studio.audit.close()


@pytest.fixture
def annotation(studio: Studio) -> Annotation:
    return Annotation(studio.review.feedback, EVERY)


def chosen(studio: Studio, person: str = ADA, seed: int = 7) -> tuple[str, str]:
    """Returns the better and the other picture of a pair that somebody compared."""
    studio.review.feedback.agree(person)
    one, other = drawn(studio, person, seed=seed)
    studio.review.feedback.choose(Giver(person), one, other, PROMPT)
    return one, other


def shown(annotation: Annotation, name: str = "Joan") -> set[frozenset[str]]:
    return {frozenset(pair.stamps) for pair in annotation.pairs(name, 20)}


def test_a_pair_is_shown_once_to_each_annotator_until_it_is_answered(studio: Studio, annotation: Annotation) -> None:
    pair = chosen(studio)
    (found,) = annotation.pairs("Joan", 20)
    assert found.prompt == PROMPT and set(found.stamps) == set(pair)
    annotation.answer("Joan", found.stamps, pair[0])
    assert annotation.pairs("Joan", 20) == [] and len(annotation.pairs("Mary", 20)) == 1
    progress = annotation.progress("Joan")
    assert (progress.answered, progress.left) == (1, 0)
    annotation.take_back("Joan", found.stamps)
    assert len(annotation.pairs("Joan", 20)) == 1


def test_two_rated_pictures_of_one_case_are_a_pair(studio: Studio, annotation: Annotation) -> None:
    studio.review.feedback.agree(ADA)
    one, other, third = drawn(studio, count=3)
    studio.review.feedback.rate(Giver(ADA), one, PROMPT, "up")
    assert shown(annotation) == set()
    studio.review.feedback.rate(Giver(ADA), other, PROMPT, "down")
    assert shown(annotation) == {frozenset((one, other))}
    assert annotation.picture(one).stamp == one
    with pytest.raises(RequestError):
        annotation.picture(third)


def test_a_picture_is_shown_no_more_once_its_maker_takes_the_consent_back(
    studio: Studio, annotation: Annotation
) -> None:
    pair = chosen(studio)
    theirs = chosen(studio, GRACE, seed=9)
    studio.review.feedback.withdraw(ADA)
    assert shown(annotation) == {frozenset(theirs)}
    with pytest.raises(RequestError):
        annotation.picture(pair[0])
    with pytest.raises(RequestError, match="not among"):
        annotation.answer("Joan", pair, pair[0])


def test_a_removed_picture_and_one_under_a_notice_are_not_shown(studio: Studio, annotation: Annotation) -> None:
    removed, noticed = chosen(studio), chosen(studio, GRACE, seed=9)
    remove(studio, removed[1])
    notice = NoticeRequest("other", "It shows me, and I never agreed to it.", "Ada", "ada@example.org", good_faith=True)
    notice = replace(notice, stamp=noticed[0])
    studio.review.notices.submit(notice, studio.review.notices.named_picture(notice))
    assert shown(annotation) == set()
    for stamp in (removed[1], noticed[0]):
        with pytest.raises(RequestError):
            annotation.picture(stamp)


def test_a_veiled_picture_is_not_shown(studio: Studio, annotation: Annotation) -> None:
    studio.review.feedback.agree(ADA)
    one, other = drawn(studio, prompt="a shock of wheat")
    studio.review.feedback.choose(Giver(ADA), one, other, "a shock of wheat")
    assert shown(annotation) == set()


def test_answers_are_kept_only_of_annotators_who_agreed(studio: Studio, annotation: Annotation) -> None:
    pair = chosen(studio)
    with pytest.raises(RequestError, match="agreed"):
        annotation.answer("Mary", pair, NEITHER)
    with pytest.raises(RequestError, match="one of the two"):
        annotation.answer("Joan", pair, "0" * 16)
    for stamps in (("\ud800", "\udfff"), (pair[0], pair[0]), (pair[0],)):
        with pytest.raises(RequestError):
            annotation.answer("Joan", stamps, NEITHER)
    with pytest.raises(RequestError):
        annotation.picture("\ud800")
    assert len(kept(studio)) == 1


def test_a_gold_question_stands_at_every_third_place(studio: Studio, annotation: Annotation) -> None:
    pairs = [chosen(studio, seed=seed) for seed in (7, 9, 11, 13, 15, 17)]
    for pair in pairs[:2]:
        annotation.set_gold(pair, pair[0])
    order = [frozenset(pair.stamps) in {frozenset(one) for one in pairs[:2]} for pair in annotation.pairs("Joan", 20)]
    assert order == [False, False, True, False, False, True]
    for found in annotation.pairs("Joan", 2):
        annotation.answer("Joan", found.stamps, NEITHER)
    assert frozenset(annotation.pairs("Joan", 1)[0].stamps) in {frozenset(pair) for pair in pairs[:2]}


def test_only_a_pair_that_is_compared_becomes_a_gold_question_and_that_is_on_record(
    studio: Studio, annotation: Annotation
) -> None:
    with pytest.raises(RequestError, match="not among"):
        annotation.set_gold(("0" * 16, "1" * 16), "0" * 16)
    pair = chosen(studio)
    with pytest.raises(RequestError, match="one of its two"):
        annotation.set_gold(pair, "0" * 16)
    annotation.set_gold(pair, pair[0])
    rows = [row for case in studio.audit.list() for row in studio.audit.show(case["case"])]
    assert [row["facts"]["better"] for row in rows if row["event"] == "feedback_gold"] == [pair[0]]
    annotation.set_gold(pair, "")
    with studio.audit.read_transaction() as reader:
        assert reader.feedback.gold() == {}


def test_pairs_come_turned_for_some_annotators_and_the_same_way_each_time_for_one(
    studio: Studio, annotation: Annotation
) -> None:
    chosen(studio)
    turned = {name: annotation.pairs(name, 1)[0].stamps for name in map(str, range(20))}
    assert len(set(turned.values())) == 2
    assert all(annotation.pairs(name, 1)[0].stamps == stamps for name, stamps in turned.items())


def test_what_has_the_fewest_answers_comes_first(studio: Studio, annotation: Annotation) -> None:
    answered, open_ = chosen(studio), chosen(studio, seed=9)
    for name in ("Joan", "Mary", "Ida"):
        studio.review.feedback.agree(annotator(name))
        annotation.answer(name, answered, answered[0])
    assert set(annotation.pairs("Ruth", 1)[0].stamps) == set(open_)
