"""Frozen layers are computed once a row, and what the others say on top of that is what the whole encoder says."""

from __future__ import annotations

import pytest
import torch

from training.prompt_classifier.batches import Batch, padded
from training.prompt_classifier.frozen_features import Below
from training.prompt_classifier.model import Encoder
from training.prompt_classifier.rows import HEADS

pytestmark = pytest.mark.slow

IDS = [[101, 7, 8, 102], [101, 9, 102], [101, 10, 11, 12, 13, 102]]


@pytest.fixture
def encoder() -> Encoder:
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=200, hidden_size=384, num_hidden_layers=3, num_attention_heads=12, intermediate_size=64,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, attn_implementation="eager",
    )  # fmt: skip
    return Encoder(BertModel(config), layers=3)


@pytest.mark.parametrize("frozen", [0, 2])
def test_a_batch_is_judged_as_the_whole_encoder_judges_it(encoder: Encoder, frozen: int) -> None:
    below = Below(encoder, frozen, IDS)
    rows = [2, 0]
    ids, mask = padded([IDS[row] for row in rows])
    nothing = torch.zeros(2, len(HEADS))
    batch = Batch(rows, ids, mask, nothing, nothing, mask)
    found = encoder.judged(below.states(batch), mask, below.layers)[0]
    assert torch.allclose(found, encoder(ids, mask)[0], atol=1e-5)
    assert encoder.training
