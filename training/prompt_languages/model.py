"""The encoder: the lower layers of multilingual-e5-small under the heads of the prompt classifier."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.pocket.hardware import autocast
from training.prompt_classifier.batches import LONGEST, padded
from training.prompt_classifier.model import WIDTH, Encoder
from training.prompt_classifier.rows import HEADS
from training.prompt_languages.source import FRAME, Source, unpacked

LAYERS = 8
FROZEN = 2  # layers, from below, that stay as they are: what all languages share
ROWS = 64


def pretrained(source: Source, kept: Sequence[int]) -> Encoder:
    """Returns the start, with a table of the kept words, which stays as it is."""
    from transformers import BertConfig, BertModel

    sizes = source.sizes
    config = BertConfig(
        vocab_size=len(FRAME) + len(kept),
        hidden_size=sizes.width,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.between,
        max_position_embeddings=sizes.places,
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
        attn_implementation="eager",
    )
    bert = BertModel(config, add_pooling_layer=False)
    halves, scales = packed_words(source, kept)
    words = {"embeddings.word_embeddings.weight": torch.from_numpy(unpacked(halves, scales))}
    bert.load_state_dict(source.state() | words)
    encoder = Encoder(bert, LAYERS)
    for layer in list(encoder.layers)[:FROZEN]:
        layer.requires_grad_(False)
    return encoder


def packed_words(source: Source, kept: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Returns the table of the frame and the kept words as it is stored, four bits a number."""
    numbers = [*range(len(FRAME)), *kept]
    halves, scales = source.words()
    return halves[numbers], scales[numbers]


def framed(tokenizer: Any) -> Any:
    """Returns the tokenizer set to frame texts and to cut them at the length of training. Changes it."""
    from tokenizers import processors

    begin, _, end, _ = FRAME
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(begin, FRAME.index(begin)), (end, FRAME.index(end))]
    )
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


def state(encoder: Encoder) -> dict[str, Any]:
    """Returns the weights that training changes or adds; the table of words is the source's."""
    return {name: value for name, value in encoder.state_dict().items() if "word_embeddings" not in name}


def load(path: Path, source: Source, kept: Sequence[int]) -> Encoder:
    """Returns an encoder with the weights that `train` saved."""
    encoder = pretrained(source, kept)
    encoder.load_state_dict(torch.load(path, weights_only=True), strict=False)
    return encoder


def logits(encoder: Encoder, tokenizer: Any, texts: Sequence[str]) -> np.ndarray:
    """Returns (texts, heads), each text cut at the length of training. `tokenizer` frames texts."""
    ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    found = np.zeros((len(ids), len(HEADS)), dtype=np.float32)
    encoder.eval()
    with torch.inference_mode(), autocast(WIDTH):
        for at in range(0, len(order), ROWS):
            some = order[at : at + ROWS]
            found[some] = encoder(*padded([ids[i] for i in some]))[0].float().numpy()
    return found
