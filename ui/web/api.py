"""The endpoints for programs: JSON in, JSON out, in the words of docs/cli.md. Imports no gradio.

A person's page and a program's call go the same way: each is one call of the studio, which judges again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safety.audit.serialize import of_steering
from safety.errors import LimitError
from safety.generation import Delivered, Export, GenerationRequest, Outcome, Refused
from safety.review.client import LOCAL
from safety.statement import as_json
from ui import forms, serialize
from ui.web import handlers
from ui.web.health_badge import HealthBadge

if TYPE_CHECKING:
    from studio import Studio

Row = dict[str, Any]


@dataclass(frozen=True)
class Api:
    """`hand_over` copies a finished file to where the server may serve it from."""

    studio: Studio
    hand_over: Callable[[Path], str]
    lamp: HealthBadge | None = None  # shared with the page

    def health(self) -> dict[str, Any]:
        """Which checks look, which don't, and what that means."""
        try:
            return serialize.health((self.lamp or HealthBadge(self.studio)).health())
        except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
            return {"error": handlers.sentence(error)}

    def preview(self, prompt: str, mode: str = "general") -> dict[str, Any]:
        """Judge a prompt with the quick checks. Nothing is made or recorded."""
        try:
            asked = forms.read({"prompt": prompt, "mode": mode})
            return serialize.decision(self.studio.preview(asked.prompt, asked.mode), self.studio.policy.messages())
        except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
            return {"error": handlers.sentence(error)}

    def suggest(self, prompt: str, mode: str = "general") -> dict[str, Any]:
        """Other wordings for a blocked prompt, each judged by all checks to pass. Nothing is made or recorded."""
        try:
            asked = forms.read({"prompt": prompt, "mode": mode})
            found = self.studio.suggest(asked.prompt, asked.mode)
            return {"suggestions": [serialize.suggestion(each) for each in found]}
        except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
            return {"error": handlers.sentence(error)}

    def create(self, request: dict[str, Any], client: str = LOCAL) -> dict[str, Any]:
        """Judge, make, judge, mark: {"prompt": "a red apple", "mode": "art", "language": "de"}."""
        try:
            asked = forms.read(request)
            return self._told(self.studio.create(asked, client=client), asked)
        except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
            return _problem(error)

    def appeal(self, request: dict[str, Any], client: str = LOCAL) -> dict[str, Any]:
        """Ask a person to look again: {"case": "...", "prompt": "as refused", "remark": "...", "learn": true}."""
        try:
            return asdict(self.studio.appeal(forms.asking(request), client))
        except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
            return _problem(error)

    def report(self, request: dict[str, Any], client: str = LOCAL) -> dict[str, Any]:
        """Report a false block without creating: {"prompt": "...", "mode": "general", "remark": "..."}."""
        try:
            remark = forms.remark(request)
            rest = {name: value for name, value in request.items() if name != "remark"}
            return asdict(self.studio.report(forms.read(rest), remark, client))
        except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
            return _problem(error)

    def outcome(self, case: str, client: str = LOCAL) -> dict[str, Any]:
        """How the review of a case went: waiting, upheld, overturned, used, expired, or "" without one."""
        try:
            return asdict(self.studio.house.desk.answer(str(case), client))
        except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
            return _problem(error)

    def collect(self, case: str) -> dict[str, Any]:
        """The withheld pictures of a case that a reviewer let through, once."""
        try:
            exports = self.studio.collect(str(case))
            return {
                "case": case,
                "pictures": [{**serialize.export("", one), "file": self._file(one)} for one in exports],
            }
        except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
            return _problem(error)

    def _file(self, export: Export) -> Row:
        copy = self.hand_over(export.path)
        return {"path": copy, "orig_name": export.path.name, "meta": {"_type": "gradio.FileData"}}

    def _told(self, outcome: Outcome, asked: GenerationRequest) -> Row:
        words = self.studio.policy.messages(asked.language)
        if isinstance(outcome, Refused):
            return {"refused": True, **serialize.refused(outcome, self.studio.statement(outcome, asked))}
        rows = [self._picture(outcome, number, asked) for number in range(len(outcome.made))]
        prompt = serialize.decision(outcome.prompt, words)
        steered = of_steering(outcome.generation.steered)
        return {"refused": False, "case": outcome.case, "prompt": prompt, "steered": steered, "pictures": rows}

    def _picture(self, outcome: Delivered, number: int, asked: GenerationRequest) -> Row:
        """A veiled picture comes without its file: to see it is a person's own choice, made on the page."""
        made, words = outcome.made[number], self.studio.policy.messages(asked.language)
        row: Row = {
            "seed": outcome.generation.seeds[number],
            "veiled": made.veiled,
            "filled_in": outcome.generation.filled_in(number),
            "picture": serialize.decision(made.decision, words),
        }
        if made.export is None:
            statement = self.studio.statement(Refused(outcome.case, made.decision), asked)
            return {**row, "file": None, "statement": as_json(statement)}
        if made.veiled:
            return {**row, "file": None}
        return {**serialize.export("", made.export), **row, "file": self._file(made.export)}


def _problem(error: Exception) -> Row:
    """One sentence; for a limit also the seconds to wait."""
    told: Row = {"error": handlers.sentence(error)}
    return {**told, "wait": error.seconds} if isinstance(error, LimitError) else told
