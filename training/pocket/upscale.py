"""Is a small learned upscaler better than Lanczos for these pictures? `python -m training.pocket.upscale` measures.

A residual on top of bicubic enlargement by 2, three convolutions at the small size and a pixel shuffle (Shi et al.
2016, arXiv 1609.05158), trained on the emoji that the model learns, judged on sixty that it was not trained on.
"""

import argparse
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from training.pocket.autoencoder import pixels
from training.pocket.objects import SIZE, Filter, choose, studio_judge
from training.pocket.words import Language

BATCH, CROP, WIDTH, RATE = 16, 48, 24, 2e-3  # crops of the small picture, its edge in pixels, channels


class Upscaler(nn.Module):
    """(pictures, 3, height, width) in -1..1 -> twice as high and wide."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, WIDTH, 5, padding=2),
            nn.ReLU(),
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(WIDTH, 12, 3, padding=1),
            nn.PixelShuffle(2),
        )

    def forward(self, small: Tensor) -> Tensor:
        """Enlarge by bicubic interpolation and add what was learned."""
        large = F.interpolate(small, scale_factor=2, mode="bicubic", align_corners=False)
        return large + self.net(small)  # type: ignore[no-any-return]


def full_size(paths: list[Path], grounds: list[tuple[int, int, int]]) -> np.ndarray:
    """Emoji at 256 pixels on plain grounds, uint8 of shape (emoji, 256, 256, 3)."""
    made = []
    for number, path in enumerate(paths):
        with Image.open(path) as image:
            cutout = image.convert("RGBA").resize((2 * SIZE, 2 * SIZE), Image.Resampling.LANCZOS)
        canvas = Image.new("RGB", cutout.size, grounds[number % len(grounds)])
        canvas.paste(cutout, (0, 0), cutout)
        made.append(np.asarray(canvas))
    return np.stack(made)


def shrunk(pictures: np.ndarray) -> np.ndarray:
    """The same pictures at 128 pixels."""
    return np.stack([resized(picture, SIZE, Image.Resampling.LANCZOS) for picture in pictures])


def resized(picture: np.ndarray, edge: int, how: Image.Resampling) -> np.ndarray:
    """One picture at another size."""
    return np.asarray(Image.fromarray(picture).resize((edge, edge), how))


def train(net: Upscaler, large: np.ndarray, minutes: float) -> None:
    """Train on crops for so many minutes; the rate falls straight to nothing."""
    small, optimizer, dice = shrunk(large), torch.optim.Adam(net.parameters(), RATE), random.Random(0)
    began = time.monotonic()
    with tqdm(desc="crops", unit="", mininterval=20) as bar:
        while (progress := (time.monotonic() - began) / (60 * minutes)) < 1:
            optimizer.param_groups[0]["lr"] = RATE * (1 - progress)
            spots = [(dice.randrange(len(small)), *dice.choices(range(SIZE - CROP), k=2)) for _ in range(BATCH)]
            inputs = pixels([small[n, y : y + CROP, x : x + CROP] for n, y, x in spots])
            wanted = pixels([large[n, 2 * y : 2 * (y + CROP), 2 * x : 2 * (x + CROP)] for n, y, x in spots])
            error = (net(inputs) - wanted).abs().mean()
            optimizer.zero_grad()
            torch.autograd.backward(error)
            optimizer.step()
            bar.update(BATCH)


def psnr(enlarge: Callable[[np.ndarray], np.ndarray], large: np.ndarray) -> float:
    """Mean PSNR in dB of enlarged pictures against the originals."""
    errors = [np.square(enlarge(s).astype(float) - one).mean() for s, one in zip(shrunk(large), large, strict=True)]
    return float(np.mean(10 * np.log10(255**2 / np.array(errors))))


@torch.no_grad()
def learned(net: Upscaler, picture: np.ndarray) -> np.ndarray:
    """Enlarge one uint8 picture with the network."""
    out: Tensor = net(pixels([picture])).clamp(-1, 1)[0].permute(1, 2, 0)
    large: np.ndarray = ((out + 1) * 127.5).round().byte().numpy()
    return large


def main() -> None:
    """Train, then print what each way of enlarging gives on emoji that were not trained on."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--minutes", type=float, default=5.0)
    args = ask.parse_args()
    folder = args.work / "node_modules/@lobehub/fluent-emoji-3d/assets"
    things, _ = choose(args.work / "node_modules", Filter(), studio_judge())
    stems = [thing.files[0] for thing in things]
    dice, grounds = random.Random(1), list(Language.read().backgrounds.values())
    dice.shuffle(stems)
    pictures = full_size([folder / f"{stem}.webp" for stem in stems], grounds)
    net = Upscaler()
    train(net, pictures[60:], args.minutes)
    kernels = (Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
    ways = {how.name.lower(): partial(resized, edge=2 * SIZE, how=how) for how in kernels}
    print("| enlarged by 2 | PSNR, dB |\n|---|---|")
    for name, way in {**ways, "learned": partial(learned, net)}.items():
        print(f"| {name} | {psnr(way, pictures[:60]):.2f} |")


if __name__ == "__main__":
    main()
