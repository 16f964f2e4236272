"""The tokens of a prompt: first its words, then registers, which the text encoder fills (prior.py)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import BertModel, PreTrainedTokenizerBase

WORDS = 24  # tokens of a prompt that are read, with those at its two ends
REGISTERS = 24  # tokens after them
TOKENS = WORDS + REGISTERS


def tokenize(tokenizer: PreTrainedTokenizerBase, text: BertModel, captions: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Returns ids and mask, int64 (captions, tokens), padded just as the pipeline pads a prompt.

    Words beyond those that the text encoder reads (`prompt_tokens` of its config) would stand where its registers are:
    they are cut off, as the studio cuts them (engines/diffusion/prompt_embeds.py).
    """
    whole = tokenizer.model_max_length
    most = getattr(text.config, "prompt_tokens", whole)
    words = tokenizer(list(captions), padding="max_length", truncation=True, max_length=most, return_tensors="pt")
    ids: Tensor = nn.functional.pad(words.input_ids, (0, whole - most), value=tokenizer.pad_token_id)
    return ids.to(torch.int64), nn.functional.pad(words.attention_mask, (0, whole - most))
