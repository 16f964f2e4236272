"""What a statement of reasons holds. The sentences are in the reader's language, the rest is for programs too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from safety.messages.catalogue import Messages
from safety.messages.helplines import Helpline
from safety.records import Model, Region, Span, Stage, Verdict

if TYPE_CHECKING:
    from safety.review.retention import RetentionRules


@dataclass(frozen=True, slots=True)
class StatementTerms:
    """What a statement promises: how long things are kept, whether reviewers are set up, whether prompts are stored."""

    retention: RetentionRules
    reviewed: bool
    keeps_text: bool


@dataclass(frozen=True, slots=True)
class Signal:
    """One check's score, the threshold that it reached, for which verdict, and what the check judged with.

    `models` is empty where it judged with words or rules.
    """

    check: str
    models: tuple[Model, ...]
    score: float
    threshold: float
    verdict: Verdict

    @property
    def margin(self) -> float:
        return self.score - self.threshold


@dataclass(frozen=True, slots=True)
class Ground:
    """One rule that the decision rests on. A hard line has neither quotes nor anything that follows them.

    `quotes`: the words of the prompt as typed. `whole`: no phrase carries it, the prompt as a whole does.
    """

    category: str
    code: str
    verdict: Verdict
    title: str
    clause: str
    text: str
    quotes: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    regions: tuple[Region, ...] = ()
    signals: tuple[Signal, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class HelplineGroup:
    """Help for one category: a sentence, services in the reader's country and in the world.

    `offence`: that asking for such a picture may be one, or "".
    """

    category: str
    sentence: str
    resources: tuple[Helpline, ...]
    offence: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """All that a person is told of a decision that stops or delays the work. `time` is UTC.

    `modes_that_allow`: modes that ask for less, of which `modes_to_offer` suit the work; `would_pass` says so.
    `advice`: how to ask instead, where there is no suggestion. `until`: the last day for an appeal, or None.
    """

    case: str
    time: datetime
    messages: Messages
    stage: Stage
    verdict: Verdict
    title: str
    possible: str
    facts: str
    grounds: tuple[Ground, ...]
    help: tuple[HelplineGroup, ...]
    policy_version: str
    policy_digest: str
    mode: str
    mode_set_by: str
    modes_that_allow: tuple[str, ...]
    modes_to_offer: tuple[str, ...]
    would_pass: tuple[str, ...]
    suggestions: tuple[str, ...]
    advice: str
    until: date | None
    appeal: str
    stored: tuple[str, ...]

    @property
    def automatic(self) -> bool:
        """No person takes part in a decision: a review comes after it, and is a decision of its own."""
        return True
