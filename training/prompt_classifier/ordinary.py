"""Makes the features of ordinary prompts that ship: what categories by example are told apart from and measured on.

    python -m training.prompt_classifier.ordinary --data FOLDER [--prompts N] [--directions N]

FOLDER holds `unlabelled/real_prompts.csv.gz` and the sets of CAPTIONS. The real prompts are taken from the end of the
order of sample.py, whose test part is at its start, and prompts that the shipped model takes for harmful are left out.
What is written into assets/models/ordinary_prompts are features in a few directions and eight bits: no prompt, and none
can be read from it.
Run it again after a new prompt classifier: features of another one are refused.
"""

from __future__ import annotations

import argparse
import csv
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
# Harmless captions, short and long, and harmless prompts that sound risky: how many of each, of sets that may ship.
CAPTIONS = {
    "train/dpg.csv": 500,
    "train/coco.csv": 400,
    "train/compbench.csv": 400,
    "train/overt_benign.csv": 600,
}
MAX_RISK = 0.2  # the probability from which a prompt is left out
WEIGHTS = """# Features of ordinary prompts. A file with another SHA-256 is not used.

[{entry}]
file = "{file}"
sha256 = "{sha256}"
source = "training/prompt_classifier/ordinary.py, features of {count} prompts and {captions} captions, no words"
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


def reduced(real: Array, captions: Array, directions: int) -> OrdinaryPrompts:
    """Returns features (prompts, width) as points in their main directions."""
    both = np.concatenate([real, captions])
    mean, scale = both.mean(axis=0), both.std(axis=0)
    standard = (both - mean) / scale
    unit = standard / np.linalg.norm(standard, axis=1, keepdims=True)
    centred = unit - unit.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T.astype(np.float64) @ centred / len(centred))
    basis = vectors[:, ::-1][:, :directions].astype(np.float32)
    space = FeatureSpace(mean, scale, basis)
    return OrdinaryPrompts(space, space.points(real), space.points(captions), float(values.sum() / both.shape[1]))


def read_captions(data: Path, file: str) -> list[str]:
    """Returns a set in the order in which it is used: features are of its first rows, tests take the others."""
    with (data / file).open(encoding="utf-8", newline="") as rows:
        texts = [row["text"] for row in csv.DictReader(rows)]
    random.Random(SEED).shuffle(texts)
    return texts


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
    (count, directions), captions = ordinary.points.shape, len(ordinary.captions)
    facts = {"entry": ENTRY, "file": FILE, "sha256": hashlib.sha256(data).hexdigest(), "directions": directions}
    text = WEIGHTS.format(**facts, count=f"{count:,}", captions=f"{captions:,}")
    (folder / "weights.toml").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--prompts", type=int, default=4000)
    parser.add_argument("--directions", type=int, default=128)
    args = parser.parse_args()
    classifier = load_prompt_classifier(PRESETS, MODELS / NAME)
    real = harmless_features(in_order(args.data / SOURCE)[::-1], classifier, args.prompts)
    captions = [
        harmless_features(read_captions(args.data, file)[:count], classifier, count) for file, count in CAPTIONS.items()
    ]
    ordinary = reduced(real, np.concatenate(captions), args.directions)
    write(ordinary, classifier.models[0].sha256, MODELS / FOLDER)


if __name__ == "__main__":
    main()
