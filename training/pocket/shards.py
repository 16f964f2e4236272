"""What the denoiser reads: encoded scenes, simple ones first."""

import tomllib
from pathlib import Path

import numpy as np
import torch

from training.pocket.words import HERE

PHASES = tomllib.loads((HERE / "curriculum.toml").read_text())["phases"]
NAMED: float = PHASES[0]["until"]  # share of the training after which names are known
DROP = 0.1  # share of captions dropped, so that the model also knows pictures without words


class Shards:
    """The encoded scenes that are there so far, drawn by kind."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.names: list[Path] = []
        self.empty = torch.from_numpy(np.load(work / "empty.npy"))
        self.reload()

    def reload(self) -> None:
        """Take in new shards; raise FileNotFoundError as long as there is none."""
        names = sorted(self.work.glob("shard-???.npz"))
        if not names:
            raise FileNotFoundError(f"no shards in {self.work}: run `python -m training.pocket.latents` first")
        if names != self.names:
            files = [np.load(name) for name in names]
            self.names = names
            self.latents = torch.from_numpy(np.concatenate([file["latents"] for file in files]))
            self.states = torch.from_numpy(np.concatenate([file["states"] for file in files]))
            kinds = np.concatenate([file["kinds"] for file in files])
            self.rows = {kind: np.flatnonzero(kinds == kind) for kind in np.unique(kinds)}

    def batch(self, size: int, progress: float, dice: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Draw latents (batch, 8, 16, 16) and token states (batch, 32, 384) for this share of the training."""
        weights = next(phase["weights"] for phase in PHASES if progress <= phase["until"])
        known = {kind: weight for kind, weight in weights.items() if kind in self.rows}
        share = np.array(list(known.values())) / sum(known.values())
        rows = [dice.choice(self.rows[kind]) for kind in dice.choice(list(known), size, p=share)]
        states = self.states[rows].float()
        states[torch.from_numpy(dice.random(size) < DROP)] = self.empty.float()
        return self.latents[rows].float(), states
