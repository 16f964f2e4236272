"""The panel with dunes that are drawn by a few sines: the learner turns the colour of the sand, the shapes stay.

What a check says of them is no matter of what they show: nothing but the colour changes. The scores for all colours are
computed once, so that the slider is answered at once.
"""

from __future__ import annotations

import base64
import colorsys
import math
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from safety.config import ConfigModel
from safety.errors import RequestError
from safety.policy.model import BASE_MODE
from ui.learn.panel import Desk, Json
from ui.learn.threshold import NOTHING_TO_ANSWER

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 256  # pixels
POINTS = 128  # of the edge of one dune
SKY = "#9cc4e8"
SAND = ("#e8b98a", "#d9a273", "#c98b5e", "#b97a4e", "#e2ad7d")  # of each dune, the farthest first
TURNS = range(-180, 181, 15)  # degrees on the circle of colours


class SandSettings(ConfigModel):
    """`seed` chooses the dunes, `category` the score that is followed."""

    seed: int = 10
    category: str = "nudity"


class SandPanel:
    """Hands pictures and scores to the script; there is nothing to answer."""

    settings = SandSettings
    most_bytes = 1024

    def open(self, desk: Desk[SandSettings]) -> Json:
        """Returns the dunes in each colour, with the score and the limits that `Studio.look` names for them."""
        chosen = desk.settings
        key = ("sand", chosen.seed, chosen.category, desk.studio.policy_digest)
        return {
            "words": desk.words("learn_sand."),
            "category": desk.messages.locale.category[chosen.category].title,
            "colours": desk.memory.once(key, lambda: colours(desk)),
        }

    def answer(self, desk: Desk[SandSettings], call: Mapping[str, Any]) -> Json:
        """Raises RequestError: the script has all scores."""
        raise RequestError(NOTHING_TO_ANSWER)


def colours(desk: Desk[SandSettings]) -> list[Json]:
    """Returns turn in degrees, picture, score and verdict for each colour of the sand."""
    chosen, images = desk.settings, [dunes(desk.settings.seed, turn) for turn in TURNS]
    return [
        {
            "turn": turn,
            "file": _data(image),
            "score": round(decision.scores.get(chosen.category, 0.0), 4),
            "allowed": decision.allowed,
        }
        for turn, image, decision in zip(TURNS, images, desk.studio.look_many(images, BASE_MODE), strict=True)
    ]


def dunes(seed: int, turn: float = 0.0) -> Image:
    """Draws five dunes under a sky, RGB; `turn` moves the colour of the sand by so many degrees, at equal lightness."""
    from PIL import Image as Pillow
    from PIL import ImageDraw, ImageFilter

    image, random = Pillow.new("RGB", (SIDE, SIDE), SKY), np.random.default_rng(seed)
    draw = ImageDraw.Draw(image)
    for number, colour in enumerate(SAND):
        base = (180 + 70 * number) / 512
        height, phase, waves = random.uniform(20, 70) / 512, random.uniform(0, 6), random.uniform(0.5, 1.6)
        edge = [
            (x * SIDE / POINTS, SIDE * (base + height * math.sin(waves * x / POINTS * 2 * math.pi + phase)))
            for x in range(POINTS + 1)
        ]
        draw.polygon([*edge, (SIDE, SIDE), (0, SIDE)], fill=_turned(colour, turn))
    return image.filter(ImageFilter.GaussianBlur(1.5))


def _turned(colour: str, degrees: float) -> tuple[int, ...]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    turned = colorsys.hls_to_rgb((hue + degrees / 360) % 1, lightness, saturation)
    return tuple(round(255 * part) for part in turned)


def _data(image: Image) -> str:
    memory = BytesIO()
    image.save(memory, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(memory.getvalue()).decode()}"
