"""How well a denoiser reads the codes of things: measured at pure noise, where nothing but the words tells what comes.

    python -m training.pocket.reading --work build/pocket2 --unet build/pocket2/unet

For some things, what the denoiser expects at the last moment of the noising is compared with the codes that the text
encoder's registers hold, component by component: coarse ones are read first, and details long after. 1 is all of it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import DDPMScheduler, UNet2DConditionModel

from training.pocket.codes import COMPONENTS, QUARTERS, Codes, quarters
from training.pocket.composer import OPEN
from training.pocket.design import NOISE
from training.pocket.latents import Encoders
from training.pocket.objects import KINDS, load
from training.pocket.registers import EACH
from training.pocket.tokens import WORDS
from training.pocket.words import Language, article

BANDS = (0, 4, 16, 48, 96, COMPONENTS)  # components, the coarsest first
DRAWS, BATCH = 2, 32


def held(states: torch.Tensor, checkpoint: Path) -> np.ndarray:
    """The codes in the registers of the first thing, of the kinds that come in scenes, float32 (captions, 4, 192)."""
    head = torch.load(checkpoint, weights_only=True)
    codes: torch.Tensor = states[:, WORDS : WORDS + EACH] @ head["code.weight"].T + head["code.bias"]
    mean: np.ndarray = codes.reshape(-1, len(KINDS), QUARTERS, COMPONENTS)[:, :OPEN].mean(1).numpy()
    return mean


@torch.no_grad()
def expected(net: UNet2DConditionModel, states: torch.Tensor) -> np.ndarray:
    """What a denoiser expects where all is noise, by v-prediction: latents, float32 (captions, 8, 16, 16)."""
    dice, last = torch.Generator().manual_seed(1), DDPMScheduler(**NOISE).config.num_train_timesteps - 1
    found = torch.zeros(len(states), net.config.in_channels, net.config.sample_size, net.config.sample_size)
    for _ in range(DRAWS):
        noise = torch.randn(found.shape, generator=dice)
        for at in range(0, len(states), BATCH):
            part = slice(at, at + BATCH)
            found[part] -= net(noise[part], last, states[part]).sample / DRAWS
    return found.numpy()


def agreement(told: np.ndarray, read: np.ndarray) -> list[float]:
    """Squared correlation of codes (captions, 4, components) with those that were read, for each of `BANDS`."""
    one, other = told - told.mean(0), read - read.mean(0)
    shares = []
    for low, high in zip(BANDS, BANDS[1:], strict=False):
        x, y = one[..., low:high], other[..., low:high]
        shares.append(float((x * y).sum() ** 2 / max((x * x).sum() * (y * y).sum(), 1e-12)))
    return shares


def sample(names: Sequence[str], many: int) -> list[str]:
    """Prompts of so many things, evenly from the list, on white, as codes have them."""
    return [f"{article(name)} on a white background" for name in names[:: max(1, len(names) // many)]][:many]


def main() -> None:
    """Read the command line and print a line of figures."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"), help="with codes.npz, prior.pt and model/")
    ask.add_argument("--unet", type=Path, required=True)
    ask.add_argument("--vae", type=Path, default=Path("assets/models/pocket/vae"))
    ask.add_argument("--scale", type=float, default=0.827296, help="of latents")
    ask.add_argument("--many", type=int, default=160, help="things")
    args = ask.parse_args()
    torch.set_num_threads(1)
    (things, _), language = load(args.work), Language.read()
    names = [language.names.get(thing.label, [thing.label])[0] for thing in things]
    encoders = Encoders.open(args.work / "model", args.vae)
    states = torch.from_numpy(encoders.states(sample(names, args.many))).float()
    net = UNet2DConditionModel.from_pretrained(args.unet, torch_dtype=torch.float32).eval()
    codes = Codes.read(args.work)
    read = (quarters(expected(net, states) / args.scale) - codes.mean) @ codes.basis.T
    shares = agreement(held(states, args.work / "prior.pt"), read)
    bands = [f"{low} to {high}: {each:.2f}" for low, high, each in zip(BANDS, BANDS[1:], shares, strict=False)]
    print(f"components read, {', '.join(bands)}")


if __name__ == "__main__":
    main()
