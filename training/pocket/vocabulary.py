"""Writes the list of words that the model knows: assets/models/pocket/vocabulary.toml, from the files it was taught by.

    python -m training.pocket.vocabulary

Run it when new weights are exported, and not before: until then the lists of words are ahead of the weights that ship.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from training.pocket.words import HERE, Language

FILE = HERE.parents[1] / "assets" / "models" / "pocket" / "vocabulary.toml"
HEAD = "# Written by `python -m training.pocket.vocabulary`: the words that this model was taught.\n"
# Things that a stranger names at once on the contact sheet; offered where a prompt names nothing that it knows.
OFFERS = ("cat", "sailboat", "castle", "sunflower", "robot", "apple", "rainbow", "rocket", "owl", "guitar")
# Words around names that change nothing in the pictures by themselves.
WITHOUT_EFFECT = frozenset(("photo", "drawing", "sketch", "sticker", "clipart", "paint", "painting", "draw"))


def read() -> dict[str, dict[str, list[str]]]:
    """Returns the tables of the file: things and words near to them by their first name, and words around them."""
    language = Language.read()
    lines = (HERE / "core.txt").read_text().splitlines()
    labels = [line for line in lines if line and not line.startswith("#")]
    names = {label: language.names.get(label, [label.replace("’", "'").replace(":", "")]) for label in labels}
    things = {names[label][0]: sorted(set(names[label])) for label in labels}
    known = {name for every in things.values() for name in every}
    near = {names[label][0]: sorted(set(language.neighbours.get(label, [])) - known) for label in labels}
    return {
        "around": {"colours": sorted(language.backgrounds), "words": _around(language), "offers": list(OFFERS)},
        "things": things,
        "near": {name: words for name, words in near.items() if words},
    }


def _around(language: Language) -> list[str]:
    """Returns the words of all forms of captions, in which the names stand, that have an effect or need none.

    Words for places, hours, weathers and styles are among them, "painting" of "oil painting" too.
    """
    forms = [form for told in (language.forms, language.counts) for kind in told.values() for form in kind]
    scenes = [told for kind in language.places.values() for wordings in kind.values() for told in wordings]
    styles = [told for style in language.styles.values() for wordings in style.values() for told in wordings]
    return sorted(_words(forms) - WITHOUT_EFFECT | _words(scenes) | _words(styles))


def _words(forms: Iterable[str]) -> set[str]:
    return {word for form in forms for word in re.findall(r"[a-z0-9]+", re.sub(r"\{\w\}", " ", form.lower()))}


def text(tables: dict[str, dict[str, list[str]]]) -> str:
    """Returns the tables as TOML."""
    parts = [HEAD]
    for name, table in tables.items():
        rows = (f"{json.dumps(key)} = {json.dumps(words, ensure_ascii=False)}" for key, words in table.items())
        parts.append(f"\n[{name}]\n" + "\n".join(rows) + "\n")
    return "".join(parts)


def main() -> None:
    """Writes the file."""
    Path(FILE).write_text(text(read()), "utf-8")


if __name__ == "__main__":
    main()
