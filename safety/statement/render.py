"""A statement of reasons as plain text and as JSON (docs/statement-of-reasons.schema.json)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from safety.statement.record import Ground, HelplineGroup, Signal, Statement


def as_text(one: Statement) -> str:
    """The whole statement for a terminal or a letter: help first, then the decision, why, and what can be done."""
    said = one.messages.locale.statement
    lines = [line for found in one.help for line in _help_lines(found, one)]
    lines += [*([""] if lines else []), said.heading, f"{one.title}. {one.possible}", ""]
    lines += [f"{label}: {value}" for label, value in pairs(one)]
    lines += ["", f"{said.why}:"]
    lines += [line for ground in one.grounds for line in _ground_lines(ground, one)]
    lines += ["", *remarks(one)]
    if one.suggestions:
        lines += [f"{said.suggestions}:", *(f"  {each}" for each in one.suggestions)]
    if one.advice:
        lines += [f"{said.advice}: {one.advice}"]
    lines += [f"{said.appeal}: {one.appeal}", f"{said.stored}: {' '.join(one.stored)}"]
    return "\n".join(lines)


def pairs(one: Statement) -> Iterator[tuple[str, str]]:
    """Label and value of the plain facts."""
    said = one.messages.locale.statement
    yield said.case, one.case
    yield said.time, f"{one.time:%Y-%m-%d %H:%M:%S} UTC"
    yield said.what, str(getattr(said, f"stage_{one.stage.value}"))
    yield said.mode, mode_said(one)
    yield said.policy, f"{one.policy_version} ({one.policy_digest[:8]})"


def remarks(one: Statement) -> Iterator[str]:
    """What would pass, and that no person took part."""
    said = one.messages.locale.statement
    yield from would_pass(one)
    yield said.automatic


def would_pass(one: Statement) -> Iterator[str]:
    """Which modes would let it pass, or that none does; nothing where one does that does not suit the work."""
    said = one.messages.locale.statement
    yield from one.would_pass
    if not one.help and not one.modes_that_allow and one.until is not None:
        yield said.locked if one.mode_set_by == "operator" else said.not_passing


def mode_said(one: Statement) -> str:
    """The mode and who set it."""
    said = one.messages.locale.statement
    text = said.mode_operator if one.mode_set_by == "operator" else said.mode_person
    return text.format(mode=one.messages.mode(one.mode).title)


def signal_said(signal: Signal, one: Statement) -> str:
    """The check, its score, the threshold and by how much it was passed."""
    said = one.messages.locale.statement
    return said.signal.format(
        check=one.messages.check(signal.check),
        score=f"{signal.score:.2f}",
        verdict=getattr(said, f"reached_{signal.verdict.name.lower()}"),
        threshold=f"{signal.threshold:.2f}",
        margin=f"{signal.margin:.2f}",
    )


def models_said(signal: Signal, one: Statement) -> str:
    """The weights by name and hash; "" for lists of words and rules."""
    said = one.messages.locale.statement
    named = (said.model.format(name=model.name, sha256=model.sha256[:12]) for model in signal.models)
    return "; ".join(named)


def _help_lines(found: HelplineGroup, one: Statement) -> Iterator[str]:
    if found.offence:
        yield found.offence
    yield found.sentence
    yield from (f"  {each.line(one.messages.locale.help)}" for each in found.resources)


def _ground_lines(ground: Ground, one: Statement) -> Iterator[str]:
    said = one.messages.locale.statement
    yield f"  {ground.code} {ground.title}: {ground.text}"
    yield f"    {said.policy} {ground.clause}"
    if ground.whole:
        yield f"    {said.evidence_whole}"
    if ground.quotes:
        quotes = ", ".join(f'"{quote}"' for quote in ground.quotes)
        yield f"    {said.quotes}: {quotes}"
    elif ground.regions:
        yield f"    {said.evidence}: {said.region}"
    yield from (f"    {signal_said(each, one)} {models_said(each, one)}".rstrip() for each in ground.signals)


def as_json(one: Statement) -> dict[str, Any]:
    """The statement for programs; `text` is the whole of it for people."""
    return {
        "case": one.case,
        "time": one.time.isoformat(),
        "language": one.messages.tag,
        "stage": one.stage.value,
        "verdict": one.verdict.name,
        "title": one.title,
        "possible": one.possible,
        "facts": one.facts,
        "grounds": [_ground_json(ground) for ground in one.grounds],
        "help": [_help_json(found) for found in one.help],
        "policy": {"version": one.policy_version, "digest": one.policy_digest},
        "mode": {"name": one.mode, "title": one.messages.mode(one.mode).title, "set_by": one.mode_set_by},
        "passing": list(one.modes_that_allow),
        "suggestions": list(one.suggestions),
        "advice": one.advice,
        "automatic": one.automatic,
        "appeal": {"until": one.until.isoformat() if one.until else None, "how": one.appeal},
        "stored": list(one.stored),
        "text": as_text(one),
    }


def _ground_json(ground: Ground) -> dict[str, Any]:
    return {
        "category": ground.category,
        "code": ground.code,
        "verdict": ground.verdict.name,
        "title": ground.title,
        "clause": ground.clause,
        "text": ground.text,
        "quotes": list(ground.quotes),
        "whole": ground.whole,
        "spans": [[span.start, span.end] for span in ground.spans],
        "regions": [[part.left, part.top, part.right, part.bottom, part.weight] for part in ground.regions],
        "signals": [_signal_json(signal) for signal in ground.signals],
    }


def _signal_json(signal: Signal) -> dict[str, Any]:
    return {
        "check": signal.check,
        "models": [{"name": model.name, "sha256": model.sha256} for model in signal.models],
        "score": signal.score,
        "threshold": signal.threshold,
        "margin": round(signal.margin, 6),
        "verdict": signal.verdict.name,
    }


def _help_json(found: HelplineGroup) -> dict[str, Any]:
    resources = [each.model_dump() for each in found.resources]
    return {"category": found.category, "text": found.sentence, "offence": found.offence, "resources": resources}
