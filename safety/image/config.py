"""The settings of presets/picture_checks.toml: which checks look at pictures, which of them must, and how."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from safety.config import ADVICE, ConfigModel, parse, read_toml
from safety.errors import PresetError

FILE = "picture_checks.toml"
Score = Annotated[float, Field(gt=0, le=1)]
Phrases = Annotated[tuple[str, ...], Field(min_length=1)]


class CheckConfig(ConfigModel):
    """Describes one check. A `required` one that cannot load blocks; another one is left out, and health says so."""

    about: str  # what it looks for, in a few words
    without: str  # what it means that it does not look
    required: bool = False
    use: bool = True


class RegionCheckConfig(CheckConfig):
    """Describes a check that can say where in a picture a score comes from, which takes 16 more runs of its model."""

    regions_from: Score  # the least score for which regions are sought


class ChildSafetyConfig(CheckConfig):
    """Sets when hard line 1.1 is crossed in a picture, by its prompt's words or by what it shows.

    Sexual-content scores are those of the three models of [nudity]: the highest, or the second, which two models give.
    """

    face: Score  # the least score of the face detector that counts as a face
    sexual: Annotated[float, Field(ge=0.1, le=0.5)]  # highest score, with a face and a stated minor
    sexual_without_face: Annotated[float, Field(ge=0.1, le=0.9)]  # highest score, with a stated minor alone
    sexual_shown: Annotated[float, Field(ge=0.1, le=0.6)]  # second score, in a picture whose prompt states no minor
    photographic: Score  # the least score of the photo-or-drawing model for which ages of faces mean anything
    face_side: Annotated[float, Field(ge=16, le=112)]  # pixels; of smaller faces an age says little
    child_age: Annotated[float, Field(ge=8, le=18)]  # years; younger faces are a child's
    young_age: Annotated[float, Field(ge=18, le=40)]  # years; younger faces may be a minor's
    # The least score of [head.child] that counts as a child's face: the calibrated middle, or below it.
    child_face: Annotated[float, Field(ge=0.1, le=0.5)]


class HashList(ConfigModel):
    """Names a file of PDQ hashes, 64 hex digits a line, then perhaps a name. A match counts as `category`."""

    file: Path
    category: str
    title: str
    distance: Annotated[int, Field(ge=0, le=60)] = 31  # bits of 256 that may differ; 31 is what PDQ's makers advise


class HashMatchConfig(CheckConfig):
    """Sets which lists a picture is compared with."""

    quality: Annotated[int, Field(ge=0, le=100)] = 50  # PDQ's own measure; flatter pictures have no useful hash
    lists: tuple[HashList, ...] = ()


class OcrConfig(CheckConfig):
    """Sets how text in a picture is read, and how a model that reads prompts is told what it is."""

    side: Annotated[int, Field(ge=128, le=2048)]  # pixels; larger pictures are searched at this size
    confidence: Score  # lines that the reader is less sure of are left out
    named: Annotated[float, Field(gt=0.0, le=0.5)]  # the model's probability from which a name in it is a person's
    frame: Annotated[str, Field(pattern=r"^[^{}]*\{text\}[^{}]*$")]  # a prompt for a picture with that {text} in it


class HubModel(ConfigModel):
    """Names where weights come from: an absolute folder or file, or a repository on the hub at one commit."""

    folder: str = ""
    repository: str = ""
    revision: Annotated[str, Field(pattern="^([0-9a-f]{40})?$")] = ""
    licence: str
    licence_url: str
    note: str = ""


class ClassifierConfig(RegionCheckConfig, HubModel):
    """Describes a classifier of whole pictures. `scores`: category -> labels that add up to its score."""

    kind: Literal["timm", "transformers"]
    scores: dict[str, Phrases]


class ZeroShotHead(ConfigModel):
    """Asks a model of pictures and words whether a picture is nearer to the positive or to the negative phrases."""

    category: str = ""  # empty: only a signal for other checks
    subcategory: str = Field(default="", alias="aspect")
    when: Literal["always", "public figure"] = "always"  # "public figure": only where the prompt names one
    positive: Phrases = Field(alias="shows")
    negative: Phrases = Field(alias="rather")


class ZeroShotConfig(RegionCheckConfig, HubModel):
    """Names the open_clip model that all heads share. `file` lies in the folder or the repository."""

    model: str  # open_clip's name of the architecture
    file: str


class AgreementConfig(CheckConfig):
    """Lists captions of other pictures; a picture should fit its own prompt better than these."""

    captions: Annotated[tuple[str, ...], Field(min_length=10)]


class PictureChecksConfig(ConfigModel):
    """Holds the whole file. The aliases are its tables."""

    nudity: RegionCheckConfig
    gore: RegionCheckConfig
    child_safety: ChildSafetyConfig = Field(alias="minors")
    hash_match: HashMatchConfig = Field(alias="copies")
    ocr: OcrConfig = Field(alias="reading")
    zero_shot: ZeroShotConfig = Field(alias="heads")
    agreement: AgreementConfig
    zero_shot_heads: dict[str, ZeroShotHead] = Field(alias="head")
    classifiers: dict[str, ClassifierConfig] = Field(alias="classifier")


def read_picture_checks(presets: Path) -> PictureChecksConfig:
    """Returns the settings in `presets`/picture_checks.toml. Raises PresetError that names file and key."""
    path = presets / FILE
    config = parse(PictureChecksConfig, read_toml(path), path)
    for table, check in _checks(config):
        if check.required and not check.use:
            raise PresetError(f"{path}: {table}: a required check cannot be switched off", ADVICE)
    return config


def _checks(config: PictureChecksConfig) -> Iterator[tuple[str, CheckConfig]]:
    """Yields every check with the name of its table in the file."""
    for name, field in PictureChecksConfig.model_fields.items():
        check = getattr(config, name)
        if isinstance(check, CheckConfig):
            yield field.alias or name, check
    yield from config.classifiers.items()
