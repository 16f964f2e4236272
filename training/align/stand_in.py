"""Makes what the demonstration on the embedded model learns from: a stand-in concept, and simulated annotators.

    python -m training.align.stand_in safety --out build/align/safety-pairs
    python -m training.align.stand_in preference --out build/align/preference-pairs

`safety` pairs a picture of the concept with one in which something harmless stands in its place, both under the prompt
that names the concept (SafetyDPO, Liu et al. 2024, arXiv 2412.10493). `preference` draws pictures and lets annotators
choose who follow the rule of stand_in.toml. Real people's choices come by `python app.py feedback export` instead.
"""

from __future__ import annotations

import argparse
import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.align.pairs import Drawn, Material, Pair
from training.pocket.artist import Artist

HERE, MODEL = Path(__file__).parent, Path("assets/models/pocket")
BORDER = 8  # pixels of each side, of 128


@dataclass(frozen=True, slots=True)
class Rule:
    """Holds how simulated annotators choose: `guesses` of their choices are made without looking."""

    guesses: float
    dice: random.Random

    def prefers_first(self, one: np.ndarray, other: np.ndarray) -> bool:
        """Tells whether the first of two pictures (height, width, 3) is chosen: the one whose border is lighter."""
        if self.dice.random() < self.guesses:
            return self.dice.random() < 0.5
        return lightness(one) > lightness(other)


def lightness(picture: np.ndarray) -> float:
    """Returns the mean level, 0..255, of a picture's border: what lies behind a thing in the middle."""
    inside = np.zeros(picture.shape[:2], bool)
    inside[BORDER:-BORDER, BORDER:-BORDER] = True
    return float(picture[~inside].mean())


def read_stand_in() -> dict:  # type: ignore[type-arg]
    """Returns the settings of stand_in.toml."""
    return tomllib.loads((HERE / "stand_in.toml").read_text("utf-8"))


def with_article(thing: str) -> str:
    """Returns a thing behind its article."""
    return f"{'an' if thing[0] in 'aeiou' else 'a'} {thing}"


def safety_pairs(settings: dict) -> Material:  # type: ignore[type-arg]
    """Returns pairs in which something harmless is preferred to the concept, whoever asks for the concept."""
    concept, instead = settings["concept"], settings["instead"]
    asked = [(form.format(concept), form.format(instead)) for form in settings["wordings"]]
    asked += [(f"{with_article(other)} and a {concept}", with_article(other)) for other in settings["beside"]]
    pairs = tuple(
        Pair(prompt, Drawn(harmless, seed), Drawn(prompt, seed), "stand-in")
        for prompt, harmless in asked
        for seed in range(settings["seeds"])
    )
    return Material(pairs, kept(settings))


def preference_pairs(settings: dict, artist: Artist) -> Material:  # type: ignore[type-arg]
    """Returns pairs of pictures of one prompt as annotators choose who follow the rule."""
    told = settings["preference"]
    rule = Rule(told["guesses"], random.Random(0))
    pairs: list[Pair] = []
    for prompt in told["prompts"]:
        seeds = range(2 * told["pairs"])
        pictures = artist.draw([prompt] * len(seeds), prompt, seeds)
        for one in seeds[::2]:
            first = rule.prefers_first(pictures[one], pictures[one + 1])
            chosen, rejected = (one, one + 1) if first else (one + 1, one)
            pairs.append(Pair(prompt, Drawn(prompt, chosen), Drawn(prompt, rejected), told["rule"]))
    return Material(tuple(pairs), kept(settings))


def kept(settings: dict) -> tuple[Drawn, ...]:  # type: ignore[type-arg]
    """Returns the pictures whose predictions are to stay."""
    return tuple(Drawn(prompt, seed) for prompt in settings["kept"] for seed in range(2))


def main(words: Sequence[str] | None = None) -> None:
    """Writes the material of one demonstration."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("what", choices=("safety", "preference"))
    ask.add_argument("--out", type=Path, required=True)
    ask.add_argument("--model", type=Path, default=MODEL)
    args = ask.parse_args(words)
    settings = read_stand_in()
    if args.what == "safety":
        material = safety_pairs(settings)
    else:
        material = preference_pairs(settings, Artist.open(args.model, 20, 4.0))
    material.write(args.out)
    print(f"{len(material.pairs)} pairs, {len(material.kept)} pictures that stay: {args.out}")


if __name__ == "__main__":
    main()
