"""Makes logits probabilities: a slope and an offset per head (Platt, 1999), fitted on rows that the run did not see.

Both fold into the weights, so that what ships needs no table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from training.prompt_classifier.batches import padded, tokenizer
from training.prompt_classifier.labels import Label
from training.prompt_classifier.model import Encoder
from training.prompt_classifier.rows import HARM, HEADS

# The heads of harm and of remarks answer for prompts as people type them: labels drawn at random count fully, those of
# prompts that a guard had stopped as much as there are such prompts.
REAL = {"random": 1.0, "stopped": 0.12, "unsure": 0.03}
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


def fitted(labels: Sequence[Label], scores: np.ndarray) -> list[tuple[float, float]]:
    """Returns (slope, offset) for each of HEADS: fitted for harm and remarks, 1 and 0 for all others.

    labels: real prompts that the run did not see; scores: their logits, (labels, heads). The others have too few rows
    among real prompts, and are compared with limits of their own.
    """
    weight = np.array([REAL[label.part] for label in labels])
    stopped, remarked = (np.array([label.outcomes[0] >= at for label in labels]) for at in (2, 1))
    pairs = dict.fromkeys(HEADS, (1.0, 0.0))
    pairs[HARM] = _platt(scores[:, HEADS.index(HARM)], stopped, weight)
    pairs["remark"] = _platt(scores[:, HEADS.index("remark")], remarked, weight)
    return [pairs[head] for head in HEADS]


def _platt(scores: np.ndarray, target: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e3).fit(scores.reshape(-1, 1), target, sample_weight=weight)
    return max(0.05, float(model.coef_[0, 0])), float(model.intercept_[0])


def applied(model: Encoder, pairs: Sequence[tuple[float, float]]) -> Encoder:
    """The model with calibrated heads: logit' = slope * logit + offset."""
    slopes = torch.tensor([slope for slope, _ in pairs])
    offsets = torch.tensor([offset for _, offset in pairs])
    with torch.no_grad():
        model.value.weight.mul_(slopes[:, None])
        model.bias.mul_(slopes).add_(offsets)
    return model
