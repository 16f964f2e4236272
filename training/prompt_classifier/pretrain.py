"""Adapts the encoder to the language of real prompts: it guesses words that are masked out of them (BERT, 2018).

    python -m training.prompt_classifier.pretrain --source real_prompts.csv.gz [--minutes 20]

The word embeddings stay as they are and are what the guesses are compared with. Prompts of the test part are left out.
Saves its state every few minutes in `masked_words.pt` and goes on from there when called again; the layers alone are
in `adapted.pt`.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from training.pocket.hardware import autocast
from training.prompt_classifier.batches import padded, tokenizer
from training.prompt_classifier.labels import test_identifiers
from training.prompt_classifier.model import WIDTH, Encoder, pretrained, save
from training.prompt_classifier.sample import identifier, read_texts

MASK, FRAME = 103, 2  # the token of a masked word; tokens that frame a text
MASKED = 0.15  # of the words
TOKENS = 4096  # of a batch
MAX_TOKENS = 64  # of a prompt: what comes later are names of styles
RATE, WARM_STEPS = 3e-4, 100
SAVE_SECONDS = 180


class MaskedWords(nn.Module):
    """Guesses masked words from the encoder's states, compared with the embeddings it starts from."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.dense, self.norm = nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH)
        words = encoder.embeddings.word_embeddings.weight
        self.bias = nn.Parameter(torch.zeros(len(words)))

    def forward(self, ids: Tensor, mask: Tensor, at: Tensor) -> Tensor:
        """Returns logits (masked, vocabulary) of the places `at` (rows, tokens), boolean."""
        states = self.encoder.through(self.encoder.embedded(ids), mask, 0, len(self.encoder.layers))
        guess = self.norm(nn.functional.gelu(self.dense(states[at])))
        logits: Tensor = guess @ self.encoder.embeddings.word_embeddings.weight.T + self.bias
        return logits


def batches(ids: Sequence[Sequence[int]], seed: int) -> Iterator[list[Sequence[int]]]:
    """Yields batches of about TOKENS tokens without end, texts of like length together."""
    rng = random.Random(seed)
    while True:
        order = list(range(len(ids)))
        rng.shuffle(order)
        for start in range(0, len(order), 4000):
            pool = sorted(order[start : start + 4000], key=lambda row: len(ids[row]))
            packs: list[list[int]] = [[]]
            for row in pool:
                if packs[-1] and len(ids[row]) * (len(packs[-1]) + 1) > TOKENS:
                    packs.append([])
                packs[-1].append(row)
            rng.shuffle(packs)
            yield from ([ids[row] for row in pack] for pack in packs)


def masked(ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Returns ids with some words masked, and where (rows, tokens): eight of ten masked, one random, one left."""
    inner = mask.bool()
    inner[:, 0] = False
    inner[torch.arange(len(ids)), mask.sum(1).long() - 1] = False
    at = inner & (torch.rand(ids.shape) < MASKED)
    kind = torch.rand(ids.shape)
    changed = torch.where(at & (kind < 0.8), MASK, ids)
    other = torch.randint(1000, 30000, ids.shape)
    return torch.where(at & (kind > 0.9), other, changed), at


def run(texts: Sequence[str], work: Path, minutes: float, seed: int) -> None:
    """Trains for so many minutes and writes `adapted.pt`."""
    encode = tokenizer()
    encode.enable_truncation(MAX_TOKENS)
    ids = [encoding.ids for encoding in encode.encode_batch(list(texts))]
    ids = [row for row in ids if len(row) > FRAME + 3]
    torch.manual_seed(seed)
    model = MaskedWords(pretrained()).train()
    file, steps = work / "masked_words.pt", 0
    if file.exists():
        state = torch.load(file, weights_only=True)
        model.load_state_dict(state["model"])
        steps = state["steps"]
    used = [weight for weight in [*model.encoder.layers.parameters(), *model.dense.parameters()]]
    used += [*model.norm.parameters(), model.bias]
    optimizer = torch.optim.AdamW(used, lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    begin = saved = time.monotonic()
    quick = autocast(WIDTH)
    smooth = 0.0
    for number, pack in enumerate(batches(ids, seed + steps), 1):
        done = (time.monotonic() - begin) / (60 * minutes)
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(number / WARM_STEPS, max(0.02, 1 - done))
        table, mask = padded(pack)
        changed, at = masked(table, mask)
        if not at.any():
            continue
        with quick:
            logits = model(changed, mask, at)
        value = nn.functional.cross_entropy(logits.float(), table[at])
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        nn.utils.clip_grad_norm_(used, 1.0)
        optimizer.step()
        smooth = float(value.detach()) if number == 1 else 0.98 * smooth + 0.02 * float(value.detach())
        if time.monotonic() - saved > SAVE_SECONDS or done >= 1:
            saved = time.monotonic()
            save(file, {"model": model.state_dict(), "steps": steps + number})
            layers = {f"layers.{name}": weight for name, weight in model.encoder.layers.state_dict().items()}
            save(work / "adapted.pt", layers)
            print(f"{steps + number} steps, loss {smooth:.3f}, {done:.0%}", flush=True)
        if done >= 1:
            return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True, help="a gzipped CSV file with a column `text`")
    parser.add_argument("--work", type=Path, default=Path("build/prompt_classifier"))
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.work.mkdir(parents=True, exist_ok=True)
    test = test_identifiers()
    texts = [text for text in read_texts(args.source) if identifier(text) not in test]
    run(texts, args.work, args.minutes, args.seed)


if __name__ == "__main__":
    main()
