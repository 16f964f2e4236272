"""What a row holds of a record, and how rows are shown.

A row holds numbers, codes and keyed hashes, never a word that a person wrote.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
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
    KeptManifest,
    SteeringResult,
)
from safety.messages.catalogue import Messages, RenderedReason
from safety.records import Decision

Facts = dict[str, Any]
Row = dict[str, Any]
SETTINGS = ("mode", "engine", "seed", "steps", "guidance", "width", "height", "count", "format", "style", "steering")
CONSENT = ("acknowledged", "keep_prompt", "balanced")

# ---- records to facts ----


def request_facts(request: GenerationRequest, keys: Keys) -> Facts:
    """Returns the settings of a request, its prompts as keyed hashes."""
    return {
        **{name: getattr(request, name) for name in (*SETTINGS, *CONSENT)},
        "prompt": keys.digest("prompt", request.prompt),
        "negative_prompt": keys.digest("prompt", request.negative_prompt) if request.negative_prompt else "",
    }


def decision_facts(decision: Decision, messages: Messages | None) -> Facts:
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
        "reasons": [_reason_facts(rendered) for rendered in _rendered(decision, messages)],
    }


def decision_evidence(decision: Decision, messages: Messages | None) -> list[Facts]:
    """Returns what `decision_facts` leaves out: texts and evidence, for those who keep prompts."""
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


def _rendered(decision: Decision, messages: Messages | None) -> Sequence[RenderedReason]:
    if messages is None:
        return [RenderedReason(reason, "", "", reason.clause) for reason in decision.reasons]
    return messages.render(decision)


def _reason_facts(rendered: RenderedReason) -> Facts:
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


def generation_facts(generation: Generation) -> Facts:
    """Returns what is recorded of a generation: model, seeds, time, how it was steered."""
    # Words of presets/open_people.toml, none that a person wrote. Empty where nothing was filled in.
    filled = [picture.filled for picture in generation.pictures]
    return {
        "model": generation.model,
        "seeds": [picture.seed for picture in generation.pictures],
        "pictures": len(generation.pictures),
        "seconds": round(generation.seconds, 3),
        "filled": filled if any(filled) else [],
        "failed": list(generation.failed),
        "steered": steering_facts(generation.steered),
    }


def steering_facts(result: SteeringResult | None) -> Facts | None:
    """Returns what a model was steered away from, how strongly, by which method (empty: not at all), and why."""
    if result is None:
        return None
    steering = result.steering
    return {
        "categories": list(steering.categories),
        "concept": steering.concept,
        "strength": steering.strength,
        "method": result.method,
        "why": result.why,
    }


def export_facts(export: Export) -> Facts:
    """Returns what is recorded of a marked file: stamp, hashes, size, marks, format."""
    return {
        "stamp": str(export.stamp),
        "sha256": export.sha256,
        "width": export.width,
        "height": export.height,
        "marks": list(export.marks),
        "pdq": export.fingerprint.bits if export.fingerprint else "",
        "pdq_quality": export.fingerprint.quality if export.fingerprint else 0,
        "pdq_layout": export.fingerprint.layout if export.fingerprint else "",
        **({"descriptor": export.descriptor.as_facts()} if export.descriptor else {}),
        "format": export.path.suffix.lstrip(".").lower(),
        **({"source": export.source} if export.source else {}),
        **({"manifest": hashlib.sha256(export.manifest.store).hexdigest()} if export.manifest else {}),
    }


def refusal_facts(decision: Decision) -> Facts:
    """Returns what is recorded of a refusal: stage, verdict and codes of the decision that refused."""
    codes = [reason.code for reason in decision.reasons]
    return {"stage": str(decision.stage), "verdict": decision.verdict.name, "codes": codes}


def delivery_facts(delivered: Delivered) -> Facts:
    """Returns what is recorded of a delivery: the stamps handed out, and how many pictures were withheld."""
    stamps = [str(result.export.stamp) for result in delivered.pictures if result.export]
    return {"stamps": stamps, "withheld": len(delivered.pictures) - len(stamps)}


def error_facts(error: BaseException) -> Facts:
    """Returns the kind of an error, and its sentence if it is ours: those are known to hold no prompt."""
    return {"error": type(error).__name__, "sentence": error.sentence if isinstance(error, StudioError) else ""}


# ---- rows to what is shown ----


def export_record(entry: Entry, kind: str, kept: KeptManifest | None = None, removed: str = "") -> ExportRecord:
    """Returns an export as the registry knows it. Rows of older versions have no size and no fingerprint.

    `kind` is that of its case: a "mark" case is of a picture from elsewhere. `kept` is the manifest under its stamp: of
    another export, or changed by hand, it does not count. `removed` is when it was removed after a notice.
    """
    facts = entry.parse_facts()
    is_its_own = kept is not None and hashlib.sha256(kept.store).hexdigest() == facts.get("manifest")
    return ExportRecord(
        stamp=str(entry.stamp),
        case=entry.case_id,
        sha256=str(entry.sha256),
        time=entry.time,
        width=facts.get("width", 0),
        height=facts.get("height", 0),
        fingerprint=Fingerprint(facts["pdq"], facts["pdq_quality"]) if facts.get("pdq") else None,
        declared=kind == "mark",
        source=facts.get("source", ""),
        manifest=kept if is_its_own else None,
        removed=removed,
    )


def case_rows(entries: Sequence[Entry], content: Mapping[str, str]) -> list[Row]:
    """Returns all rows of a case; what is still kept stands in the row that named it, pictures left out."""
    rows = [_row(entry) for entry in entries]
    for kind, text in content.items():
        if kind != "picture":
            row = next((row for row in rows if isinstance(row["facts"].get(kind), str)), rows[-1])
            row["facts"][kind] = parse_content(text)
    return rows


def case_summary(opened: Entry, closed: Entry | None) -> Row:
    """Returns a case in one row: case, time, kind, mode, outcome ("open" until it is closed)."""
    facts = opened.parse_facts()
    outcome = closed.parse_facts().get("outcome", "") if closed else "open"
    kind, mode = facts.get("kind", ""), facts.get("mode", "")
    return {"case": opened.case_id, "time": opened.time, "kind": kind, "mode": mode, "outcome": outcome}


def parse_content(text: str) -> Any:
    """Returns kept content as JSON; as it is where somebody has edited it, which `audit verify` reports."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _row(entry: Entry) -> Row:
    marks = {"stamp": entry.stamp, "sha256": entry.sha256} if entry.stamp or entry.sha256 else {}
    return {"seq": entry.seq, "time": entry.time, "event": entry.event, "facts": {**entry.parse_facts(), **marks}}
