"""What the model knows, with measured rates: `knows.json` beside its weights, which the page reads.

`python -m training.pocket.evaluate --knows assets/models/pocket/knows.json` writes it, part by part: a part that was
not measured stays as it was. Things, styles, scenes and relations each have the share of pictures that were right; what
is right less often than `least` counts as unknown, and the page says so before it draws (engines/fidelity.py).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from training.pocket.artist import Artist
from training.pocket.objects import Thing
from training.pocket.recognizer import Judge
from training.pocket.words import Language, article

KINDS = ("things", "styles", "scenes", "relations")
LEAST = 0.5  # share of pictures
SEEDS, NAMES = 4, 2  # pictures of a thing by its first name; more names, one picture each
Knowledge = dict[str, dict[str, float]]


def asked(names: Sequence[str]) -> list[str]:
    """Return the prompts that a thing of these names is measured by."""
    return [article(names[0])] * SEEDS + [article(name) for name in names[1 : 1 + NAMES]]


def rates(judge: Judge, artist: Artist, things: Sequence[Thing], language: Language) -> dict[str, float]:
    """Draw each thing several times; return, by its first name, how often it is among the five nearest.

    Five, because the eye's first guess is too strict: of 24 things that it missed on 29 November 2026, such as mouse,
    fish and camera, nearly all could be named by a person.
    """
    prompts, owners = [], []
    for thing in things:
        names = language.names.get(thing.label, [thing.label.replace("’", "'").replace(":", "")])
        new = asked(names)
        prompts += new
        owners += [(thing.label, names[0])] * len(new)
    nearest = judge.names(artist.draw(prompts, "things"), 5)
    right: dict[str, list[bool]] = {}
    for (label, name), found in zip(owners, nearest, strict=True):
        right.setdefault(name, []).append(label in found)
    return {name: round(sum(hits) / len(hits), 3) for name, hits in right.items()}


def merged(path: Path, measured: Mapping[str, Mapping[str, float]]) -> Knowledge:
    """What the file says, with what was measured now in place of it. Raises ValueError for a kind there is not."""
    if unknown := set(measured) - set(KINDS):
        raise ValueError(f"{', '.join(sorted(unknown))}: what is known is one of {', '.join(KINDS)}")
    held = json.loads(path.read_text("utf-8")) if path.exists() else {}
    # Things are measured all at once: one that is not among them now is not known any more.
    joined: Knowledge = {kind: {**held.get(kind, {}), **measured.get(kind, {})} for kind in KINDS}
    if "things" in measured:
        joined["things"] = dict(measured["things"])
    return joined


def write(path: Path, measured: Mapping[str, Mapping[str, float]]) -> None:
    """Write the file, whole or not at all: one line for each thing."""
    tables = merged(path, measured)
    text = json.dumps({"least": LEAST, **tables}, indent=1, ensure_ascii=False) + "\n"
    path.with_suffix(".part").write_text(text, "utf-8")
    path.with_suffix(".part").replace(path)
