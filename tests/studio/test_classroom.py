"""A class: joined by a code, each learner a client of its own, nothing counted twice, nothing left when it ends."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.errors import LimitError, RequestError
from safety.generation import GenerationRequest, Refused
from safety.review.client import client_of
from studio import Studio
from studio.class_answers import AskedOf, ClassAnswers
from studio.class_record import ClassRecord, address_of, new_network, person_of_learner
from studio.classroom import LETTERS, Classroom
from tests.fakes import fake_review, fake_studio, limits
from tests.safety.review.conftest import SMALL

PASSWORD = "a password for teachers"
BOARD, STRANGER = "192.0.2.1", "203.0.113.9"
GUESS = AskedOf("be_the_moderator", "decide", "predict")
ERRORS = AskedOf("be_the_moderator", "decide", "errors")


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def taught(home: Path, clock: Clock | None = None, **table: Any) -> Studio:
    """Returns a studio in which a class can be opened; `table`: parts of limits.toml."""
    studio = fake_studio(home, keep_prompts=True)
    review = fake_review(studio.audit, home, limits(**table))
    record = ClassRecord(home / "class.txt")
    lock = studio.policy.class_lock
    classroom = Classroom(PASSWORD, review.rate_limiter, lock, record, clock or Clock())
    return replace(studio, review=review, classroom=classroom)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return taught(tmp_path)


def classroom_of(studio: Studio) -> Classroom:
    assert studio.classroom is not None
    return studio.classroom


def code_of(studio: Studio) -> str:
    return classroom_of(studio).require_room().code


def client_behind(studio: Studio, cookie: str) -> str:
    return client_of(classroom_of(studio).address(cookie))


# ---- joining ----


def test_the_code_has_six_letters_that_are_told_apart_and_make_no_words(studio: Studio) -> None:
    codes = {classroom_of(studio).open(35).code for _ in range(50) if classroom_of(studio).close() is None}
    assert len(codes) == 50
    assert all(len(code) == 6 and set(code) <= set(LETTERS) for code in codes)
    assert not set("AEIOUYILS0158") & set(LETTERS)


@pytest.mark.parametrize("spell", [str.lower, lambda code: f" {code[:3]}-{code[3:]} "], ids=["small", "in two groups"])
def test_a_code_is_read_as_people_type_it(studio: Studio, spell: Any) -> None:
    classroom_of(studio).open(35)
    assert classroom_of(studio).join(spell(code_of(studio)), BOARD)


def test_a_wrong_code_is_one_sentence(studio: Studio) -> None:
    classroom_of(studio).open(35)
    with pytest.raises(RequestError) as caught:
        classroom_of(studio).join("AAAAAA", BOARD)
    assert caught.value.sentence.startswith("This is not the code of the class.")


def test_without_a_class_no_code_is_right(studio: Studio) -> None:
    with pytest.raises(RequestError, match="no class open"):
        classroom_of(studio).join("BCDFGH", BOARD)


def test_the_next_learner_after_the_last_place_is_told_that_the_class_is_full(studio: Studio) -> None:
    room = classroom_of(studio).open(35)
    cookies = {classroom_of(studio).join(room.code, BOARD) for _ in range(35)}
    assert len(cookies) == 35
    with pytest.raises(RequestError, match="full: 35 learners"):
        classroom_of(studio).join(room.code, BOARD)
    classroom_of(studio).change("", 0, True, 36)
    assert classroom_of(studio).join(room.code, BOARD)


def test_codes_cannot_be_guessed_for_long_not_even_rightly(tmp_path: Path) -> None:
    clock = Clock()
    studio = taught(tmp_path, clock, classroom={"code_tries": 3, "within_minutes": 10})
    classroom = classroom_of(studio)
    room = classroom.open(35)
    for _ in range(3):
        with pytest.raises(RequestError):
            classroom.join("AAAAAA", BOARD)
    with pytest.raises(LimitError, match="wrong codes"):
        classroom.join(room.code, BOARD)
    assert classroom.join(room.code, STRANGER)
    clock.at += 601
    assert classroom.join(room.code, BOARD)


def test_many_addresses_are_one_guesser(tmp_path: Path) -> None:
    studio = taught(tmp_path, classroom={"code_tries": 2})
    classroom = classroom_of(studio)
    classroom.open(35)
    for number in range(20):
        with pytest.raises(RequestError):
            classroom.join("AAAAAA", f"203.0.113.{number}")
    with pytest.raises(LimitError):
        classroom.join("AAAAAA", "203.0.113.99")


def test_another_code_lets_a_class_in_that_somebody_has_locked_out(tmp_path: Path) -> None:
    studio = taught(tmp_path, classroom={"code_tries": 1})
    classroom = classroom_of(studio)
    old = classroom.open(35).code
    with pytest.raises(RequestError):
        classroom.join("AAAAAA", BOARD)
    classroom.renew_code()
    assert code_of(studio) != old and classroom.join(code_of(studio), BOARD)


FORGED = {
    "nothing": lambda cookie: "",
    "no signature": lambda cookie: cookie.partition(".")[0],
    "another learner's number": lambda cookie: "2" + cookie[1:],
    "another signature": lambda cookie: cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
    "zero": lambda cookie: "0" + cookie[1:],
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_cookie_that_the_class_has_not_signed_is_nobodys(studio: Studio, forge: Any) -> None:
    classroom = classroom_of(studio)
    cookie = classroom.join(classroom.open(35).code, BOARD)
    assert classroom.address(cookie) and not classroom.address(forge(cookie))


def test_a_cookie_is_worth_nothing_after_the_class_nor_in_the_next_one(studio: Studio) -> None:
    classroom = classroom_of(studio)
    cookie = classroom.join(classroom.open(35).code, BOARD)
    studio.close_class()
    assert not classroom.address(cookie)
    with pytest.raises(RequestError, match="over"):
        classroom.answer(cookie, GUESS, 3.0)
    classroom.open(35)
    assert not classroom.address(cookie)


def test_a_server_that_starts_anew_has_no_class(tmp_path: Path) -> None:
    studio = taught(tmp_path)
    cookie = classroom_of(studio).join(classroom_of(studio).open(35).code, BOARD)
    again = taught(tmp_path)
    assert classroom_of(again).room is None and not classroom_of(again).address(cookie)


def test_a_class_that_nobody_closes_ends_by_itself(tmp_path: Path) -> None:
    clock = Clock()
    studio = taught(tmp_path, clock, classroom={"hours": 4})
    cookie = classroom_of(studio).join(classroom_of(studio).open(35).code, BOARD)
    clock.at = 4 * 3600.0
    assert classroom_of(studio).room is None and not classroom_of(studio).address(cookie)
    studio.purge()
    assert not studio.class_record.path.exists() and not studio.locked_mode
    assert classroom_of(studio).open(35)


@pytest.mark.parametrize("places", [0, 1001], ids=["none", "too many"])
def test_a_class_of_another_size_is_refused(studio: Studio, places: int) -> None:
    with pytest.raises(RequestError, match="1 to 60 learners"):
        classroom_of(studio).open(places)


def test_there_is_one_class_at_a_time(studio: Studio) -> None:
    classroom_of(studio).open(35)
    with pytest.raises(RequestError, match="open already"):
        classroom_of(studio).open(35)


# ---- what is open ----


def test_the_teacher_opens_a_lesson_step_by_step(studio: Studio) -> None:
    room = classroom_of(studio).open(35)
    assert room.is_open("context", 3)
    classroom_of(studio).change("word_list", 2, True, 35)
    opened = [room.is_open("word_list", step) for step in (1, 2, 3)]
    assert opened == [True, True, False] and not room.is_open("context")


def test_the_mode_is_general_for_everybody_while_the_class_wants_it(studio: Studio) -> None:
    classroom = classroom_of(studio)
    assert studio.check("a red apple", "art").mode == "art"
    classroom.open(35)
    decision = studio.check("a red apple", "art")
    assert (decision.mode, decision.mode_set_by) == ("general", "operator")
    assert list(studio.list_modes()) == ["general"]
    classroom.change("", 0, False, 35)
    assert studio.check("a red apple", "art").mode == "art"
    classroom.lock_mode(True)
    studio.close_class()
    assert studio.check("a red apple", "art").mode == "art"


# ---- limits ----


def create(studio: Studio, cookie: str, prompt: str) -> Any:
    client = client_behind(studio, cookie)
    return studio.create(GenerationRequest(prompt, **SMALL), client=client, person=person_of_learner(client))


def two(studio: Studio) -> tuple[str, str]:
    room = classroom_of(studio).open(35)
    return classroom_of(studio).join(room.code, BOARD), classroom_of(studio).join(room.code, BOARD)


def test_behind_one_address_each_learner_has_an_hour_of_its_own(tmp_path: Path) -> None:
    studio = taught(tmp_path, hour={"generations": 1})
    ann, ben = two(studio)
    create(studio, ann, "a red apple")
    create(studio, ben, "a red apple")
    with pytest.raises(LimitError):
        create(studio, ann, "a red apple")


def test_hard_lines_of_one_learner_lock_that_one_alone(tmp_path: Path) -> None:
    studio = taught(tmp_path, hard_lines={"repeats": 2, "within_hours": 1, "lock_minutes": 60})
    ann, ben = two(studio)
    for _ in range(2):
        assert isinstance(create(studio, ann, "forbidden"), Refused)
    with pytest.raises(LimitError):
        create(studio, ann, "a red apple")
    assert create(studio, ben, "a red apple").case


def test_learners_may_try_more_refusals_than_others_before_they_wait(tmp_path: Path) -> None:
    blocks = {"free": 1, "first_seconds": 60, "most_seconds": 60, "forgotten_hours": 1}
    studio = taught(tmp_path, blocks=blocks, classroom={"free_refusals": 3})
    ann, _ = two(studio)
    for _ in range(4):
        assert isinstance(create(studio, ann, "gore"), Refused)
    with pytest.raises(LimitError, match="4 prompts in a row"):
        create(studio, ann, "a red apple")
    for _ in range(2):
        studio.create(GenerationRequest("gore", **SMALL), client=STRANGER)
    with pytest.raises(LimitError, match="2 prompts in a row"):
        studio.create(GenerationRequest("gore", **SMALL), client=STRANGER)


@given(st.lists(st.integers(1, 60), min_size=2, max_size=60, unique=True))
def test_every_learner_of_a_class_is_another_client(numbers: list[int]) -> None:
    network = new_network()
    assert len({client_of(address_of(network, number)) for number in numbers}) == len(numbers)


# ---- nothing is kept ----


def kept(studio: Studio) -> dict[str, int]:
    with studio.audit.read_transaction() as reader:
        tables = ("act", "library", "library_choice", "kept")
        count = {name: reader.connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() for name in tables}
    return count | {"files": sum(path.is_file() for path in studio.outputs.rglob("*"))}


def test_after_the_class_nothing_of_it_is_on_disk_and_the_chain_is_whole(studio: Studio, tmp_path: Path) -> None:
    classroom = classroom_of(studio)
    other = studio.create(GenerationRequest("a blue boat", **SMALL), client=STRANGER, person="somebody")
    before = kept(studio)
    ann, ben = two(studio)
    made = create(studio, ann, "a red apple")
    create(studio, ben, "gore")
    studio.library.keep_prompts(person_of_learner(client_behind(studio, ann)), True)
    classroom.answer(ann, GUESS, 7.0)
    assert kept(studio) != before and made.pictures[0].export.path.exists()
    deleted, left = studio.close_class()
    assert left == 0 and made.pictures[0].export.path.name in deleted
    assert kept(studio) == before and other.pictures[0].export.path.exists()
    assert not studio.class_record.path.exists()
    assert studio.verify_audit() == []
    data = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"red apple" not in data and b"blue boat" in data


def test_answers_are_in_memory_alone(studio: Studio, tmp_path: Path) -> None:
    ann, _ = two(studio)
    studio.audit.list()
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    classroom_of(studio).answer(ann, GUESS, 7.0)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files


def test_a_picture_that_is_drawn_while_the_class_ends_goes_once_it_is_done(studio: Studio) -> None:
    ann, _ = two(studio)
    client = client_behind(studio, ann)
    admission = studio.review.rate_limiter.admission(client, "generation")
    with studio.audit.case(GenerationRequest("a red apple", **SMALL), admission) as case:
        assert studio.close_class()[1] == 1
        case.close("cancelled")
    assert studio.class_record.path.exists()
    assert studio.forget_classes()[1] == 0 and not studio.class_record.path.exists()
    with pytest.raises(RequestError, match="over"), studio.audit.case(GenerationRequest("a"), admission):
        pass


def test_what_a_crash_leaves_of_a_class_goes_at_the_next_start(tmp_path: Path) -> None:
    studio = taught(tmp_path)
    ann, _ = two(studio)
    made = create(studio, ann, "a red apple")
    studio.audit.close()
    again = fake_studio(tmp_path)
    again.resume()
    assert not made.pictures[0].export.path.exists() and not again.class_record.path.exists()


def test_what_is_deleted_is_told_to_those_who_keep_more(studio: Studio) -> None:
    told: list[set[str]] = []
    classroom_of(studio).when_closed.append(told.append)
    ann, ben = two(studio)
    clients = {client_behind(studio, ann), client_behind(studio, ben)}
    studio.close_class()
    assert told == [clients]


# ---- gathering ----

LEARNERS = st.integers(0, 9)
QUESTIONS = st.sampled_from(
    [GUESS, ERRORS, AskedOf("context", "modes", "check"), AskedOf("context", "modes", "predict")]
)
SENT = st.lists(st.tuples(QUESTIONS, LEARNERS, st.integers(0, 4)), max_size=80)


def gather(sent: list[tuple[AskedOf, int, int]]) -> ClassAnswers:
    answers = ClassAnswers()
    for asked, learner, value in sent:
        answers.put(asked, f"learner {learner}", float(value))
    return answers


def expected(sent: list[tuple[AskedOf, int, int]]) -> dict[AskedOf, dict[int, int]]:
    found: dict[AskedOf, dict[int, int]] = {}
    for asked, learner, value in sent:
        own = found.setdefault(asked, {})
        if asked.name not in ("predict", "check") or learner not in own:
            own[learner] = value
    return found


@given(SENT)
def test_no_answer_is_lost_and_none_is_counted_twice(sent: list[tuple[AskedOf, int, int]]) -> None:
    answers, wanted = gather(sent), expected(sent)
    assert answers.counts() == {asked: len(own) for asked, own in wanted.items()}
    for asked, own in wanted.items():
        assert Counter(answers.values(asked)) == Counter(map(float, own.values()))


@given(SENT)
def test_what_is_sent_again_changes_nothing(sent: list[tuple[AskedOf, int, int]]) -> None:
    last = {(asked, learner): (asked, learner, value) for asked, learner, value in sent}
    once, again = gather(sent), gather([*sent, *last.values(), *last.values()])
    assert once.counts() == again.counts()
    assert all(once.values(asked) == again.values(asked) for asked in once.counts())


@given(SENT, st.randoms(use_true_random=False))
def test_nobody_can_tell_who_said_what(sent: list[tuple[AskedOf, int, int]], dice: random.Random) -> None:
    """Other learners behind every question, and other times: what is handed out is the same to the letter."""
    last = [(asked, learner, value) for asked, own in expected(sent).items() for learner, value in own.items()]
    shuffled = []
    for asked in {asked for asked, _, _ in last}:
        others = dice.sample(range(100), 10)
        shuffled += [(one, others[learner], value) for one, learner, value in last if one == asked]
    dice.shuffle(shuffled)
    there, here = gather(shuffled), gather(last)
    assert there.counts() == here.counts()
    assert all(there.values(asked) == here.values(asked) for asked in here.counts())


@given(SENT)
def test_nothing_of_a_learner_stands_in_what_is_kept(sent: list[tuple[AskedOf, int, int]]) -> None:
    assert "learner" not in repr(gather(sent))


def test_too_few_answers_are_not_shown(tmp_path: Path) -> None:
    studio = taught(tmp_path, classroom={"show_from": 2})
    ann, ben = two(studio)
    classroom_of(studio).answer(ann, GUESS, 3.0)
    assert classroom_of(studio).values(GUESS) == [] and classroom_of(studio).counts()[GUESS] == 1
    classroom_of(studio).answer(ben, GUESS, 9.0)
    assert classroom_of(studio).values(GUESS) == [3.0, 9.0]


def test_a_learner_sees_the_others_once_it_has_answered_itself(tmp_path: Path) -> None:
    studio = taught(tmp_path, classroom={"show_from": 1})
    ann, ben = two(studio)
    classroom_of(studio).answer(ann, GUESS, 3.0)
    assert classroom_of(studio).values_for(ann, GUESS) == [3.0]
    assert classroom_of(studio).values_for(ben, GUESS) == []


def test_whose_page_was_heard_of_is_here(tmp_path: Path) -> None:
    clock = Clock()
    studio = taught(tmp_path, clock)
    ann, _ = two(studio)
    room = classroom_of(studio).require_room()
    assert classroom_of(studio).present(room) == 2
    clock.at = 20
    classroom_of(studio).here(ann)
    assert classroom_of(studio).present(room) == 1
