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
# prompts that a guard had stopped as much as there are such prompts. Those mined later for what the model itself stops
# say nothing of how many there are.
REAL = {"random": 1.0, "stopped": 0.12, "unsure": 0.03, "mined": 0.0}
ROWS = 32
RIDGE = 1e-3


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


def fitted(
    labels: Sequence[Label], scores: np.ndarray, second: np.ndarray | None = None, share: float = 0.0
) -> list[tuple[float, float]]:
    """Returns (slope, offset) for each of HEADS: fitted for harm and remarks, 1 and 0 for all others.

    labels: real prompts that the run did not see; scores: their logits, (labels, heads); second: those of the model
    that is asked beside it, which count by `share`: then their mean is calibrated. The others have too few rows
    among real prompts, and are compared with limits of their own.
    """
    weight = np.array([REAL[label.part] for label in labels])
    stopped, remarked = (np.array([label.outcomes[0] >= at for label in labels]) for at in (2, 1))
    pairs = dict.fromkeys(HEADS, (1.0, 0.0))
    for head, target in ((HARM, stopped), ("remark", remarked)):
        column = HEADS.index(head)
        given = np.zeros(len(labels)) if second is None else share * second[:, column]
        slope, offset = _platt(scores[:, column], target, weight, given)
        pairs[head] = slope / (1 - share), offset / (1 - share)
    return [pairs[head] for head in HEADS]


def _platt(scores: np.ndarray, target: np.ndarray, weight: np.ndarray, given: np.ndarray) -> tuple[float, float]:
    """Returns slope and offset of a logistic regression with a term that is given."""
    from scipy.optimize import minimize

    signs = np.where(target, 1.0, -1.0)

    def cost(pair: np.ndarray) -> float:
        return float(weight @ np.logaddexp(0, -signs * (pair[0] * scores + pair[1] + given)) + RIDGE * (pair @ pair))

    found = minimize(cost, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=((0.05, None), (None, None))).x
    return float(found[0]), float(found[1])


def applied(model: Encoder, pairs: Sequence[tuple[float, float]]) -> Encoder:
    """The model with calibrated heads: logit' = slope * logit + offset."""
    slopes = torch.tensor([slope for slope, _ in pairs])
    offsets = torch.tensor([offset for _, offset in pairs])
    with torch.no_grad():
        model.value.weight.mul_(slopes[:, None])
        model.bias.mul_(slopes).add_(offsets)
    return model
