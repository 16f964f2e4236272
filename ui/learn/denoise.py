"""The panel that steps through the drawing of a picture: what the model works on and what can be seen of it.

With `compare` two pictures stand beside each other: other words from the same noise, or another guidance.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import Field

from safety.config import ConfigModel
from safety.errors import RequestError
from studio.demonstration import (
    COLUMNS,
    LABEL_STRIP,
    Demonstrated,
    Demonstration,
    DenoisingStep,
    mean_difference,
)
from ui.learn.demonstrated import address, demonstrated
from ui.learn.panel import Desk, Json

FORM = "pictures has to be a list of {count} pictures, each with a prompt, a seed and a guidance of this lesson."
PLACES = 2  # decimals of what is shown


class DenoiseSettings(ConfigModel):
    """`prompts`, `seeds` and `guidances` are all that can be chosen; the first ones are shown first.

    `latents` shows the channels that the model works on, `plot` how much each step changes. With `recognise` a learner
    says from which step on the picture can be told.
    """

    prompts: tuple[str, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = Field(default=(1,), min_length=1)
    guidances: tuple[float, ...] = Field(default=(4.0,), min_length=1)
    compare: Literal["", "prompt", "guidance"] = ""
    latents: bool = False
    plot: bool = False
    recognise: bool = False


class DenoisePanel:
    """Draws as the studio does, and tells what each step left. Each picture is drawn once for everybody."""

    settings = DenoiseSettings
    most_bytes = 2048

    def open(self, desk: Desk[DenoiseSettings]) -> Json:
        """Returns what can be chosen. Nothing is drawn yet."""
        return {"words": desk.words("learn_denoise."), **desk.settings.model_dump()}

    def answer(self, desk: Desk[DenoiseSettings], call: Mapping[str, Any]) -> Json:
        """Returns the steps of each of `pictures`, and how much two differ at each step. Raises RequestError."""
        pictures = [demonstrated(desk, asked) for asked in _asked(desk.settings, call)]
        both = zip(*(picture.steps for picture in pictures), strict=True) if len(pictures) > 1 else ()
        return {
            "columns": COLUMNS,
            "pictures": [self._picture(picture) for picture in pictures],
            "between": [_difference(*pair) for pair in both],
        }

    def _picture(self, picture: Demonstrated) -> Json:
        steps = picture.steps
        width, height = steps[0].picture.size
        before = (steps[0], *steps[:-1])
        return {
            "file": address(picture.file),
            "sheet": address(picture.sheet),
            "width": width,
            "height": height,
            "strip": LABEL_STRIP,
            "steps": [
                {"change": _difference(last, step), "left": _difference(step, steps[-1])}
                for last, step in zip(before, steps, strict=True)
            ],
            "latents": latents_of(steps),
        }


def _difference(one: DenoisingStep, other: DenoisingStep) -> float:
    return round(mean_difference(one.picture, other.picture), PLACES)


def latents_of(steps: tuple[DenoisingStep, ...]) -> Json:
    """Returns the latents of all steps as bytes: 0 for `least`, 255 for `most`, step by step, channel by channel."""
    latents = np.stack([step.latents for step in steps])
    least, most = float(latents.min()), float(latents.max())
    levels = np.rint((latents - least) / max(most - least, 1e-9) * 255.0).astype(np.uint8)
    _, channels, height, width = latents.shape
    return {
        "data": base64.b64encode(levels.tobytes()).decode(),
        "channels": channels,
        "height": height,
        "width": width,
        "least": round(least, PLACES),
        "most": round(most, PLACES),
    }


def _asked(settings: DenoiseSettings, call: Mapping[str, Any]) -> list[Demonstration]:
    pictures, count = call.get("pictures"), 2 if settings.compare else 1
    if not isinstance(pictures, list) or len(pictures) != count:
        raise RequestError(FORM.format(count=count))
    return [_demonstration(settings, picture, FORM.format(count=count)) for picture in pictures]


def _demonstration(settings: DenoiseSettings, picture: Any, form: str) -> Demonstration:
    options = {"prompt": settings.prompts, "seed": settings.seeds, "guidance": settings.guidances}
    if not isinstance(picture, dict) or any(picture.get(name) not in some for name, some in options.items()):
        raise RequestError(form)
    return Demonstration(
        str(picture["prompt"]), int(picture["seed"]), guidance=float(picture["guidance"]), with_steps=True
    )
