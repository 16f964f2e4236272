"""Runs the model of the prompt classifier: text in, one logit per head and each word's share of it out.

The model (training/prompt_classifier) is an encoder with attention pooling per head. A head's logit
is its bias plus a sum over tokens, so a word's share is exact for the states that the encoder computed. Longer texts
are read in windows that overlap.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safety.errors import WeightsError
from safety.weights import open_session, read_weights

# The first head says whether general mode should stop a prompt at all; the next are categories of the policy.
CATEGORIES = (
    "sexual",
    "nudity",
    "violence",
    "shocking",
    "self_harm",
    "hate",
    "harassment",
    "deception",
    "dangerous",
    "protected_works",
    "stereotype",
)
# How grave it is: at least a remark, a refusal in general mode, a refusal in every mode.
GRAVITY = ("remark", "refuse", "always")
# Kinds of harm within a category that no mode relaxes.
KINDS = {
    "forgery": "deception",
    "event": "deception",
    "threat": "harassment",
    "extremism": "hate",
    "instructions": "dangerous",
    "method": "self_harm",
}
HEADS = ("harm", *CATEGORIES, *GRAVITY, *KINDS)
WINDOW, OVERLAP = 128, 16  # tokens
MIN_LAST_WINDOW = 40  # tokens of the last of several windows: a few words alone mean little
MAX_WINDOWS = 16  # of a text
BEGIN, END = 101, 102  # the tokens that frame a window
# The encoder's last hidden states, (tokens, width): an inner value of the model in assets/models/prompt_classifier.
HIDDEN = "/output/LayerNorm_7/LayerNormalization_output_0"
CACHED_TEXTS = 32  # as tokens: of each prompt several variants are counted, one or two are read
CACHED_WINDOWS = 128  # 12 KB each at most

_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")  # kana and Han characters

Array = NDArray[np.float32]


class TooLong(ValueError):
    """Says that a text has more words than the model reads."""


@dataclass(frozen=True, slots=True)
class Window:
    """Holds a stretch of tokens as the model saw it, framed by two of its own.

    words: (tokens,) number of the word that each token belongs to, -1 for the frame. logits: (heads,).
    shares: (tokens, heads), which sum up to the logits less the bias. marks: (tokens,), logits of whether a token
    belongs to the phrase that carries the harm. features: (width,), the mean of the encoder's last hidden states; (0,)
    of a model that is not asked for them.
    """

    ids: NDArray[np.int64]
    words: NDArray[np.int64]
    logits: Array
    shares: Array
    marks: Array
    features: Array


@dataclass(frozen=True, slots=True)
class TextAttribution:
    """Holds one text as the model saw it.

    logits: (heads,), of the window that is worst. words: (start, end) of each word or sign in the text.
    shares: (words, heads), what each word adds to the logits of its window. marks: (words,), the probability that a
    word belongs to the phrase that carries the harm, 0..1.
    """

    logits: Array
    words: tuple[tuple[int, int], ...]
    shares: Array
    marks: Array
    windows: tuple[Window, ...]

    @property
    def tokens(self) -> int:
        """Returns how many tokens were read, frames included."""
        return sum(len(window.ids) for window in self.windows)


class PromptClassifierModel:
    """Runs the model in `folder`, loaded at the first text and kept. Safe to call from threads.

    frame: the tokens that its tokenizer puts before and after a text. hidden: the name of the encoder's last hidden
    states, where `features` are wanted; they cost nothing more than their mean. Raises WeightsError where the weights
    are missing or not the recorded ones, TooLong for texts of more than MAX_WINDOWS windows.
    """

    def __init__(self, folder: Path, frame: tuple[int, int] = (BEGIN, END), hidden: str = "") -> None:
        self._folder, self._frame, self._hidden = folder, frame, hidden
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None
        # Who types changes the end of a prompt: the windows before it are answered from the cache.
        self._cached_run = lru_cache(maxsize=CACHED_WINDOWS)(self._run)
        self._encoded = lru_cache(maxsize=CACHED_TEXTS)(self._encode)

    def read(self, text: str) -> TextAttribution:
        """Returns the logits of one text with the shares of its words."""
        encoding = self._encoded(text)
        owners, places = _words_of(encoding, text)
        parts = tuple(
            Window(np.array(ids), _framed(owners[start : start + len(ids) - 2]), *self._cached_run(ids))
            for start, ids in windows(encoding.ids, self._frame)
        )
        logits = _worst([window.logits for window in parts])
        shares, marks = _by_word(parts, len(places))
        return TextAttribution(logits, places, shares, marks, parts)

    def without(self, window: Window, words: Collection[int]) -> Window:
        """Returns the window read again, the words of these numbers left out."""
        kept = ~np.isin(window.words, list(words))
        return Window(window.ids[kept], window.words[kept], *self._cached_run(tuple(window.ids[kept].tolist())))

    def logits(self, texts: Sequence[str]) -> Array:
        """Returns the logits of many texts, (texts, heads): for each the window with the highest first head.

        Each window runs by itself. Together they would be a tenth faster at most, and a score would depend on its
        neighbours: the int8 model scales its activations over all that runs at once.
        """
        # Their word pieces were counted a moment ago, and the tokenizer would start threads for a batch.
        rows = [
            _worst([self._cached_run(window)[0] for _, window in windows(self._encoded(text).ids, self._frame)])
            for text in texts
        ]
        return np.stack(rows) if rows else np.zeros((0, len(HEADS)), dtype=np.float32)

    def features(self, text: str) -> Array:
        """Returns the features of each window of a text, (windows, width): what the encoder made of it as a whole.

        A window whose logits were asked for a moment ago is answered from the cache.
        """
        return np.stack([self._cached_run(window)[3] for _, window in windows(self._encoded(text).ids, self._frame)])

    def count_tokens(self, text: str) -> int:
        """Returns how many word pieces a text falls into: ordinary words are one or two."""
        return len(self._encoded(text).ids)

    def clear_cache(self) -> None:
        """Forgets the texts and windows that were read; the weights stay loaded."""
        self._cached_run.cache_clear()
        self._encoded.cache_clear()

    def _run(self, ids: tuple[int, ...]) -> tuple[Array, Array, Array, Array]:
        """Returns logits (heads,), shares (tokens, heads), marks (tokens,) and features (width,) of framed ids."""
        _, session = self._parts()
        names = ["logits", "shares", "marks", *([self._hidden] if self._hidden else [])]
        logits, shares, marks, *hidden = session.run(names, {"ids": np.array([ids], dtype=np.int64)})
        # The states of all tokens would fill the cache: their mean is kept.
        features = hidden[0].mean(axis=0) if hidden else np.zeros(0, dtype=np.float32)
        return logits[0], shares[0], marks[0], features

    def _encode(self, text: str) -> Any:
        tokenizer, _ = self._parts()
        return tokenizer.encode(text, add_special_tokens=False)

    def _parts(self) -> tuple[Any, Any]:
        with self._lock:
            if self._loaded is None:
                self._loaded = load_parts(self._folder, self._hidden)
            return self._loaded


def load_parts(folder: Path, inner: str = "") -> tuple[Any, Any]:
    """Returns the tokenizer and the ONNX session of the weights in `folder`, which also gives the value `inner` out.

    Raises WeightsError.
    """
    from tokenizers import Tokenizer

    weights = read_weights(folder)
    try:
        model, vocabulary = weights["model"], weights["tokenizer"]
    except KeyError as error:
        raise WeightsError(f"{folder / 'weights.toml'} has no entry {error}.") from error
    tokenizer = Tokenizer.from_str(vocabulary.read().decode())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    # A window takes a few milliseconds: that is not worth a second core.
    return tokenizer, open_session(model, threads=1, inner=inner)


def windows(ids: list[int], frame: tuple[int, int] = (BEGIN, END)) -> list[tuple[int, tuple[int, ...]]]:
    """Returns (first token, framed ids) of each window; one for any text that fits. Raises TooLong.

    They start at the same places however long the text is: while somebody types, all but the last stay as they are.
    """
    room = WINDOW - 2
    step = room - OVERLAP
    max_ids = (MAX_WINDOWS - 1) * step + room
    if len(ids) > max_ids:
        raise TooLong(f"the prompt has {len(ids)} word pieces; at most {max_ids} can be judged")
    starts = [0, *range(step, len(ids) - OVERLAP, step)] if len(ids) > room else [0]
    starts[-1] = max(0, min(starts[-1], len(ids) - MIN_LAST_WINDOW))
    begin, end = frame
    return [(start, (begin, *ids[start : start + room], end)) for start in starts]


def _words_of(encoding: Any, text: str) -> tuple[NDArray[np.int64], tuple[tuple[int, int], ...]]:
    """Returns the number of each token's word, (tokens,), and where each word stands in the text.

    Chinese and Japanese put no spaces between words: there each token is one.
    """
    numbers: dict[int, int] = {}
    places: list[tuple[int, int]] = []
    owners = np.zeros(len(encoding.ids), dtype=np.int64)
    for token, (word, (start, end)) in enumerate(zip(encoding.word_ids, encoding.offsets, strict=True)):
        if word not in numbers or _UNSPACED.search(text[start:end]):
            numbers[word] = len(places)
            places.append((start, end))
        number = numbers[word]
        owners[token] = number
        places[number] = (places[number][0], end)
    return owners, tuple(places)


def _worst(logits: Sequence[Array]) -> Array:
    """Returns those logits of several windows, (heads,) each, that have the highest first head."""
    return max(logits, key=lambda row: float(row[0]))


def _framed(words: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[-1], words, [-1]])


def _by_word(parts: Sequence[Window], words: int) -> tuple[Array, Array]:
    """Returns shares summed over the tokens of a word, (words, heads), and its highest mark, (words,), 0..1.

    Of windows that overlap, the greater counts.
    """
    best = np.full((words, len(HEADS)), -np.inf, dtype=np.float32)
    marks = np.full(words, -np.inf, dtype=np.float32)
    for window in parts:
        inner = window.words >= 0
        sums = np.full((words, len(HEADS)), 0, dtype=np.float32)
        np.add.at(sums, window.words[inner], window.shares[inner])
        present = np.unique(window.words[inner])
        best[present] = np.maximum(best[present], sums[present])
        np.maximum.at(marks, window.words[inner], window.marks[inner])
    return best, (1 / (1 + np.exp(-np.clip(marks, -60, 60)))).astype(np.float32)
