"""All kinds of panels, by name; a lesson's step names one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safety.config import ADVICE, ConfigModel, parse
from safety.errors import PresetError
from studio.lesson_sets import load_set
from studio.lessons import Lesson, StepPlan
from ui.learn.appeal_court import CourtPanel
from ui.learn.content_credentials import CredentialsPanel
from ui.learn.contexts import ContextsPanel
from ui.learn.denoise import DenoisePanel
from ui.learn.filled_in import FilledInPanel
from ui.learn.filter import FilterPanel
from ui.learn.marks import MarksPanel
from ui.learn.moderate import ModeratePanel
from ui.learn.occlusion import OcclusionPanel
from ui.learn.own_reasons import ReasonsPanel
from ui.learn.panel import Panel
from ui.learn.policy_editor import PolicyPanel
from ui.learn.sand import SandPanel
from ui.learn.steering import SteeringPanel
from ui.learn.threshold import ThresholdPanel
from ui.learn.who_is_drawn import WhoIsDrawnPanel
from ui.learn.word_list import WordListPanel

PANELS: Mapping[str, Panel[Any]] = {
    "appeal_court": CourtPanel(),
    "content_credentials": CredentialsPanel(),
    "contexts": ContextsPanel(),
    "denoise": DenoisePanel(),
    "filled_in": FilledInPanel(),
    "filter": FilterPanel(),
    "marks": MarksPanel(),
    "moderate": ModeratePanel(),
    "occlusion": OcclusionPanel(),
    "own_reasons": ReasonsPanel(),
    "policy_editor": PolicyPanel(),
    "sand": SandPanel(),
    "steering": SteeringPanel(),
    "threshold": ThresholdPanel(),
    "who_is_drawn": WhoIsDrawnPanel(),
    "word_list": WordListPanel(),
}

# Those that work on pictures: a call takes as long as twenty of the others, so they have a queue of their own.
ON_PICTURES = frozenset({"content_credentials", "denoise", "marks", "occlusion", "sand", "steering", "who_is_drawn"})


def require_panels(lesson: Lesson) -> None:
    """Raises PresetError, with file and key, for a step of an unknown kind of panel, with wrong settings or no set."""
    for step in lesson.plan.step:
        settings = settings_of(lesson, step)
        if name := getattr(settings, "set", ""):
            load_set(lesson.path.parents[1], name)


def settings_of(lesson: Lesson, step: StepPlan) -> ConfigModel | None:
    """Returns the settings of a step's panel; None where it has none. Raises PresetError."""
    file = lesson.path / "lesson.toml"
    if not step.panel:
        return None
    panel = PANELS.get(step.panel)
    if panel is None:
        raise PresetError(f"{file}: step {step.id}: panel: choose from {', '.join(sorted(PANELS))}", ADVICE)
    settings: ConfigModel = parse(panel.settings, step.settings, file)
    return settings
