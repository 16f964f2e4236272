"""The endpoints for programs: JSON in, JSON out, in the words of docs/cli.md. Imports no gradio.

A person's page and a program's call go the same way: each is one call of the studio, which judges again. The
docstrings of the endpoints are what `gradio_api/info` tells programs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from safety.audit.serialize import steering_facts
from safety.generation import EMBEDDED, Delivered, Enlarged, Export, GenerationRequest, Outcome, PictureResult, Refused
from safety.messages.catalogue import Messages
from safety.review.client import LOCAL
from safety.statement import as_json
from studio.lists import check_list
from ui import forms, serialize
from ui.results import Problem, attempt
from ui.web import handlers
from ui.web.health_badge import HealthBadge
from ui.web.jobs import Job

if TYPE_CHECKING:
    from studio import Studio

Row = dict[str, Any]
P = ParamSpec("P")


def _answers(method: Callable[Concatenate[Api, P], Row]) -> Callable[Concatenate[Api, P], Row]:
    """Makes an endpoint answer {"error": "one sentence"} whatever goes wrong; for a limit also the seconds to wait."""

    @wraps(method)
    def answer(api: Api, /, *args: P.args, **kwargs: P.kwargs) -> Row:
        result = attempt(method, api, *args, **kwargs)
        return _problem(result) if isinstance(result, Problem) else result

    return answer


def _problem(problem: Problem) -> Row:
    row: Row = {"error": problem.sentence}
    return row if problem.wait is None else {**row, "wait": problem.wait}


@dataclass(frozen=True)
class Api:
    """Answers programs. `hand_over` copies a finished file to where the server may serve it from.

    `badge` keeps the health of the checks for a minute; the page shares its own.
    """

    studio: Studio
    hand_over: Callable[[Path], str]
    badge: HealthBadge | None = None

    @_answers
    def health(self) -> dict[str, Any]:
        """Which checks look, which don't, and what that means."""
        return serialize.health((self.badge or HealthBadge(self.studio)).health())

    @_answers
    def preview(self, prompt: str, mode: str = "general", negative_prompt: str = "") -> dict[str, Any]:
        """Judge a prompt with the quick checks. Nothing is made or recorded."""
        request = forms.read({"prompt": prompt, "mode": mode, "negative_prompt": negative_prompt})
        decision = self.studio.preview(request.prompt, request.mode, request.negative_prompt)
        return serialize.decision(decision, self.studio.messages())

    @_answers
    def suggest(self, prompt: str, mode: str = "general", negative_prompt: str = "") -> dict[str, Any]:
        """Other wordings for a blocked prompt, each judged by all checks to pass; where there is none, advice.

        Nothing is made or recorded.
        """
        request = forms.read({"prompt": prompt, "mode": mode, "negative_prompt": negative_prompt})
        asked = (request.prompt, request.mode, "", request.negative_prompt)
        suggestions, advice = handlers.find_suggestions(self.studio, *asked)
        return {"suggestions": [serialize.suggestion(suggestion) for suggestion in suggestions], "advice": advice}

    @_answers
    def judge_list(self, text: str, mode: str = "general", negative_prompt: str = "") -> dict[str, Any]:
        """Judge a list: one prompt a line, {red|green} for choices. Nothing is made or recorded."""
        request = forms.read({"mode": mode, "negative_prompt": negative_prompt})
        lines = check_list(self.studio, str(text), request)
        return {"lines": [serialize.list_line(line, self.studio.messages()) for line in lines]}

    @_answers
    def create(
        self, request: dict[str, Any], client: str = LOCAL, stop: threading.Event | None = None, person: str = ""
    ) -> dict[str, Any]:
        """Judge, make, judge, mark: {"prompt": "a red apple", "mode": "art", "language": "de"}.

        A warning is answered by the same call with "acknowledged": true and "warning": the id that the refusal names.
        """
        work = partial(self.studio.create, self._read(request), client=client, person=person)
        job = Job(work, stop or threading.Event())
        return self._outcome(job.run())

    @_answers
    def upscale(
        self, request: dict[str, Any], client: str = LOCAL, stop: threading.Event | None = None, person: str = ""
    ) -> dict[str, Any]:
        """Enlarge a finished picture of this studio 2 or 4 times: {"source": "its stamp or SHA-256", "times": 2}.

        "prompt" may have the words that it was made from: it is judged by them as well. Pictures from elsewhere are not
        taken.
        """
        asked = forms.read_enlarge(request)
        job = Job(lambda progress, _: self.studio.enlarge(asked, progress, client, person), stop or threading.Event())
        return self._enlarged(job.run())

    @_answers
    def appeal(self, request: dict[str, Any], client: str = LOCAL) -> dict[str, Any]:
        """Ask a person to look again: {"case": "...", "prompt": "as refused", "remark": "...", "learn": true}."""
        return asdict(self.studio.appeal(forms.read_appeal(request), client))

    @_answers
    def report(self, request: dict[str, Any], client: str = LOCAL) -> dict[str, Any]:
        """Report a false block without creating: {"prompt": "...", "mode": "general", "remark": "..."}."""
        remark = forms.read_remark(request)
        rest = {name: value for name, value in request.items() if name != "remark"}
        return asdict(self.studio.report(self._read(rest), remark, client))

    @_answers
    def outcome(self, case: str, client: str = LOCAL, person: str = "") -> dict[str, Any]:
        """How the review of a case went: waiting, upheld, overturned, used, expired, or "" without one."""
        return asdict(self.studio.appeal_status(str(case), client, person))

    @_answers
    def collect(self, case: str, client: str = LOCAL, person: str = "") -> dict[str, Any]:
        """The withheld pictures of a case that a reviewer let through, once."""
        exports = self.studio.collect(str(case), client, person)
        pictures = [{**serialize.export("", export), "file": self._file(export)} for export in exports]
        return {"case": case, "pictures": pictures}

    def _file(self, export: Export) -> Row:
        copy = self.hand_over(export.path)
        return {"path": copy, "orig_name": export.path.name, "meta": {"_type": "gradio.FileData"}}

    def _enlarged(self, outcome: Enlarged) -> Row:
        """Returns an enlarged picture. A veiled one comes without its file, as from `create`."""
        export = outcome.result.export
        if export is None:
            refusal = outcome.refusal()
            return {"refused": True, **serialize.refused(refusal, self.studio.statement(refusal))}
        messages = self.studio.messages(outcome.generation.request.language)
        file = None if outcome.result.veiled else self._file(export)
        row = {"refused": False, "veiled": outcome.result.veiled}
        return {**row, **serialize.enlarged(outcome, "", messages), "file": file}

    def _read(self, values: Row) -> GenerationRequest:
        """Returns a request; before a generator of somebody else's there is no embedded model to fall back on."""
        known = {} if EMBEDDED in self.studio.engines else {"engine": self.studio.offered_engines()[0].name}
        return forms.read({**known, **values})

    def _outcome(self, outcome: Outcome) -> Row:
        if isinstance(outcome, Refused):
            return {"refused": True, **serialize.refused(outcome, self.studio.statement(outcome))}
        messages = self.studio.messages(outcome.request.language)
        return {
            "refused": False,
            "case": outcome.case,
            "prompt": serialize.decision(outcome.prompt_decision, messages),
            "steered": steering_facts(outcome.generation.steered),
            "words": serialize.word_use(self.studio.word_use(outcome.request.prompt, outcome.request.engine)),
            "pictures": [self._picture(outcome, result, messages) for result in outcome.pictures],
        }

    def _picture(self, outcome: Delivered, result: PictureResult, messages: Messages) -> Row:
        """Returns one picture. A veiled one comes without its file: to see it is a person's choice, on the page."""
        row: Row = {
            "seed": result.picture.seed,
            "veiled": result.veiled,
            "filled_in": result.picture.filled,
            "picture": serialize.decision(result.decision, messages),
        }
        if result.export is None:
            statement = self.studio.statement(outcome.refusal(result))
            return {**row, "file": None, "statement": as_json(statement)}
        if result.veiled:
            return {**row, "file": None}
        return {**serialize.export("", result.export), **row, "file": self._file(result.export)}
