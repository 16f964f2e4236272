"""The JSON that the command line prints. Other programs read it: names are added, never changed (docs/cli.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from safety.audit.serialize import of_steering
from safety.generation import Delivered, Export, PictureResult, Refused
from safety.health import Health
from safety.marks.verify import Verification
from safety.messages.catalogue import Messages, RenderedReason
from safety.records import Decision, Stage, Suggestion, Verdict
from safety.statement import Statement, as_json

Row = dict[str, Any]


def line(row: Row) -> str:
    """One line, ASCII only: it passes every terminal and pipe, and every prompt comes back as it was given."""
    return json.dumps(row)


def reason(rendered: RenderedReason) -> Row:
    one = rendered.reason
    return {
        "category": one.category,
        "code": one.code,
        "verdict": one.verdict.name,
        "clause": rendered.clause,
        "text": rendered.text,
        "spans": [[span.start, span.end] for span in one.spans],
        "regions": [[part.left, part.top, part.right, part.bottom, part.weight] for part in one.regions],
        "score": one.score,
        "threshold": one.threshold,
        "parts": [round(part, 4) for part in one.span_weights],
        "margins": {mode: round(margin, 4) for mode, margin in one.margins},
        "help": rendered.help,
    }


def decision(one: Decision, messages: Messages) -> Row:
    return {
        "verdict": one.verdict.name,
        "risk": one.risk,
        "scores": dict(one.scores),
        "reasons": [reason(each) for each in messages.render(one)],
    }


def suggestion(one: Suggestion) -> Row:
    return {
        "text": one.text,
        "added": [[span.start, span.end] for span in one.added],
        "removed": [[span.start, span.end] for span in one.removed],
    }


def checked(text: str, one: Decision, messages: Messages, seconds: float, suggestions: Sequence[Suggestion]) -> Row:
    rows = [suggestion(each) for each in suggestions]
    return {"text": text, **decision(one, messages), "suggestions": rows, "ms": round(seconds * 1000, 3)}


def looked(file: str, one: Decision, messages: Messages) -> Row:
    return {"file": file, **decision(one, messages)}


def export(file: str, one: Export) -> Row:
    return {
        "file": file,
        "stamp": str(one.stamp),
        "sha256": one.sha256,
        "width": one.width,
        "height": one.height,
        "marks": list(one.marks),
    }


def refused(one: Refused, statement: Statement) -> Row:
    return {
        "case": one.case,
        "stage": str(one.decision.stage),
        **decision(one.decision, statement.messages),
        "suggestions": [suggestion(each) for each in one.suggestions],
        "hint": hint(one.decision),
        "statement": as_json(statement),
    }


def delivered(one: Delivered, made: PictureResult, file: str, messages: Messages) -> Row:
    generation = one.generation
    return {
        "case": one.case,
        **(export(file, made.export) if made.export else {}),
        "engine": generation.request.engine,
        "model": generation.model,
        "mode": generation.request.mode,
        "seed": generation.seeds[0],
        "seconds": round(generation.seconds, 3),
        "filled_in": generation.filled_in(0),
        "steered": of_steering(generation.steered),
        "prompt": decision(one.prompt, messages),
        "picture": decision(made.decision, messages),
    }


def hint(one: Decision) -> str:
    """What the person can do about a decision that stops the work."""
    if one.verdict is Verdict.WARN:
        return "If you have read this and want it all the same, add --yes. That is put on record."
    if one.verdict is Verdict.HARD_BLOCK:
        return "This is refused in every mode."
    return "Change the prompt." if one.stage is Stage.PROMPT else "Change the prompt or try another seed."


def health(one: Health) -> Row:
    names = ("name", "stage", "state", "required", "about", "why", "means")
    return {"sound": one.sound, "checks": [{name: getattr(check, name) for name in names} for check in one.checks]}


def verified(file: str, one: Verification) -> Row:
    return {"file": file, **one.as_json()}
