"""Four made-up things for the tests of the pocket model: discs of one colour."""

from dataclasses import replace

import numpy as np

from training.pocket.objects import SIZE, Thing
from training.pocket.words import Language

COLOURS = {"dog": (150, 90, 40), "red apple": (220, 30, 30), "kite": (40, 80, 220), "cook": (200, 150, 120)}
GROUPS = {"dog": 3, "red apple": 4, "kite": 6, "cook": 1}


def disc(colour: tuple[int, int, int]) -> np.ndarray:
    """An RGBA cutout: a disc on nothing."""
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    cutout = np.zeros((SIZE, SIZE, 4), np.uint8)
    cutout[x**2 + y**2 < 50**2] = (*colour, 255)
    return cutout


def things() -> tuple[list[Thing], np.ndarray]:
    """The things, one of them in two skin tones, and their cutouts."""
    made = [
        Thing(
            label,
            group,
            (),
            ("noto:a", "noto:b") if group == 1 else ("noto:a",),
            ("|light", "man|dark") if group == 1 else ("|",),
        )
        for label, group in GROUPS.items()
    ]
    return made, np.stack([disc(COLOURS[thing.label]) for thing in made for _ in thing.files])


def language(
    colours: tuple[tuple[str, str], ...] = (),
    pairs: tuple[tuple[str, str], ...] = (),
    scenes: tuple[tuple[str, str, str], ...] = (),
) -> Language:
    """The shipped language with other held-out pairs."""
    return replace(
        Language.read(),
        unseen_colours=frozenset(colours),
        unseen_pairs=frozenset(frozenset(pair) for pair in pairs),
        unseen_scenes=frozenset(scenes),
    )
