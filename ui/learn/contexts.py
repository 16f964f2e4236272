"""The panel that judges one prompt in every mode, with the margins: context changes the limits, not the scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safety.config import ConfigModel
from safety.messages.catalogue import RenderedReason
from safety.policy.model import BASE_MODE
from safety.records import Decision, Stage
from ui.learn.panel import Desk, Json, text_of

MOST_WORDS = 500  # characters


class ContextsSettings(ConfigModel):
    """`prompts` are examples to click."""

    prompts: tuple[str, ...]


class ContextsPanel:
    """Judges what the learner types, as `Studio.check` does, in each mode. Nothing is recorded."""

    settings = ContextsSettings
    most_bytes = 4096

    def open(self, desk: Desk[ContextsSettings]) -> Json:
        """Returns the examples."""
        return {"words": desk.words("learn_contexts."), "prompts": list(desk.settings.prompts)}

    def answer(self, desk: Desk[ContextsSettings], call: Mapping[str, Any]) -> Json:
        """Returns the verdict on `prompt` in each mode, with its reasons: category, score, limit and margins."""
        prompt = text_of(call, "prompt", MOST_WORDS)
        # Every mode, even where the operator has locked one: nothing is made here.
        modes = sorted(desk.studio.policy.mode, key=lambda name: (name != BASE_MODE, name))
        return {"modes": [_mode(desk, mode, prompt) for mode in modes]}


def _mode(desk: Desk[ContextsSettings], mode: str, prompt: str) -> Json:
    decision = desk.studio.guard.check_prompt(prompt, mode)
    return {
        "mode": mode,
        "title": desk.messages.mode(mode).title,
        "verdict": desk.messages.verdict(Stage.PROMPT, decision.verdict).title,
        "name": decision.verdict.name.lower(),
        "allowed": decision.allowed,
        "scores": _scores(desk, decision),
        "reasons": [_reason(desk, one) for one in desk.messages.render(decision)],
    }


def _scores(desk: Desk[ContextsSettings], decision: Decision) -> list[Json]:
    highest = sorted(decision.scores.items(), key=lambda pair: -pair[1])[:3]
    return [{"category": _title(desk, name), "score": round(score, 3)} for name, score in highest]


def _reason(desk: Desk[ContextsSettings], rendered: RenderedReason) -> Json:
    reason = rendered.reason
    return {
        "category": rendered.title,
        "verdict": reason.verdict.name.lower(),
        "score": None if reason.score is None else round(reason.score, 3),
        "limit": reason.threshold,
        "margins": {desk.messages.mode(mode).title: round(margin, 3) for mode, margin in reason.margins},
    }


def _title(desk: Desk[ContextsSettings], category: str) -> str:
    return desk.messages.locale.category[category].title
