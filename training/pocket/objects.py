"""Which things the model learns: pictures of several sets -> the written rules and the studio's own check -> arrays.

Pictures: see sources.py; names and keywords: `emojibase-data` (MIT).
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from safety.guard import Guard
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.records import Verdict
from training.pocket.sources import EDGE, FLUENT_3D, TONES, TONES_SWAPPED, Sources, chosen_by_eye

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SIZE = 128  # pixels, the model's native size
OBJECTS = 7  # emojibase's group of objects; also that of things which are no emoji
PEOPLE = 1  # emojibase's group of people and body parts: those with skin tones
REFUSED = "safety.refused"  # the rule that is no list: the studio's own prompt check
TONED_SETS = ("fluent-3d", "fluent-flat", "noto")  # sets from which every tone and gender is taken: others add little

# A code of each: of the first of these sets that has the thing, or else of the first that has it at all.
KINDS = ((FLUENT_3D,), ("noto", "emojione"), ("fluent-flat", "twemoji", "openclipart", "drawn"))

Entry = dict[str, Any]  # one emoji of emojibase


@dataclass(frozen=True, slots=True)
class Thing:
    """One object the model can draw.

    `files` are the keys of its pictures (sources.py): depictions, skin tones and genders of equal right, each with a
    `note` "gender|tone".
    """

    label: str
    group: int
    tags: tuple[str, ...]
    files: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The set that each picture is from."""
        return tuple(file.split(":")[0] for file in self.files)


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


def faces_of(entry: Entry, everyone: dict[str, Entry], sources: Sources) -> Iterator[tuple[str, str]]:
    """Yield (key, note) of all sets, tones and genders of an entry: evenly, since no name says which."""
    genders = [("", entry)]
    if entry["group"] == PEOPLE:
        pairs = ((g, everyone.get(f"{g} {entry['label'].replace('person ', '')}")) for g in ("man", "woman"))
        genders += [(gender, other) for gender, other in pairs if other]
    for gender, one in genders:
        for place, variant in enumerate(one.get("skins", ())[: len(TONES)]):
            found = sources.emoji(variant["hexcode"], variant.get("label", ""))
            for name in (name for name in TONED_SETS if name in found):
                yield found[name], f"{gender}|{(TONES_SWAPPED if name == FLUENT_3D else TONES)[place]}"
    if not entry.get("skins"):
        yield from ((key, "|") for key in sources.emoji(entry["hexcode"], entry["label"].lower()).values())


def studio_judge() -> Guard:
    """All prompt checks and the policy, as the studio has them."""
    presets = ROOT / "presets"
    policy = load_policy(presets)
    return Guard(policy, load_prompt_checks(presets, ROOT / "assets" / "models", policy).checks)


def refused(words: Sequence[str], guard: Guard, least: Verdict = Verdict.BLOCK) -> set[str]:
    """Those that the studio itself would not draw in general mode, if they were asked for; `least` may be stricter."""
    verdicts = guard.check_prompts(words)["verdict"]
    return {word for word, verdict in zip(words, verdicts, strict=True) if verdict >= least}


def choose(packages: Path, sources: Sources, rules: Filter, guard: Guard) -> tuple[list[Thing], list[Removed]]:
    """Split the emoji of the installed packages, and the things of pictures.toml, into what is learned and what not."""
    entries = json.loads((packages / "emojibase-data/en/data.json").read_text())
    everyone = {entry["label"].lower(): entry for entry in entries}
    more = chosen_by_eye()
    everyone |= {label: {"label": label, "group": OBJECTS, "hexcode": "none"} for label in more["new"]}
    named = {label: rules.why_not(label, entry.get("group", -1)) for label, entry in everyone.items()}
    named |= dict.fromkeys(refused([label for label, rule in named.items() if rule is None], guard), REFUSED)
    things, removed = [], []
    for label, entry in everyone.items():
        rule = named[label]
        files = list(depictions(entry, everyone, sources, more)) if rule is None else []
        if files:
            keys, notes = zip(*files, strict=True)
            things.append(Thing(label, entry["group"], tuple(entry.get("tags", ())), keys, notes))
        else:
            removed.append(Removed(label, rule or "no picture in the packages"))
    return things, removed


def depictions(
    entry: Entry, everyone: dict[str, Entry], sources: Sources, more: Mapping[str, Mapping[str, Sequence[str]]]
) -> Iterator[tuple[str, str]]:
    """Yield (key, note) of all pictures of a thing: its own, those of emoji that show the same, and chosen clip art."""
    label, out = entry["label"].lower(), set(more["not"]["pictures"])
    for name in (label, *more["same"].get(label, ())):
        yield from (face for face in faces_of(everyone[name], everyone, sources) if face[0] not in out)
    for key in (*more["more"].get(label, ()), *more["new"].get(label, ())):
        yield key, "|"


def save(things: list[Thing], sources: Sources, work: Path) -> None:
    """Write `things.json`, `cutouts.npy` and `cutouts-256.npy` (uint8 RGBA, all pictures of all things in order)."""
    keys = [key for thing in things for key in thing.files]
    large = np.lib.format.open_memmap(work / "cutouts-256.npy", "w+", np.uint8, (len(keys), EDGE, EDGE, 4))
    small = np.lib.format.open_memmap(work / "cutouts.npy", "w+", np.uint8, (len(keys), SIZE, SIZE, 4))
    for row, key in enumerate(tqdm(keys, desc="pictures", mininterval=10)):
        large[row] = sources.read(key)
        small[row] = smaller(large[row])
    (work / "things.json").write_text(json.dumps([asdict(thing) for thing in things]))


def smaller(picture: np.ndarray) -> np.ndarray:
    """Half as large, RGBA; what is transparent lends no colour to edges."""
    layer = Image.fromarray(picture).convert("RGBa").resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    return np.asarray(layer.convert("RGBA"))


def load(work: Path) -> tuple[list[Thing], np.ndarray]:
    """Read back what `save` wrote; the cutouts are memory-mapped."""
    rows = json.loads((work / "things.json").read_text())
    things = [Thing(r["label"], r["group"], tuple(r["tags"]), tuple(r["files"]), tuple(r["notes"])) for r in rows]
    return things, np.load(work / "cutouts.npy", mmap_mode="r")


def by_kind(thing: Thing, told: Sequence[int]) -> list[list[int]]:
    """Returns for each kind of set which of some pictures are of it; where none is, those of the first that has any.

    Of people all that are told: every skin tone and gender. Else the first, for a mean of several pictures is a blur.
    """
    found = []
    for kind in KINDS:
        first = next((name for name in kind if any(thing.sources[i] == name for i in told)), "")
        found.append([i for i in told if thing.sources[i] == first])
    some = next((each for each in found if each), list(told))
    people = any(note.strip("|") for note in thing.notes)
    return [(each or some) if people else (each or some)[:1] for each in found]
