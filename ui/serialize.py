"""The JSON of the command line and of the endpoints. Other programs read it: names are added, never changed.

docs/cli.md describes it. Each function returns one JSON object, ready for `json.dumps`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from safety.audit.serialize import steering_facts
from safety.generation import Delivered, Enlarged, Export, PictureResult, Refused
from safety.health import Health
from safety.marks.rubric import RuleResult
from safety.marks.verify import Verification
from safety.messages.catalogue import Messages, RenderedReason
from safety.records import Decision, Span, Stage, Suggestion, Verdict
from safety.statement import Statement, as_json

if TYPE_CHECKING:
    from engines.fidelity import WordUse
    from safety.policy.added_category import AddedCategory
    from safety.prompt.example_categories import ExampleCategory
    from studio.lists import ListLine
    from studio.views import EngineStatus

Row = dict[str, Any]


def line(row: Row) -> str:
    """Returns one line, ASCII only: it passes every terminal and pipe, and every prompt comes back as it was given."""
    return json.dumps(row)


def reason(rendered: RenderedReason) -> Row:
    """Returns a reason. Weights and margins have four decimals."""
    reason = rendered.reason
    return {
        "category": reason.category,
        "code": reason.code,
        "verdict": reason.verdict.name,
        "clause": rendered.clause,
        "text": rendered.text,
        "spans": _spans(reason.spans),
        "regions": [[part.left, part.top, part.right, part.bottom, part.weight] for part in reason.regions],
        "score": reason.score,
        "threshold": reason.threshold,
        "parts": [round(weight, 4) for weight in reason.span_weights],
        "margins": {mode: round(margin, 4) for mode, margin in reason.margins},
        "help": rendered.help,
    }


def decision(decision: Decision, messages: Messages) -> Row:
    """Returns a decision with its reasons in the language of `messages`."""
    return {
        "verdict": decision.verdict.name,
        "risk": decision.risk,
        "scores": dict(decision.scores),
        "reasons": [reason(rendered) for rendered in messages.render(decision)],
    }


def suggestion(suggestion: Suggestion) -> Row:
    """Returns another wording and where it differs from the prompt."""
    return {"text": suggestion.text, "added": _spans(suggestion.added), "removed": _spans(suggestion.removed)}


def _spans(spans: Sequence[Span]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]


def checked_prompt(
    text: str, judged: Decision, messages: Messages, seconds: float, suggestions: Sequence[Suggestion]
) -> Row:
    """Returns what `check` prints of one prompt."""
    rows = [suggestion(each) for each in suggestions]
    return {"text": text, **decision(judged, messages), "suggestions": rows, "ms": round(seconds * 1000, 3)}


def list_line(line: ListLine, messages: Messages) -> Row:
    """Returns one line of a list, judged; `state` says whether it waits to be drawn, asks first, or is refused."""
    state = "waiting" if line.may_be_drawn else "asks" if line.asks else "refused"
    judged = decision(line.decision, messages)
    return {"number": line.number, "text": line.request.prompt, "state": state, **judged}


def checked_picture(file: str, judged: Decision, messages: Messages) -> Row:
    """Returns what `look` prints of one picture file."""
    return {"file": file, **decision(judged, messages)}


def export(file: str, export: Export) -> Row:
    """Returns what a finished file is and which marks were read back from it."""
    return {
        "file": file,
        "stamp": str(export.stamp),
        "sha256": export.sha256,
        "width": export.width,
        "height": export.height,
        "marks": list(export.marks),
    }


def refused(refusal: Refused, statement: Statement) -> Row:
    """Returns a refusal with its statement of reasons, in the statement's language."""
    return {
        "case": refusal.case,
        "stage": str(refusal.decision.stage),
        **decision(refusal.decision, statement.messages),
        "suggestions": [suggestion(each) for each in refusal.suggestions],
        "hint": hint(refusal),
        "warning": refusal.case if can_confirm(refusal.decision) else "",
        "statement": as_json(statement),
    }


def word_use(use: WordUse) -> Row:
    """Returns which words of a prompt a model can use; `near` maps words to what is drawn in their place."""
    return {
        "listed": use.listed,
        "used": list(use.used),
        "near": dict(use.near),
        "left_out": list(use.left_out),
        "limits": list(use.limits),
    }


def delivered(outcome: Delivered, result: PictureResult, file: str, messages: Messages) -> Row:
    """Returns the first picture of a delivery, written to `file`."""
    generation = outcome.generation
    return {
        "case": outcome.case,
        **(export(file, result.export) if result.export else {}),
        "engine": generation.request.engine,
        "model": generation.model,
        "mode": generation.request.mode,
        "seed": result.picture.seed,
        "seconds": round(generation.seconds, 3),
        "filled_in": result.picture.filled,
        "steered": steering_facts(generation.steered),
        "prompt": decision(outcome.prompt_decision, messages),
        "picture": decision(result.decision, messages),
    }


def enlarged(outcome: Enlarged, file: str, messages: Messages) -> Row:
    """Returns an enlarged picture, written to `file`, and the stamp of the one that it was made from."""
    generation = outcome.generation
    return {
        "case": outcome.case,
        "source": outcome.source,
        "times": outcome.times,
        **(export(file, outcome.result.export) if outcome.result.export else {}),
        "engine": generation.request.engine,
        "model": generation.model,
        "mode": generation.request.mode,
        "seed": outcome.result.picture.seed,
        "seconds": round(generation.seconds, 3),
        "picture": decision(outcome.result.decision, messages),
    }


def can_confirm(decision: Decision) -> bool:
    """Tells whether a decision on a prompt waits for a person's confirmation."""
    return decision.verdict is Verdict.WARN and decision.stage is Stage.PROMPT


def hint(refusal: Refused) -> str:
    """Says what the person can do about a refusal, at the command line and over HTTP."""
    decision, case = refusal.decision, refusal.case
    if can_confirm(decision):
        return (
            f"If you have read this and want it all the same, ask again with --confirm {case} "
            f'(over HTTP: "acknowledged": true, "warning": "{case}"). That is put on record.'
        )
    if decision.verdict is Verdict.WARN:
        return f"To see it all the same: python app.py reveal {case} --out FILE. That is put on record."
    if decision.verdict is Verdict.HARD_BLOCK:
        return "This is refused in every mode."
    return "Change the prompt." if decision.stage is Stage.PROMPT else "Change the prompt or try another seed."


def health(health: Health) -> Row:
    """Returns whether pictures can be made, and the state of each check."""
    names = ("name", "stage", "state", "required", "about", "why", "means")
    return {
        "sound": health.sound,
        "checks": [{name: getattr(check, name) for name in names} for check in health.checks],
    }


def rubric(file: str, results: Sequence[RuleResult]) -> Row:
    """Returns whether a manifest keeps every rule of the public rubric, and each rule with what breaks it."""
    return {
        "file": file,
        "kept": all(result.is_kept for result in results),
        "rules": [
            {"rule": one.rule, "asks": one.asks, "kept": one.is_kept, "offenders": list(one.offenders)}
            for one in results
        ],
    }


def engine(engine: EngineStatus) -> Row:
    """Returns an engine's card and whether it runs here."""
    card, availability = engine.card, engine.availability
    return {
        "engine": engine.name,
        "title": card.title,
        "runs": availability.runs,
        "here": availability.installed,
        "why": availability.why,
        "kind": card.kind,
        "model": card.model,
        "revision": card.revision,
        "download_gb": 0.0 if availability.installed else card.download_gb,
        "licence": card.licence,
        "licence_url": card.licence_url,
        "commercial": card.commercial,
        "gated": card.gated,
        "content": card.content,
        "guided": card.guided,
        "note": card.note,
    }


def verified(file: str, verification: Verification) -> Row:
    """Returns what the marks of a file say."""
    return {"file": file, **verification.as_json()}


def example_category(category: ExampleCategory) -> Row:
    """Returns a category that an operator has made of examples, with what was measured; no example of it."""
    figures = category.figures
    return {
        "category": category.name,
        "title": category.title,
        "sentence": category.sentence,
        "enabled": category.enabled,
        "forced": category.forced,
        "level": category.level,
        "share": category.share,
        "version": category.version,
        "made": category.made,
        "digest": category.digest,
        "examples": len(category.examples),
        "against": len(category.against),
        "pictures": len(category.pictures),
        "found": round(figures.found, 4),
        "stopped": {"prompts": figures.stopped, "of": figures.ordinary},
        "captions_stopped": {"prompts": figures.captions_stopped, "of": figures.captions},
        "own_stopped": {"prompts": figures.own_stopped, "of": figures.own},
    }


def added_category(category: AddedCategory) -> Row:
    """Returns a category that an operator has added to the policy, as anybody may know it."""
    return {
        "category": category.name,
        "title": category.title,
        "sentence": category.sentence,
        "code": category.code,
        "clause": category.clause,
        "level": category.level,
    }
