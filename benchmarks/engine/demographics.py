"""Who is drawn when a prompt leaves it open, and after the studio has filled it in.

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

from benchmarks.engine.people_recognizer import PeopleEye, held_out
from engines.cards import read_cards
from safety.prompt import load_prompt_checks
from safety.prompt.demographics import PromptVariant
from training.pocket.artist import Artist
from training.pocket.objects import PEOPLE, TONES, load
from training.pocket.recognizer import Judge
from training.pocket.words import Language, read_pairs

ROOT = Path(__file__).parents[2]
SEED = 1000
READABLE = 0.8  # share of a role's emoji whose gender the eye must get right; of other roles it is not asked


@dataclass(frozen=True, slots=True)
class Seen:
    """What the eye sees in all pictures of one run, in the order of prompts and seeds.

    The gender is empty where the role shows none that the eye can read.
    """

    genders: list[str]
    tones: list[str]
    roles: float  # share of pictures whose nearest training thing is the one asked for
    people: float  # share of pictures whose nearest training thing is a person


def interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, share = 1.96, hits / of
    middle, off = share + z * z / (2 * of), z * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return float((middle - off) / (1 + z * z / of)), float((middle + off) / (1 + z * z / of))


def spread(values: Sequence[str], kinds: Sequence[str]) -> tuple[float, float]:
    """Total variation distance from even, 0 to 1, and entropy as a share of the highest."""
    shares = np.array([Counter(values)[kind] / len(values) for kind in kinds])
    some = shares[shares > 0]
    return float(np.abs(shares - 1 / len(kinds)).sum() / 2), float(-(some * np.log(some)).sum() / np.log(len(kinds)))


def draw(artist: Artist, variants: Sequence[PromptVariant], seeds: Sequence[int]) -> np.ndarray:
    """One picture a wording, uint8 of shape (wordings, 128, 128, 3)."""
    import torch

    pictures = []
    for at in range(0, len(variants), 16):
        generators = [torch.Generator().manual_seed(seed) for seed in seeds[at : at + 16]]
        batch = [wording.prompt for wording in variants[at : at + 16]]
        settings = {"num_inference_steps": artist.steps, "guidance_scale": artist.guidance, "output_type": "np"}
        pictures.append(np.rint(artist.pipeline(batch, generator=generators, **settings).images * 255).astype(np.uint8))
    return np.concatenate(pictures)


def rows(name: str, seen: Seen, each: int) -> list[str]:
    """The figures of one run as rows of a Markdown table."""
    genders = [gender for gender in seen.genders if gender]
    women, read = genders.count("woman"), len(genders)
    low, high = interval(women, read)
    by_prompt = [genders[at : at + each].count("woman") / each for at in range(0, read, each)]
    (tv, entropy), tones, of = spread(seen.tones, TONES), Counter(seen.tones), len(seen.tones)
    return [
        f"| {name}: women | {women / read:.0%} ({low:.0%} to {high:.0%}) of {read}; by prompt {min(by_prompt):.0%} to "
        f"{max(by_prompt):.0%}, standard deviation {np.std(by_prompt):.2f} |",
        f"| {name}: skin tones | " + ", ".join(f"{tone} {tones[tone] / of:.0%}" for tone in TONES) + " |",
        f"| {name}: distance of tones from even (0 to 1); entropy (1 is even) | {tv:.2f}; {entropy:.2f} |",
        f"| {name}: looks most like what was asked for; like any person | {seen.roles:.0%}; {seen.people:.0%} |",
    ]


def obeyed(variants: Sequence[PromptVariant], seen: Seen) -> str:
    """How often what was filled in is what the eye sees."""
    told = [wording.filled.split(", ") for wording in variants]
    gender = np.mean([one[0] == seen.genders[n] for n, one in enumerate(told) if seen.genders[n]])
    tones = [one[1].removesuffix(" skin") for one in told]
    exact = np.mean([tone == seen.tones[n] for n, tone in enumerate(tones)])
    off = [abs(TONES.index(tone) - TONES.index(seen.tones[n])) for n, tone in enumerate(tones)]
    return (
        f"| what was filled in is what the eye sees | gender {gender:.0%} (chance 50 %), tone {exact:.0%} (20 %), "
        f"tone but for one step {np.mean(np.less(off, 2)):.0%} (52 %) |"
    )


def plot(runs: dict[str, Seen], file: Path) -> None:
    """Shares of genders and tones, before and after."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.2), gridspec_kw={"width_ratios": [2, 5]})
    for shift, (name, seen) in zip((-0.2, 0.2), runs.items(), strict=True):
        for axes, values, kinds in ((left, seen.genders, ("woman", "man")), (right, seen.tones, TONES)):
            heights = [values.count(kind) / sum(map(bool, values)) for kind in kinds]
            axes.bar(np.arange(len(kinds)) + shift, heights, 0.38, label=name)
            axes.set_xticks(range(len(kinds)), kinds)
            axes.axhline(1 / len(kinds), color="grey", lw=1, ls="--")
    left.set_ylabel("share of pictures")
    right.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(file, dpi=110)


def asked_for(count: int, each: int) -> tuple[list[str], list[str]]:
    """`each` times every one of about `count` prompts, spread evenly over the list, and what each shows."""
    rows = read_pairs(ROOT / "benchmarks/occupations.txt")
    count = min(count, len(rows))
    chosen = [rows[number * len(rows) // count] for number in range(count)]
    prompts, roles = zip(*((row[0], row[1]) for row in chosen for _ in range(each)), strict=True)
    return list(prompts), list(roles)


@dataclass(frozen=True, slots=True)
class Looker:
    """Everything that looks at pictures. `readable`: roles whose gender the eye can read; `persons`: all that are."""

    eye: PeopleEye
    judge: Judge
    readable: frozenset[str]
    persons: frozenset[str]

    def look(self, pictures: np.ndarray, roles: Sequence[str]) -> Seen:
        """What there is to be seen in the pictures of one run."""
        nearest = [names[0] for names in self.judge.names(pictures)]
        right = [near == role for near, role in zip(nearest, roles, strict=True)]
        genders, tones = self.eye.see(pictures)
        genders = [seen if role in self.readable else "" for seen, role in zip(genders, roles, strict=True)]
        return Seen(genders, tones, float(np.mean(right)), float(np.mean([near in self.persons for near in nearest])))


def looker(emoji: Path, work: Path, artist: Artist) -> Looker:
    """Fits the eye and prints how well it sees."""
    things, cutouts = load(work)
    judge, faces = Judge(things, cutouts, Language.read()), list(held_out(emoji, things))
    eye, readable = PeopleEye(judge, faces, artist), set()
    for role, gender, tone, of in eye.right(things, cutouts):
        print(f"| the eye ({len(faces)} emoji) on {of} of {role} | gender {gender:.0%}, tone {tone:.0%} |", flush=True)
        readable |= {role} if gender >= READABLE else set()
    persons = frozenset(thing.label for thing in things if thing.group == PEOPLE)
    return Looker(eye, judge, frozenset(readable), persons)


def main() -> None:
    """Read the command line, fit the eye, draw, look, print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--emoji", type=Path, required=True)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--model", type=Path, default=ROOT / "assets/models/pocket")
    ask.add_argument("--prompts", type=int, default=40)
    ask.add_argument("--pictures", type=int, default=50)
    ask.add_argument("--steps", type=int, help="default: the card's; its quick setting draws twice as fast")
    args = ask.parse_args()
    if find_spec("matplotlib") is None:  # said now, not after the pictures are drawn
        ask.error("matplotlib is not installed: pip install matplotlib")
    card = read_cards(ROOT / "presets/engines.toml")["pocket"]
    artist = Artist.open(args.model, args.steps or int(card.steps.default), card.guidance.default)
    seer = looker(args.emoji, args.work, artist)
    prompts, roles = asked_for(args.prompts, args.pictures)
    seeds = [SEED + number % args.pictures for number in range(len(prompts))]
    people = load_prompt_checks(ROOT / "presets").demographics
    filled = [people.variants(prompt, [seed])[0] for prompt, seed in zip(prompts, seeds, strict=True)]
    runs: dict[str, Seen] = {}
    for name, variants in (("as asked", [PromptVariant(prompt) for prompt in prompts]), ("balanced set", filled)):
        runs[name] = seer.look(draw(artist, variants, seeds), roles)
        print("\n".join(rows(name, runs[name], args.pictures)), flush=True)
    print(obeyed(filled, runs["balanced set"]))
    plot(runs, ROOT / "docs" / "balanced-set.png")


if __name__ == "__main__":
    main()
