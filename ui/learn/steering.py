"""The panel that steers the model away from a harmless concept, at each strength, and shows what else it bends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from engines.interface import STRENGTHS
from safety.config import ConfigModel
from safety.generation import EMBEDDED
from studio.demonstration import Demonstration, mean_difference
from ui.learn.demonstrated import address, demonstrated
from ui.learn.panel import Desk, Json, choice_of
from ui.sentences import in_language

OFF = ""  # the strength that steers nothing


class SteeringSettings(ConfigModel):
    """`concept` is what the model is steered away from; `prompts` are what can be drawn.

    `view` shows one prompt at all strengths, or all prompts at one of them.
    """

    concept: str
    prompts: tuple[str, ...] = Field(min_length=1)
    seed: int = 1
    view: Literal["strengths", "prompts"] = "strengths"


class SteeringPanel:
    """Draws with and without steering, by the engine's own parameters. Each picture is drawn once for everybody."""

    settings = SteeringSettings
    most_bytes = 2048

    def open(self, desk: Desk[SteeringSettings]) -> Json:
        """Returns prompts, strengths, and how far each strength reaches by the engine's card. Nothing is drawn yet."""
        parameters = STRENGTHS | desk.studio.engines[EMBEDDED].card.steering
        return {
            "words": desk.words("learn_steering."),
            **desk.settings.model_dump(include={"concept", "prompts", "view"}),
            "strengths": [OFF, *STRENGTHS],
            "reach": {name: parameters[name].threshold for name in STRENGTHS},
        }

    def answer(self, desk: Desk[SteeringSettings], call: Mapping[str, Any]) -> Json:
        """Returns the picture of `prompt` at `strength` and how much it differs from the unsteered one, of 255.

        `method` is "" where nothing was steered; `why` is the engine's own sentence. Raises RequestError.
        """
        prompt = choice_of(call, "prompt", desk.settings.prompts)
        strength = choice_of(call, "strength", (OFF, *STRENGTHS))
        plain = demonstrated(desk, Demonstration(prompt, desk.settings.seed))
        if strength == OFF:
            return {"file": address(plain.file), "difference": 0.0, "method": "", "why": ""}
        made = demonstrated(
            desk, Demonstration(prompt, desk.settings.seed, concept=desk.settings.concept, strength=strength)
        )
        why = made.steered.why if made.steered else ""
        return {
            "file": address(made.file),
            "difference": round(mean_difference(made.image, plain.image), 2),
            "method": made.steered.method if made.steered else "",
            "why": in_language(why, desk.texts.tag),
        }
