"""Other prompt checks on the same rows in the same run: accuracy and milliseconds side by side."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from safety.guard import Guard
from training.prompt_classifier.figures import auroc, best_f1, figure

Score = Callable[[str], float]
# Its classes are "safe", "underage_safe", "adult" and "cp", which sum up to one. It runs on torch.
SPACY = """
import json, sys, time
import en_prompt_nsfw_pipeline_bilstm
texts = json.load(sys.stdin)
nlp = en_prompt_nsfw_pipeline_bilstm.load()
nlp(texts[0])
rows = []
for text in texts:
    start = time.process_time()
    cats = nlp(text).cats
    taken = 1000 * (time.process_time() - start)
    rows.append([1 - sum(value for name, value in cats.items() if name.endswith("safe")), taken])
print(json.dumps(rows))
"""


def compared(guard: Guard, texts: Sequence[str], labels: np.ndarray, spacy: Path | None) -> Iterator[str]:
    """A line a rival: AUROC and best F1 on these rows, median and 95th percentile of processor time for one.

    Processor time, of one thread: the machine may be busy with other work.
    """
    yield "| check | AUROC | best F1 | median ms | p95 ms |\n|---|---|---|---|---|"
    yield _line(
        "Safelight, whole judgement: normalise, all checks, decide, explain",
        *_timed(lambda text: guard.check_prompt(text).risk, texts),
        labels,
    )
    for name, score in _installed():
        yield _line(name, *_timed(score, texts), labels)
    if spacy is not None:
        done = subprocess.run(
            [str(spacy), "-c", SPACY], input=json.dumps(list(texts)), text=True, capture_output=True, check=True
        )
        rows = np.array(json.loads(done.stdout.splitlines()[-1]))
        yield _line("en-prompt-nsfw-pipeline-bilstm (spaCy)", rows[:, 0], rows[:, 1], labels)


def _installed() -> Iterator[tuple[str, Score]]:
    try:
        from profanity_check import predict_prob
    except ImportError:
        pass
    else:
        yield "alt-profanity-check", lambda text: float(predict_prob([text])[0])
    try:
        from better_profanity import profanity
    except ImportError:
        pass
    else:
        yield "better-profanity", lambda text: float(profanity.contains_profanity(text))


def _timed(score: Score, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    for text in texts[:3]:
        score(text + " .")
    scores, taken = [], []
    for text in texts:
        start = time.process_time()
        scores.append(score(text))
        taken.append(1000 * (time.process_time() - start))
    return np.array(scores), np.array(taken)


def _line(name: str, scores: np.ndarray, taken: np.ndarray, labels: np.ndarray) -> str:
    area, f1 = figure(auroc, labels, scores), figure(best_f1, labels, scores)
    return f"| {name} | {area} | {f1} | {np.median(taken):.1f} | {np.percentile(taken, 95):.1f} |"
