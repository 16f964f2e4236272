"""The panel in which a learner writes a statement of reasons, and then sees the one that the studio makes.

The studio refuses the prompt in a rehearsal, under the policy that the learner wrote before, or under its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safety.config import ConfigModel
from safety.errors import RequestError
from safety.generation import GenerationRequest, Refused
from safety.policy.model import BASE_MODE
from safety.records import Stage
from safety.statement.record import Statement
from safety.statement.render import mode_said, pairs, signal_said, would_pass
from studio import Studio
from studio.rehearsal import rehearsal
from ui.learn.panel import Desk, Json, number_of
from ui.learn.policy_form import OURS, filled_in


class ReasonsSettings(ConfigModel):
    """`prompts` are the refusals to choose from."""

    prompts: tuple[str, ...]


class ReasonsPanel:
    """Says what each prompt gets, and makes the statement of reasons of one that is refused. Nothing is kept."""

    settings = ReasonsSettings
    most_bytes = 8192

    def open(self, desk: Desk[ReasonsSettings]) -> Json:
        """Returns the prompts."""
        return {"words": desk.words("learn_reasons."), "prompts": list(desk.settings.prompts)}

    def answer(self, desk: Desk[ReasonsSettings], call: Mapping[str, Any]) -> Json:
        """Returns the statement on prompt number `prompt`, under `limits` if there are any; null if nothing stops it.

        Raises RequestError.
        """
        prompts, limits = desk.settings.prompts, call.get("limits")
        prompt = prompts[int(number_of(call, "prompt", 0, len(prompts) - 1))]
        own = desk.studio.policy
        policy = filled_in(own, desk.words("learn_policy.")["title"], limits) if limits else own
        with rehearsal(desk.studio, policy) as studio:
            mode = OURS if limits else BASE_MODE
            if studio.check(prompt, mode).allowed:
                return {"statement": None}
            return {"statement": said(studio.statement(refusal(studio, prompt, mode, desk.messages.tag)))}


def refusal(studio: Studio, prompt: str, mode: str, language: str) -> Refused:
    """Returns the refusal of a prompt, on a rehearsing studio's record. Raises RequestError where nothing stops it."""
    if studio.check(prompt, mode).allowed:
        raise RequestError("This studio does not refuse the case of this lesson.", "Ask the operator about its policy.")
    request = GenerationRequest(prompt, mode=mode, engine=next(iter(studio.engines)), language=language)
    outcome = studio.create(request)
    if not isinstance(outcome, Refused):  # what is stopped draws nothing; unless the policy changed just now
        raise RequestError("This studio does not refuse the case of this lesson.", "Ask the operator about its policy.")
    return outcome


def said(one: Statement) -> Json:
    """Returns a statement in the parts that a page shows, each in the reader's language."""
    terms = one.messages.locale.statement
    return {
        "title": one.title,
        "possible": one.possible,
        "pairs": [list(pair) for pair in pairs(one)],
        "mode": mode_said(one),
        "why": terms.why,
        "grounds": [
            {
                "title": f"{ground.code} {ground.title}",
                "text": ground.text,
                "clause": f"{terms.policy} {ground.clause}",
                "quotes": list(ground.quotes),
                "signals": [signal_said(signal, one) for signal in ground.signals],
            }
            for ground in one.grounds
        ],
        "passing": list(would_pass(one)),
        "automatic": terms.automatic,
        "appeal": [terms.appeal, one.appeal],
        "stored": [terms.stored, " ".join(one.stored)],
        "prompt_stage": one.stage is Stage.PROMPT,
    }
