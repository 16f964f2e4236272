"""Makes logits probabilities: a slope and an offset per head (Platt, 1999), fitted on rows that the run did not see.

Both fold into the weights, so that what ships needs no table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from training.prompt_classifier.batches import padded, tokenizer
from training.prompt_classifier.model import Encoder
from training.prompt_classifier.rows import CATEGORIES, HARM, HEADS, Row

REAL = ("jdb",)  # the harm head answers for prompts as people type them
ROWS = 32


def logits(model: Encoder, texts: Sequence[str]) -> np.ndarray:
    """(texts, heads), each text cut at the length of training."""
    ids = [encoding.ids for encoding in tokenizer().encode_batch(list(texts))]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    found = np.zeros((len(ids), len(HEADS)), dtype=np.float32)
    with torch.inference_mode():
        for at in range(0, len(order), ROWS):
            some = order[at : at + ROWS]
            found[some] = model(*padded([ids[i] for i in some]))[0].numpy()
    return found


def fitted(rows: Sequence[Row], scores: np.ndarray) -> list[tuple[float, float]]:
    """(slope, offset) per head, in the order of HEADS."""
    real = np.array([row.source in REAL for row in rows])
    pairs = [_platt(rows, scores, HARM, real)]
    return pairs + [_platt(rows, scores, head, np.ones(len(rows), dtype=bool)) for head in CATEGORIES]


def _platt(rows: Sequence[Row], scores: np.ndarray, head: str, chosen: np.ndarray) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    at = [int(i) for i in np.flatnonzero(chosen)]
    target = np.array([rows[i].target[head] for i in at])
    weight = np.array([rows[i].weight.get(head, 0.0) for i in at])
    x = scores[at, HEADS.index(head)].reshape(-1, 1)
    # A soft target counts as so much of a yes and so much of a no.
    x2, y2 = np.vstack([x, x]), np.r_[np.ones(len(at)), np.zeros(len(at))]
    w2 = np.r_[weight * target, weight * (1 - target)]
    kept = w2 > 0
    if len(set(y2[kept])) < 2:
        return 1.0, 0.0
    model = LogisticRegression(C=1e3).fit(x2[kept], y2[kept], sample_weight=w2[kept])
    return max(0.05, float(model.coef_[0, 0])), float(model.intercept_[0])


def applied(model: Encoder, pairs: Sequence[tuple[float, float]]) -> Encoder:
    """The model with calibrated heads: logit' = slope * logit + offset."""
    slopes = torch.tensor([slope for slope, _ in pairs])
    offsets = torch.tensor([offset for _, offset in pairs])
    with torch.no_grad():
        model.value.weight.mul_(slopes[:, None])
        model.bias.mul_(slopes).add_(offsets)
    return model
