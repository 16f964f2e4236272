"""Recognises which gender and skin tone emoji of people seem to show.

It learns from Fluent emoji (Microsoft, MIT) that are not among the training things of the embedded model, and is then
tried on those that are. The tone comes from the colours alone: skin has few of them, and no other part of a picture
has all. The gender comes from features of EfficientNet-Lite0 where heads are, since hair says most of it. It tells
drawings of people of this style apart and nothing else: never use it on photographs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from skimage.color import rgb2lab
from skimage.filters import gaussian
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from training.pocket.artist import Artist
from training.pocket.objects import PEOPLE, SIZE, Thing, smaller
from training.pocket.recognizer import Judge
from training.pocket.scenes import LARGE, compose
from training.pocket.sources import FLUENT_3D, TONES_SWAPPED, emoji_stem, fluent

MODIFIERS = ("1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff")
# Of emojibase: person, gesture, role, fantasy.
SUBGROUPS = (23, 24, 25, 26)
GENDERS = {"1f469": "woman", "1f468": "man", "2640": "woman", "2642": "man"}
WHITE = (255, 255, 255)
# Ranges of L, a and b: skin lies inside, white grounds outside.
SKIN = ((0, 97), (0, 40), (-5, 50))
BINS = (16, 8, 10)
# Pixels: the edge of an emoji whose face is as small as that of a figure with a hat.
SMALLER = 78
# Pixels of blur that the tone is learned at: drawn pictures are soft.
SOFT = (0.0, 1.5, 3.0)


@dataclass(frozen=True, slots=True)
class Face:
    """Holds the file of an emoji of a person, and what it shows."""

    path: Path
    gender: str
    tone: str


def coded(stem: str) -> tuple[str, str]:
    """Returns the gender and tone that a file's code points name; "" for what they do not.

    The tone is the one that the package draws for the code (see TONES_SWAPPED).
    """
    parts = stem.lower().split("-")
    genders = {GENDERS[part] for part in parts if part in GENDERS}
    tones = [TONES_SWAPPED[MODIFIERS.index(part)] for part in parts if part in MODIFIERS]
    return (genders.pop() if len(genders) == 1 else ""), (tones[0] if len(tones) == 1 else "")


def held_out(packages: Path, things: Sequence[Thing]) -> Iterator[Face]:
    """Yields people of npm `@lobehub/fluent-emoji-3d`, listed by `emojibase-data`, that the model has not learned."""
    assets = packages / "@lobehub/fluent-emoji-3d/assets"
    learned = {file.removeprefix(f"{FLUENT_3D}:") for thing in things for file in thing.files}
    for entry in json.loads((packages / "emojibase-data/en/data.json").read_text("utf-8")):
        wanted = entry.get("group") == PEOPLE and entry.get("subgroup") in SUBGROUPS
        for skin in entry.get("skins", ()) if wanted else ():
            stem = emoji_stem(assets, skin["hexcode"])
            gender, tone = coded(stem or "")
            if stem and gender and tone and stem not in learned:
                yield Face(assets / f"{stem}.webp", gender, tone)


def placed(cutouts: Sequence[np.ndarray], edge: int = LARGE) -> np.ndarray:
    """Returns emoji in the middle, on white, `edge` pixels large: uint8 of shape (faces, 128, 128, 3)."""
    corner = (SIZE - edge) // 2
    return np.stack([compose([(cutout, edge, (corner, corner))], WHITE) for cutout in cutouts])


def colours(pictures: np.ndarray, soft: float = 0.0) -> np.ndarray:
    """Returns how much there is of each colour that skin may have, in CIE Lab.

    That is the roots of shares, shape (pictures, 16 * 8 * 10). The pictures are blurred by `soft` pixels first.
    """
    rows = []
    for picture in pictures:
        pixels = rgb2lab(gaussian(picture / 255.0, soft, channel_axis=-1)).reshape(-1, 3)
        counts, _ = np.histogramdd(pixels, bins=BINS, range=SKIN)
        counts = gaussian(counts, 0.7)
        rows.append(np.sqrt(counts.ravel() / max(counts.sum(), 1e-9)))
    return np.stack(rows)


class PeopleRecognizer:
    """Predicts gender and skin tone. Fitted to emoji as they are, and as the model's autoencoder gives them back."""

    def __init__(self, features: Judge, faces: Sequence[Face], artist: Artist) -> None:
        cutouts = [smaller(fluent(face.path)) for face in faces]
        plain = placed(cutouts)
        shown = np.concatenate([plain, artist.round_trip(plain), artist.round_trip(placed(cutouts, SMALLER))])
        self._features, self._artist = features, artist
        self._gender = make_pipeline(StandardScaler(), LogisticRegression(C=0.03, max_iter=1000))
        self._gender.fit(features.bands(shown), [face.gender for face in faces] * 3)
        shades = np.concatenate([colours(shown, soft) for soft in SOFT])
        self._tone = LogisticRegression(C=30, max_iter=3000)
        self._tone.fit(shades, [face.tone for face in faces] * 3 * len(SOFT))

    def predict(self, pictures: np.ndarray) -> tuple[list[str], list[str]]:
        """Returns gender and skin tone of each picture, uint8 of shape (pictures, 128, 128, 3)."""
        return list(self._gender.predict(self._features.bands(pictures))), list(self._tone.predict(colours(pictures)))

    def accuracy(self, things: Sequence[Thing], cutouts: np.ndarray) -> Iterator[tuple[str, float, float, int]]:
        """Yields label, accuracy of gender, accuracy of tone and number of emoji of each role that the model learned.

        The emoji went through the autoencoder, and the recognizer was not fitted to them. Roles that show no gender are
        left out.
        """
        stems = [(thing.label, stem) for thing in things for stem in thing.files]
        labelled = [(label, number, *coded(stem)) for number, (label, stem) in enumerate(stems) if all(coded(stem))]
        emoji = placed([cutouts[number] for _, number, _, _ in labelled])
        genders, tones = self.predict(self._artist.round_trip(emoji))
        for role in dict.fromkeys(label for label, *_ in labelled):
            at = [n for n, (label, *_) in enumerate(labelled) if label == role]
            gender = np.mean([genders[n] == labelled[n][2] for n in at])
            tone = np.mean([tones[n] == labelled[n][3] for n in at])
            yield role, float(gender), float(tone), len(at)
