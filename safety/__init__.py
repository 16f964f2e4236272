"""The safety layer: judges prompts and pictures, explains itself, marks what is exported.

    from safety import Guard

    guard = Guard.load(mode="general")
    decision = guard.check_prompt("a shooting star")
    if not decision.allowed:
        print(guard.explain(decision))

Names below are imported at first use: `import safety` costs milliseconds and loads no model library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from safety.checks import Check
    from safety.errors import StudioError
    from safety.generation import GenerationRequest
    from safety.guard import Guard
    from safety.marks import Marks
    from safety.marks.provenance import Provenance
    from safety.marks.verify import Verification
    from safety.policy.model import Mode, Policy, load_policy
    from safety.records import (
        CheckFailure,
        Decision,
        Finding,
        Picture,
        Prompt,
        Reason,
        Region,
        Span,
        Stage,
        Verdict,
    )

__all__ = [
    "Check",
    "CheckFailure",
    "Decision",
    "Finding",
    "GenerationRequest",
    "Guard",
    "Marks",
    "Mode",
    "Picture",
    "Policy",
    "Prompt",
    "Provenance",
    "Reason",
    "Region",
    "Span",
    "Stage",
    "StudioError",
    "Verdict",
    "Verification",
    "load_policy",
]

_RECORDS = ("CheckFailure", "Decision", "Finding", "Picture", "Prompt", "Reason", "Region", "Span", "Stage", "Verdict")
_HOMES = dict.fromkeys(_RECORDS, "safety.records") | {
    "Check": "safety.checks",
    "GenerationRequest": "safety.generation",
    "Guard": "safety.guard",
    "Marks": "safety.marks",
    "Mode": "safety.policy.model",
    "Policy": "safety.policy.model",
    "Provenance": "safety.marks.provenance",
    "StudioError": "safety.errors",
    "Verification": "safety.marks.verify",
    "load_policy": "safety.policy.model",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'safety' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
