"""Measure the shipped model: `python -m training.pocket.evaluate` writes a table of figures.

Prompts lie in prompts/*.txt, seeds are their places in the file. Each figure stands beside what the same
eye says of real pictures, of their round trip through the autoencoder, and of pictures of other things.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image

from engines.cards import read_cards
from engines.fidelity import word_use
from safety.checks import run_checks
from safety.image import picture_checks
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.records import Picture, Stage, Verdict
from safety.resources import PRESETS
from training.pocket.artist import Artist
from training.pocket.attributes import Classifier, looks
from training.pocket.composer import Composer, Part, Spec
from training.pocket.knowledge import LEAST, rates, write
from training.pocket.objects import load
from training.pocket.recognizer import Judge
from training.pocket.scenes import HALF, LARGE, SPOTS, compose, paint
from training.pocket.surroundings import Surroundings
from training.pocket.words import HERE, Language, read_pairs

WHITE = (255, 255, 255)
REAL = 10**6  # seeds of composed originals, beyond those that the eyes learn from
SEEDS = 4  # pictures of a prompt that leaves much open
LABELS = {  # which fields of a list's rows are labels of things
    **dict.fromkeys(("singles", "near", "variation", "subjects", "scenes", "styles"), (1,)),
    **dict.fromkeys(("grounds", "colours"), (2,)),
    "pairs": (1, 2),
}


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


def difference(pictures: np.ndarray) -> float:
    """Mean absolute difference of each two of some uint8 pictures (pictures, height, width, 3), in levels of 255."""
    floats = pictures.astype(np.float32)
    return float(np.mean([np.abs(one - other).mean() for one, other in combinations(floats, 2)]))


class Evaluation:
    """All measurements of one model. Each method yields the figures of one list of prompts.

    A thing that the model was never taught is drawn for nothing: its prompts count as wrong without a picture.
    """

    def __init__(self, work: Path, artist: Artist) -> None:
        self.things, self.cutouts = load(work)
        self.language, self.artist = Language.read(), artist
        self.judge = Judge(self.things, self.cutouts, self.language)
        self.surroundings = Surroundings(
            Composer(self.things, self.cutouts), [thing.label for thing in self.things], self.judge.features
        )
        self.known: dict[str, dict[str, float]] = {}  # what was measured, for knows.json
        self.first = dict(zip(self.judge.labels[::-1], range(len(self.judge.labels))[::-1], strict=True))

    def _list(self, name: str) -> tuple[list[tuple[str, ...]], list[int]]:
        """The rows of a list, and the places of those whose things are all among what is learned."""
        rows = read_pairs(HERE / f"prompts/{name}.txt")
        columns = LABELS[name]
        return rows, [at for at, row in enumerate(rows) if all(self._wanted(row[column]) for column in columns)]

    def _wanted(self, labels: str) -> set[str]:
        """Those labels of a field (one, or several between commas) that are learned."""
        return {label.strip() for label in labels.split(",")} & set(self.first)

    def _draw(self, name: str) -> tuple[list[tuple[str, ...]], np.ndarray, int]:
        """The rows of a list that can be drawn, their pictures (seeded by place), and how long the list is."""
        rows, known = self._list(name)
        kept = [rows[at] for at in known]
        return kept, self.artist.draw([row[0] for row in kept], name, known), len(rows)

    def _cut(self, label: str) -> np.ndarray:
        cutout: np.ndarray = self.cutouts[self.first[label]]
        return cutout

    def _real(self, labels: Sequence[set[str]]) -> np.ndarray:
        pictures: np.ndarray = self.judge.pictures[[self.first[min(each)] for each in labels]]
        return pictures

    def _tops(self, pictures: np.ndarray, wanted: Sequence[set[str]]) -> tuple[int, int]:
        """How many pictures show what was wanted: by the nearest thing, and by the five nearest."""
        named = self.judge.names(pictures)
        top1 = sum(names[0] in labels for names, labels in zip(named, wanted, strict=True))
        return top1, sum(bool(labels & set(names)) for names, labels in zip(named, wanted, strict=True))

    def _know(self, kind: str, what: str, rate: float) -> None:
        self.known.setdefault(kind, {})[what] = round(rate, 3)

    def knowledge(self) -> Iterator[Figure]:
        """Each thing that was learned, several times: what is drawn too seldom counts as unknown."""
        self.known["things"] = rates(self.judge, self.artist, self.things, self.language)
        held = list(self.known["things"].values())
        weak = [name for name, rate in self.known["things"].items() if rate < LEAST]
        beside = f"mean rate {np.mean(held):.1%}; the others: {', '.join(weak)}"
        yield Figure(
            f"Things drawn right in half of their pictures ({len(held)})", 1 - len(weak) / len(held), "%", beside
        )

    def singles(self) -> Iterator[Figure]:
        """The right thing, beside real pictures, their round trip, and pictures of other prompts."""
        rows, drawn, many = self._draw("singles")
        wanted = [self._wanted(row[1]) for row in rows]
        real = self._real(wanted)
        made = (drawn, real, self.artist.round_trip(real), np.roll(drawn, 7, 0))
        counts = [self._tops(pictures, wanted) for pictures in made]
        for place, aim in enumerate(("80 %", "92 %")):
            got, true, back, other = (count[place] / len(rows) for count in counts)
            beside = (
                f"of the {len(rows)} that it was taught {got:.1%}; real {true:.1%}, round trip {back:.1%}, "
                f"of another prompt {other:.1%}"
            )
            what = f"Right thing, top-{(1, 5)[place]} of {len(self.things)} ({many} prompts)"
            yield Figure(what, counts[0][place] / many, aim, beside)

    def grounds(self) -> Iterator[Figure]:
        """The colour of the background."""
        rows, drawn, many = self._draw("grounds")
        grounds = self.language.backgrounds
        real = [compose([(self._cut(x), LARGE, (10, 10))], grounds[c]) for _, c, x in rows]
        got, true = (
            sum(self.judge.ground(p) == row[1] for p, row in zip(pictures, rows, strict=True))
            for pictures in (drawn, real)
        )
        self._know("relations", "on a ground of a colour", got / len(rows))
        yield Figure(f"Background colour ({many})", got / many, "90 %", f"real {true / len(rows):.1%}")

    def colours(self) -> Iterator[Figure]:
        """The colour of the object, for colour and object never seen together."""
        rows, drawn, many = self._draw("colours")
        painted = [paint(self._cut(label), self.language.tints[colour]) for _, colour, label in rows]
        real = np.stack([compose([(cut, LARGE, (10, 10))], WHITE) for cut in painted])
        made = (drawn, real, np.roll(drawn, 7, 0))
        got, true, other = (
            sum(self.judge.tint(p) == row[1] for p, row in zip(pictures, rows, strict=True)) for pictures in made
        )
        known = f"of the {len(rows)} that it was taught"
        beside = (
            f"{known} {got / len(rows):.1%}; real {true / len(rows):.1%}, of another prompt {other / len(rows):.1%}"
        )
        self._know("relations", "in another colour", got / len(rows))
        yield Figure(f"Object colour, unseen with the object ({many})", got / many, "90 %", beside)
        (_, got), (_, true) = (self._tops(p, [{row[2]} for row in rows]) for p in (drawn, real))
        beside = f"{known} {got / len(rows):.1%}; real {true / len(rows):.1%}"
        yield Figure("Right thing in that colour, top-5", got / many, "none, %", beside)

    def pairs(self) -> Iterator[Figure]:
        """Both objects there, for pairs never seen together."""
        rows, drawn, many = self._draw("pairs")
        spots = [[(self._cut(x), HALF, at) for x, at in zip(row[1:], SPOTS[2], strict=True)] for row in rows]
        real = np.stack([compose(parts, WHITE) for parts in spots])
        back = self.artist.round_trip(real)
        got, true, again, other = (
            sum(self.judge.both(p, *row[1:]) for p, row in zip(pictures, rows, strict=True))
            for pictures in (drawn, real, back, np.roll(drawn, 7, 0))
        )
        beside = (
            f"of the {len(rows)} that it was taught {got / len(rows):.1%}; real {true / len(rows):.1%}, "
            f"round trip {again / len(rows):.1%}, of another prompt {other / len(rows):.1%}"
        )
        self._know("relations", "beside another thing", got / len(rows))
        yield Figure(f"Both objects, unseen together ({many})", got / many, "70 %", beside)
        noise = (real.astype(float) - back) ** 2
        yield Figure(
            "Autoencoder, held-out composites (dB PSNR)",
            float(np.mean(10 * np.log10(255**2 / noise.mean((1, 2, 3))))),
            "28",
        )

    def near(self) -> Iterator[Figure]:
        """Words that no caption held, whose meaning is near to one that did."""
        rows, drawn, many = self._draw("near")
        best, five = self._tops(drawn, [self._wanted(row[1]) for row in rows])
        beside = f"of the {len(rows)} near to what it was taught {best / len(rows):.1%}, top-5 {five / len(rows):.1%}"
        yield Figure(f"Words near to trained ones, top-1 ({many})", best / many, "65 %", beside)

    def variation(self) -> Iterator[Figure]:
        """How much four seeds of a prompt differ, and whether all four show the thing."""
        rows, known = self._list("variation")
        labels = [self._wanted(rows[at][1]) for at in known]
        prompts = [rows[at][0] for at in known for _ in range(SEEDS)]
        drawn = self.artist.draw(prompts, "variation", [at * SEEDS + k for at in known for k in range(SEEDS)])
        named = self.judge.names(drawn, 1)
        right = [named[at][0] in labels[at // SEEDS] for at in range(len(drawn))]
        four = sum(all(right[at : at + SEEDS]) for at in range(0, len(right), SEEDS))
        fours = drawn.reshape(len(known), SEEDS, *drawn.shape[1:])
        others = np.stack([np.roll(fours[:, k], k, 0) for k in range(SEEDS)], 1)
        several = [shown for label in labels if len(shown := self._depictions(min(label))) > 1]
        real = f"real, several depictions {np.mean([difference(shown) for shown in several]):.1f}, " if several else ""
        spread = float(np.mean([difference(each) for each in fours]))
        other = float(np.mean([difference(each) for each in others]))
        beside = f"{real}of four prompts {other:.1f}"
        yield Figure(f"Mean difference of four seeds, of 255 ({len(rows)} prompts)", spread, "at least 25", beside)
        beside = f"of all {len(right)} pictures {share(right):.1%}"
        yield Figure(f"Right thing in all four ({len(rows)} prompts)", four / len(rows), "75 %", beside)

    def _depictions(self, label: str) -> np.ndarray:
        """All training pictures of a thing."""
        shown: np.ndarray = self.judge.pictures[[at for at, each in enumerate(self.judge.labels) if each == label]]
        return shown

    def subjects(self) -> Iterator[Figure]:
        """Subjects for classes, clinics and museums; and whether the page says beforehand which it does not know."""
        rows, drawn, many = self._draw("subjects")
        wanted = [self._wanted(row[1]) for row in rows]
        right = {
            row[0]: bool(names[0] in w) for row, names, w in zip(rows, self.judge.names(drawn), wanted, strict=True)
        }
        wrong = [row[0] for row in self._list("subjects")[0] if not right.get(row[0])]
        card = read_cards(PRESETS / "engines.toml")["pocket"]
        told = sum(bool(word_use(card, prompt).offers) for prompt in wrong)
        got = sum(right.values())
        beside = f"it was taught {len(rows)}; wrong: {', '.join(wrong)}"
        yield Figure(f"Subjects for classes, clinics and museums ({many})", got / many, "70 %", beside)
        yield Figure("Of the wrong ones, said to be unknown beforehand", told / max(1, len(wrong)), "100 %")

    def scenes(self) -> Iterator[Figure]:
        """Thing, place and time of day, all three right; beside what the same eyes say of composed originals."""
        rows, drawn, many = self._draw("scenes")
        eyes = self.surroundings.eyes("scene")
        specs = [Spec(parts=(Part(label),), place=place, time=time) for _, label, place, time in rows]
        real = self.surroundings.real(specs, REAL)
        made = {
            "": drawn,
            "real": real,
            "round trip": self.artist.round_trip(real),
            "another prompt": np.roll(drawn, 7, 0),
        }
        right = {name: self._scene(pictures, rows, eyes) for name, pictures in made.items()}
        for at, what in enumerate(("Scenes: thing, place and time", "the thing, among five", "the place", "the time")):
            got = [row[at] for row in right[""]]
            beside = ", ".join(
                f"{name} {share([row[at] for row in found]):.1%}" for name, found in right.items() if name
            )
            yield Figure(f"{what} ({many})", sum(got) / many, "65 %" if at == 0 else "none, %", beside)
        for column, at in ((2, 2), (3, 3)):
            for word in sorted({row[column] for row in rows}):
                hits = [found[at] for row, found in zip(rows, right[""], strict=True) if row[column] == word]
                self._know("scenes", word, share(hits))

    def _scene(
        self, pictures: np.ndarray, rows: Sequence[tuple[str, ...]], eyes: Mapping[str, Classifier]
    ) -> list[tuple[bool, bool, bool, bool]]:
        """For each picture: all three right, the thing, the place, the time."""
        seen = looks(pictures, self.judge.features)
        found = zip(self.judge.anywhere(pictures), eyes["place"].names(seen), eyes["time"].names(seen), strict=True)
        each = [
            (label in names, place == seen_place, time == seen_time)
            for (_, label, place, time), (names, seen_place, seen_time) in zip(rows, found, strict=True)
        ]
        return [(all(row), *row) for row in each]

    def styles(self) -> Iterator[Figure]:
        """The style asked for, told by an eye that learned styles from composed pictures."""
        rows, drawn, many = self._draw("styles")
        eye = self.surroundings.eyes("style")["style"]
        real = self.surroundings.real([Spec(parts=(Part(label),), style=style) for _, label, style in rows], REAL)
        made = (drawn, real, self.artist.round_trip(real), np.roll(drawn, 27, 0))
        right = [
            [name == row[2] for name, row in zip(eye.names(looks(p, self.judge.features)), rows, strict=True)]
            for p in made
        ]
        got, true, back, other = map(share, right)
        beside = f"real {true:.1%}, round trip {back:.1%}, of another prompt {other:.1%}"
        yield Figure(f"Styles told apart ({many})", got * len(rows) / many, "80 %", beside)
        for style in sorted({row[2] for row in rows}):
            self._know(
                "styles", style, share([hit for row, hit in zip(rows, right[0], strict=True) if row[2] == style])
            )

    def harm(self) -> Iterator[Figure]:
        """Prompts that ask for harm, no prompt check in between: what the picture checks say."""
        prompts = [row[0] for row in read_pairs(HERE / "prompts/harmful.txt")]
        checks = picture_checks(Path("assets/models"), PRESETS, load_prompt_checks(PRESETS)).checks
        policy = load_policy(PRESETS)
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


PARTS = (
    "singles",
    "grounds",
    "colours",
    "pairs",
    "near",
    "variation",
    "subjects",
    "scenes",
    "styles",
    "knowledge",
    "harm",
    "cost",
)


def main() -> None:
    """Read the command line, measure, write the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--model", type=Path, default=Path("assets/models/pocket"))
    ask.add_argument("--out", type=Path, default=Path("build/pocket/figures.md"))
    ask.add_argument("--steps", type=int, default=20)
    ask.add_argument("--guidance", type=float, default=4.0)
    ask.add_argument("--only", nargs="*", choices=PARTS, help="parts; default: all")
    ask.add_argument("--knows", type=Path, help="a knows.json to write what was measured to")
    args = ask.parse_args()
    evaluation = Evaluation(args.work, Artist.open(args.model, args.steps, args.guidance))
    rows, seconds = ["| What | Measured | Aim | Beside it |", "|---|---|---|---|"], []
    for name in args.only or PARTS:
        began = time.monotonic()
        part = cost(args.model, args.steps, args.guidance) if name == "cost" else getattr(evaluation, name)()
        new = [figure.row() for figure in part]
        seconds.append(f"{name} {time.monotonic() - began:.0f}")
        print("\n".join([*new, seconds[-1]]), flush=True)
        rows += new
        if args.knows:
            write(args.knows, evaluation.known)
        args.out.write_text("\n".join([*rows, "", f"Seconds: {', '.join(seconds)}."]) + "\n")


if __name__ == "__main__":
    main()
