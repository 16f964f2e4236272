"""Reads presets/picture_checks.toml: which checks look at pictures, which of them must, and their settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from safety.config import ADVICE, ConfigModel, parse, read_toml
from safety.errors import PresetError

FILE = "picture_checks.toml"
Share = Annotated[float, Field(gt=0, le=1)]
Messages = Annotated[tuple[str, ...], Field(min_length=1)]


class CheckConfig(ConfigModel):
    """What every check says of itself. A `required` one that cannot load blocks; another one is left out and told."""

    about: str  # what it looks for, in a few words
    without: str  # what it means that it does not look
    required: bool = False
    use: bool = True


class ChildSafetyConfig(CheckConfig):
    """Hard line 1.1 in pictures. Scores are the highest of the three sexual-content scores."""

    face: Share  # from this score of the face detector on there is a face
    apparent_age: Annotated[float, Field(ge=18, le=40)]  # years; younger faces count as perhaps a minor's
    sexual: Annotated[float, Field(ge=0.1, le=0.5)]  # with a face that looks young, or a face and a stated minor
    sexual_without_face: Annotated[float, Field(ge=0.1, le=0.9)]  # with a stated minor alone


class HashList(ConfigModel):
    """A file of PDQ hashes, 64 hex digits a line; what follows them is a name. A match counts as `category`."""

    file: Path
    category: str
    title: str
    distance: Annotated[int, Field(ge=0, le=60)] = 31  # of 256 bits; 31 is what PDQ's makers advise


class HashMatchConfig(CheckConfig):
    """Near-copies of listed pictures."""

    quality: Annotated[int, Field(ge=0, le=100)] = 50  # flatter pictures have no useful hash
    lists: tuple[HashList, ...] = ()


class OcrConfig(CheckConfig):
    """Text in the picture."""

    side: Annotated[int, Field(ge=128, le=2048)]  # pixels; larger pictures are searched at this size
    confidence: Share


class HubModel(ConfigModel):
    """Where weights come from: an absolute folder or file, or a repository on the hub at one commit."""

    folder: str = ""
    repository: str = ""
    revision: Annotated[str, Field(pattern="^([0-9a-f]{40})?$")] = ""
    licence: str
    licence_url: str
    note: str = ""


class ClassifierConfig(CheckConfig, HubModel):
    """A classifier of whole pictures. `scores`: category -> labels whose probabilities add up to its score."""

    kind: Literal["timm", "transformers"]
    scores: dict[str, Messages]


class ZeroShotHead(ConfigModel):
    """One question to a model of pictures and words: is it rather one of these, or one of those?"""

    category: str = ""  # empty: only a signal for other checks
    subcategory: str = Field(default="", alias="aspect")
    when: Literal["always", "public figure"] = "always"  # asked only where the prompt names one
    shows: Messages
    rather: Messages


class ZeroShotConfig(CheckConfig, HubModel):
    """Zero-shot heads on one open_clip model. `file` lies in the folder or the repository."""

    model: str  # open_clip's name of the architecture
    file: str


class AgreementConfig(CheckConfig):
    """Whether a picture fits its prompt better than it fits these captions of other pictures."""

    captions: Annotated[tuple[str, ...], Field(min_length=10)]


class PictureChecksConfig(ConfigModel):
    """The whole file."""

    nudity: CheckConfig
    gore: CheckConfig
    minors: ChildSafetyConfig
    copies: HashMatchConfig
    reading: OcrConfig
    heads: ZeroShotConfig
    agreement: AgreementConfig
    head: dict[str, ZeroShotHead]
    classifier: dict[str, ClassifierConfig]


def read_picture_checks(folder: Path) -> PictureChecksConfig:
    """The cards of the presets folder. Raises PresetError that names file and key."""
    path = folder / FILE
    cards = parse(PictureChecksConfig, read_toml(path), path)
    named = {name: card for name, card in cards if isinstance(card, CheckConfig)}
    for name, card in {**named, **cards.classifier}.items():
        if card.required and not card.use:
            raise PresetError(f"{path}: {name}: a required check cannot be switched off", ADVICE)
    return cards
