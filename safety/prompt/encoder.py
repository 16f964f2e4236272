"""Runs the prompt model: text in, one logit per head and each word's share of it out.

The model (training/prompt_risk) is a four-layer encoder with attention pooling per head. A head's logit
is its bias plus a sum over tokens, so a word's share is exact for the states that the encoder computed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from safety.errors import WeightsError
from safety.image.runtime import verified
from safety.image.weights import read_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEADS = (
    "harm",
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
WINDOW, STRIDE = 96, 80  # tokens; longer texts are read in windows that overlap
MOST_WINDOWS = 16
BATCH = 16  # texts that run together in bulk: more gain nothing on a processor
BEGIN, END = 101, 102  # the tokens that frame a text
ERRORS_ONLY = 3  # onnxruntime's log level


class TooLong(ValueError):
    """The text has more words than the model reads."""


@dataclass(frozen=True, slots=True)
class Read:
    """One text as the model saw it.

    logits: (heads,). words: (start, end) of each word or sign in the text. shares: (words, heads).
    """

    logits: NDArray[np.float32]
    words: tuple[tuple[int, int], ...]
    shares: NDArray[np.float32]

    def probability(self, head: str) -> float:
        return float(1 / (1 + np.exp(-self.logits[HEADS.index(head)])))


class PromptModel:
    """The model in `folder`, loaded at the first text and kept. Safe to call from threads.

    Raises WeightsError where the weights are missing or not the recorded ones, TooLong for texts of
    more than MOST_WINDOWS windows.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._parts: tuple[Any, Any] | None = None

    def read(self, text: str) -> Read:
        """One text with the shares of its words."""
        tokenizer, session = self._loaded()
        encoding = tokenizer.encode(text, add_special_tokens=False)
        windows = _windows(encoding.ids)
        logits, shares = _run(session, [window for _, window in windows])
        worst = int(logits[:, 0].argmax())
        return _by_word(encoding, logits[worst], [(at, s[1:]) for (at, _), s in zip(windows, shares, strict=True)])

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Many texts: (texts, heads), for each the window with the highest first head."""
        tokenizer, session = self._loaded()
        owned = [
            (owner, window)
            for owner, encoding in enumerate(tokenizer.encode_batch(list(texts), add_special_tokens=False))
            for _, window in _windows(encoding.ids)
        ]
        owned.sort(key=lambda pair: len(pair[1]))
        best = np.full((len(texts), len(HEADS)), -np.inf, dtype=np.float32)
        for at in range(0, len(owned), BATCH):
            some = owned[at : at + BATCH]
            found, _ = _run(session, [window for _, window in some])
            for (owner, _), row in zip(some, found, strict=True):
                if row[0] > best[owner, 0]:
                    best[owner] = row
        return best

    def tokens(self, text: str) -> int:
        """How many pieces the text falls into: ordinary words are one or two."""
        tokenizer, _ = self._loaded()
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

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
    tokenizer = Tokenizer.from_str(verified(vocabulary.path(), vocabulary.sha256).decode())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer, _session(verified(model.path(), model.sha256))


def _session(data: bytes) -> Any:
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # a few milliseconds: not worth a second core
    options.log_severity_level = ERRORS_ONLY
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _windows(ids: list[int]) -> list[tuple[int, list[int]]]:
    """(first token, framed ids) of each window; one for any text that fits."""
    room = WINDOW - 2
    last = max(0, len(ids) - room)
    starts = [*range(0, last, STRIDE), last]
    if len(starts) > MOST_WINDOWS:
        raise TooLong(f"the prompt has {len(ids)} word pieces; at most {MOST_WINDOWS * STRIDE} can be judged")
    return [(start, [BEGIN, *ids[start : start + room], END]) for start in starts]


def _run(session: Any, windows: Sequence[Sequence[int]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    longest = max(map(len, windows))
    ids = np.zeros((len(windows), longest), dtype=np.int64)
    mask = np.zeros((len(windows), longest), dtype=np.float32)
    for row, window in enumerate(windows):
        ids[row, : len(window)] = window
        mask[row, : len(window)] = 1
    logits, shares = session.run(["logits", "shares"], {"ids": ids, "mask": mask})
    return logits, shares


def _by_word(encoding: Any, logits: NDArray[np.float32], windows: Sequence[tuple[int, NDArray[np.float32]]]) -> Read:
    """Shares of tokens summed over words; where windows overlap, the greater one counts."""
    size = len(encoding.ids)
    tokens = np.full((size, len(HEADS)), -np.inf, dtype=np.float32)
    for start, shares in windows:
        end = min(size, start + len(shares))
        tokens[start:end] = np.maximum(tokens[start:end], shares[: end - start])
    owners: dict[int, int] = {}
    places: list[tuple[int, int]] = []
    sums = np.zeros((size, len(HEADS)), dtype=np.float32)
    for number, (word, (start, end)) in enumerate(zip(encoding.word_ids, encoding.offsets, strict=True)):
        if word not in owners:
            owners[word] = len(places)
            places.append((start, end))
        at = owners[word]
        places[at] = (places[at][0], end)
        sums[at] += tokens[number]
    return Read(logits, tuple(places), sums[: len(places)])
