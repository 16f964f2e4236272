"""What an adapter learns from: pairs of pictures of one prompt, and prompts that are to stay as they are.

A picture is told by the prompt and the seed that it is drawn from, not by its file: what this studio hands out carries
marks, which a model would learn with everything else. `python app.py feedback export` writes the same form.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from safety.errors import PresetError
from training.align.noise_predictor import NoisePredictor

PAIRS, KEPT = "pairs.jsonl", "kept.jsonl"
TRAIN = "train"  # the part of the pairs that is learned from; the other one is held out


@dataclass(frozen=True, slots=True)
class Drawn:
    """Tells a picture of the model by what it is drawn from."""

    prompt: str
    seed: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Holds what somebody preferred for a prompt.

    `source` says how it is known: a stated rule, or the kind of feedback. `weight`, 0..1, says how often it is learned
    from, beside others.
    """

    prompt: str
    chosen: Drawn
    rejected: Drawn
    source: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Material:
    """Holds all that one training reads: pairs, and pictures whose predictions are to stay as they are."""

    pairs: tuple[Pair, ...]
    kept: tuple[Drawn, ...] = field(default=())

    def write(self, folder: Path) -> None:
        """Writes both lists as JSON lines."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in ((PAIRS, self.pairs), (KEPT, self.kept)):
            lines = (json.dumps(asdict(row), ensure_ascii=False) for row in rows)
            (folder / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")

    @classmethod
    def read(cls, folder: Path, engine: str = "", part: str = TRAIN) -> Material:
        """Reads both lists, of the pairs one part; `kept.jsonl` may be missing. Raises PresetError, naming the line.

        A pair that names no part is of the part to train on. With `engine`, pairs that another one drew are passed
        over: the same words and seed give other pictures here.
        """
        pairs = tuple(
            Pair(
                row["prompt"],
                Drawn(**row["chosen"]),
                Drawn(**row["rejected"]),
                row.get("source", ""),
                float(row.get("weight", 1.0)),
            )
            for row in _rows(folder / PAIRS, {"prompt", "chosen", "rejected"})
            if row.get("part", TRAIN) == part and (not engine or row.get("engine", engine) == engine)
        )
        kept = _rows(folder / KEPT, {"prompt", "seed"}) if (folder / KEPT).exists() else ()
        return cls(pairs, tuple(Drawn(row["prompt"], row["seed"]) for row in kept))


def _rows(path: Path, keys: set[str]) -> Iterator[dict]:  # type: ignore[type-arg]
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise PresetError(f"{path} cannot be read: {error.strerror}.", "`feedback export` writes it.") from error
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or not keys <= row.keys():
            raise PresetError(f"{path}, line {number}: it needs {', '.join(sorted(keys))}.", "Mend or drop that line.")
        yield row


class Latents:
    """The latents of told pictures, drawn once by the model itself and kept in memory."""

    def __init__(self, predictor: NoisePredictor, steps: int, guidance: float) -> None:
        self.predictor, self.steps, self.guidance = predictor, steps, guidance
        self._drawn: dict[Drawn, Tensor] = {}

    def draw(self, pictures: Sequence[Drawn]) -> None:
        """Draws those that are not there yet, pictures of one prompt in one batch."""
        missing: dict[str, list[int]] = {}
        for picture in dict.fromkeys(pictures):
            if picture not in self._drawn:
                missing.setdefault(picture.prompt, []).append(picture.seed)
        for prompt, seeds in missing.items():
            latents = self.predictor.draw(prompt, seeds, self.steps, self.guidance)
            self._drawn |= {Drawn(prompt, seed): each for seed, each in zip(seeds, latents, strict=True)}

    def of(self, pictures: Sequence[Drawn]) -> Tensor:
        """Returns the latents of pictures that were drawn, one behind the other."""
        return torch.stack([self._drawn[picture] for picture in pictures])
