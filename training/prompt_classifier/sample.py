"""Draws the real prompts that are labelled by reading each, and writes them in chunks that show nothing but the text.

    python -m training.prompt_classifier.sample --source real_prompts.csv.gz --out build/labels [--again]

One order of all texts, shuffled with SEED, decides everything: the first RANDOM are the random part (the first TEST of
them the test part, which no training, mining or limit ever sees), the next POOL are judged by the guard as it is. Of
these are taken all that it stops, then those of highest risk among the rest. `labels/sample.tsv` was drawn
with the guard of commit 91b79ea; with another guard the second half differs. `--again` takes the rows that it
names, also 3,000 mined ones: of the next 60,000 texts all that the guard of commit 001a255 stopped, then those of
highest risk, two at most that begin alike.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import random
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from safety.guard import Guard
from safety.records import Verdict

SEED = 20261128
RANDOM, TEST, SCORED, POOL, CHUNK, BATCH = 6500, 2000, 6500, 40_000, 250, 500
INDEX = Path(__file__).with_name("labels") / "sample.tsv"
BREAKS = re.compile("[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


def identifier(text: str) -> str:
    """Returns what names a prompt without showing it: the first 12 hex digits of its SHA-256 (UTF-8)."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]


def read_texts(source: Path) -> list[str]:
    """Returns the texts of the gzipped CSV file (column `text`), each once, sorted."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        return sorted({row["text"] for row in csv.DictReader(file)})


def draw(texts: list[str], guard: Guard) -> list[tuple[str, str]]:
    """Returns (text, part) of the sample in the order of its chunks; part is test, random, stopped or unsure."""
    texts = list(texts)
    random.Random(SEED).shuffle(texts)
    sample = [(text, "test" if number < TEST else "random") for number, text in enumerate(texts[:RANDOM])]
    pool = texts[RANDOM : RANDOM + POOL]
    columns = [guard.check_prompts(pool[start : start + BATCH]) for start in range(0, len(pool), BATCH)]
    verdicts, risks = (np.concatenate([each[name] for each in columns]) for name in ("verdict", "risk"))
    stopped = [text for text, verdict in zip(pool, verdicts, strict=True) if verdict >= Verdict.WARN][:SCORED]
    rest = [(-risk, text) for text, risk, v in zip(pool, risks, verdicts, strict=True) if v < Verdict.WARN]
    sample += [(text, "stopped") for text in stopped]
    sample += [(text, "unsure") for _, text in sorted(rest)[: SCORED - len(stopped)]]
    random.Random(SEED + 1).shuffle(sample)
    return sample


def draw_again(texts: Iterable[str], index: Path) -> list[tuple[str, str]]:
    """Returns (text, part) of the rows of an earlier sample, in its order. Raises KeyError for a text that is gone."""
    by_id = {identifier(text): text for text in texts}
    with index.open(newline="", encoding="utf-8") as file:
        return [(by_id[row["id"]], row["part"]) for row in csv.DictReader(file, delimiter="\t")]


def write(sample: Iterable[tuple[str, str]], out: Path) -> None:
    """Writes chunks/NNN.tsv (id, text on one line) for labelling, and sample.tsv (id, part, chunk) beside them."""
    rows = list(sample)
    (out / "chunks").mkdir(parents=True, exist_ok=True)
    for start in range(0, len(rows), CHUNK):
        lines = [f"{identifier(text)}\t{BREAKS.sub(' ', text)}\n" for text, _ in rows[start : start + CHUNK]]
        (out / "chunks" / f"{start // CHUNK:03d}.tsv").write_text("".join(lines), "utf-8")
    index = [f"{identifier(text)}\t{part}\t{number // CHUNK:03d}\n" for number, (text, part) in enumerate(rows)]
    (out / "sample.tsv").write_text("id\tpart\tchunk\n" + "".join(index), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="a gzipped CSV file with a column `text`")
    parser.add_argument("--out", type=Path, default=Path("build/labels"))
    parser.add_argument("--again", action="store_true", help="the sample of labels/sample.tsv instead of a new one")
    arguments = parser.parse_args()
    texts = read_texts(arguments.source)
    write(draw_again(texts, INDEX) if arguments.again else draw(texts, Guard.load()), arguments.out)


if __name__ == "__main__":
    main()
