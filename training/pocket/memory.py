"""How often the model copies a training picture: `python -m training.pocket.memory --work build/pocket`.

Draws samples and looks for the nearest training picture, by PDQ hash (31 of 256 bits is a copy to those who use
it) and by features of an eye that had no part in training. What it should do is draw the same thing; what it should
not do is draw the same picture. So each figure stands beside that of true pairs: a training picture after its round
trip through the autoencoder (a copy), and the nearest other training picture (no copy).
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from safety.perceptual_hash import pdq
from training.pocket.artist import Artist
from training.pocket.objects import load
from training.pocket.recognizer import Judge
from training.pocket.words import HERE, Language, article, read_pairs

COPY = 31  # bits
LISTS = ("singles", "grounds", "colours", "pairs", "near")


def hashes(pictures: np.ndarray) -> np.ndarray:
    """PDQ bits, uint8 of shape (pictures, 256), of uint8 (pictures, height, width, 3)."""
    return np.stack([pdq(Image.fromarray(picture).resize((512, 512)))[0] for picture in pictures])


def apart(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Bits that differ, of shape (some, others)."""
    one, two = some.astype(np.int16), others.astype(np.int16)
    return np.asarray(one @ (1 - two).T + (1 - one) @ two.T)


def prompts(count: int, labels: list[str]) -> list[str]:
    """The plain names of what was learned, then the prompts of the evaluation, in order."""
    plain = [article(label) for label in dict.fromkeys(labels)]
    others = [row[0] for name in LISTS for row in read_pairs(HERE / f"prompts/{name}.txt")]
    return [*plain, *others][:count]


def row(what: str, bits: np.ndarray, near: np.ndarray) -> str:
    """One line of the table, from the nearest picture of each sample."""
    low, middle = np.percentile(bits, (5, 50))
    return (
        f"| {what} ({len(bits)}) | {np.mean(bits <= COPY):.1%} | {middle:.0f} | {low:.0f} | "
        f"{np.median(near):.2f} | {np.percentile(near, 95):.2f} |"
    )


def report(judge: Judge, artist: Artist, asked: list[str]) -> list[str]:
    """The table, as lines of Markdown."""
    known, gallery = hashes(judge.pictures), judge.gallery
    drawn, back = artist.draw(asked, "samples"), artist.round_trip(judge.pictures[: len(asked)])
    rows = []
    for what, pictures in (("samples", drawn), ("training pictures after their round trip", back)):
        rows.append(row(what, apart(hashes(pictures), known).min(1), (judge.features(pictures) @ gallery.T).max(1)))
    bits, near = apart(known, known), gallery @ gallery.T
    same = np.array(judge.labels)[:, None] == np.array(judge.labels)[None]  # skin tones of one thing are no others
    rows.append(
        row("nearest other training picture", np.where(same, 256, bits).min(1), np.where(same, -1, near).max(1))
    )
    return [
        "| nearest training picture of | PDQ copies (at most 31 bits) | PDQ median | 5 % | features median | 95 % |",
        "|---|--:|--:|--:|--:|--:|",
        *rows,
    ]


def main() -> None:
    """Read the command line, measure, print the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--model", type=Path, default=Path("assets/models/pocket"))
    ask.add_argument("--samples", type=int, default=500)
    ask.add_argument("--steps", type=int, default=20)
    ask.add_argument("--guidance", type=float, default=4.0)
    args = ask.parse_args()
    things, cutouts = load(args.work)
    judge = Judge(things, cutouts, Language.read())
    artist = Artist.open(args.model, args.steps, args.guidance)
    print("\n".join(report(judge, artist, prompts(args.samples, judge.labels))))


if __name__ == "__main__":
    main()
