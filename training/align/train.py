"""Trains an adapter that aligns a model: to what people prefer, or away from a concept.

    python -m training.align.train dpo --data build/align/pairs --out build/align/dpo
    python -m training.align.train erase --concept "a fire" --data build/align/pairs --out build/align/erase

`dpo` is Diffusion-DPO on the pairs of `--data`; whether they say what people like or what is safe (SafetyDPO, Liu et
al. 2024, arXiv 2412.10493) is the pairs' affair, the objective is the same. `erase` is ESD: no pairs, one concept. Both
hold the predictions for `kept.jsonl` of `--data` where they were. What draws is never changed: an adapter is a file
beside it, with a card of its own.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.nn.functional import mse_loss
from tqdm import tqdm

from engines.cards import read_cards
from engines.diffusion.loading import load_pipeline
from engines.diffusion.placement import Placement
from engines.interface import EngineCard
from safety.resources import PRESETS
from training.align.adapter import ATTENTION, attach, save, without, write_card
from training.align.noise_predictor import NoisePredictor
from training.align.objectives import erased_target, errors, preference_loss
from training.align.pairs import Drawn, Latents, Material

MODELS = Path("assets/models")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Holds the settings of a training.

    beta: of preference. anchor: weighs the error on what is preferred, beside the preference itself. strength: of
    erasure. keep: weighs what is to stay.
    """

    steps: int = 300
    batch: int = 4
    rate: float = 1e-4
    rank: int = 8
    beta: float = 2000.0
    anchor: float = 1.0
    strength: float = 1.0
    keep: float = 1.0
    targets: tuple[str, ...] = ATTENTION
    seed: int = 0


class Trainer:
    """Trains the adapter of one pipeline on drawn latents."""

    def __init__(self, predictor: NoisePredictor, latents: Latents, recipe: Recipe) -> None:
        self.predictor, self.latents, self.recipe = predictor, latents, recipe
        self.dice = torch.Generator().manual_seed(recipe.seed)
        self.trained = attach(predictor.pipeline, recipe.rank, recipe.targets)
        self.optimizer = torch.optim.AdamW(self.trained, recipe.rate, weight_decay=0.0)

    def run(self, loss: Callable[[], Tensor], kept: Sequence[Drawn]) -> float:
        """Takes all steps for a loss and what is to stay; returns the mean loss of the last tenth."""
        last: list[float] = []
        for step in (bar := tqdm(range(self.recipe.steps), desc="steps", mininterval=5)):
            total = loss()
            if kept and self.recipe.keep:
                total = total + self.recipe.keep * self.keeping(self._some(kept))
            self.optimizer.zero_grad()
            torch.autograd.backward(total)
            torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
            self.optimizer.step()
            if step >= 0.9 * self.recipe.steps:
                last.append(float(total.detach()))
            bar.set_postfix(loss=f"{float(total.detach()):.4f}", refresh=False)
        return sum(last) / max(1, len(last))

    def preferring(self, material: Material) -> Tensor:
        """Returns the loss of preference on some pairs."""
        pairs = self._some(material.pairs, [pair.weight for pair in material.pairs])
        conditioning = self.predictor.conditioning([pair.prompt for pair in pairs])
        sides = [self.latents.of([pair.chosen for pair in pairs]), self.latents.of([pair.rejected for pair in pairs])]
        noise, moments = self._noise(sides[0])
        policy = tuple(self._errors(side, noise, moments, conditioning) for side in sides)
        with without(self.predictor.pipeline):
            reference = tuple(self._errors(side, noise, moments, conditioning) for side in sides)
        loss = preference_loss((policy[0], policy[1]), (reference[0], reference[1]), self.recipe.beta)
        # By itself the loss falls soonest where the rejected picture is spoilt, and what is drawn stays as it was. An
        # error on the preferred one holds it to that (Pang et al. 2024, arXiv 2404.19733, equation 2, for language).
        return loss + self.recipe.anchor * policy[0].mean()

    def erasing(self, concepts: Sequence[Drawn]) -> Tensor:
        """Returns the loss of erasure on some pictures that the model itself drew of the concept."""
        drawn = self._some(concepts)
        conditioning = self.predictor.conditioning([picture.prompt for picture in drawn])
        empty = self.predictor.conditioning([""] * len(drawn))
        latents = self.latents.of(drawn)
        noise, moments = self._noise(latents)
        noised = self.predictor.noised(latents, noise, moments)
        with without(self.predictor.pipeline):
            plain = self.predictor.predict(noised, moments, empty)
            target = erased_target(plain, self.predictor.predict(noised, moments, conditioning), self.recipe.strength)
        return mse_loss(self.predictor.predict(noised, moments, conditioning), target)

    def keeping(self, drawn: Sequence[Drawn]) -> Tensor:
        """Returns how far the predictions for other prompts have moved, as their mean square."""
        conditioning = self.predictor.conditioning([picture.prompt for picture in drawn])
        latents = self.latents.of(drawn)
        noise, moments = self._noise(latents)
        noised = self.predictor.noised(latents, noise, moments)
        with without(self.predictor.pipeline):
            target = self.predictor.predict(noised, moments, conditioning)
        return mse_loss(self.predictor.predict(noised, moments, conditioning), target)

    def _errors(self, latents: Tensor, noise: Tensor, moments: Tensor, conditioning: dict[str, Any]) -> Tensor:
        noised = self.predictor.noised(latents, noise, moments)
        prediction = self.predictor.predict(noised, moments, conditioning)
        return errors(prediction, self.predictor.target(latents, noise, moments))

    def _noise(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        noise = torch.randn(latents.shape, generator=self.dice).to(latents)
        return noise, torch.rand(len(latents), generator=self.dice).to(latents.device)

    def _some(self, rows: Sequence[Row], weights: Sequence[float] = ()) -> list[Row]:
        if len(set(weights)) > 1:
            chosen = torch.multinomial(torch.tensor(weights), self.recipe.batch, replacement=True, generator=self.dice)
        else:
            chosen = torch.randint(len(rows), (self.recipe.batch,), generator=self.dice)
        return [rows[int(at)] for at in chosen]


def train(pipeline: Any, card: EngineCard, material: Material, recipe: Recipe, concept: Sequence[str] = ()) -> float:
    """Trains an adapter onto a pipeline: on pairs, or to erase what the prompts of `concept` name.

    Returns the mean loss of the last steps. Raises ValueError for a family that cannot be trained here.
    """
    side = int(card.size.default)
    predictor = NoisePredictor(pipeline, side, side)
    latents = Latents(predictor, int(card.steps.default), card.guidance.default)
    named = [Drawn(prompt, seed) for prompt in concept for seed in range(recipe.batch)]
    sides = [picture for pair in material.pairs for picture in (pair.chosen, pair.rejected)]
    latents.draw([*(named or sides), *material.kept])
    trainer = Trainer(predictor, latents, recipe)
    loss = (lambda: trainer.erasing(named)) if named else (lambda: trainer.preferring(material))
    return trainer.run(loss, material.kept)


def read_command_line(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Returns the settings, complete."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("method", choices=("dpo", "erase"))
    ask.add_argument("--data", type=Path, required=True, help="a folder with pairs.jsonl and kept.jsonl")
    ask.add_argument("--out", type=Path, required=True, help="where the adapter, its card and its data list go")
    ask.add_argument("--concept", nargs="*", default=[], help="prompts of what `erase` takes out")
    ask.add_argument("--cards", type=Path, default=PRESETS / "engines.toml")
    ask.add_argument("--engine", default="pocket", help="a model of `--cards`, on this machine")
    ask.add_argument("--models", type=Path, default=MODELS, help="what the card's folder is relative to")
    usual = Recipe()
    for name in ("steps", "batch", "rate", "rank", "beta", "anchor", "strength", "keep"):
        value = getattr(usual, name)
        ask.add_argument(f"--{name}", type=type(value), default=value, help=f"default: {value}")
    ask.add_argument("--targets", nargs="+", default=ATTENTION, help="how the names of the changed layers end")
    args = ask.parse_args(words)
    if args.method == "erase" and not args.concept:
        ask.error("erase needs --concept: one prompt or more that name what is to go")
    return args


def main(words: Sequence[str] | None = None) -> None:
    """Trains one adapter and writes it with its card and the list of what it learned from."""
    args = read_command_line(words)
    card = read_cards(args.cards)[args.engine]
    material = Material.read(args.data, args.engine)
    recipe = Recipe(
        args.steps,
        args.batch,
        args.rate,
        args.rank,
        args.beta,
        args.anchor,
        args.strength,
        args.keep,
        tuple(args.targets),
    )
    placement = Placement("cuda" if torch.cuda.is_available() else "cpu")
    pipeline = load_pipeline(args.engine, card, args.models / card.model, placement)
    started = time.monotonic()
    loss = train(pipeline, card, material, recipe, args.concept)
    args.out.mkdir(parents=True, exist_ok=True)
    save(pipeline, args.out)
    material.write(args.out)
    how = f"{args.method}, {recipe.steps} steps, {len(material.pairs)} pairs, {len(material.kept)} prompts kept"
    write_card(args.out, f"{args.engine}-{args.out.name}", card, f"With an adapter by {how}.")
    print(f"{how}: loss {loss:.4f} after {time.monotonic() - started:.0f} s; {args.out}")


if __name__ == "__main__":
    main()
