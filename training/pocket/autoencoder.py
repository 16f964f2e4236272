"""The autoencoder: 128 px pictures to latents of 8 x 16 x 16 and back.

    python -m training.pocket.autoencoder --minutes 40
    python -m training.pocket.autoencoder --minutes 20 --start assets/models/pocket/vae --decoder-only
    python -m training.pocket.autoencoder --minutes 60 --start assets/models/pocket/vae --anchor 1

AutoencoderTiny of equal widths: but for one convolution no work is done at full resolution, where the time goes.
Trained on 64 px crops, at a quarter of the cost. `--decoder-only` keeps the encoder, and so every latent made with
it and the denoiser trained on them; without it, latents must be made again. `--anchor` lets the encoder
learn, but holds its latents near those of the start, so that a denoiser that knows the old ones can go on.
"""

import argparse
import copy
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from torch import Tensor
from tqdm import tqdm

from training.pocket.hardware import autocast
from training.pocket.objects import SIZE, load
from training.pocket.scenes import KINDS, Scenes
from training.pocket.words import Language

BATCH, CROP, POOL, FRESH = 24, 64, 400, 3  # crops, pixels, scenes at hand, scenes renewed a step
PEAK, FLOOR, WARMUP, SAVE = 5e-4, 0.02, 100, 300  # learning rate, share of it at the end, steps, steps
GRAIN = 0.2  # noise on the latents, at most: the decoder must bear what a denoiser leaves
SHARES = [{"style": 5, "scene": 3}.get(kind, 1) for kind in KINDS]  # of scenes: what is hardest more often
SHAPE = {
    "encoder_block_out_channels": (48,) * 4,
    "decoder_block_out_channels": (48,) * 4,
    "num_encoder_blocks": (0, 1, 2, 3),
    "num_decoder_blocks": (3, 2, 1, 0),
    "latent_channels": 8,
}


def pixels(pictures: list[np.ndarray]) -> Tensor:
    """uint8 pictures (height, width, 3) to floats in -1..1 of shape (pictures, 3, height, width)."""
    stacked = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return stacked.contiguous(memory_format=torch.channels_last)


def crops(drawer: Scenes, dice: random.Random) -> Iterator[Tensor]:
    """Yield batches of crops, forever, from a pool of scenes that is renewed bit by bit."""

    def fresh() -> np.ndarray:
        return drawer.draw(dice.choices(KINDS, SHARES)[0], dice.randrange(10**6), dice).picture

    pool = [fresh() for _ in range(POOL)]
    while True:
        for _ in range(FRESH):
            pool[dice.randrange(POOL)] = fresh()
        spots = [(dice.choice(pool), dice.randint(0, SIZE - CROP), dice.randint(0, SIZE - CROP)) for _ in range(BATCH)]
        yield pixels([picture[y : y + CROP, x : x + CROP] for picture, y, x in spots])


def slopes(x: Tensor) -> tuple[Tensor, Tensor]:
    """Differences between neighbours, along rows and columns."""
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def loss(vae: AutoencoderTiny, x: Tensor, old: AutoencoderTiny | None = None, anchor: float = 0.0) -> Tensor:
    """L1 of pixels, of slopes (sharp edges) and of a low pass (right colours), squares, and tame latents.

    `anchor` weighs how far the latents are from those of an `old` autoencoder.
    """
    z: Tensor = vae.encode(x).latents
    held = torch.zeros(())
    if old is not None:
        with torch.no_grad():
            before = old.encode(x).latents
        held = anchor * (z - before).square().mean()
    grain = GRAIN * torch.rand(len(z), 1, 1, 1)
    y: Tensor = vae.decode(z + grain * torch.randn_like(z)).sample
    edges = torch.stack([(a - b).abs().mean() for a, b in zip(slopes(y), slopes(x), strict=True)]).sum()
    tame = z.mean((0, 2, 3)).square().mean() + (z.var((0, 2, 3)) - 1).abs().mean()
    low = (F.avg_pool2d(y, 4) - F.avg_pool2d(x, 4)).abs().mean()
    error = (y - x).abs().mean() + 0.5 * edges + low + 2 * (y - x).square().mean()
    return error + (held if old is not None else 0.02 * tame)


@torch.no_grad()
def psnr(vae: AutoencoderTiny, x: Tensor) -> float:
    """Mean over pictures of the round trip's peak signal to noise ratio, in dB."""
    y = vae.decode(vae.encode(x).latents).sample.clamp(-1, 1)
    return float((10 * torch.log10(4 / (y - x).square().mean((1, 2, 3)))).mean())


def train(vae: AutoencoderTiny, drawer: Scenes, args: argparse.Namespace) -> None:
    """Train for so many minutes and write a diffusers folder now and then."""
    out, old = args.work / "vae", copy.deepcopy(vae).requires_grad_(False) if args.anchor else None
    held_out = random.Random(-1)
    check = pixels([drawer.draw(KINDS[i % len(KINDS)], i, held_out).picture for i in range(48)])
    vae.encoder.requires_grad_(not args.decoder_only)
    optimizer = torch.optim.AdamW(
        [p for p in vae.parameters() if p.requires_grad], betas=(0.9, 0.99), weight_decay=1e-4
    )
    context, batches, began = autocast(), crops(drawer, random.Random(time.time_ns())), time.monotonic()
    with tqdm(desc="crops", unit="", mininterval=30) as bar:
        while (progress := (time.monotonic() - began) / (60 * args.minutes)) < 1:
            fade = FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * progress))
            optimizer.param_groups[0]["lr"] = args.rate * fade * min(1.0, bar.n / (WARMUP * BATCH))
            with context:
                error = loss(vae, next(batches), old, args.anchor)
            optimizer.zero_grad()
            torch.autograd.backward(error)
            torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
            optimizer.step()
            bar.update(BATCH)
            if bar.n % (SAVE * BATCH) == 0:
                bar.set_postfix(psnr=f"{psnr(vae, check):.2f} dB")
                vae.save_pretrained(out)
    print(f"{psnr(vae, check):.2f} dB")
    vae.save_pretrained(out)


def main() -> None:
    """Read the command line and train."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--minutes", type=float, default=40.0)
    ask.add_argument("--start", type=Path, help="a diffusers vae folder to begin from; default: the one of --work")
    ask.add_argument("--decoder-only", action="store_true")
    ask.add_argument("--anchor", type=float, default=0.0, help="weight of the distance to the latents of the start")
    ask.add_argument("--rate", type=float, default=PEAK, help="learning rate at its highest")
    ask.add_argument("--threads", type=int, default=2)
    args = ask.parse_args()
    torch.set_num_threads(args.threads)
    out = args.work / "vae"
    start = args.start or (out if out.exists() else None)
    vae = AutoencoderTiny.from_pretrained(start, torch_dtype=torch.float32) if start else AutoencoderTiny(**SHAPE)
    drawer = Scenes(*load(args.work), Language.read())
    train(vae.to(memory_format=torch.channels_last), drawer, args)


if __name__ == "__main__":
    main()
