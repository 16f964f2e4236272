"""Measures who is drawn when a prompt leaves it open, and after the studio has filled it in.

    python -m benchmarks.engine.demographics --emoji NODE_MODULES --work build/pocket [--prompts 40] [--pictures 50]

NODE_MODULES holds `@lobehub/fluent-emoji-3d` and `emojibase-data`. Needs the packages of
training/pocket/requirements.txt, scikit-learn and matplotlib. Prints a table, draws docs/balanced-set.png.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.engine.people_recognizer import PeopleRecognizer, held_out
from engines.cards import read_cards
from safety.prompt import load_prompt_checks
from safety.prompt.demographics import PromptVariant
from studio.curation.balance import wilson_interval
from training.pocket.artist import Artist
from training.pocket.objects import PEOPLE, load
from training.pocket.recognizer import Judge
from training.pocket.sources import TONES
from training.pocket.words import Language, read_pairs

ROOT = Path(__file__).parents[2]
SEED = 1000
# Share of a role's emoji whose gender must be recognised; in other roles the gender is not counted.
MIN_READABLE = 0.8
BATCH = 16  # pictures


@dataclass(frozen=True, slots=True)
class RunResult:
    """Holds what is recognised in all pictures of one run, in the order of prompts and seeds.

    A gender is "" where the role shows none that can be recognised. `roles` is the share of pictures whose nearest
    training object is the one asked for, `people` the share of those whose nearest one is a person.
    """

    genders: list[str]
    tones: list[str]
    roles: float
    people: float


def spread(values: Sequence[str], kinds: Sequence[str]) -> tuple[float, float]:
    """Returns the total variation distance from even, 0 to 1, and the entropy as a share of the highest."""
    shares = np.array([Counter(values)[kind] / len(values) for kind in kinds])
    positive = shares[shares > 0]
    entropy = -(positive * np.log(positive)).sum() / np.log(len(kinds))
    return float(np.abs(shares - 1 / len(kinds)).sum() / 2), float(entropy)


def draw(artist: Artist, variants: Sequence[PromptVariant], seeds: Sequence[int]) -> np.ndarray:
    """Returns one picture for each variant, uint8 of shape (variants, 128, 128, 3)."""
    import torch

    pictures = []
    for at in range(0, len(variants), BATCH):
        generators = [torch.Generator().manual_seed(seed) for seed in seeds[at : at + BATCH]]
        batch = [variant.prompt for variant in variants[at : at + BATCH]]
        settings = {"num_inference_steps": artist.steps, "guidance_scale": artist.guidance, "output_type": "np"}
        pictures.append(np.rint(artist.pipeline(batch, generator=generators, **settings).images * 255).astype(np.uint8))
    return np.concatenate(pictures)


def rows(name: str, result: RunResult, each: int) -> list[str]:
    """Returns the figures of one run as rows of a Markdown table. `each` is the number of pictures of a prompt."""
    genders = [gender for gender in result.genders if gender]
    women, read = genders.count("woman"), len(genders)
    low, high = wilson_interval(women, read)
    by_prompt = [genders[at : at + each].count("woman") / each for at in range(0, read, each)]
    (distance, entropy), tones, of = spread(result.tones, TONES), Counter(result.tones), len(result.tones)
    return [
        f"| {name}: women | {women / read:.0%} ({low:.0%} to {high:.0%}) of {read}; by prompt {min(by_prompt):.0%} to "
        f"{max(by_prompt):.0%}, standard deviation {np.std(by_prompt):.2f} |",
        f"| {name}: skin tones | " + ", ".join(f"{tone} {tones[tone] / of:.0%}" for tone in TONES) + " |",
        f"| {name}: distance of tones from even (0 to 1); entropy (1 is even) | {distance:.2f}; {entropy:.2f} |",
        f"| {name}: looks most like what was asked for; like any person | {result.roles:.0%}; {result.people:.0%} |",
    ]


def agreement(variants: Sequence[PromptVariant], result: RunResult) -> str:
    """Returns how often what was filled in is what is recognised, as a row of a Markdown table."""
    filled = [variant.filled.split(", ") for variant in variants]
    pairs = [(words[0], gender) for words, gender in zip(filled, result.genders, strict=True) if gender]
    gender = np.mean([wanted == recognised for wanted, recognised in pairs])
    tones = [words[1].removesuffix(" skin") for words in filled]
    off = [abs(TONES.index(tone) - TONES.index(other)) for tone, other in zip(tones, result.tones, strict=True)]
    exact = np.mean(np.equal(off, 0))
    return (
        f"| what was filled in is what the eye sees | gender {gender:.0%} (chance 50 %), tone {exact:.0%} (20 %), "
        f"tone but for one step {np.mean(np.less(off, 2)):.0%} (52 %) |"
    )


def plot(runs: dict[str, RunResult], file: Path) -> None:
    """Draws the shares of genders and tones of each run as bars."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.2), gridspec_kw={"width_ratios": [2, 5]})
    for shift, (name, result) in zip((-0.2, 0.2), runs.items(), strict=True):
        for axes, values, kinds in ((left, result.genders, ("woman", "man")), (right, result.tones, TONES)):
            heights = [values.count(kind) / sum(map(bool, values)) for kind in kinds]
            axes.bar(np.arange(len(kinds)) + shift, heights, 0.38, label=name)
            axes.set_xticks(range(len(kinds)), kinds)
            axes.axhline(1 / len(kinds), color="grey", lw=1, ls="--")
    left.set_ylabel("share of pictures")
    right.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(file, dpi=110)


def sample_prompts(count: int, each: int) -> tuple[list[str], list[str]]:
    """Returns about `count` prompts, spread evenly over the list, each one `each` times, and the role of each."""
    rows = read_pairs(Path(__file__).with_name("occupations.txt"))
    count = min(count, len(rows))
    chosen = [rows[number * len(rows) // count] for number in range(count)]
    prompts, roles = zip(*((row[0], row[1]) for row in chosen for _ in range(each)), strict=True)
    return list(prompts), list(roles)


@dataclass(frozen=True, slots=True)
class Recognizers:
    """Holds what recognises people and objects in pictures.

    `readable` has the roles whose gender can be recognised, `persons` all roles.
    """

    people: PeopleRecognizer
    objects: Judge
    readable: frozenset[str]
    persons: frozenset[str]

    def recognise(self, pictures: np.ndarray, roles: Sequence[str]) -> RunResult:
        """Returns what is recognised in the pictures of one run, uint8 of shape (pictures, 128, 128, 3)."""
        nearest = [names[0] for names in self.objects.names(pictures)]
        right = np.mean([name == role for name, role in zip(nearest, roles, strict=True)])
        genders, tones = self.people.predict(pictures)
        genders = [gender if role in self.readable else "" for gender, role in zip(genders, roles, strict=True)]
        return RunResult(genders, tones, float(right), float(np.mean([name in self.persons for name in nearest])))


def fit_recognizers(emoji: Path, work: Path, artist: Artist) -> Recognizers:
    """Fits what recognises people, and prints how well it does."""
    things, cutouts = load(work)
    objects, faces = Judge(things, cutouts, Language.read()), list(held_out(emoji, things))
    people, readable = PeopleRecognizer(objects, faces, artist), set()
    for role, gender, tone, of in people.accuracy(things, cutouts):
        print(f"| the eye ({len(faces)} emoji) on {of} of {role} | gender {gender:.0%}, tone {tone:.0%} |", flush=True)
        readable |= {role} if gender >= MIN_READABLE else set()
    persons = frozenset(thing.label for thing in things if thing.group == PEOPLE)
    return Recognizers(people, objects, frozenset(readable), persons)


def main() -> None:
    """Runs the benchmark and prints its table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--emoji", type=Path, required=True)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--model", type=Path, default=ROOT / "assets/models/pocket")
    ask.add_argument("--prompts", type=int, default=40)
    ask.add_argument("--pictures", type=int, default=50)
    ask.add_argument("--steps", type=int, help="default: the card's; its quick setting draws twice as fast")
    args = ask.parse_args()
    # An hour of drawing later would be too late to say so.
    if find_spec("matplotlib") is None:
        ask.error("matplotlib is not installed: pip install matplotlib")
    card = read_cards(ROOT / "presets/engines.toml")["pocket"]
    artist = Artist.open(args.model, args.steps or int(card.steps.default), card.guidance.default)
    recognizers = fit_recognizers(args.emoji, args.work, artist)
    prompts, roles = sample_prompts(args.prompts, args.pictures)
    seeds = [SEED + number % args.pictures for number in range(len(prompts))]
    people = load_prompt_checks(ROOT / "presets").demographics
    filled = [people.variants(prompt, [seed])[0] for prompt, seed in zip(prompts, seeds, strict=True)]
    runs: dict[str, RunResult] = {}
    for name, variants in (("as asked", [PromptVariant(prompt) for prompt in prompts]), ("balanced set", filled)):
        runs[name] = recognizers.recognise(draw(artist, variants, seeds), roles)
        print("\n".join(rows(name, runs[name], args.pictures)), flush=True)
    print(agreement(filled, runs["balanced set"]))
    plot(runs, ROOT / "docs" / "balanced-set.png")


if __name__ == "__main__":
    main()
