"""Runs the prompt model: text in, one logit per head and each word's share of it out.

The model (training/prompt_classifier) is a four-layer encoder with attention pooling per head. A head's logit
is its bias plus a sum over tokens, so a word's share is exact for the states that the encoder computed.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from safety.errors import WeightsError
from safety.prompt.windows import HEADS, Array, TextAttribution, Window, by_word, framed, windows, words_of, worst
from safety.weights import open_session, read_weights

READINGS = 32  # of a few texts, in pieces of words: each is counted, one or two are read
REMEMBERED = 128  # windows, 12 KB each at most


class PromptClassifierModel:
    """The model in `folder`, loaded at the first text and kept. Safe to call from threads.

    Raises WeightsError where the weights are missing or not the recorded ones, TooLong for texts of
    more than MOST_WINDOWS windows.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._parts: tuple[Any, Any] | None = None
        # Who types changes the end of a prompt: the windows before it are answered from here.
        self._judged = lru_cache(maxsize=REMEMBERED)(self._judge)
        self._encoded = lru_cache(maxsize=READINGS)(self._encode)

    def read(self, text: str) -> TextAttribution:
        """One text with the shares of its words."""
        encoding = self._encoded(text)
        owners, places = words_of(encoding)
        seen = tuple(
            Window(np.array(ids), framed(owners[start : start + len(ids) - 2]), *self._judged(ids))
            for start, ids in windows(encoding.ids)
        )
        return TextAttribution(worst([window.logits for window in seen]), places, by_word(seen, len(places)), seen)

    def without(self, window: Window, words: Collection[int]) -> Window:
        """The window read again, these words left out."""
        kept = ~np.isin(window.words, list(words))
        return Window(window.ids[kept], window.words[kept], *self._judged(tuple(window.ids[kept].tolist())))

    def _judge(self, ids: tuple[int, ...]) -> tuple[Array, Array, Array]:
        """Framed ids -> logits (heads,), shares and weights (tokens, heads)."""
        _, session = self._loaded()
        logits, shares, weights = session.run(["logits", "shares", "weights"], {"ids": np.array([ids], dtype=np.int64)})
        return logits[0], shares[0], weights[0]

    def logits(self, texts: Sequence[str]) -> Array:
        """Many texts: (texts, heads), for each the window with the highest first head.

        Each window runs by itself. Together they would be a tenth faster at most, and a score would depend on its
        neighbours: the int8 model scales its activations over all that runs at once.
        """
        tokenizer, _ = self._loaded()
        best = [
            worst([self._judge(window)[0] for _, window in windows(encoding.ids)])
            for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ]
        return np.stack(best) if best else np.zeros((0, len(HEADS)), dtype=np.float32)

    def tokens(self, text: str) -> int:
        """How many pieces the text falls into: ordinary words are one or two."""
        return len(self._encoded(text).ids)

    def _encode(self, text: str) -> Any:
        tokenizer, _ = self._loaded()
        return tokenizer.encode(text, add_special_tokens=False)

    def _loaded(self) -> tuple[Any, Any]:
        with self._lock:
            if self._parts is None:
                self._parts = _open(self._folder)
            return self._parts


def _open(folder: Path) -> tuple[Any, Any]:
    from tokenizers import Tokenizer

    weights = read_weights(folder)
    try:
        model, vocabulary = weights["model"], weights["tokenizer"]
    except KeyError as error:
        raise WeightsError(f"{folder / 'weights.toml'} has no entry {error}.") from error
    tokenizer = Tokenizer.from_str(vocabulary.read().decode())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    # A few milliseconds: not worth a second core.
    return tokenizer, open_session(model, threads=1)
