"""What a row holds of a record: numbers, codes and keyed hashes, never a word that a person wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from safety.audit.hash_chain import Entry, Keys
from safety.errors import StudioError
from safety.generation import (
    Delivered,
    Export,
    ExportRecord,
    Fingerprint,
    Generation,
    GenerationRequest,
    SteeringResult,
)
from safety.messages.catalogue import Messages, RenderedReason
from safety.records import Decision

Facts = dict[str, Any]
SETTINGS = ("mode", "engine", "seed", "steps", "guidance", "width", "height", "count", "format")
CONSENT = ("acknowledged", "keep_prompt", "balanced")


def of_request(request: GenerationRequest, keys: Keys) -> Facts:
    return {
        **{name: getattr(request, name) for name in (*SETTINGS, *CONSENT)},
        "prompt": keys.digest("prompt", request.prompt),
        "negative_prompt": keys.digest("prompt", request.negative_prompt) if request.negative_prompt else "",
    }


def of_decision(decision: Decision, messages: Messages | None) -> Facts:
    """Returns what is recorded of a decision; its clauses are worded by `messages`, the language of the records."""
    return {
        "stage": str(decision.stage),
        "verdict": decision.verdict.name,
        "mode": decision.mode,
        "mode_set_by": decision.mode_set_by,
        "policy_version": decision.policy_version,
        "policy_digest": decision.policy_digest,
        "risk": decision.risk,
        "scores": dict(decision.scores),
        "looked": list(decision.ran),
        "reasons": [_reason(rendered) for rendered in _rendered(decision, messages)],
    }


def _rendered(decision: Decision, messages: Messages | None) -> Sequence[RenderedReason]:
    if messages is None:
        return [RenderedReason(reason, "", "", reason.clause) for reason in decision.reasons]
    return messages.render(decision)


def _reason(rendered: RenderedReason) -> Facts:
    # Neither evidence nor text: both may quote the prompt.
    reason = rendered.reason
    return {
        "verdict": reason.verdict.name,
        "category": reason.category,
        "code": reason.code,
        "clause": rendered.clause,
        "check": reason.check,
        "aspect": reason.subcategory,
        "score": reason.score,
        "threshold": reason.threshold,
    }


def evidence(decision: Decision, messages: Messages | None) -> list[Facts]:
    """What `of_decision` leaves out, for those who keep prompts."""
    return [
        {
            "stage": str(decision.stage),
            "code": rendered.reason.code,
            "text": rendered.text,
            "evidence": rendered.reason.evidence,
            "spans": [[span.start, span.end] for span in rendered.reason.spans],
        }
        for rendered in _rendered(decision, messages)
    ]


def of_generation(generation: Generation) -> Facts:
    # Words of presets/open_people.toml, none that a person wrote. Empty where nothing was filled in.
    filled = [picture.filled for picture in generation.pictures]
    return {
        "model": generation.model,
        "seeds": [picture.seed for picture in generation.pictures],
        "pictures": len(generation.pictures),
        "seconds": round(generation.seconds, 3),
        "filled": filled if any(filled) else [],
        "failed": list(generation.failed),
        "steered": of_steering(generation.steered),
    }


def of_steering(steered: SteeringResult | None) -> Facts | None:
    """What the model was steered away from, how strongly, by which method (empty: not at all), and why."""
    if steered is None:
        return None
    by = steered.steering
    return {
        "categories": list(by.categories),
        "concept": by.concept,
        "strength": by.strength,
        "method": steered.method,
        "why": steered.why,
    }


def of_export(export: Export) -> Facts:
    return {
        "stamp": str(export.stamp),
        "sha256": export.sha256,
        "width": export.width,
        "height": export.height,
        "marks": list(export.marks),
        "pdq": export.fingerprint.bits if export.fingerprint else "",
        "pdq_quality": export.fingerprint.quality if export.fingerprint else 0,
        "format": export.path.suffix.lstrip(".").lower(),
    }


def registered(row: Entry) -> ExportRecord:
    """An exported row as the registry tells it. Rows of older versions have no fingerprint."""
    said = row.read()
    seen = Fingerprint(said["pdq"], said["pdq_quality"]) if said.get("pdq") else None
    size = said.get("width", 0), said.get("height", 0)
    return ExportRecord(str(row.stamp), row.case_id, str(row.sha256), row.time, *size, fingerprint=seen)


def of_refusal(decision: Decision) -> Facts:
    codes = [reason.code for reason in decision.reasons]
    return {"stage": str(decision.stage), "verdict": decision.verdict.name, "codes": codes}


def of_delivery(delivered: Delivered) -> Facts:
    handed_out = [str(made.export.stamp) for made in delivered.pictures if made.export]
    return {"stamps": handed_out, "withheld": len(delivered.pictures) - len(handed_out)}


def of_error(error: BaseException) -> Facts:
    """Our own sentences are known to hold no prompt; those of others may."""
    return {"error": type(error).__name__, "sentence": error.sentence if isinstance(error, StudioError) else ""}
