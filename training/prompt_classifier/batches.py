"""Rows to padded tensors: about as many tokens in every batch, texts of like length together."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.prompt_classifier.model import folder
from training.prompt_classifier.rows import FINE, HARM, HEADS, Row

LONGEST = 128  # tokens, with the two that frame the text; a window of safety/prompt/classifier_model.py
POOL = 60  # batches whose rows are sorted by length together


@dataclass(frozen=True, slots=True)
class Batch:
    """Numbers of the rows; ids and mask (rows, tokens); target and weight (rows, heads).

    phrase: (rows, tokens), 1 for tokens of the phrase that carries the harm, 0 for others, -1 where it is not known.
    """

    rows: Sequence[int]
    ids: Tensor
    mask: Tensor
    target: Tensor
    weight: Tensor
    phrase: Tensor


def tokenizer() -> Any:
    """The encoder's own, without padding, cut at LONGEST."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(folder() / "tokenizer.json"))
    made.no_padding()
    made.enable_truncation(LONGEST)
    return made


def pieces(made: Any) -> list[str]:
    """Parts of words for made-up noise, in a fixed order."""
    words = (word.removeprefix("##") for word in made.get_vocab())
    return sorted({word for word in words if word.isascii() and word.isalpha() and 3 <= len(word) <= 7})


class Batches:
    """All rows once an epoch, in an order that depends on seed and epoch alone.

    made: a tokenizer that frames and cuts texts; the encoder's own by default.
    """

    def __init__(self, rows: Sequence[Row], tokens: int, seed: int, made: Any = None) -> None:
        encodings = (made or tokenizer()).encode_batch([row.text for row in rows])
        self.ids = [encoding.ids for encoding in encodings]
        self._phrase = [carriers(row, encoding) for row, encoding in zip(rows, encodings, strict=True)]
        self._target = np.array([[row.target.get(head, 0.0) for head in HEADS] for row in rows], dtype=np.float32)
        self._weight = np.array([[row.weight.get(head, 0.0) for head in HEADS] for row in rows], dtype=np.float32)
        self._tokens, self._seed = tokens, seed

    def epoch(self, number: int) -> list[list[int]]:
        """The row numbers of every batch."""
        rng = random.Random(f"{self._seed} {number}")
        order = list(range(len(self.ids)))
        rng.shuffle(order)
        mean = sum(map(len, self.ids)) / len(self.ids)
        step = max(1, int(self._tokens / mean)) * POOL
        made = [b for at in range(0, len(order), step) for b in self._packed(order[at : at + step])]
        rng.shuffle(made)
        return made

    def _packed(self, pool: list[int]) -> Iterator[list[int]]:
        batch: list[int] = []
        for i in sorted(pool, key=lambda i: len(self.ids[i])):
            if batch and len(self.ids[i]) * (len(batch) + 1) > self._tokens:
                yield batch
                batch = []
            batch.append(i)
        yield batch

    def tensors(self, chosen: Sequence[int]) -> Batch:
        ids, mask = padded([self.ids[i] for i in chosen])
        phrase = torch.full(ids.shape, -1.0)
        for row, number in enumerate(chosen):
            phrase[row, : len(self.ids[number])] = torch.from_numpy(self._phrase[number])
        target, weight = torch.from_numpy(self._target[chosen]), torch.from_numpy(self._weight[chosen])
        return Batch(chosen, ids, mask, target, weight, phrase)


def carriers(row: Row, encoding: Any) -> np.ndarray:
    """Returns for each token whether it belongs to the row's phrase, (tokens,): 1, 0, or -1 where it is not known.

    A harmless row has none. The frame belongs to nothing.
    """
    count = len(encoding.ids)
    if row.target[HARM] <= FINE and row.target.get("remark", 0.0) <= FINE:
        return np.zeros(count, dtype=np.float32)
    start = row.text.find(row.phrase) if row.phrase else -1
    if start < 0:
        return np.full(count, -1, dtype=np.float32)
    end = start + len(row.phrase)
    inside = [float(start < to and since < end) for since, to in encoding.offsets]
    return np.array(inside, dtype=np.float32)


def padded(ids: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Token ids and mask, (rows, longest)."""
    longest = max(map(len, ids))
    table = torch.zeros(len(ids), longest, dtype=torch.long)
    mask = torch.zeros(len(ids), longest)
    for row, numbers in enumerate(ids):
        table[row, : len(numbers)] = torch.tensor(numbers)
        mask[row, : len(numbers)] = 1
    return table, mask
