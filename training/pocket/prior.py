"""The prior: layers over the text encoder that tell from words what the things they name look like.

    python -m training.pocket.prior --work build/pocket2 --minutes 20

A prior turns words into codes of pictures, and the denoiser paints what the codes say (Ramesh et al. 2022, arXiv
2204.06125). So the denoiser need not learn thousands of pictures by heart, each seen a few hundred times: it learns to
read codes, which all pictures teach alike. Here the prior is three layers more of the text encoder. The padding
after the prompt are registers, which see the words and hold the codes (registers.py). The six layers below stay as they
are, and so do the states of words, nearly. What is written is an ordinary BertModel of nine layers. With `prior.pt` in
`--work` the training goes on from there, else from the nine layers of `--model`, where it has them.
"""

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn
from tqdm import tqdm
from transformers import AutoTokenizer, BertModel
from transformers.models.bert.modeling_bert import BertLayer

from training.pocket.codes import COMPONENTS, Codes
from training.pocket.hardware import autocast
from training.pocket.objects import load
from training.pocket.registers import EACH, Captioned, Targets
from training.pocket.scenes import Scenes
from training.pocket.tokens import REGISTERS, TOKENS, WORDS, tokenize
from training.pocket.words import HERE, Language, read_pairs
from training.pocket.workers import averaged

BELOW, ABOVE = 6, 3  # layers that are there, layers that are trained
PEAK, WARMUP = 1e-3, 100  # learning rate, steps
LIKE_BEFORE, PRESENT = 0.3, 0.1  # weights of the losses beside that of the codes


class Prior(nn.Module):
    """The layers that are trained, and what reads codes from the registers while they are."""

    def __init__(self, text: BertModel) -> None:
        super().__init__()
        config = type(text.config)(
            **(text.config.to_dict() | {"hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0})
        )
        config._attn_implementation = "sdpa"
        self.layers = nn.ModuleList([BertLayer(config, BELOW + number) for number in range(ABOVE)])
        last = text.encoder.layer[BELOW - 1].state_dict()
        # What each part adds begins at zero, so that what comes out is nearly what went in.
        adds = {key for key in last if ".dense." in key and "output" in key}
        for layer in self.layers:
            layer.load_state_dict({key: value * (key not in adds) for key, value in last.items()})
        self.code, self.present = nn.Linear(config.hidden_size, COMPONENTS), nn.Linear(config.hidden_size, 1)

    def forward(self, states: Tensor, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns states of all tokens, codes (batch, 24, 192) and logits (batch, 24) of whether there is a thing.

        states: (batch, tokens, 384), the last 24 of which are registers. seen: bool, which tokens may be looked at.
        """
        for layer in self.layers:
            states = layer(states, seen[:, None, None, :].expand(-1, -1, states.shape[1], -1))
        registers = states[:, -REGISTERS:].float()
        return states, self.code(registers), self.present(registers)[..., 0]


@torch.no_grad()
def below(
    captions: Sequence[str], tokenizer: AutoTokenizer, text: BertModel, context: torch.autocast
) -> tuple[Tensor, Tensor]:
    """Returns the states of captions below the prior, float16 (captions, 48, 384), and which tokens are words, bool."""
    ids, seen = tokenize(tokenizer, text, captions)
    with context:
        states = text(ids, attention_mask=seen).last_hidden_state
    return states.half(), seen.bool()


@dataclass(slots=True)
class Rows:
    """Captions that were encoded, and what their registers shall hold."""

    states: Tensor
    seen: Tensor
    things: list[tuple[tuple[int, str], ...]]
    codes: Targets

    def batch(self, rows: np.ndarray) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Returns states, seen, codes (batch, 24, 192) and which registers have one; without padding between them."""
        seen = self.seen[rows]
        kept = torch.cat([torch.arange(int(seen.sum(1).max())), torch.arange(WORDS, TOKENS)])
        codes, there = zip(*(self.codes.of(self.things[row]) for row in rows), strict=True)
        return self.states[rows][:, kept].float(), seen[:, kept], torch.stack(codes), torch.stack(there)


def losses(
    prior: Prior, batch: tuple[Tensor, Tensor, Tensor, Tensor], context: torch.autocast
) -> tuple[Tensor, Tensor, Tensor]:
    """Returns the share of the codes that is wrong, the error of the words' states, and that of presence."""
    states, seen, codes, there = batch
    with context:
        after, told, present = prior(states, seen)
    wrong = ((told - codes).square().mean(-1) * there).sum() / (codes.square().mean(-1) * there).sum()
    drift = ((after.float() - states).square().mean(-1) * seen).sum() / (states.square().mean(-1) * seen).sum()
    return wrong, drift, nn.functional.binary_cross_entropy_with_logits(present, there)


def encoded(many: int, scenes: Scenes, codes: Codes, model: Path, seed: int) -> Rows:
    """Draw captions and encode them."""
    rng, captioned = random.Random(seed), Captioned(scenes)
    told = [captioned.draw(rng) for _ in range(many)]
    tokenizer, text = encoders(model)
    context, parts = autocast(), []
    for at in tqdm(range(0, many, 64), desc="captions", mininterval=30):
        parts.append(below([each.caption for each in told[at : at + 64]], tokenizer, text, context))
    states, seen = (torch.cat(part) for part in zip(*parts, strict=True))
    return Rows(states, seen, [each.things for each in told], Targets(scenes.things, codes))


def encoders(model: Path) -> tuple[AutoTokenizer, BertModel]:
    """Load tokenizer and text encoder of a diffusers folder, with room for registers after the words."""
    text = BertModel.from_pretrained(model / "text_encoder", dtype=torch.float32, add_pooling_layer=False)
    text.encoder.layer = text.encoder.layer[:BELOW]  # those above, where there are any, are a prior's
    text.config.update({"num_hidden_layers": BELOW, "prompt_tokens": WORDS})
    return AutoTokenizer.from_pretrained(model / "tokenizer", model_max_length=TOKENS), text.eval()


def begun(model: Path, checkpoint: Path) -> Prior:
    """Returns the prior of a checkpoint; where there is none, that of the model's text encoder, or a new one."""
    prior = Prior(encoders(model)[1])
    if checkpoint.exists():
        prior.load_state_dict(torch.load(checkpoint, weights_only=True))
    else:
        text = BertModel.from_pretrained(model / "text_encoder", dtype=torch.float32, add_pooling_layer=False)
        for layer, held in zip(prior.layers, text.encoder.layer[BELOW:], strict=False):
            layer.load_state_dict(held.state_dict())
    return prior


def nearest(prior: Prior, prompts: Sequence[str], targets: Targets, model: Path) -> list[list[int]]:
    """Returns the places of the five things whose codes are most like what a prompt's registers hold first.

    Like by cosine from the mean of all: where the prior is unsure its codes are small, and by distance the plainest
    thing would be nearest.
    """
    tokenizer, text = encoders(model)
    off = torch.autocast("cpu", enabled=False)
    states, seen = below(prompts, tokenizer, text, off)
    with torch.no_grad():
        _, told, _ = prior(states.float(), seen)
    known = torch.stack([targets.one(place).flatten() for place in range(len(targets.things))])
    mean = known.mean(0)
    normal = nn.functional.normalize
    like = normal(told[:, :EACH].flatten(1) - mean, dim=1) @ normal(known - mean, dim=1).T
    return like.argsort(1, descending=True)[:, :5].tolist()


def measured(prior: Prior, targets: Targets, model: Path) -> str:
    """Returns how often the nearest thing, and one of the five nearest, is right: of the lists of the evaluation."""
    labels, parts = [thing.label for thing in targets.things], []
    for name in ("singles", "near", "subjects"):
        rows = [row for row in read_pairs(HERE / f"prompts/{name}.txt") if _wanted(row[1]) & set(labels)]
        found = nearest(prior, [row[0] for row in rows], targets, model)
        hits = [[labels[place] in _wanted(row[1]) for place in places] for row, places in zip(rows, found, strict=True)]
        parts.append(f"{name} {np.mean([hit[0] for hit in hits]):.1%} {np.mean([any(hit) for hit in hits]):.1%}")
    return ", ".join(parts)


def _wanted(field: str) -> set[str]:
    return {label.strip() for label in field.split(",")}


def train(prior: Prior, rows: Rows, args: argparse.Namespace, rank: int = 0) -> None:
    """Train until `--minutes` have passed."""
    optimizer = torch.optim.AdamW(prior.parameters(), PEAK, betas=(0.9, 0.98), weight_decay=0.01)
    dice, context = np.random.default_rng((rank, time.time_ns())), autocast()
    began, progress, step, mean = time.monotonic(), 0.0, 0, np.ones(3)
    with tqdm(desc="steps", unit="", mininterval=30, disable=rank > 0) as bar:
        while progress < 1:
            optimizer.param_groups[0]["lr"] = PEAK * min(1, (step + 1) / WARMUP, max(0.02, (1 - progress) / 0.6))
            wrong, drift, missing = losses(prior, rows.batch(dice.integers(len(rows.things), size=args.batch)), context)
            optimizer.zero_grad()
            torch.autograd.backward(wrong + LIKE_BEFORE * drift + PRESENT * missing)
            grads = [each.grad for each in prior.parameters() if each.grad is not None]
            progress = averaged(grads, (time.monotonic() - began) / 60 / args.minutes)
            nn.utils.clip_grad_norm_(prior.parameters(), 1.0)
            optimizer.step()
            step, mean = (
                step + 1,
                mean + 0.02 * (np.array([float(each.detach()) for each in (wrong, drift, missing)]) - mean),
            )
            bar.update()
            bar.set_postfix_str(
                f"wrong {mean[0]:.3f}, drift {mean[1]:.3f}, presence {mean[2]:.3f}, {progress:.2f}", False
            )
            if rank == 0 and step % 400 == 0:
                bar.write(measured(prior, rows.codes, args.model))
    if rank == 0:
        print(measured(prior, rows.codes, args.model))
        save(prior, args.model, args.work)


def save(prior: Prior, model: Path, work: Path) -> None:
    """Write the text encoder with its new layers, and the tokenizer that leaves room for the registers."""
    tokenizer, text = encoders(model)
    config = type(text.config)(**(text.config.to_dict() | {"num_hidden_layers": BELOW + ABOVE}))
    whole = BertModel(config, add_pooling_layer=False)
    whole.load_state_dict(text.state_dict(), strict=False)
    for number, layer in enumerate(prior.layers):
        whole.encoder.layer[BELOW + number].load_state_dict(layer.state_dict())
    whole.half().save_pretrained(work / "model/text_encoder")
    tokenizer.save_pretrained(work / "model/tokenizer")
    torch.save(prior.state_dict(), work / "prior.pt")


def work_as(rank: int, args: argparse.Namespace) -> None:
    """Encode captions of its own and train, as one of several workers, each on one thread."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{args.meeting}", rank=rank, world_size=args.workers)
    scenes = Scenes(*load(args.work), Language.read())
    rows = encoded(args.captions // args.workers, scenes, Codes.read(args.work), args.model, rank)
    torch.manual_seed(0)  # all begin alike
    prior = begun(args.model, args.work / "prior.pt")
    train(prior, rows, args, rank)


def main() -> None:
    """Read the command line and train."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--model", type=Path, default=Path("assets/models/pocket"))
    ask.add_argument("--minutes", type=float, default=20.0)
    ask.add_argument("--captions", type=int, default=48_000)
    ask.add_argument("--workers", type=int, default=2)
    ask.add_argument("--batch", type=int, default=64, help="captions a step of each worker")
    args = ask.parse_args()
    args.meeting = args.work.resolve() / f"prior-{time.time_ns()}"
    spawn(work_as, (args,), args.workers)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
