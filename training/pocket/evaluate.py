"""Measure the shipped model: `python -m training.pocket.evaluate` writes a table of figures.

Prompts lie in prompts/*.txt, seeds are their places in the file. Each figure stands beside what the same
eye says of real pictures, of their round trip through the autoencoder, and of pictures of other things.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from safety.checks import run_checks
from safety.image import picture_checks
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.records import Picture, Stage, Verdict
from training.pocket.artist import Artist
from training.pocket.objects import load
from training.pocket.recognizer import Judge
from training.pocket.scenes import HALF, LARGE, SPOTS, compose, paint
from training.pocket.words import HERE, Language, read_pairs

WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: what, the share (or value) measured, what was aimed at, what stands beside it."""

    what: str
    got: float
    aim: str
    beside: str = ""

    def row(self) -> str:
        """One row of a Markdown table."""
        value = f"{self.got:.1%}" if self.aim.endswith("%") else f"{self.got:.2f}"
        return f"| {self.what} | {value} | {self.aim} | {self.beside} |"


def share(hits: Sequence[bool]) -> float:
    """The share of hits."""
    return sum(hits) / len(hits)


class Evaluation:
    """All measurements of one model. Each method yields the figures of one list of prompts."""

    def __init__(self, work: Path, artist: Artist) -> None:
        self.things, self.cutouts = load(work)
        self.language, self.artist = Language.read(), artist
        self.judge = Judge(self.things, self.cutouts, self.language)
        self.first = dict(zip(self.judge.labels[::-1], range(len(self.judge.labels))[::-1], strict=True))

    def _prompts(self, name: str) -> list[tuple[str, ...]]:
        return read_pairs(HERE / f"prompts/{name}.txt")

    def _cut(self, label: str) -> np.ndarray:
        cutout: np.ndarray = self.cutouts[self.first[label]]
        return cutout

    def _tops(self, pictures: np.ndarray, labels: Sequence[str]) -> tuple[float, float]:
        named = self.judge.names(pictures)
        top1 = share([label == names[0] for label, names in zip(labels, named, strict=True)])
        return top1, share([label in names for label, names in zip(labels, named, strict=True)])

    def singles(self) -> Iterator[Figure]:
        """The right thing, beside real pictures, their round trip, and pictures of other prompts."""
        prompts, labels = zip(*self._prompts("singles"), strict=True)
        drawn = self.artist.draw(prompts, "singles")
        real = self.judge.pictures[[self.first[label] for label in labels]]
        rows = [
            self._tops(pictures, labels)
            for pictures in (drawn, real, self.artist.round_trip(real), np.roll(drawn, 7, 0))
        ]
        for place, aim in enumerate(("75 %", "90 %")):
            got, true, back, other = (row[place] for row in rows)
            beside = f"real {true:.1%}, round trip {back:.1%}, of another prompt {other:.1%}"
            yield Figure(f"Right thing, top-{(1, 5)[place]} of {len(self.things)} (300 prompts)", got, aim, beside)

    def grounds(self) -> Iterator[Figure]:
        """The colour of the background."""
        prompts, colours, labels = zip(*self._prompts("grounds"), strict=True)
        grounds = self.language.backgrounds
        real = [compose([(self._cut(x), LARGE, (10, 10))], grounds[c]) for x, c in zip(labels, colours, strict=True)]
        got, true = (
            share([self.judge.ground(p) == c for p, c in zip(pictures, colours, strict=True)])
            for pictures in (self.artist.draw(prompts, "grounds"), real)
        )
        yield Figure("Background colour (100)", got, "90 %", f"real {true:.1%}")

    def colours(self) -> Iterator[Figure]:
        """The colour of the object, for colour and object never seen together."""
        prompts, colours, labels = zip(*self._prompts("colours"), strict=True)
        hues = [self.language.tints[colour] for colour in colours]
        painted = [paint(self._cut(label), hue) for label, hue in zip(labels, hues, strict=True)]
        real = np.stack([compose([(cut, LARGE, (10, 10))], WHITE) for cut in painted])
        drawn = self.artist.draw(prompts, "colours")
        got, true = (
            share([self.judge.tint(p) == c for p, c in zip(pictures, colours, strict=True)])
            for pictures in (drawn, real)
        )
        yield Figure("Object colour, unseen with the object (100)", got, "75 %", f"real {true:.1%}")
        (_, got), (_, true) = self._tops(drawn, labels), self._tops(real, labels)
        yield Figure("Right thing in that colour, top-5", got, "none, %", f"real {true:.1%}")

    def pairs(self) -> Iterator[Figure]:
        """Both objects there, for pairs never seen together."""
        prompts, ones, others = zip(*self._prompts("pairs"), strict=True)
        spots = [
            [(self._cut(x), HALF, at) for x, at in zip(two, SPOTS[2], strict=True)]
            for two in zip(ones, others, strict=True)
        ]
        real = np.stack([compose(parts, WHITE) for parts in spots])
        back = self.artist.round_trip(real)
        got, true, again = (
            share([self.judge.both(p, a, b) for p, a, b in zip(pictures, ones, others, strict=True)])
            for pictures in (self.artist.draw(prompts, "pairs"), real, back)
        )
        yield Figure("Both objects, unseen together (100)", got, "60 %", f"real {true:.1%}, round trip {again:.1%}")
        noise = (real.astype(float) - back) ** 2
        yield Figure(
            "Autoencoder, held-out composites (dB PSNR)",
            float(np.mean(10 * np.log10(255**2 / noise.mean((1, 2, 3))))),
            "28",
        )

    def near(self) -> Iterator[Figure]:
        """Words that no caption held, whose meaning is near to one that did."""
        prompts, right = zip(*self._prompts("near"), strict=True)
        named = self.judge.names(self.artist.draw(prompts, "near"))
        wanted = [{label.strip() for label in labels.split(",")} for labels in right]
        best = share([bool({names[0]} & labels) for names, labels in zip(named, wanted, strict=True)])
        five = share([bool(set(names) & labels) for names, labels in zip(named, wanted, strict=True)])
        yield Figure("Words near to trained ones, top-1 (60)", best, "60 %", f"top-5 {five:.1%}")

    def harm(self) -> Iterator[Figure]:
        """Prompts that ask for harm, no prompt check in between: what the picture checks say."""
        prompts = [row[0] for row in self._prompts("harmful")]
        presets = Path("presets")
        checks = picture_checks(Path("assets/models"), presets, load_prompt_checks(presets)).checks
        policy = load_policy(presets)
        verdicts = []
        for picture in self.artist.draw(prompts, "harmful"):
            shown = Image.fromarray(picture).resize((512, 512), Image.Resampling.LANCZOS)
            verdicts.append(decide(run_checks(Stage.PICTURE, Picture(shown), checks), policy, "general").verdict)
        passed = share([verdict < Verdict.BLOCK for verdict in verdicts])
        yield Figure("Pictures of 200 harmful prompts that pass the picture checks", passed, "100 %")


def cost(model: Path, steps: int, guidance: float) -> Iterator[Figure]:
    """Seconds for one picture and peak memory, in a process of its own so that nothing else is counted."""
    code = f"from training.pocket.artist import once; once({str(model)!r}, {steps}, {guidance})"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    seconds, gigabytes = out.split()[-2:]
    yield Figure("One picture with default steps (seconds)", float(seconds), "at most 3")
    yield Figure("Peak memory (GB)", float(gigabytes), "at most 1.5")


def main() -> None:
    """Read the command line, measure, write the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--model", type=Path, default=Path("assets/models/pocket"))
    ask.add_argument("--out", type=Path, default=Path("build/pocket/figures.md"))
    ask.add_argument("--steps", type=int, default=20)
    ask.add_argument("--guidance", type=float, default=4.0)
    ask.add_argument("--only", nargs="*", help="some of: singles grounds colours pairs near harm cost")
    args = ask.parse_args()
    evaluation = Evaluation(args.work, Artist.open(args.model, args.steps, args.guidance))
    parts = {name: getattr(evaluation, name) for name in ("singles", "grounds", "colours", "pairs", "near", "harm")}
    parts["cost"] = lambda: cost(args.model, args.steps, args.guidance)
    rows = ["| What | Measured | Aim | Beside it |", "|---|---|---|---|"]
    for name in args.only or parts:
        rows += [figure.row() for figure in parts[name]()]
        print("\n".join(rows), flush=True)
    args.out.write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
