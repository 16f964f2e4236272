"""Trains the encoder in four runs: without any dev row, with half of the dev rows, a little with the other half, and
once more mostly with what was labelled and written by hand.

What ships is the mean of the weights before and after the fourth; what is quoted of the dev sets comes from a model
made the same way without the half that it is measured on.

    python -m training.prompt_classifier.train --data FOLDER [--work build/prompt_classifier] [--terms FILE]

Deterministic given the seed and the number of threads. Every run saves its state now and then, and goes
on from there when the command is given again; runs that are done are left alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from training.pocket.hardware import autocast
from training.prompt_classifier import mix
from training.prompt_classifier.batches import Batch, Batches, pieces, tokenizer
from training.prompt_classifier.frozen_features import Below
from training.prompt_classifier.model import WIDTH, Encoder, pretrained, save
from training.prompt_classifier.rows import CATEGORIES, Row

# Of the loss: harm, the categories, gravity and kinds, and the marked words.
SHARES_OF_LOSS = (0.45, 0.3, 0.15, 0.1)
CARRIED = 4.0  # times as much counts a token of a phrase as another: there are far fewer
SAVE_EVERY = 100


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and how fast one run learns."""

    epochs: int
    rate: float
    head_rate: float
    tokens: int = 2048
    warm: float = 0.06
    decay: float = 0.01
    frozen: int = 0  # layers, from below, that stay as they are


BASE = Recipe(epochs=2, rate=1.5e-4, head_rate=2e-3, warm=0.12)
TUNE = Recipe(epochs=3, rate=1.2e-4, head_rate=5e-4)
AGAIN = Recipe(epochs=2, rate=6e-5, head_rate=2e-4)
LAST = Recipe(epochs=1, rate=4e-5, head_rate=2e-4)


def loss(logits: Tensor, marks: Tensor, batch: Batch) -> Tensor:
    """Returns the weighted binary cross-entropy of heads and of marked words."""
    harm, categories, others, marked = SHARES_OF_LOSS
    each = nn.functional.binary_cross_entropy_with_logits(logits, batch.target, batch.weight, reduction="none")
    last = 1 + len(CATEGORIES)
    heads = harm * each[:, 0] + categories * each[:, 1:last].sum(1) + others * each[:, last:].sum(1)
    known = batch.phrase >= 0
    value: Tensor = heads.mean()
    if known.any():
        wrong = nn.functional.binary_cross_entropy_with_logits(
            marks[known], batch.phrase[known], pos_weight=torch.tensor(CARRIED)
        )
        value = value + marked * wrong
    return value


def run(name: str, rows: Callable[[], list[Row]], recipe: Recipe, work: Path, seed: int, start: Path | None) -> Path:
    """One run, resumed where it was; gives the file with its weights."""
    done = work / f"{name}.pt"
    if done.exists():
        return done
    torch.manual_seed(seed)
    model = pretrained().train()
    if start is not None:
        model.load_state_dict(torch.load(start, weights_only=True), strict=False)
    model.layers[: recipe.frozen].requires_grad_(False)
    batches = Batches(rows(), recipe.tokens, seed)
    below = Below(model, recipe.frozen, batches.ids)
    plan = [batch for epoch in range(recipe.epochs) for batch in batches.epoch(epoch)]
    optimizer, schedule = optimizer_for(model, recipe, len(plan))
    partial = work / f"{name}.partial.pt"
    at = _restored(partial, model, optimizer, schedule)
    smooth, quick = 0.0, autocast(WIDTH)
    for step in (bar := tqdm(range(at, len(plan)), desc=name, initial=at, total=len(plan), mininterval=5)):
        value = _step(model, below, batches.tensors(plan[step]), optimizer, quick)
        schedule.step()
        smooth = value if step == at else 0.98 * smooth + 0.02 * value
        bar.set_postfix(loss=f"{smooth:.4f}", refresh=False)
        if (step + 1) % SAVE_EVERY == 0:
            save(partial, _state(model, optimizer, schedule, step + 1))
    save(done, model.state_dict())
    partial.unlink(missing_ok=True)
    return done


def _step(model: Encoder, below: Below, batch: Batch, optimizer: torch.optim.Optimizer, quick: torch.autocast) -> float:
    with quick:
        logits, _, _, marks = model.judged(below.states(batch), batch.mask, below.layers)
    value = loss(logits.float(), marks.float(), batch)
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(value)
    nn.utils.clip_grad_norm_((p for p in model.parameters() if p.requires_grad), 1.0)
    optimizer.step()
    return float(value.detach())


def optimizer_for(model: Encoder, recipe: Recipe, steps: int) -> tuple[Any, Any]:
    layers = [weight for weight in model.layers.parameters() if weight.requires_grad]
    heads = [*model.attend.parameters(), *model.value.parameters(), *model.mark.parameters(), model.bias]
    groups = [
        {"params": layers, "lr": recipe.rate, "weight_decay": recipe.decay},
        {"params": heads, "lr": recipe.head_rate, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98))
    warm = max(1, int(recipe.warm * steps))
    slope = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.02, (steps - step) / max(1, steps - warm)))
    )
    return optimizer, slope


def _state(model: Encoder, optimizer: Any, schedule: Any, step: int) -> dict[str, Any]:
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    return {name: part.state_dict() for name, part in parts.items()} | {"step": step, "rng": torch.get_rng_state()}


def _restored(path: Path, model: Encoder, optimizer: Any, schedule: Any) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    torch.set_rng_state(state["rng"])
    return int(state["step"])


def train(sources: mix.Sources, work: Path, seed: int) -> None:
    """All runs, each from where one before it ended. `final.pt` ships; `half.pt` has seen half of the dev rows."""
    work.mkdir(parents=True, exist_ok=True)
    adapted = work / "adapted.pt"
    base = run("base", partial(mix.base, sources, seed), BASE, work, seed, adapted if adapted.exists() else None)
    tuned = run("tuned", partial(mix.tune, sources, seed), TUNE, work, seed, base)
    last = run("last", partial(mix.last, sources, seed + 1), LAST, work, seed + 1, tuned)
    save(work / "whole.pt", mean({tuned: 2.0, last: 1.0}))  # the last run alone flags more harmless prompts
    for name, start, whole in (("half", tuned, False), ("final", work / "whole.pt", True)):
        again = run(f"again_{name}", partial(mix.again, sources, seed + 2, whole), AGAIN, work, seed + 2, start)
        save(work / f"{name}.pt", mean({start: 1.0, again: 1.0}))


def mean(shares: Mapping[Path, float]) -> dict[str, Tensor]:
    """The weights' mean by shares: runs that start from one another lie in one valley (Wortsman et al., 2022)."""
    states = [(share, torch.load(path, weights_only=True)) for path, share in shares.items()]
    total = sum(shares.values())
    return {name: sum(share / total * state[name] for share, state in states) for name in states[0][1]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--work", type=Path, default=Path("build/prompt_classifier"))
    parser.add_argument("--terms", type=Path, help="crude words: CSV with text, category_1, severity_rating")
    parser.add_argument("--real", type=Path, help="the real prompts that labels/ speaks of: gzipped CSV with text")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    train(mix.Sources(args.data, pieces(tokenizer()), args.terms, args.real), args.work, args.seed)


if __name__ == "__main__":
    main()
