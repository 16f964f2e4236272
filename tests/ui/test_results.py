"""What a call gave: its result, or one sentence that a person can do something with."""

from __future__ import annotations

import logging

import pytest

from safety.errors import ExportError, LimitError, RequestError
from safety.generation import GenerationRequest
from safety.review.appeals import AppealRequest
from ui.results import Problem, attempt


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
