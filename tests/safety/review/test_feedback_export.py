"""What becomes of feedback: pairs and labelled prompts, with their provenance, and all that never leaves the store."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safety.errors import AuditError, RequestError
from safety.generation import Delivered, GenerationRequest
from safety.review.annotation import Annotation, annotator
from safety.review.appeals import AppealRequest
from safety.review.feedback import Giver
from safety.review.feedback_export import FeedbackExport, export_feedback
from safety.review.feedback_rules import load_feedback_rules
from studio import Studio, feedback_files
from studio.feedback_files import read_export, write_export
from tests.fakes import PRESETS, fake_studio
from tests.fakes_page import WordCheck
from tests.safety.review.conftest import REASON, SMALL
from tests.safety.review.test_annotation import chosen
from tests.safety.review.test_feedback import ADA, GRACE, PROMPT, drawn, notice, refused, remove, taking

BOUNDS = load_feedback_rules(PRESETS).damping
PEOPLE = [f"cookie:{number:032x}" for number in range(40)]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = taking(fake_studio(tmp_path), tmp_path)
    yield studio
    studio.audit.close()


def exported(studio: Studio, **bounds: Any) -> FeedbackExport:
    return export_feedback(studio.audit, studio.check, BOUNDS.model_copy(update=bounds))


def answered(studio: Studio, pair: tuple[str, str], better: str, *names: str) -> None:
    for name in names:
        studio.review.feedback.agree(annotator(name))
        Annotation(studio.review.feedback).answer(name, pair, better)


def test_a_pair_names_what_it_was_drawn_from_and_where_it_comes_from(studio: Studio) -> None:
    chosen(studio)
    (row,) = exported(studio, held_out=0.0).pairs
    assert row["prompt"] == row["chosen"]["prompt"] == PROMPT
    assert (row["chosen"], row["rejected"]) == (
        {"prompt": PROMPT, "seed": 7},
        {"prompt": PROMPT, "seed": row["rejected"]["seed"]},
    )
    assert row["chosen"]["seed"] != row["rejected"]["seed"]
    assert row["consent"]["version"] and row["model"] and row["engine"] == "pocket"
    assert row["policy_version"] == studio.policy_version and row["at"] and row["case"] and row["feedback"]
    assert (row["source"], row["weight"], row["part"], row["voices"]) == ("choice", 0.5, "train", 1)


def test_what_training_reads_are_the_pairs_of_its_part_and_engine(studio: Studio, tmp_path: Path) -> None:
    pairs = pytest.importorskip("training.align.pairs", reason="torch is not here")
    chosen(studio)
    write_export(studio, tmp_path / "out")
    rows = [json.loads(line) for line in (tmp_path / "out" / "pairs.jsonl").read_text("utf-8").splitlines()]
    (row,) = rows
    read = pairs.Material.read(tmp_path / "out", "pocket", row["part"])
    assert [(pair.prompt, pair.chosen.seed, pair.weight) for pair in read.pairs] == [(PROMPT, 7, 0.5)]
    other = "held-out" if row["part"] == "train" else "train"
    assert not pairs.Material.read(tmp_path / "out", "pocket", other).pairs
    assert not pairs.Material.read(tmp_path / "out", "another", row["part"]).pairs


def test_opposite_ratings_of_two_pictures_are_a_preference(studio: Studio) -> None:
    studio.review.feedback.agree(ADA)
    one, other = drawn(studio)
    studio.review.feedback.rate(Giver(ADA), one, PROMPT, "down")
    studio.review.feedback.rate(Giver(ADA), other, PROMPT, "up")
    (row,) = exported(studio).pairs
    assert row["rejected"]["seed"] == 7 and row["source"] == "rating"


def test_annotators_overrule_a_maker_and_a_dispute_is_left_out(studio: Studio) -> None:
    first, second = chosen(studio), chosen(studio, GRACE, seed=9)
    answered(studio, first, first[1], "Joan", "Mary", "Ida")
    answered(studio, second, second[1], "Ruth")
    export = exported(studio, held_out=0.0)
    (row,) = export.pairs
    assert row["rejected"]["seed"] == 7 and row["source"] == "annotation" and len(row["persons"]) == 3
    assert export.left_out == {"pairs without an answer that enough weight stands behind": 1}
    assert export.agreement["pairs"] is not None


def test_pseudonyms_change_with_each_export_and_parts_do_not(studio: Studio) -> None:
    for number, person in enumerate(PEOPLE):
        made(studio, person, f"a thing of number {number}", seed=100 + 2 * number)
    first, second = exported(studio), exported(studio)
    parts = [{row["case"]: row["part"] for row in export.pairs} for export in (first, second)]
    assert parts[0] == parts[1] and 2 <= list(parts[0].values()).count("held-out") <= 20
    names = [{name for row in export.pairs for name in row["persons"]} for export in (first, second)]
    assert len(names[0]) == len(PEOPLE) and not names[0] & names[1]
    digests = {studio.audit.person_digest(person) for person in PEOPLE}
    assert not any(digest[:16] in json.dumps(first.pairs) for digest in digests)


def made(studio: Studio, person: str, prompt: str, seed: int = 7) -> tuple[str, str]:
    studio.review.feedback.agree(person)
    one, other = drawn(studio, person, prompt, seed=seed)
    studio.review.feedback.choose(Giver(person), one, other, prompt)
    return one, other


def test_nobody_and_no_prompt_is_in_both_parts(studio: Studio) -> None:
    for number, person in enumerate(PEOPLE):
        pair = made(studio, person, f"thing {number % 30}", seed=100 + 2 * number)
        answered(studio, pair, pair[0], *(f"annotator {one}" for one in range(6)))
    rows = exported(studio).pairs
    for names in (lambda row: set(row["persons"]), lambda row: {row["prompt"]}):
        trained, held_out = (
            {name for row in rows if row["part"] == part for name in names(row)} for part in ("train", "held-out")
        )
        assert trained and held_out and not trained & held_out


def test_what_two_people_say_of_the_same_pictures_stands_there_once(studio: Studio) -> None:
    chosen(studio, ADA)
    chosen(studio, GRACE)
    export = exported(studio, held_out=0.0)
    assert len(export.pairs) == 1 and export.left_out == {"pairs that stand there already": 1}


def test_opposites_of_the_same_pictures_are_both_left_out(studio: Studio) -> None:
    chosen(studio, ADA)
    studio.review.feedback.agree(GRACE)
    one, other = drawn(studio, GRACE)
    studio.review.feedback.choose(Giver(GRACE), other, one, PROMPT)
    export = exported(studio, held_out=0.0)
    assert not export.pairs and export.left_out == {"pairs of which opposites were said": 2}


HIDDEN = {
    "removed": (lambda s, pair: remove(s, pair[1]), ""),
    "noticed": (lambda s, pair: notice(s, pair[1]), "pairs with a picture that was removed, or is under a notice"),
    "withdrawn": (lambda s, pair: s.review.feedback.withdraw(ADA), ""),
    "deleted": (lambda s, pair: s.library.delete(ADA, [pair[1]]), ""),
}


@pytest.mark.parametrize(("hide", "why"), HIDDEN.values(), ids=HIDDEN)
def test_a_picture_that_is_no_more_is_never_exported(studio: Studio, hide: Any, why: str) -> None:
    pair = chosen(studio)
    assert exported(studio).pairs
    hide(studio, pair)
    export = exported(studio)
    assert not export.pairs and list(export.left_out) == ([why] if why else [])


def test_a_withheld_picture_takes_no_feedback_and_is_in_no_export(studio: Studio) -> None:
    studio.review.feedback.agree(ADA)
    case = refused(studio, "spoilt milk")
    rows = studio.audit.show(case)
    assert not any(row["event"] == "exported" for row in rows)
    studio.review.feedback.tell_refusal(Giver(ADA), case, "spoilt milk")
    assert not exported(studio).pairs


def test_a_prompt_that_has_come_behind_a_hard_line_is_never_exported(studio: Studio) -> None:
    chosen(studio)
    studio.review.feedback.agree(GRACE)
    studio.review.feedback.tell_refusal(Giver(GRACE), refused(studio), "gore")
    hard = WordCheck({"apple": ("intimate_imagery", 0.9), "gore": ("intimate_imagery", 0.9)})
    stricter = replace(studio, checks=replace(studio.checks, prompt=(hard,)))
    assert exported(studio).pairs and exported(studio).prompts
    export = exported(stricter)
    assert not export.pairs and not export.prompts
    assert set(export.left_out) == {"pairs of a prompt behind a hard line", "prompts behind a hard line"}


# ---- prompts with a label ----


def appealed(studio: Studio, prompt: str, outcome: str, learn: bool = True) -> str:
    case = refused(studio, prompt)
    studio.appeal(AppealRequest(case, prompt, learn=learn))
    studio.review.decisions.decide(case, outcome, REASON, "Grace")
    return case


def test_reviewers_outcomes_are_labels_where_their_persons_agreed(studio: Studio) -> None:
    harmful = appealed(studio, "gore in a field", "upheld")
    harmless = appealed(studio, "gore on a stage", "overturned")
    appealed(studio, "gore in a book", "upheld", learn=False)
    rows = {row["prompt"]: row for row in exported(studio).prompts}
    assert {prompt: row["label"] for prompt, row in rows.items()} == {
        "gore in a field": "violence",
        "gore on a stage": "harmless",
    }
    row = rows["gore in a field"]
    assert (row["case"], row["weight"], row["source"], row["mode"]) == (harmful, 1.0, "review", "general")
    assert row["part"] in ("train", "held-out") and row["person"] and row["at"] and row["policy_version"]
    assert rows["gore on a stage"]["case"] == harmless


def test_what_people_say_of_prompts_weighs_less_than_a_review(studio: Studio) -> None:
    for person in (ADA, GRACE):
        studio.review.feedback.agree(person)
        studio.review.feedback.tell_refusal(Giver(person), refused(studio), "gore")
    stamp = drawn(studio, prompt="a wild boar")[0]
    studio.review.feedback.rate(Giver(ADA), stamp, "a wild boar", "down", ["too_much"])
    rows = {row["prompt"]: row for row in exported(studio, held_out=0.0).prompts}
    assert {prompt: (row["label"], row["source"]) for prompt, row in rows.items()} == {
        "gore": ("harmless", "refusal"),
        "a wild boar": ("harmful", "rating"),
    }
    assert all(0 < row["weight"] <= BOUNDS.unreviewed for row in rows.values())
    # Whoever takes it back can be found in an export of before, not only the first who said it.
    assert len(rows["gore"]["feedback"]) == 2


def test_a_reviewer_is_believed_over_everybody_and_measures_them(studio: Studio) -> None:
    studio.review.feedback.agree(ADA)
    prompts = [f"gore of kind {number}" for number in range(BOUNDS.gold_least)]
    for prompt in (*prompts, "gore of another kind"):
        studio.review.feedback.tell_refusal(Giver(ADA), refused(studio, prompt), prompt)
    assert len(exported(studio).prompts) == len(prompts) + 1
    for prompt in prompts:
        appealed(studio, prompt, "upheld")
    export = exported(studio)
    assert {row["label"] for row in export.prompts} == {"violence"} and len(export.prompts) == len(prompts)
    (left_out,) = [row for row in export.people if row["left_out"]]
    assert left_out["left_out"] == "gold" and left_out["about"] == "prompts"


def test_a_good_picture_says_nothing_of_harm(studio: Studio) -> None:
    studio.review.feedback.agree(ADA)
    one, other = drawn(studio)
    studio.review.feedback.rate(Giver(ADA), one, PROMPT, "up")
    studio.review.feedback.rate(Giver(ADA), other, PROMPT, "down", ["not_asked"])
    assert not exported(studio).prompts


# ---- the folder ----


def test_an_export_says_what_it_holds_and_is_itself_on_record(studio: Studio, tmp_path: Path) -> None:
    chosen(studio)
    told = write_export(studio, tmp_path / "out")
    assert told == json.loads((tmp_path / "out" / "export.json").read_text("utf-8"))
    assert (told["pairs"], told["prompts"], told["damping"]["share"]) == (1, 0, BOUNDS.share)
    with studio.audit.read_transaction() as reader:
        rows = [row for row in reader.entries() if row.event == "feedback_exported"]
    assert rows[0].parse_facts()["files"] == told["files"] and studio.audit.verify() == []


def test_a_folder_with_something_in_it_is_left_alone(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RequestError, match="something in it"):
        write_export(studio, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_nothing_is_exported_from_a_record_that_is_not_whole(studio: Studio, tmp_path: Path) -> None:
    chosen(studio)
    with sqlite3.connect(tmp_path / "audit.sqlite3") as database:
        database.execute("DROP TRIGGER kept_no_update")
        database.execute("UPDATE kept SET content = replace(content, 'apple', 'pear') WHERE kind = 'feedback'")
    with pytest.raises(AuditError, match="not whole"):
        read_export(studio)


def test_what_is_taken_back_while_it_is_exported_is_in_no_file(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen(studio)
    read = feedback_files.read_export

    def read_and_withdraw(of: Studio) -> FeedbackExport:
        found = read(of)
        of.review.feedback.withdraw(ADA)
        return found

    monkeypatch.setattr(feedback_files, "read_export", read_and_withdraw)
    with pytest.raises(RequestError, match="took feedback back"):
        write_export(studio, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    monkeypatch.undo()
    assert write_export(studio, tmp_path / "out")["pairs"] == 0


def test_the_owner_alone_may_read_an_export_in_a_folder_that_all_may_enter(studio: Studio, tmp_path: Path) -> None:
    chosen(studio)
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o755)
    write_export(studio, tmp_path / "out")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()} == {0o600}


def test_half_an_export_is_none(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen(studio)
    write = feedback_files._write

    def full(path: Path, data: bytes) -> None:
        if path.name == "prompts.jsonl":
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(feedback_files, "_write", full)
    with pytest.raises(RequestError, match="No space left"):
        write_export(studio, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_prompt_in_other_capitals_and_spaces_gets_past_no_reviewer_and_gives_no_second_vote(studio: Studio) -> None:
    appealed(studio, "gore", "upheld")
    for person in PEOPLE[:6]:
        studio.review.feedback.agree(person)
        studio.review.feedback.tell_refusal(Giver(person), refused(studio, " GORE  "), " GORE  ")
    found = exported(studio, held_out=0.0)
    assert [row["label"] for row in found.prompts] == ["violence"]
    assert all(row["gold"] == 1 and row["gold_right"] == 0 for row in found.people if row["about"] == "prompts")


def test_two_pictures_of_other_settings_are_no_pair_since_a_seed_would_not_tell_them_apart(studio: Studio) -> None:
    studio.review.feedback.agree(ADA)
    one = drawn(studio)[0]
    other = studio.create(GenerationRequest(PROMPT, seed=9, **{**SMALL, "guidance": 3.0}), person=ADA)
    assert isinstance(other, Delivered) and other.pictures[0].export
    with pytest.raises(RequestError, match="made in different ways"):
        studio.review.feedback.choose(Giver(ADA), one, str(other.pictures[0].export.stamp), PROMPT)
