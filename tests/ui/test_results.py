"""What a call gave: its result, or one sentence that a person can do something with."""

from __future__ import annotations

import logging

import pytest

from safety.errors import ExportError, LimitError, RequestError
from safety.generation import GenerationRequest
from safety.review.appeals import AppealRequest
from ui.results import Problem, attempt, for_visitors


def fail(error: Exception) -> None:
    raise error


def test_a_result_comes_back_as_it_is() -> None:
    assert attempt(divmod, 7, 2) == (3, 1)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        pytest.param(ExportError("Full.", "Free some."), Problem("Full. Free some."), id="ours"),
        pytest.param(RequestError("No mode."), Problem("No mode.", bad_request=True), id="the call was wrong"),
        pytest.param(LimitError("Enough.", 9.1), Problem("Enough. Try again in 10 seconds.", wait=10), id="a limit"),
    ],
)
def test_our_own_errors_are_told_in_their_sentence_and_not_logged(
    error: Exception, problem: Problem, caplog: pytest.LogCaptureFixture
) -> None:
    assert attempt(fail, error) == problem and not caplog.records


def test_any_other_error_is_logged_in_full_under_an_id_that_the_person_gets(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        problem = attempt(fail, RuntimeError("secret detail"))
    assert isinstance(problem, Problem) and "secret" not in problem.sentence and not problem.bad_request
    assert problem.sentence.split()[-1].rstrip(".") in caplog.text and "secret detail" in caplog.text


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("a xylophone of quartz", id="a text"),
        pytest.param({"prompt": "a xylophone of quartz"}, id="a form"),
        pytest.param([["a xylophone of quartz"]], id="a list"),
        pytest.param(GenerationRequest("a xylophone of quartz"), id="a request"),
        pytest.param(GenerationRequest("a", negative_prompt="xylophone, quartz"), id="its negative prompt"),
        pytest.param(AppealRequest("4ffa94499032", "a", remark="xylophone quartz"), id="a remark"),
    ],
)
def test_the_log_has_no_word_of_what_the_call_was_given(given: object, caplog: pytest.LogCaptureFixture) -> None:
    def work(_given: object) -> None:
        try:
            raise ValueError("no token for 'xylophone'")
        except ValueError as error:
            raise RuntimeError("the server said: a xylophone of quartz is unknown") from error

    attempt(work, given)
    assert "RuntimeError: the server said" in caplog.text
    assert "xylophone" not in caplog.text and "quartz" not in caplog.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "There is no case 'x'. `python app.py audit list` shows all.", "There is no case 'x'.", id="command"
        ),
        pytest.param("The disk is full. Set SAFELIGHT_HOME to a folder.", "The disk is full.", id="setting"),
        pytest.param("Nothing can be written to /home/ada/outputs.", "", id="folder"),
        pytest.param(
            'The check "words" could not look: WeightsError: no words.onnx.',
            'The check "words" could not look.',
            id="check",
        ),
        pytest.param("Not downloaded: python app.py health --fetch.", "", id="how an operator mends it"),
        pytest.param("Use 1 to 4. It was '9'.", "Use 1 to 4. It was '9'.", id="what a visitor can mend"),
    ],
)
def test_no_sentence_for_visitors_names_a_command_a_file_or_a_setting(text: str, told: str) -> None:
    assert for_visitors(text) == told


def test_what_a_visitor_is_not_told_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    problem = attempt(fail, ExportError("The picture was not written.", "Set SAFELIGHT_HOME to another folder."))
    assert isinstance(problem, Problem)
    assert problem.sentence.startswith("The picture was not written. The log has the details")
    assert "SAFELIGHT_HOME" not in problem.sentence and "page problem" in caplog.text
