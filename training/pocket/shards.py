"""What the denoiser reads: encoded scenes, simple ones first."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from training.pocket.tokens import tokenize
from training.pocket.words import HERE

PHASES = tomllib.loads((HERE / "curriculum.toml").read_text())["phases"]
NAMED: float = PHASES[0]["until"]  # share of the training after which names are known
DROP = 0.1  # share of captions dropped, so that the model also knows pictures without words
BATCH = 256  # captions encoded at a time
OTHERS = 24  # pictures alike that a drawn one is given, at most


class Drawn(NamedTuple):
    """What a step learns from: latents (batch, 8, 16, 16) and token states (batch, tokens, 384), float32.

    others: float32 (batch, 24, 8, 16, 16), latents of pictures that show what is said, too; `there` (batch, 24), bool:
    which of these there are.
    """

    latents: Tensor
    states: Tensor
    others: Tensor
    there: Tensor


class Shards:
    """The encoded scenes that are there so far, drawn by kind.

    The states of a shard's distinct captions lie in a file beside it, which all workers map and none loads: they are
    ten times as large as all else. Where that file is missing, the captions are encoded here, once, by the text encoder
    of `model`. That is quick on a GPU, to which such shards can be sent.
    """

    def __init__(self, work: Path, place: str = "cpu", model: Path = Path("assets/models/pocket")) -> None:
        self.work, self.place, self.model = work, place, model
        self.names: list[Path] = []
        self.empty = torch.from_numpy(np.load(work / "empty.npy")).to(place)
        self.reload()

    def reload(self) -> None:
        """Take in new shards; raise FileNotFoundError as long as there is none."""
        names = sorted(self.work.glob("shard-???.npz"))
        if not names:
            raise FileNotFoundError(f"no shards in {self.work}: run `python -m training.pocket.latents` first")
        if names != self.names:
            files = [np.load(name) for name in names]
            self.names = names
            self.latents = torch.from_numpy(np.concatenate([file["latents"] for file in files])).to(self.place)
            self.pictures = _pictures(files)
            self.alike = Alike(files)
            self.states = States([self._states(*shard) for shard in zip(names, files, strict=True)], self.place)
            kinds = np.concatenate([file["kinds"] for file in files])
            self.rows = {kind: np.flatnonzero(kinds == kind) for kind in np.unique(kinds)}

    def _states(self, name: Path, file: np.lib.npyio.NpzFile) -> tuple[np.ndarray | Tensor, np.ndarray]:
        """Token states of the distinct captions, float16 (distinct, tokens, 384), and each caption's row there."""
        distinct, rows = np.unique(file["captions"], return_inverse=True)
        beside = states_path(name)
        if beside.exists():
            return np.load(beside, mmap_mode="r"), rows
        return encode(distinct.tolist(), self.model, self.place), rows

    def batch(self, size: int, progress: float, dice: np.random.Generator) -> Drawn:
        """Draw what a step learns from, for this share of the training."""
        weights = next(phase["weights"] for phase in PHASES if progress <= phase["until"])
        known = {kind: weight for kind, weight in weights.items() if kind in self.rows}
        share = np.array(list(known.values())) / sum(known.values())
        drawn = zip(known, dice.multinomial(size, share), strict=True)
        rows = np.concatenate([dice.choice(self.rows[kind], many) for kind, many in drawn])
        states = self.states.take(rows)
        states[torch.from_numpy(dice.random(size) < DROP).to(self.place)] = self.empty.float()
        pictures = self.pictures[rows]
        others, there = self.alike.draw(pictures, OTHERS, dice)
        others_there = torch.from_numpy(there & (pictures[:, None] != others)).to(self.place)
        return Drawn(self._of(pictures), states, self._of(others), others_there)

    def _of(self, pictures: np.ndarray) -> Tensor:
        return self.latents[torch.from_numpy(pictures).to(self.place)].float()


class Alike:
    """Which pictures show the same: those whose scenes say the same, over all shards."""

    def __init__(self, files: Sequence[np.lib.npyio.NpzFile]) -> None:
        told = [file["alike"] if "alike" in file else _different(n, file) for n, file in enumerate(files)]
        _, self.group, self.many = np.unique(np.concatenate(told), return_inverse=True, return_counts=True)
        self.ordered = np.argsort(self.group, kind="stable")
        self.first = np.cumsum(self.many) - self.many

    def draw(self, pictures: np.ndarray, size: int, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw so many that are alike for each picture: (pictures, size), and bool: whether it is one more of them."""
        group = self.group[pictures][:, None]
        many = self.many[group]
        turn = dice.integers(many) + np.arange(size)
        return self.ordered[self.first[group] + turn % many], np.arange(size) < many


class States:
    """The token states of all captions, in one tensor, or in mapped files of which only what is drawn is read."""

    def __init__(self, shards: Sequence[tuple[np.ndarray | Tensor, np.ndarray]], place: str) -> None:
        self.place = place
        self.parts = [part for part, _ in shards]
        self.part = np.concatenate([np.full(len(rows), number) for number, (_, rows) in enumerate(shards)])
        self.row = np.concatenate([rows for _, rows in shards])
        if all(isinstance(part, Tensor) for part in self.parts):
            starts = np.cumsum([0, *(len(part) for part in self.parts[:-1])])
            self.row, self.part = self.row + starts[self.part], np.zeros_like(self.part)
            self.parts = [torch.cat([part for part in self.parts if isinstance(part, Tensor)])]

    def take(self, captions: np.ndarray) -> Tensor:
        """Returns float32 of shape (captions, tokens, 384) for numbers of captions, counted over all shards."""
        if len(self.parts) == 1 and isinstance(whole := self.parts[0], Tensor):
            return whole[torch.from_numpy(self.row[captions]).to(self.place)].float()
        return torch.stack([self._one(caption) for caption in captions]).to(self.place).float()

    def _one(self, caption: int) -> Tensor:
        states = self.parts[self.part[caption]][self.row[caption]]
        return states if isinstance(states, Tensor) else torch.from_numpy(np.array(states))


def states_path(shard: Path) -> Path:
    """Returns the file of a shard's token states."""
    return shard.with_suffix(".states.npy")


def _different(number: int, file: np.lib.npyio.NpzFile) -> np.ndarray:
    """What the pictures of a shard say that does not tell: each something else."""
    return np.array([f"{number}-{row}" for row in range(len(file["latents"]))])


def _pictures(files: Sequence[np.lib.npyio.NpzFile]) -> np.ndarray:
    """Which latents each caption belongs to: `rows` of its shard, for a picture may have several; else one each."""
    found, first = [], 0
    for file in files:
        count = len(file["latents"])
        found.append(first + (file["rows"].astype(np.int64) if "rows" in file else np.arange(count)))
        first += count
    return np.concatenate(found)


@torch.no_grad()
def encode(captions: list[str], model: Path, place: str) -> Tensor:
    """Encode captions with the text encoder of a diffusers folder: float16 of shape (captions, tokens, 384)."""
    from transformers import AutoTokenizer, BertModel

    tokenizer = AutoTokenizer.from_pretrained(model / "tokenizer")
    encoder = BertModel.from_pretrained(model / "text_encoder", dtype=torch.float32, add_pooling_layer=False)
    encoder = encoder.eval().to(place)
    states = []
    for at in range(0, len(captions), BATCH):
        ids, seen = tokenize(tokenizer, encoder, captions[at : at + BATCH])
        states.append(encoder(ids.to(place), attention_mask=seen.to(place)).last_hidden_state.half())
    return torch.cat(states)
