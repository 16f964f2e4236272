"""What holds for feedback, as data: presets/feedback.toml."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from safety.config import ConfigModel


class Damping(ConfigModel):
    """Says how much one voice can move. Shares are of 1.

    `per_person`: voices of one person that count. `share`: of all weight, that one person may carry. Whoever answered
    `gold_least` gold questions and fewer than `gold_right` of them right is left out, and so is who spoke on
    `others_least` things that others spoke on and agreed with them on fewer than `others_agree`. `support`: of the
    weight, that has to stand behind an answer. `unreviewed`: the most that a label weighs which no reviewer has given.
    `held_out`: of the people.
    """

    per_person: int = Field(ge=1)
    share: float = Field(gt=0, le=1)
    gold_least: int = Field(ge=1)
    gold_right: float = Field(ge=0, le=1)
    others_least: int = Field(ge=1)
    others_agree: float = Field(ge=0, le=1)
    support: float = Field(gt=0.5, le=1)
    unreviewed: float = Field(ge=0, le=1)
    held_out: float = Field(ge=0, lt=1)


class AnnotationTerms(ConfigModel):
    """Says that one pair in `gold_every` is a gold question."""

    gold_every: int = Field(ge=2)


class FeedbackRules(ConfigModel):
    """Holds presets/feedback.toml."""

    damping: Damping
    annotation: AnnotationTerms


def load_feedback_rules(folder: Path) -> FeedbackRules:
    """Reads feedback.toml of a folder of presets. Raises PresetError that names the file and the key."""
    return FeedbackRules.load(folder / "feedback.toml")
