"""What the frozen lower layers say of each row: computed once, since it is the same in every epoch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from training.prompt_classifier.batches import Batch, padded
from training.prompt_classifier.model import Encoder

ROWS = 64


class Below:
    """States after the first `layers` layers, for batches of the rows `ids`; for none, those of the embeddings."""

    def __init__(self, model: Encoder, layers: int, ids: Sequence[Sequence[int]]) -> None:
        self.layers, self._model = layers, model
        self._kept = _computed(model, layers, ids) if layers else []

    def states(self, batch: Batch) -> Tensor:
        """(rows, tokens, width); what stands in padded places is zero and masked."""
        if not self.layers:
            return self._model.embedded(batch.ids)
        return torch.nn.utils.rnn.pad_sequence([self._kept[row] for row in batch.rows], batch_first=True)


def _computed(model: Encoder, layers: int, ids: Sequence[Sequence[int]]) -> list[Tensor]:
    """Each (tokens, width). Without dropout: frozen layers have nothing to be kept from learning by heart."""
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
    kept: list[Tensor] = [torch.empty(0)] * len(ids)
    model.eval()
    with torch.no_grad():
        for at in range(0, len(order), ROWS):
            some = order[at : at + ROWS]
            table, mask = padded([ids[row] for row in some])
            hidden = model.through(model.embedded(table), mask, 0, layers)
            for row, states in zip(some, hidden, strict=True):
                kept[row] = states[: len(ids[row])].clone()
    model.train()
    return kept
