"""What the denoiser reads: encoded scenes, simple ones first."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.pocket.words import HERE

PHASES = tomllib.loads((HERE / "curriculum.toml").read_text())["phases"]
NAMED: float = PHASES[0]["until"]  # share of the training after which names are known
DROP = 0.1  # share of captions dropped, so that the model also knows pictures without words
BATCH = 256  # captions encoded at a time


class Shards:
    """The encoded scenes that are there so far, drawn by kind.

    A shard without `states` is a tenth as large: its captions are encoded here, once, by the text encoder of `model`.
    That is quick on a GPU, to which such shards can be sent.
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
            self.pictures = torch.from_numpy(_pictures(files)).to(self.place)
            self.states = torch.cat([self._states(file) for file in files])
            kinds = np.concatenate([file["kinds"] for file in files])
            self.rows = {kind: np.flatnonzero(kinds == kind) for kind in np.unique(kinds)}

    def _states(self, file: np.lib.npyio.NpzFile) -> Tensor:
        """Token states, float16 of shape (captions, 32, 384)."""
        if "states" in file:
            return torch.from_numpy(file["states"]).to(self.place)
        return encode(file["captions"].tolist(), self.model, self.place)

    def batch(self, size: int, progress: float, dice: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Draw latents (batch, 8, 16, 16) and token states (batch, 32, 384) for this share of the training."""
        weights = next(phase["weights"] for phase in PHASES if progress <= phase["until"])
        known = {kind: weight for kind, weight in weights.items() if kind in self.rows}
        share = np.array(list(known.values())) / sum(known.values())
        drawn = zip(known, dice.multinomial(size, share), strict=True)
        rows = torch.from_numpy(np.concatenate([dice.choice(self.rows[kind], many) for kind, many in drawn]))
        rows = rows.to(self.place)
        states = self.states[rows].float()
        states[torch.from_numpy(dice.random(size) < DROP).to(self.place)] = self.empty.float()
        return self.latents[self.pictures[rows]].float(), states


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
    """Encode captions with the text encoder of a diffusers folder, each once: float16 of shape (captions, 32, 384)."""
    from transformers import AutoTokenizer, BertModel

    tokenizer = AutoTokenizer.from_pretrained(model / "tokenizer")
    encoder = BertModel.from_pretrained(model / "text_encoder", dtype=torch.float32, add_pooling_layer=False)
    encoder = encoder.eval().to(place)
    distinct = sorted(set(captions))
    states = []
    for at in range(0, len(distinct), BATCH):
        words = tokenizer(distinct[at : at + BATCH], padding="max_length", truncation=True, return_tensors="pt").to(
            place
        )
        states.append(encoder(words.input_ids, attention_mask=words.attention_mask).last_hidden_state.half())
    row = {caption: place for place, caption in enumerate(distinct)}
    return torch.cat(states)[[row[caption] for caption in captions]]
