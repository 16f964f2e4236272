"""A studio for the page's tests: the real policy and flow, words that are flagged, an engine that paints shapes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw

from engines.diffusion.previews import Preview, blurred
from engines.interface import EngineCard, Progress, Range
from safety.generation import GeneratedPicture, Generation, GenerationRequest, Steering
from safety.policy.model import Policy, load_policy
from safety.records import Finding, Picture, Prompt, Span

PRESETS = Path(__file__).parent.parent / "presets"
FLAGGED = {"gore": ("violence", 0.9), "wound": ("shocking", 0.6), "mouse": ("protected_works", 0.5)}
HARD = {"forbidden": ("intimate_imagery", 0.9)}


@dataclass(frozen=True)
class WordCheck:
    """Flags whole words, wherever they stand."""

    words: Mapping[str, tuple[str, float]] = field(default_factory=lambda: {**FLAGGED, **HARD})
    name: str = "words"
    live: bool = True

    def detect(self, subject: Prompt, /) -> Iterator[Finding]:
        for match in re.finditer(r"\w+", subject.text.lower()):
            if match[0] in self.words:
                category, score = self.words[match[0]]
                yield Finding(self.name, category, score, match[0], spans=(Span(*match.span()),))


@dataclass(frozen=True)
class PromptedPictureCheck:
    """Scores a picture by a word in its prompt: "shock" is veiled, "spoilt" is withheld."""

    name: str = "eyes"
    live: bool = False

    def detect(self, subject: Picture, /) -> Iterator[Finding]:
        if "shock" in subject.prompt:
            yield Finding(self.name, "shocking", 0.7, "decay")
        if "spoilt" in subject.prompt:
            yield Finding(self.name, "violence", 0.99, "blood")


@dataclass
class PaintEngine:
    """Draws coloured shapes in as many steps as it is asked for, and counts what it made."""

    pause: float = 0.0
    made: int = 0
    stopped: int = 0
    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def card(self) -> EngineCard:
        return EngineCard(
            title="Paint",
            model="paint",
            licence="CC0-1.0",
            licence_url="",
            source="",
            guided=True,
            steps=Range(default=8, least=1, most=500),
            guidance=Range(default=4, least=1, most=10),
            size=Range(default=512, least=256, most=768),
            size_multiple=64,
            count=Range(default=1, least=1, most=4),
        )

    def generate(
        self,
        request: GenerationRequest,
        seeds: Sequence[int],
        progress: Progress,
        *,
        steering: Steering | None = None,
        preview: Preview | None = None,
    ) -> Generation:
        steps = request.steps or 1
        try:
            for step in range(steps):
                progress("drawing", step, steps)
                self.gate.wait(self.pause) if self.pause else None
                if preview and step % 4 == 1:
                    preview(tuple(blurred(image, image.size) for image in shapes(request, seeds)))
        except Exception:
            self.stopped += 1
            raise
        images = shapes(request, seeds)
        self.made += len(images)
        pictures = zip(images, seeds, strict=True)
        made = tuple(GeneratedPicture(image, seed, request.prompt) for image, seed in pictures)
        return Generation(request, made, "paint", 0.1)


def shapes(request: GenerationRequest, seeds: Sequence[int]) -> tuple[Image.Image, ...]:
    return tuple(_shapes(seed, request.width or 512, request.height or 512) for seed in seeds)


def _shapes(seed: int, width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height), (40 + seed % 80, 60 + seed % 50, 120))
    draw = ImageDraw.Draw(image)
    for number in range(1, 9):
        left, top = (seed * number * 37) % width, (seed * number * 53) % height
        draw.ellipse((left, top, left + 90, top + 90), fill=((seed * number) % 255, 90, 25 * number))
    return image


def policy() -> Policy:
    return load_policy(PRESETS)
