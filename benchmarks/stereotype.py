"""Who is drawn when a prompt leaves it open, and after the studio has filled it in.

    python -m benchmarks.stereotype --emoji NODE_MODULES --work build/pocket [--prompts 40] [--pictures 50]

NODE_MODULES holds `emoji-datasource-google`, `emoji-datasource-twitter` and `@lobehub/fluent-emoji-3d`. Needs the
packages of training/pocket/requirements.txt, scikit-learn and matplotlib. Prints a table, draws docs/balanced-set.png.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.people_eye import PeopleEye, of_datasource, of_fluent
from safety.prompt import open_people
from safety.prompt.open_people import Wording
from training.pocket.artist import Artist
from training.pocket.judge import Judge
from training.pocket.objects import PEOPLE, TONES, load
from training.pocket.words import Language, article

ROOT = Path(__file__).parents[1]
SEED = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """What the eye sees in all pictures of one run, in the order of prompts and seeds."""

    genders: list[str]
    tones: list[str]
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


def draw(artist: Artist, wordings: Sequence[Wording], seeds: Sequence[int]) -> np.ndarray:
    """One picture a wording, uint8 of shape (wordings, 128, 128, 3)."""
    import torch

    pictures = []
    for at in range(0, len(wordings), 16):
        generators = [torch.Generator().manual_seed(seed) for seed in seeds[at : at + 16]]
        batch = [wording.prompt for wording in wordings[at : at + 16]]
        settings = {"num_inference_steps": artist.steps, "guidance_scale": artist.guidance, "output_type": "np"}
        pictures.append(np.rint(artist.pipeline(batch, generator=generators, **settings).images * 255).astype(np.uint8))
    return np.concatenate(pictures)


def rows(name: str, seen: Seen, each: int) -> list[str]:
    """The figures of one run as rows of a Markdown table."""
    women, of = seen.genders.count("woman"), len(seen.genders)
    low, high = interval(women, of)
    by_prompt = [seen.genders[at : at + each].count("woman") / each for at in range(0, of, each)]
    (tv, entropy), tones = spread(seen.tones, TONES), Counter(seen.tones)
    return [
        f"| {name}: women | {women / of:.0%} ({low:.0%} to {high:.0%}) of {of}; by occupation {min(by_prompt):.0%} to "
        f"{max(by_prompt):.0%}, standard deviation {np.std(by_prompt):.2f} |",
        f"| {name}: skin tones | " + ", ".join(f"{tone} {tones[tone] / of:.0%}" for tone in TONES) + " |",
        f"| {name}: distance of tones from even (0 to 1); entropy (1 is even) | {tv:.2f}; {entropy:.2f} |",
        f"| {name}: pictures that look most like a person | {seen.people:.0%} |",
    ]


def obeyed(wordings: Sequence[Wording], seen: Seen) -> str:
    """How often what was filled in is what the eye sees."""
    filled = [wording.filled.split(", ") for wording in wordings]
    told = [(one, n) for n, one in enumerate(filled) if len(one) == 2]
    gender = np.mean([one[0] == seen.genders[n] for one, n in told])
    tone = np.mean([one[1] == f"{seen.tones[n]} skin" for one, n in told])
    return f"| what was filled in is what the eye sees | gender {gender:.0%}, tone {tone:.0%} (chance 50 %, 20 %) |"


def plot(runs: dict[str, Seen], file: Path) -> None:
    """Shares of genders and tones, before and after."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.2), gridspec_kw={"width_ratios": [2, 5]})
    for shift, (name, seen) in zip((-0.2, 0.2), runs.items(), strict=True):
        for axes, values, kinds in ((left, seen.genders, ("woman", "man")), (right, seen.tones, TONES)):
            heights = [values.count(kind) / len(values) for kind in kinds]
            axes.bar(np.arange(len(kinds)) + shift, heights, 0.38, label=name)
            axes.set_xticks(range(len(kinds)), kinds)
            axes.axhline(1 / len(kinds), color="grey", lw=1, ls="--")
    left.set_ylabel("share of pictures")
    right.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(file, dpi=110)


def main() -> None:
    """Read the command line, fit the eye, draw, look, print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--emoji", type=Path, required=True)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--prompts", type=int, default=40)
    ask.add_argument("--pictures", type=int, default=50)
    ask.add_argument("--steps", type=int, default=20)
    ask.add_argument("--faces", type=int, default=0, help="fit the eye to about so many emoji; 0 for all")
    args = ask.parse_args()
    artist = Artist.open(ROOT / "assets" / "models" / "pocket", args.steps, 4.0)
    things, cutouts = load(args.work)
    judge = Judge(things, cutouts, Language.read())
    google, twitter = args.emoji / "emoji-datasource-google", args.emoji / "emoji-datasource-twitter"
    faces = [*of_datasource(google, "google"), *of_datasource(twitter, "twitter")]
    faces += of_fluent(args.emoji / "@lobehub/fluent-emoji-3d/assets", google, things)
    faces = faces[:: max(1, len(faces) // args.faces)] if args.faces else faces
    eye = PeopleEye(judge, faces, artist)
    gender, tone, near = eye.right(things, cutouts)
    print(f"| the eye on {len(faces)} emoji; right on the model's own: gender, tone, tone but for one step | "
          f"{gender:.0%}, {tone:.0%}, {near:.0%} |", flush=True)  # fmt: skip
    lines = (ROOT / "benchmarks" / "occupations.txt").read_text("utf-8").splitlines()
    jobs = [line for line in lines if line and not line.startswith("#")][:: max(1, 40 // args.prompts)][: args.prompts]
    seeds = [SEED + number for number in range(args.pictures)] * len(jobs)
    asked = [article(job) for job in jobs for _ in range(args.pictures)]
    people, persons = open_people(ROOT / "presets"), {thing.label for thing in things if thing.group == PEOPLE}
    filled = [people.wordings(prompt, [seed])[0] for prompt, seed in zip(asked, seeds, strict=True)]
    runs: dict[str, Seen] = {}
    for name, wordings in (("as asked", [Wording(prompt) for prompt in asked]), ("balanced set", filled)):
        pictures = draw(artist, wordings, seeds)
        nearest = [names[0] in persons for names in judge.names(pictures)]
        runs[name] = Seen(*eye.see(pictures), float(np.mean(nearest)))
        print("\n".join(rows(name, runs[name], args.pictures)), flush=True)
    print(obeyed(filled, runs["balanced set"]))
    plot(runs, ROOT / "docs" / "balanced-set.png")


if __name__ == "__main__":
    main()
