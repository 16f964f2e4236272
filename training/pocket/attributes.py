"""Names what is around a thing: place, time of day, style. A second eye, trained when it is needed and never shipped.

It learns from pictures composed from seeds that no training of the model uses: a linear layer on the features of the
eye that names things, on colours and on slopes of a grid. How often it is right on other composed pictures stands
beside each figure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from skimage.color import rgb2lab
from torch import Tensor

GRID = 4  # places of a picture whose colours are looked at, each way
STEPS, RATE, DECAY = 400, 0.02, 1e-3  # of the training: all pictures in each step

Features = Callable[[np.ndarray], np.ndarray]


def looks(pictures: np.ndarray, features: Features) -> np.ndarray:
    """What is told apart: of uint8 (pictures, edge, edge, 3), float32 (pictures, features + 6 * GRID * GRID + 6)."""
    rows = [features(pictures)]
    lab = np.stack([rgb2lab(picture) for picture in pictures]).astype(np.float32) / 50
    slopes = np.abs(np.diff(lab, axis=1))[:, :, :-1] + np.abs(np.diff(lab, axis=2))[:, :-1]
    edge = len(lab[0]) // GRID
    for values in (lab[:, : edge * GRID, : edge * GRID], np.pad(slopes, ((0, 0), (0, 1), (0, 1), (0, 0)))):
        cells = values[:, : edge * GRID, : edge * GRID].reshape(len(pictures), GRID, edge, GRID, edge, 3).mean((2, 4))
        rows.append(cells.reshape(len(pictures), -1))
    rows += [slopes.reshape(len(pictures), -1, 3).std(1), (slopes < 0.02).reshape(len(pictures), -1, 3).mean(1)]
    return np.concatenate(rows, axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Classifier:
    """A linear layer over looks that were made alike in spread."""

    words: tuple[str, ...]
    middle: Tensor
    spread: Tensor
    layer: Tensor  # (looks + 1, words)

    @classmethod
    def train(cls, seen: np.ndarray, answers: Sequence[str]) -> "Classifier":
        """Learn the words of `answers` from looks of shape (pictures, looks)."""
        words = tuple(sorted(set(answers)))
        right = torch.tensor([words.index(answer) for answer in answers])
        x = torch.from_numpy(seen)
        middle, spread = x.mean(0), x.std(0) + 1e-3
        x = _widened((x - middle) / spread)
        layer = torch.zeros(x.shape[1], len(words), requires_grad=True)
        optimizer = torch.optim.AdamW([layer], RATE / x.shape[1] ** 0.5, weight_decay=DECAY)
        for _ in range(STEPS):
            optimizer.zero_grad()
            torch.autograd.backward(F.cross_entropy(x @ layer, right, label_smoothing=0.05))
            optimizer.step()
        return cls(words, middle, spread, layer.detach())

    def names(self, seen: np.ndarray) -> list[str]:
        """The likeliest word for each picture's looks."""
        scores = _widened((torch.from_numpy(seen) - self.middle) / self.spread) @ self.layer
        return [self.words[place] for place in scores.argmax(1).tolist()]


def _widened(x: Tensor) -> Tensor:
    return torch.cat([x, torch.ones(len(x), 1)], 1)
