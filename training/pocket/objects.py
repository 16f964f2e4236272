"""Which things the model learns: emoji files -> the written rules and the studio's own check -> arrays.

Pictures: Fluent Emoji 3D (MIT, npm `@lobehub/fluent-emoji-3d`); names and keywords: `emojibase-data` (MIT).
"""

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from safety.guard import Guard
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.records import Verdict

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SIZE = 128  # pixels, the model's native size
PEOPLE = 1  # emojibase's group of people and body parts: those with skin tones
REFUSED = "safety.refused"  # the rule that is no list: the studio's own prompt check
TONES = ("light", "medium-light", "medium", "medium-dark", "dark")
# What @lobehub/fluent-emoji-3d 1.1.0 draws for the five modifiers, lightest first: the files of two are swapped.
TONES_DRAWN = ("light", "medium", "medium-light", "medium-dark", "dark")

Entry = dict[str, Any]  # one emoji of emojibase


@dataclass(frozen=True, slots=True)
class Thing:
    """One object the model can draw.

    `files` are its pictures: one, or several of equal right (skin tones, genders) with a `note` each.
    """

    label: str
    group: int
    tags: tuple[str, ...]
    files: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """A label that was left out, and the rule that did it."""

    label: str
    rule: str


class Filter:
    """The written rules of `filter.toml` and the list of `core.txt`: the first that names a label takes it out."""

    def __init__(self, folder: Path = HERE) -> None:
        rules = tomllib.loads((folder / "filter.toml").read_text())
        lines = (folder / "core.txt").read_text().splitlines()
        self.core = {line for line in lines if not line.startswith("#")}
        self.keep = {int(group): set(labels) for group, labels in rules["keep"].items()}
        self.rules = {f"{kind}.{name}": rule for kind in ("safety", "clarity") for name, rule in rules[kind].items()}

    def why_not(self, label: str, group: int) -> str | None:
        """Name the rule that takes this label out, or None: it may be learned."""
        for name, rule in self.rules.items():
            if label in rule["labels"] or any(re.search(p, label) for p in rule.get("patterns", ())):
                return name
        if group not in {*range(3, 8), *self.keep}:
            return "keep: no such group"
        if group in self.keep and label not in self.keep[group]:
            return f"keep: not named in group {group}"
        return None if label in self.core else "later: not yet in core.txt"


def find(folder: Path, hexcode: str) -> str | None:
    """The file stem of an emoji, whichever way its variation selector is written."""
    low = hexcode.lower()
    stems = (low, low.replace("-fe0f", ""), low + "-fe0f")
    return next((stem for stem in stems if (folder / f"{stem}.webp").exists()), None)


def faces_of(entry: Entry, everyone: dict[str, Entry], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (file stem, note) of all tones and genders of an entry: evenly, since no name says which."""
    genders = [("", entry)]
    if entry["group"] == PEOPLE:
        pairs = ((g, everyone.get(f"{g} {entry['label'].replace('person ', '')}")) for g in ("man", "woman"))
        genders += [(gender, other) for gender, other in pairs if other]
    for gender, one in genders:
        for tone, variant in zip(TONES_DRAWN, one.get("skins", ()), strict=False):
            if stem := find(folder, variant["hexcode"]):
                yield stem, f"{gender}|{tone}"
    if not entry.get("skins") and (stem := find(folder, entry["hexcode"])):
        yield stem, "|"


def studio_judge() -> Guard:
    """All prompt checks and the policy, as the studio has them."""
    presets = ROOT / "presets"
    policy = load_policy(presets)
    return Guard(policy, load_prompt_checks(presets, ROOT / "assets" / "models", policy).checks)


def refused(words: Sequence[str], guard: Guard, least: Verdict = Verdict.BLOCK) -> set[str]:
    """Those that the studio itself would not draw in general mode, if they were asked for; `least` may be stricter."""
    verdicts = guard.check_prompts(words)["verdict"]
    return {word for word, verdict in zip(words, verdicts, strict=True) if verdict >= least}


def choose(packages: Path, rules: Filter, guard: Guard) -> tuple[list[Thing], list[Removed]]:
    """Split the emoji of the installed npm packages into what is learned and what is not."""
    folder = packages / "@lobehub/fluent-emoji-3d/assets"
    entries = json.loads((packages / "emojibase-data/en/data.json").read_text())
    everyone = {entry["label"].lower(): entry for entry in entries}
    named = {label: rules.why_not(label, entry.get("group", -1)) for label, entry in everyone.items()}
    named |= dict.fromkeys(refused([label for label, rule in named.items() if rule is None], guard), REFUSED)
    things, removed = [], []
    for label, entry in everyone.items():
        rule = named[label]
        files = list(faces_of(entry, everyone, folder)) if rule is None else []
        if files:
            stems, notes = zip(*files, strict=True)
            things.append(Thing(label, entry["group"], tuple(entry.get("tags", ())), stems, notes))
        else:
            removed.append(Removed(label, rule or "no picture in the package"))
    return things, removed


def cutout(path: Path) -> np.ndarray:
    """Load one emoji as uint8 RGBA of shape (128, 128, 4)."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA").resize((SIZE, SIZE), Image.Resampling.LANCZOS))


def save(things: list[Thing], packages: Path, work: Path) -> None:
    """Write `things.json` and `cutouts.npy` (uint8, all files of all things in order, 128 x 128 RGBA)."""
    folder = packages / "@lobehub/fluent-emoji-3d/assets"
    stems = [stem for thing in things for stem in thing.files]
    np.save(work / "cutouts.npy", np.stack([cutout(folder / f"{stem}.webp") for stem in stems]))
    (work / "things.json").write_text(json.dumps([asdict(thing) for thing in things]))


def load(work: Path) -> tuple[list[Thing], np.ndarray]:
    """Read back what `save` wrote; the cutouts are memory-mapped."""
    rows = json.loads((work / "things.json").read_text())
    things = [Thing(r["label"], r["group"], tuple(r["tags"]), tuple(r["files"]), tuple(r["notes"])) for r in rows]
    return things, np.load(work / "cutouts.npy", mmap_mode="r")
