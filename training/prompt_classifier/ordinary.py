"""Makes the features of ordinary prompts that ship: what categories by example are told apart from and measured on.

    python -m training.prompt_classifier.ordinary --data FOLDER [--prompts N] [--directions N]

FOLDER holds `unlabelled/real_prompts.csv.gz`. They are taken from the end of the order of sample.py, whose test part is
at its start, and prompts that the shipped model takes for harmful are left out. What is written into
assets/models/ordinary_prompts are features in a few directions and eight bits: no prompt, and none can be read from it.
Run it again after a new prompt classifier: features of another one are refused.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from safety.prompt.classifier import FOLDER as NAME
from safety.prompt.classifier import PromptClassifierCheck, load_prompt_classifier
from safety.prompt.classifier_model import HEADS
from safety.prompt.ordinary_prompts import ENTRY, FOLDER, Array, FeatureSpace, OrdinaryPrompts, write_features
from safety.resources import MODELS, PRESETS
from training.prompt_classifier.sample import SEED, read_texts

SOURCE = Path("unlabelled") / "real_prompts.csv.gz"
FILE = "features.npz"
HARM = HEADS.index("harm")
MAX_RISK = 0.2  # the probability from which a prompt is left out
WEIGHTS = """# Features of ordinary prompts. A file with another SHA-256 is not used.

[{entry}]
file = "{file}"
sha256 = "{sha256}"
source = "training/prompt_classifier/ordinary.py, features of {count} real prompts; no prompt ships"
licence = "Apache-2.0"
licence_url = "https://www.apache.org/licenses/LICENSE-2.0"
note = "{directions} directions, eight bits"
"""


def harmless_features(prompts: Iterable[str], classifier: PromptClassifierCheck, count: int) -> Array:
    """Returns the features (count, width) of the first reading of each prompt that the model takes for harmless."""
    rows: list[Array] = []
    for text in prompts:
        features = classifier.features(text)
        # Answered from the cache: both are of one run.
        if len(features) and classifier.model.logits([text])[0, HARM] < math.log(MAX_RISK / (1 - MAX_RISK)):
            rows.append(features[0])
        if len(rows) == count:
            break
    return np.stack(rows)


def reduced(features: Array, directions: int) -> OrdinaryPrompts:
    """Returns features (prompts, width) as points in their main directions."""
    mean, scale = features.mean(axis=0), features.std(axis=0)
    standard = (features - mean) / scale
    unit = standard / np.linalg.norm(standard, axis=1, keepdims=True)
    centred = unit - unit.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T.astype(np.float64) @ centred / len(centred))
    basis = vectors[:, ::-1][:, :directions].astype(np.float32)
    space = FeatureSpace(mean, scale, basis)
    return OrdinaryPrompts(space, space.points(features), float(values.sum() / features.shape[1]))


def in_order(source: Path) -> list[str]:
    """Returns all real prompts in the order of sample.py: tests take its start, these features its end."""
    texts = read_texts(source)
    random.Random(SEED).shuffle(texts)
    return texts


def write(ordinary: OrdinaryPrompts, classifier: str, folder: Path) -> None:
    """Writes the features and the list with their SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    data = write_features(ordinary, classifier)
    (folder / FILE).write_bytes(data)
    count, directions = ordinary.points.shape
    sha256 = hashlib.sha256(data).hexdigest()
    text = WEIGHTS.format(entry=ENTRY, file=FILE, sha256=sha256, count=f"{count:,}", directions=directions)
    (folder / "weights.toml").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--prompts", type=int, default=4000)
    parser.add_argument("--directions", type=int, default=96)
    args = parser.parse_args()
    classifier = load_prompt_classifier(PRESETS, MODELS / NAME)
    features = harmless_features(in_order(args.data / SOURCE)[::-1], classifier, args.prompts)
    write(reduced(features, args.directions), classifier.models[0].sha256, MODELS / FOLDER)


if __name__ == "__main__":
    main()
