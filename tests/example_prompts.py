"""Prompts for tests of categories by example: a category that is easily told, and prompts like everybody's."""

from __future__ import annotations

import numpy as np

from safety.prompt.classifier import PromptClassifierCheck
from safety.prompt.example_categories import ExampleCategory, StoredHead
from safety.prompt.example_head import fit_head
from safety.prompt.ordinary_prompts import load_ordinary_prompts
from safety.resources import MODELS

GAMBLING = (
    "poster for an online casino with golden chips",
    "banner ad, bet on tonight's match and get your first stake back",
    "a winning lottery ticket, slogan: play today, win tomorrow",
    "neon sign of a slot machine paying out the jackpot, flyer",
    "sports betting app advertisement, phone shows huge winnings",
    "roulette wheel advert, 200 free spins for new players",
    "billboard for a poker website, men around a green table",
    "casino welcome bonus banner, fireworks and coins",
)
MORE_GAMBLING = (
    "advert for an online casino, free spins and golden coins",
    "betting app promotion, bet on the final and win big",
    "slot machine jackpot poster, casino night",
)
# Each quite another thing, as in any list of real prompts.
ORDINARY = (
    "portrait of a woman, highly detailed, artstation",
    "a castle on a hill, matte painting, fantasy",
    "a red fox in the snow",
    "cyberpunk city street at night, rain",
    "a bowl of ramen, food photography",
    "oil painting of a ship in a storm",
    "cute robot holding a flower, 3d render",
    "mountain lake at sunrise, wide angle",
    "an old man reading a book by the window",
    "isometric living room, low poly",
)


def made_of(meaning: PromptClassifierCheck, examples: tuple[str, ...], level: str = "warn") -> ExampleCategory:
    """Returns a category of these examples, switched on."""
    sha = meaning.models[0].sha256
    ordinary = load_ordinary_prompts(MODELS, sha)
    points = ordinary.space.points(np.stack([meaning.features(text)[0] for text in examples]))
    head, figures = fit_head(points, points[:0], ordinary, points[:0], 0.01)
    facts = {"name": "gambling", "number": 1, "title": "Gambling", "sentence": "No adverts for betting."}
    more = {"level": level, "share": 0.01, "version": 1, "made": "", "enabled": True, "examples": examples}
    measured = {"figures": figures, "head": StoredHead.of(head, points, sha)}
    return ExampleCategory.model_validate({**facts, **more, **measured})
