"""What the registers of a caption shall hold: the codes of the things that it names, in the order in which it does.

A prompt has the first 24 tokens. The 24 after them are registers: of the first thing, then of the second, for each kind
of picture (codes.py) its four quarters.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.pocket.codes import COMPONENTS, QUARTERS, Codes
from training.pocket.composer import Part, Spec
from training.pocket.objects import KINDS, Thing
from training.pocket.scenes import Scenes
from training.pocket.shards import PHASES
from training.pocket.tokens import REGISTERS
from training.pocket.words import Language

EACH = len(KINDS) * QUARTERS  # registers of a thing
THINGS = REGISTERS // EACH  # things that have registers


@dataclass(frozen=True, slots=True)
class Told:
    """A caption, and the things that it names, in the order in which it does, with what it says of gender and tone."""

    caption: str
    things: tuple[tuple[int, str], ...]


class Captioned:
    """Draws captions with the things that they name: those of the scenes, without their pictures."""

    def __init__(self, scenes: Scenes) -> None:
        self.scenes = scenes
        self.place = {thing.label: at for at, thing in enumerate(scenes.things)}

    def draw(self, rng: random.Random) -> Told:
        """Draw one caption, of a kind of scene as at the end of the denoiser's training."""
        kinds, weights = zip(*PHASES[-1]["weights"].items(), strict=True)
        spec = self.scenes.spec(rng.choices(kinds, weights)[0], rng.randrange(len(self.scenes.things)), rng)
        caption = self.scenes.captions.say(spec, rng)
        return Told(caption, tuple(self._thing(part, caption) for part in self._ordered(spec, caption)))

    def _ordered(self, spec: Spec, caption: str) -> list[Part]:
        """The different things of a specification, in the order of the caption."""
        parts = {part.label: part for part in spec.parts}
        return sorted(parts.values(), key=lambda part: self._where(part.label, caption))[:THINGS]

    def _where(self, label: str, caption: str) -> int:
        language, thing = self.scenes.language, self.scenes.things[self.place[label]]
        names = [*names_of(language, thing), *language.neighbours.get(label, ())]
        found = [at.start() for name in names if (at := re.search(rf"\b{re.escape(name)}", caption))]
        return min(found, default=len(caption))

    def _thing(self, part: Part, caption: str) -> tuple[int, str]:
        place = self.place[part.label]
        gender, tone = self.scenes.things[place].notes[part.which or 0].split("|")
        told = gender if gender and re.search(rf"\b{gender}\b", caption) else ""
        return place, f"{told}|{tone if tone and f'with {tone} skin' in caption else ''}"


def names_of(language: Language, thing: Thing) -> list[str]:
    """Returns what a thing is called."""
    return language.names.get(thing.label, [thing.label.replace("’", "'").replace(":", "")])


class Targets:
    """What the registers of a caption shall hold."""

    def __init__(self, things: Sequence[Thing], codes: Codes) -> None:
        self.things, self.codes = things, codes
        self.first = np.cumsum([0, *(len(thing.files) for thing in things)])
        self.held: dict[tuple[int, str], Tensor] = {}

    def one(self, place: int, note: str = "|") -> Tensor:
        """Returns a thing's codes, (12, 192)."""
        if (place, note) not in self.held:
            code = self.codes.of(self.things[place], int(self.first[place]), note)
            self.held[place, note] = torch.from_numpy(code.reshape(EACH, COMPONENTS))
        return self.held[place, note]

    def of(self, things: Sequence[tuple[int, str]]) -> tuple[Tensor, Tensor]:
        """Returns codes (24, 192), zero where there is no thing, and which registers have one."""
        codes = torch.zeros(THINGS * EACH, COMPONENTS)
        there = torch.zeros(THINGS * EACH)
        for number, thing in enumerate(things):
            codes[number * EACH : (number + 1) * EACH] = self.one(*thing)
            there[number * EACH : (number + 1) * EACH] = 1
        return codes, there
