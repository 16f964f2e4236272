"""Down-weights rows whose label a cross-validated bag of words finds hard to believe.

CoProV2 labels follow the concept that a template was made for. Words that stand as often in the benign
as in the unsafe rows carry no such label; where the text gives no sign of it, the row counts for less
(compare confident learning: Northcutt et al., 2021).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.prompt_classifier.rows import HARM, Row

DOUBT, SURE = 0.85, 0.5  # out-of-fold error at which a row's weight is least, and below which it is whole
LEAST = 0.3
TRUST = 0.8  # share of the label in the new target, the rest is the out-of-fold estimate


def believe(rows: list[Row], source: str = "coprov2", seed: int = 0) -> list[Row]:
    """The same rows, with weights (and slightly the targets) of one source changed."""
    where = [i for i, row in enumerate(rows) if row.source == source]
    if not where:
        return rows
    chosen = [rows[i] for i in where]
    estimate = _out_of_fold(chosen, seed)
    rows = list(rows)
    for i, row, p in zip(where, chosen, estimate, strict=True):
        rows[i] = _weighed(row, float(p))
    return rows


def _out_of_fold(rows: list[Row], seed: int) -> np.ndarray:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        LogisticRegression(C=8, max_iter=300, random_state=seed),
    )
    labels = np.array([row.target[HARM] > 0.5 for row in rows])
    folds = GroupKFold(5)
    groups = [row.group for row in rows]
    scores = cross_val_predict(
        model, [row.text for row in rows], labels, cv=folds, groups=groups, method="predict_proba"
    )
    return np.asarray(scores[:, 1])


def _weighed(row: Row, estimate: float) -> Row:
    error = abs(row.target[HARM] - estimate)
    factor = float(np.clip(1 - (error - SURE) / (DOUBT - SURE), LEAST, 1))
    harm = TRUST * row.target[HARM] + (1 - TRUST) * estimate
    return replace(row, target=row.target | {HARM: harm}, weight={h: w * factor for h, w in row.weight.items()})
