"""Captions: a thing's plain names and the forms of words around them."""

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path

from training.pocket.objects import Thing

HERE = Path(__file__).parent
FIRST, NEAR = 0.3, 0.4  # shares of captions with the first name; with a word near to the names (neighbours.toml)


def article(name: str) -> str:
    """Put "a" or "an" before a name; plurals stay bare.

    >>> [article(name) for name in ("dog", "apple", "grapes", "glass of milk")]
    ['a dog', 'an apple', 'grapes', 'a glass of milk']
    """
    last = name.split(" of ")[0].split(" with ")[0].split(" in ")[0]
    if last.endswith("s") and not last.endswith(("ss", "us", "is", "ops")):
        return name
    return ("an " if name[0] in "aeiou" and not name.startswith(("uni", "uk", "ufo")) else "a ") + name


def plural(name: str) -> str | None:
    """Return the plural of a name, or None if there is no simple one.

    >>> [plural(name) for name in ("dog", "cherry", "fox", "grapes", "man", "drop of water")]
    ['dogs', 'cherries', 'foxes', None, None, None]
    """
    if " of " in name or " in " in name or " with " in name:
        return None
    if name.endswith(("s", "man", "fish", "sheep", "deer", "mouse", "goose", "tooth", "foot", "f", "fe", "child")):
        return None
    if name.endswith("y") and name[-2] not in "aeiou":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("x", "ch", "sh")) else "s")


def read_pairs(path: Path) -> list[tuple[str, ...]]:
    """Read a prompt file: lines of fields between bars, `#` for comments."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return [tuple(field.strip() for field in line.split("|")) for line in lines]


def unmixed(names: dict[str, list[str]]) -> dict[str, list[str]]:
    """Leave out of a thing's names what is the first name of another.

    >>> unmixed({"pig face": ["pig", "boar"], "boar": ["boar"]})
    {'pig face': ['pig'], 'boar': ['boar']}
    """
    first = {words[0]: label for label, words in names.items()}
    return {label: [word for word in words if first.get(word, label) == label] for label, words in names.items()}


@dataclass(frozen=True, slots=True)
class Language:
    """The data of `language.toml`, `names.toml` and `neighbours.toml`, and the pairs that captions must not hold."""

    forms: dict[str, list[str]]
    counts: dict[int, list[str]]
    backgrounds: dict[str, tuple[int, int, int]]
    tints: dict[str, int]
    names: dict[str, list[str]]
    neighbours: dict[str, list[str]]
    unseen_colours: frozenset[tuple[str, str]]
    unseen_pairs: frozenset[frozenset[str]]
    places: dict[str, dict[str, list[str]]]  # words for each place, time and weather
    styles: dict[str, dict[str, list[str]]]  # words before and after, for each style
    praise: list[str]
    indoors: frozenset[str]
    unseen_scenes: frozenset[tuple[str, str, str]]  # label, place, time

    @classmethod
    def read(cls, folder: Path = HERE) -> "Language":
        """Read the files; a missing one is an error of its name."""
        words = tomllib.loads((folder / "language.toml").read_text())
        names = tomllib.loads((folder / "names.toml").read_text())
        near = tomllib.loads((folder / "neighbours.toml").read_text())
        plain = unmixed({label: words for section in names.values() for label, words in section.items()})
        owned = {word for words in plain.values() for word in words}
        colours = read_pairs(folder / "prompts/colours.txt")
        pairs = read_pairs(folder / "prompts/pairs.txt")
        scenes = read_pairs(folder / "prompts/scenes.txt")
        return cls(
            forms=words["forms"],
            counts={int(n): forms for n, forms in words["counts"].items()},
            backgrounds={word: tuple(rgb) for word, rgb in words["backgrounds"].items()},
            tints=words["tints"],
            names=plain,
            neighbours={label: kept for label, words in near.items() if (kept := [w for w in words if w not in owned])},
            unseen_colours=frozenset((colour, label) for _, colour, label in colours),
            unseen_pairs=frozenset(frozenset((one, other)) for _, one, other in pairs),
            places={kind: words[f"{kind}s"] for kind in ("place", "time", "weather")},
            styles=words["styles"],
            praise=words["praise"]["words"],
            indoors=frozenset(words["where"]["indoors"]),
            unseen_scenes=frozenset((label, place, time) for _, label, place, time in scenes),
        )

    def name(self, thing: Thing, rng: random.Random) -> str:
        """Choose what a thing is called: its first name, any of its names, or a word near to them."""
        known = self.names.get(thing.label, [thing.label.replace("’", "'").replace(":", "")])
        draw = rng.random()
        if draw < FIRST:
            return known[0]
        return rng.choice(self.neighbours.get(thing.label, known) if draw < FIRST + NEAR else known)

    def ground(self, caption: str, colour: str | None, rng: random.Random) -> str:
        """Add the words for a coloured ground, if there is one."""
        if colour is None:
            return caption
        phrase = rng.choice(self.forms["ground"]).format(c=colour)
        return f"{caption}, {phrase}" if phrase.startswith(colour) else f"{caption} {phrase}"

    def say(self, form: str, one: str, other: str = "") -> str:
        """Fill a form with one or two names."""
        return form.format(a=article(one), x=one, b=article(other) if other else "")
