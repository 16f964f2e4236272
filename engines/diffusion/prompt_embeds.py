"""Encodes prompts with weights, and prompts longer than CLIP's 77 tokens, for pipelines whose texts only CLIP reads.

A long prompt is cut into chunks, which are encoded one by one and laid behind one another. A weight moves the encoding
of its tokens away from that of an empty text, or towards it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engines.prompt_syntax import has_weights, weighted_parts, without_weights

# More would take minutes on a CPU, and no prompt that the studio takes is much longer.
MAX_CHUNKS = 16
TEXTS = ("prompt", "negative_prompt")


def with_encoded_prompts(pipeline: Any, arguments: dict[str, Any], weights: bool) -> dict[str, Any]:
    """Returns the arguments with encoded prompts in the place of texts, where these have weights or are too long.

    `weights`: whether the card says that this pipeline takes them; otherwise weights are left out of the texts.
    """
    texts = {name: arguments[name] for name in TEXTS if name in arguments}
    every = {text for several in texts.values() for text in several}
    if not weights:
        plain = {
            name: [_as_read(pipeline, without_weights(text)) for text in several] for name, several in texts.items()
        }
        return {**arguments, **plain} if plain != texts else arguments
    encoders = _encoders(pipeline)
    if not any(map(has_weights, every)) and all(len(_chunks(encoders[0][0], text)) == 1 for text in every):
        return arguments
    length = max(len(_chunks(tokenizer, text)) for tokenizer, _ in encoders for text in every)
    encoded: dict[str, Any] = {}
    for name, several in texts.items():
        key = f"{name}_embeds"
        encoded |= _encoded(pipeline, encoders, several, min(length, MAX_CHUNKS), key)
    return {name: value for name, value in arguments.items() if name not in TEXTS} | encoded


def _as_read(pipeline: Any, text: str) -> str:
    """Returns as much of a text as its encoder reads: behind that may be places that it uses itself.

    The embedded model's are the registers of its prior (training/pocket/prior.py), and its config tells how many tokens
    of a prompt come before them: `prompt_tokens`.
    """
    most = getattr(getattr(getattr(pipeline, "text_encoder", None), "config", None), "prompt_tokens", None)
    if most is None:
        return text
    ends = pipeline.tokenizer(text, truncation=True, max_length=most, return_offsets_mapping=True).offset_mapping
    return text[: max(end for _, end in ends)]


def _encoders(pipeline: Any) -> list[tuple[Any, Any]]:
    """Returns each pair of tokenizer and text encoder: SDXL has two."""
    pairs = [("tokenizer", "text_encoder"), ("tokenizer_2", "text_encoder_2")]
    found = [(getattr(pipeline, one, None), getattr(pipeline, other, None)) for one, other in pairs]
    return [(tokenizer, encoder) for tokenizer, encoder in found if encoder is not None]


def _encoded(
    pipeline: Any, encoders: Sequence[tuple[Any, Any]], texts: Sequence[str], length: int, key: str
) -> dict[str, Any]:
    """Returns the encodings of texts under the names that the pipeline takes them by."""
    import torch

    # SDXL reads the layer before the last of both encoders, and a summary by the second one.
    second = len(encoders) > 1
    rows, summaries = [], []
    known: dict[str, tuple[Any, Any]] = {}
    with torch.no_grad():
        for text in texts:
            if text not in known:
                parts = [_encode(pipeline, *pair, text, length, second) for pair in encoders]
                known[text] = (torch.cat([embeds for embeds, _ in parts], dim=-1), parts[-1][1])
            rows.append(known[text][0])
            summaries.append(known[text][1])
    embeds = {key: torch.stack(rows)}
    return embeds | {key.replace("prompt_", "pooled_prompt_"): torch.stack(summaries)} if second else embeds


def _encode(pipeline: Any, tokenizer: Any, encoder: Any, text: str, length: int, penultimate: bool) -> tuple[Any, Any]:
    """Returns the encoding of a text, (length * window, width), and the summary of its first chunk."""
    import torch

    chunks = _chunks(tokenizer, text)[:length]
    chunks += [[]] * (length - len(chunks))
    ids = [_window(tokenizer, [token for token, _ in chunk]) for chunk in [*chunks, []]]
    device = pipeline._execution_device
    output = encoder(torch.tensor(ids, device=device), output_hidden_states=penultimate)
    states = output.hidden_states[-2] if penultimate else output[0]
    full, empty = states[:-1], states[-1:]
    weights = torch.ones(full.shape[:2], dtype=states.dtype, device=states.device)
    for row, chunk in enumerate(chunks):
        for place, (_, weight) in enumerate(chunk, 1):
            weights[row, place] = weight
    return (empty + weights[..., None] * (full - empty)).flatten(0, 1), output[0][0]


def _chunks(tokenizer: Any, text: str) -> list[list[tuple[int, float]]]:
    """Returns the tokens of a text with their weights, in chunks that leave room for the two tokens at their ends."""
    tokens: list[tuple[int, float]] = []
    for part, weight in weighted_parts(text):
        ids = tokenizer(part, add_special_tokens=False, truncation=False, verbose=False).input_ids
        tokens += [(token, weight) for token in ids]
    size = tokenizer.model_max_length - 2
    return [tokens[start : start + size] for start in range(0, len(tokens), size)] or [[]]


def _window(tokenizer: Any, tokens: list[int]) -> list[int]:
    """Returns the tokens of a chunk between those for beginning and end, filled up to the encoder's length."""
    ids = [tokenizer.bos_token_id, *tokens, tokenizer.eos_token_id]
    return ids + [tokenizer.pad_token_id] * (tokenizer.model_max_length - len(ids))
