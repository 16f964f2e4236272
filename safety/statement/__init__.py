"""The statement of reasons: what was decided, why, and what a person can do. Its model is Art. 17 of the EU DSA."""

from safety.statement.build import state
from safety.statement.record import Ground, HelpFound, Signal, Statement, Terms
from safety.statement.render import as_json, as_text, mode_said, signal_said

__all__ = [
    "Ground", "HelpFound", "Signal", "Statement", "Terms", "as_json", "as_text", "mode_said", "signal_said", "state",
]  # fmt: skip
