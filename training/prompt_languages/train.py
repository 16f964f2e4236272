"""Trains the model of further languages in two runs: English rows, and then mostly rows of the thirteen languages.

    python -m training.prompt_languages.train --data FOLDER --real FILE [--work build/prompt_languages] [--held CODES]

`--data`, `--real`: as for training.prompt_classifier.train. `--held de,pt`: leaves these languages out of the second
run and every fourth row of all others, and prints how well the model reads what it left out; `--held none`: only rows.
The first run is kept.
Deterministic given the seed and one thread.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from training.pocket.hardware import autocast
from training.prompt_classifier import mix
from training.prompt_classifier.batches import Batches
from training.prompt_classifier.examples import STOP, Example
from training.prompt_classifier.figures import auroc
from training.prompt_classifier.model import WIDTH, Encoder, save
from training.prompt_classifier.rows import Row
from training.prompt_classifier.train import Recipe, loss, optimizer_for
from training.prompt_languages import source as e5
from training.prompt_languages.model import framed, load, logits, pretrained, state
from training.prompt_languages.rows import english, languages, read_languages
from training.prompt_languages.vocabulary import kept, tokenizer

ENGLISH = Recipe(epochs=3, rate=1.5e-4, head_rate=2e-3)
LANGUAGES = Recipe(epochs=2, rate=1.2e-4, head_rate=5e-4)
COPIES = 3  # of each row of the second run, all but one varied
REPLAYED, REPLAYED_SOURCES = 5000, ("written", "jdb", "labels")  # English rows that the second run sees again
HELD_ROW = 4  # every fourth row of a language that is not held is held, where any is
SHARED = "shared"  # the theme of rows that say the same in several languages: left out, they would look too easy
ALLOWED = 0.05  # of the harmless rows above the limit at which recall is printed


def fit(encoder: Encoder, rows: Sequence[Row], made: Any, recipe: Recipe, seed: int) -> Encoder:
    """Trains an encoder in place and returns it."""
    torch.manual_seed(seed)
    encoder.train()
    batches = Batches(rows, recipe.tokens, seed, made)
    plan = [batch for epoch in range(recipe.epochs) for batch in batches.epoch(epoch)]
    steps, schedule = optimizer_for(encoder, recipe, len(plan))
    quick = autocast(WIDTH)
    for chosen_rows in tqdm(plan, mininterval=10):
        batch = batches.tensors(chosen_rows)
        with quick:
            scores, _, _, marks = encoder(batch.ids, batch.mask)
        value = loss(scores.float(), marks.float(), batch)
        steps.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        nn.utils.clip_grad_norm_((p for p in encoder.parameters() if p.requires_grad), 1.0)
        steps.step()
        schedule.step()
    return encoder


def split(
    examples: Mapping[str, Sequence[Example]], held: Collection[str]
) -> tuple[list[Example], dict[str, list[Example]]]:
    """Returns the examples to train on, and those left out by language; none without a held language."""
    rows = [(code, each, _held(code, n, each, held)) for code, own in examples.items() for n, each in enumerate(own)]
    taught = [each for _, each, left_out in rows if not left_out]
    out = {code: [each for own, each, left_out in rows if left_out and own == code] for code in examples}
    return taught, {code: own for code, own in out.items() if own}


def _held(code: str, number: int, example: Example, held: Collection[str]) -> bool:
    return code in held or (bool(held) and number % HELD_ROW == 1 and example.theme != SHARED)


def report(
    encoder: Encoder, made: Any, left_out: Mapping[str, Sequence[Example]], held: Collection[str]
) -> Iterator[str]:
    """Yields a line a language: AUROC, and the share of harmful rows above the score of ALLOWED of the harmless."""
    for code, own in left_out.items():
        scores = logits(encoder, made, [each.text for each in own])[:, 0]
        harmful = np.array([each.outcomes[0] >= STOP for each in own])
        limit = np.quantile(scores[~harmful], 1 - ALLOWED)
        kind = "language" if code in held else "rows"
        figures = f"AUROC {auroc(harmful.astype(int), scores):.3f} recall {(scores[harmful] > limit).mean():.2f}"
        yield f"{code} ({kind} not seen, {len(own)}): {figures}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--real", type=Path, required=True, help="the real prompts that labels/ speaks of")
    parser.add_argument("--work", type=Path, default=Path("build/prompt_languages"))
    parser.add_argument("--held", default="", help="languages to leave out, with commas between")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.work.mkdir(parents=True, exist_ok=True)
    held = [code for code in args.held.split(",") if code]
    source = e5.read(e5.path())
    pieces = kept(source, args.work)
    made = framed(tokenizer(source, pieces))
    rows = english(mix.Sources(args.data, (), None, args.real), args.seed)
    first = args.work / "english.pt"
    if not first.exists():
        save(first, state(fit(pretrained(source, pieces), rows, made, ENGLISH, args.seed)))
    taught, left_out = split(read_languages(), held)
    again = [row for row in rows if row.source in REPLAYED_SOURCES]
    mixed = languages(taught, COPIES, args.seed) + random.Random(args.seed).sample(again, REPLAYED)
    encoder = fit(load(first, source, pieces), mixed, made, LANGUAGES, args.seed + 1)
    save(args.work / (f"without_{'_'.join(held)}.pt" if held else "final.pt"), state(encoder))
    print("\n".join(report(encoder, made, left_out, held)))


if __name__ == "__main__":
    main()
