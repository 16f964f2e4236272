"""Texts that may ship -> safety/text/english.tsv: which words English captions use, and how often.

    python -m training.lexicon.english --data FOLDER --artists CSV

FOLDER holds the CSV files of SOURCES, each with a column `text`. Counted are words, never rows: the table
says that "apple" was seen about 500 times, and nothing of where. Words that captions do not use come from
the vocabulary of the prompt model's tokenizer (MiniLM, Apache-2.0), the names of artists (Tate, CC0), ANATOMY and
PROMPTS: known, so that they are not taken for misspelt ones, but never what a misspelt word is taken for.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from safety.text import plain
from safety.text.english import TABLE

SOURCES = ("coprov2", "overt_benign", "coco", "compbench", "dpg", "tate", "roco", "i2p_soft")
LEAST = 3  # rarer words are names and slips of the finger
SHORTEST = 3  # letters of a word that is only listed
# Of anatomy, and rare in captions: else "vulvar" would be taken for a misspelt "vulgar".
ANATOMY = ("anogenital", "genitalia", "perianal", "scrotal", "transvaginal", "vulval", "vulvar", "vulvovaginal")
# Rare in captions and common in prompts: else "nuke" would be taken for "nude", "flayed" for "played".
PROMPTS = ("flay", "flayed", "flaying", "naiad", "necked", "noddy", "nuke", "nuked", "nunes", "sussy", "thorny")
TOKENIZER = Path(__file__).parents[2] / "assets" / "models" / "prompt_classifier" / "tokenizer.json"
HEAD = "# English words: log2 of how often captions use them, then the words. Made by training/lexicon/english.py."
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def counted(texts: Iterable[str]) -> Counter[str]:
    """How often each word is used."""
    return Counter(word for text in texts for word in _WORD.findall(plain(text)))


def table(counts: Mapping[str, int]) -> str:
    """A line a frequency, the most frequent first; words of one line in alphabetical order."""
    lines: dict[int, list[str]] = defaultdict(list)
    for word, count in counts.items():
        lines[count.bit_length() - 1].append(word)
    rows = (f"{power}\t{' '.join(sorted(words))}" for power, words in sorted(lines.items(), reverse=True))
    return "\n".join([HEAD, *rows]) + "\n"


def listed(names: Iterable[str]) -> set[str]:
    """Whole words of the tokenizer, and names."""
    vocabulary = json.loads(TOKENIZER.read_text("utf-8"))["model"]["vocab"]
    known = {word for word in vocabulary if _WORD.fullmatch(word)}
    known |= {word for name in names for word in _WORD.findall(plain(name))}
    return {word for word in known if len(word) >= SHORTEST}


def texts_of(folder: Path) -> Iterable[str]:
    for name in SOURCES:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            yield from (row["text"] for row in csv.DictReader(file))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--artists", type=Path, required=True, help="a CSV file with a column `name`")
    options = parser.parse_args()
    counts = counted(texts_of(options.data))
    with options.artists.open(encoding="utf-8", newline="") as file:
        known = listed(row["name"] for row in csv.DictReader(file))
    common = {word: count for word, count in counts.items() if count >= LEAST}
    TABLE.write_text(table({**dict.fromkeys([*known, *ANATOMY, *PROMPTS], 1), **common}), "utf-8")


if __name__ == "__main__":
    main()
