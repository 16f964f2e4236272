"""An independent look at emoji of people: which gender and skin tone they seem to show.

Features of EfficientNet-Lite0, and a logistic regression on emoji that the embedded model has never seen: Noto
(Google), Twemoji (Twitter), and those Fluent emoji (Microsoft) that are not among its training things. It tells
drawings of people apart and nothing else: never use it on photographs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from training.pocket.artist import Artist
from training.pocket.judge import Judge
from training.pocket.objects import TONES, Thing, cutout, find
from training.pocket.scenes import LARGE, compose

MODIFIERS = ("1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF")
ROLES = {"person", "person-role", "person-gesture"}
GENDERS = {"1F469": "woman", "1F468": "man", "2640": "woman", "2642": "man"}
WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Face:
    """One emoji of a person: the file, and what its code says."""

    path: Path
    gender: str
    tone: str


def coded(unified: str) -> tuple[str, str]:
    """Gender and tone that a sequence of code points says; "" for what it does not."""
    parts = unified.split("-")
    genders = [GENDERS[part] for part in parts if part in GENDERS]
    tones = [TONES[MODIFIERS.index(part)] for part in parts if part in MODIFIERS]
    return (genders[0] if len(set(genders)) == 1 else ""), (tones[0] if len(tones) == 1 else "")


def of_datasource(package: Path, maker: str) -> Iterator[Face]:
    """People of an npm package `emoji-datasource-*`, 64 px."""
    for entry in json.loads((package / "emoji.json").read_text("utf-8")):
        for one in entry.get("skin_variations", {}).values() if entry["subcategory"] in ROLES else ():
            gender, tone = coded(one["unified"])
            path = package / "img" / maker / "64" / one["image"]
            if gender and tone and path.exists():
                yield Face(path, gender, tone)


def of_fluent(assets: Path, package: Path, things: Sequence[Thing]) -> Iterator[Face]:
    """Fluent people that are not among the things the model learned."""
    learned = {stem for thing in things for stem in thing.files}
    for entry in json.loads((package / "emoji.json").read_text("utf-8")):
        for one in entry.get("skin_variations", {}).values() if entry["subcategory"] in ROLES else ():
            gender, tone = coded(one["unified"])
            stem = find(assets, one["unified"])
            if gender and tone and stem and stem not in learned:
                yield Face(assets / f"{stem}.webp", gender, tone)


def placed(cutouts: Sequence[np.ndarray]) -> np.ndarray:
    """On white, as large as the model draws them: uint8 of shape (faces, 128, 128, 3)."""
    return np.stack([compose([(one, LARGE, (10, 10))], WHITE) for one in cutouts])


class PeopleEye:
    """Fitted to emoji as they are, and as the model's autoencoder gives them back."""

    def __init__(self, eye: Judge, faces: Sequence[Face], artist: Artist) -> None:
        pictures = placed([cutout(face.path) for face in faces])
        features = eye.features(np.concatenate([pictures, artist.round_trip(pictures)]))
        self._eye = eye
        self._gender = LogisticRegression(C=100, max_iter=2000).fit(features, [face.gender for face in faces] * 2)
        self._tone = LogisticRegression(C=100, max_iter=2000).fit(features, [face.tone for face in faces] * 2)

    def see(self, pictures: np.ndarray) -> tuple[list[str], list[str]]:
        """Gender and skin tone of each of uint8 (pictures, 128, 128, 3)."""
        features = self._eye.features(pictures)
        return list(self._gender.predict(features)), list(self._tone.predict(features))

    def right(self, things: Sequence[Thing], cutouts: np.ndarray) -> tuple[float, float, float]:
        """On the model's own training people, which it has not seen: gender, tone, tone but for one step."""
        notes = [note.split("|") for thing in things for note in thing.notes]
        told = [number for number, (gender, tone) in enumerate(notes) if gender and tone]
        genders, tones = self.see(placed([cutouts[number] for number in told]))
        off = [abs(TONES.index(tone) - TONES.index(notes[n][1])) for n, tone in zip(told, tones, strict=True)]
        right = [gender == notes[n][0] for n, gender in zip(told, genders, strict=True)]
        return float(np.mean(right)), float(np.mean(np.equal(off, 0))), float(np.mean(np.less(off, 2)))
