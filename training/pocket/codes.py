"""Codes of the things' pictures: what the prior learns to tell from words (prior.py).

    python -m training.pocket.codes --work build/pocket2

Each picture of a thing, by itself on white, becomes latents of 8 x 16 x 16; each quarter of these (8 x 8 x 8) becomes
its first principal components. A thing has three codes, one for each kind of set, so that the seed can choose.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from training.pocket.latents import BATCH, Encoders
from training.pocket.objects import Thing, by_kind, load
from training.pocket.scenes import LARGE, compose

WHITE = (255, 255, 255)
QUARTERS, COMPONENTS = 4, 192


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of all pictures, in the order of the cutouts: float16 (pictures, 4, 192), of mean 0.

    `mean` and `basis` (512), (192, 512) lead back to quarters of latents; `explained` is the share of their variance.
    """

    pictures: np.ndarray
    mean: np.ndarray
    basis: np.ndarray
    explained: float

    @classmethod
    def read(cls, work: Path) -> "Codes":
        """Read back what `main` wrote."""
        held = np.load(work / "codes.npz")
        return cls(held["pictures"], held["mean"], held["basis"], float(held["explained"]))

    def of(self, thing: Thing, first: int, note: str = "") -> np.ndarray:
        """Returns a thing's codes, float32 (3, 4, 192): the mean of each kind's pictures, of those with a note first.

        first: place of the thing's first picture. note: "gender|tone", either of which may be empty: all of them.
        """
        gender, _, tone = note.partition("|")
        told = [
            place
            for place, (own, own_tone) in enumerate(each.split("|") for each in thing.notes)
            if gender in ("", own) and tone in ("", own_tone)
        ] or list(range(len(thing.files)))
        return np.stack([self.pictures[first + np.array(each)].mean(0, np.float32) for each in by_kind(thing, told)])


def quarters(latents: np.ndarray) -> np.ndarray:
    """Cut latents (pictures, 8, 16, 16) into (pictures, 4, 512): upper left, upper right, lower left, lower right."""
    many, channels, edge, _ = latents.shape
    half = edge // 2
    cut = latents.reshape(many, channels, 2, half, 2, half).transpose(0, 2, 4, 1, 3, 5)
    return cut.reshape(many, QUARTERS, channels * half * half)


def components(rows: np.ndarray, many: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Returns mean, first principal directions (many, width), and the share of the variance along them."""
    mean = rows.mean(0)
    values, vectors = np.linalg.eigh(np.cov(rows - mean, rowvar=False))
    return mean, vectors[:, ::-1][:, :many].T, float(values[::-1][:many].sum() / values.sum())


def main() -> None:
    """Read the command line and write `codes.npz`."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--model", type=Path, default=Path("assets/models/pocket"))
    args = ask.parse_args()
    torch.set_num_threads(1)
    encoders = Encoders.open(args.model, args.model / "vae")
    _, cutouts = load(args.work)
    latents = []
    for at in range(0, len(cutouts), BATCH):
        alone = [compose([(cutout, LARGE, (10, 10))], WHITE) for cutout in cutouts[at : at + BATCH]]
        latents.append(encoders.latents(np.stack(alone)).astype(np.float32))
    rows = quarters(np.concatenate(latents))
    mean, basis, explained = components(rows.reshape(-1, rows.shape[-1]), COMPONENTS)
    codes = (rows - mean) @ basis.T
    codes /= codes.std()
    np.savez(args.work / "codes.npz", pictures=codes.astype(np.float16), mean=mean, basis=basis, explained=explained)
    print(f"{len(codes)} pictures; {COMPONENTS} components hold {explained:.1%} of the variance")


if __name__ == "__main__":
    main()
