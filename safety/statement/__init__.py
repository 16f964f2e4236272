"""The statement of reasons: what was decided, why, and what a person can do. Its model is Art. 17 of the EU DSA."""

from safety.statement.build import build_statement
from safety.statement.record import Ground, HelplineGroup, Signal, Statement, StatementTerms
from safety.statement.render import as_json, as_text, mode_said, signal_said

__all__ = [
    "Ground",
    "HelplineGroup",
    "Signal",
    "Statement",
    "StatementTerms",
    "as_json",
    "as_text",
    "build_statement",
    "mode_said",
    "signal_said",
]
