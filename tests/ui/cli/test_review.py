"""The operator's commands: `review`, and `audit export`, `erase`, `tidy`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from safety.generation import Delivered, GenerationRequest, Refused
from safety.review.appeals import AppealRequest
from studio import Studio
from tests.ui.cli import test_main
from tests.ui.cli.test_main import HARD, SPOILT, WORD, Result, runner

home, studio, run = test_main.home, test_main.studio, test_main.run
REASON = "Stage make-up, as the remark says."
Run = Callable[..., Result]


def refused(studio: Studio, prompt: str = WORD, learn: bool = True, client: str = "") -> str:
    """The id of a case that waits for a reviewer."""
    outcome = studio.create(GenerationRequest(prompt), client=client)
    assert isinstance(outcome, Refused)
    studio.appeal(AppealRequest(outcome.case, prompt, remark="It is make-up.", learn=learn))
    return outcome.case


def events(studio: Studio, case: str) -> list[str]:
    return [row["event"] for row in studio.audit.show(case)]


# ---- review -----------------------------------------------------------------------------------------


def test_list_shows_what_waits_longest_first_and_the_decided_on_demand(run: Run, studio: Studio) -> None:
    assert (run("review", "list").code, run("review", "list").out) == (0, "")
    first, second = refused(studio), refused(studio, "gore on a stage")
    rows = run("review", "list").rows
    assert [(row["case_id"], row["kind"], row["state"]) for row in rows] == [
        (first, "appeal", "waiting"),
        (second, "appeal", "waiting"),
    ]
    assert "ticket" not in rows[0]
    assert run("review", "uphold", first, "--reason", REASON).code == 0
    assert [row["case_id"] for row in run("review", "list").rows] == [second]
    assert {row["case_id"]: row["state"] for row in run("review", "list", "--all").rows}[first] == "upheld"


def test_show_gives_words_scores_and_policy_and_looks_at_no_picture(run: Run, studio: Studio) -> None:
    case = refused(studio)
    row = run("review", "show", case).row
    assert (row["case"], row["state"], row["stage"], row["pictures"]) == (case, "waiting", "prompt", 0)
    assert (row["appeal"]["prompt"], row["appeal"]["remark"]) == (WORD, "It is make-up.")
    assert row["appeal"]["reasons"][0]["spans"] == [[2, 6]]
    assert (row["judged"][0]["verdict"], row["judged"][0]["policy_digest"]) == ("BLOCK", studio.policy.digest)
    assert "picture_seen" not in events(studio, case)


def test_a_withheld_picture_is_written_only_when_asked_for_and_that_is_on_record(
    run: Run, studio: Studio, tmp_path: Path
) -> None:
    case, out = refused(studio, SPOILT), tmp_path / "withheld.png"
    assert run("review", "show", case).row["pictures"] == 1 and "picture_seen" not in events(studio, case)
    assert run("review", "show", case, "--picture", out).row["pictures"] == 1
    assert out.read_bytes().startswith(b"\x89PNG") and "picture_seen" in events(studio, case)


def test_a_refused_prompt_has_no_picture_to_write(run: Run, studio: Studio, tmp_path: Path) -> None:
    result = run("review", "show", refused(studio), "--picture", tmp_path / "none.png")
    assert result.code == 2 and not (tmp_path / "none.png").exists()
    result.says("no picture")


def test_an_overturned_request_passes_once_and_an_upheld_one_does_not(run: Run, studio: Studio) -> None:
    upheld = refused(studio, "gore on a stage")
    assert run("review", "uphold", upheld, "--reason", REASON).code == 0
    assert isinstance(studio.create(GenerationRequest("gore on a stage")), Refused)
    case = refused(studio)
    done = run("review", "overturn", case, "--reason", REASON)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert studio.appeal_status(case).reason == REASON
    outcomes = [studio.create(GenerationRequest(WORD)) for _ in range(2)]
    assert [type(one) for one in outcomes] == [Delivered, Refused]
    assert studio.audit.verify() == []


@pytest.mark.parametrize("command", ["uphold", "overturn"])
def test_a_decision_needs_a_reason_a_case_and_is_made_once(run: Run, studio: Studio, command: str) -> None:
    case = refused(studio)
    for arguments, word in (((case,), "reason"), ((case, "--reason", "  no  "), "reason")):
        result = run("review", command, *arguments)
        assert result.code == 2
        result.says(word)
    assert run("review", command, "0" * 12, "--reason", REASON).code == 2
    assert studio.appeal_status(case).outcome == "waiting"
    assert run("review", command, case, "--reason", REASON).code == 0
    again = run("review", "overturn", case, "--reason", REASON)
    assert again.code == 2
    again.says("does not wait")


def test_a_case_that_nobody_appealed_is_not_shown(run: Run, studio: Studio) -> None:
    hard = studio.create(GenerationRequest(HARD))
    assert isinstance(hard, Refused)
    for case in (hard.case, "0" * 12, "x"):
        assert run("review", "show", case).code == 2


def test_export_gives_labelled_rows_of_those_who_agreed_while_their_words_are_kept(run: Run, studio: Studio) -> None:
    odd = 'gore, "quoted"\non two lines'
    cases = [refused(studio), refused(studio, odd), refused(studio, "gore of a stranger", learn=False)]
    waits = refused(studio, "gore that waits")
    for case, command in zip(cases, ("uphold", "overturn", "overturn"), strict=True):
        run("review", command, case, "--reason", REASON)
    result = run("review", "export")
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert [(row["case"], row["text"], row["label"]) for row in rows] == [(cases[0], WORD, "1"), (cases[1], odd, "0")]
    assert {row["verdict"] for row in rows} == {"BLOCK"} and rows[0]["codes"] == "P301" and waits not in result.out
    run("audit", "erase", cases[0])
    assert cases[0] not in run("review", "export").out


# ---- one person's data ------------------------------------------------------------------------------


def test_audit_export_gives_all_of_one_person_by_case_or_by_address(run: Run, studio: Studio) -> None:
    case, other = refused(studio, client="192.0.2.7"), refused(studio, "gore of another", client="192.0.2.8")
    (by_case,) = run("audit", "export", case).rows
    assert by_case["case"] == case and by_case["kept"]["appeal"]["prompt"] == WORD
    assert [row["event"] for row in by_case["rows"]] == events(studio, case)
    by_address = run("audit", "export", "--client", "192.0.2.7").rows
    assert [row["case"] for row in by_address] == [case] and other not in str(by_address)
    assert run("audit", "export", "--client", "192.0.2.9").rows == []


@pytest.mark.parametrize("arguments", [pytest.param((), id="nobody"), pytest.param(("0" * 12,), id="unknown case")])
def test_audit_export_of_nobody_says_what_to_name(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("audit", "export", *arguments)
    assert (result.code, result.out) == (2, "")
    result.says("case")


def test_erase_deletes_words_pictures_files_and_address_and_the_chain_stays_whole(run: Run, studio: Studio) -> None:
    case = refused(studio, SPOILT, client="192.0.2.7")
    done = run("audit", "erase", case)
    assert done.code == 0 and all(kind in done.out for kind in ("appeal", "picture", "client"))
    assert run("audit", "export", case).rows[0]["kept"] == {}
    assert run("audit", "export", "--client", "192.0.2.7").rows == []
    assert "Nothing is kept" in run("audit", "erase", case).out
    assert run("audit", "verify").code == 0
    outcome = studio.create(GenerationRequest("a red apple"))
    assert isinstance(outcome, Delivered) and (studio.outputs / outcome.case).is_dir()
    assert ".png" in run("audit", "erase", outcome.case).out and not (studio.outputs / outcome.case).exists()
    assert run("audit", "erase", "0" * 12).code == 2


def test_tidy_deletes_what_is_due_and_nothing_else(run: Run, studio: Studio) -> None:
    case = refused(studio)
    assert "Deleted: 0" in run("audit", "tidy").out
    days = studio.review.retention.days.model_copy(update={"appeal": 1e-9})  # a tenth of a millisecond
    review = replace(studio.review, retention=replace(studio.review.retention, days=days))
    due = runner(lambda: replace(studio, review=review))("audit", "tidy")
    assert (due.code, due.out) == (0, "Deleted: 1.\n")
    assert run("audit", "export", case).rows[0]["kept"] == {} and run("audit", "verify").code == 0
    assert run("review", "list").rows == []
