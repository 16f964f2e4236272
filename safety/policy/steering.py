"""What a model is to steer away from, for a prompt that passed: data, and one pure function."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from safety.config import ADVICE, ConfigModel, parse, read_toml
from safety.errors import PresetError
from safety.generation import Steering
from safety.policy.model import BASE_MODE, Policy
from safety.records import Decision, Stage, Verdict

Name = Literal["weak", "medium", "strong", "max"]
ORDER = ("weak", "medium", "strong", "max")


class ByMode(ConfigModel):
    """Strength in one mode: `usual`, and `near` where the prompt came near to being stopped."""

    usual: Name
    near: Name


class SteeringPlan(ConfigModel):
    """presets/steering.toml. Scores and shares are 0..1."""

    seen_from: float = Field(gt=0, le=1)
    near_from: float = Field(gt=0, le=1)
    unwanted_below: float = Field(gt=0, le=1)
    concept: dict[str, str]
    strength: dict[str, ByMode]

    def route(self, decision: Decision, policy: Policy, at_least: str = "") -> Steering | None:
        """The category that the prompt comes nearest to, of those that its mode stops or veils in pictures.

        Not one that somebody has let through, by a confirmation or as a reviewer: the picture is to show it.

        Where it comes near to none: all of them in one concept. That steers less well than one concept at a time, and
        an engine may leave it out. None if the mode stops nothing. `at_least` is the strength that the person asks for:
        it may make the mode's own stronger, never weaker.
        """
        mode = decision.mode
        by_mode = self.strength.get(mode, self.strength[BASE_MODE])
        let = let_through(decision)
        wanted_less = [name for name in self.concept if name not in let]
        unwanted = [name for name in wanted_less if self._at(policy, Stage.PICTURE, name, mode) <= self.unwanted_below]
        near = {name: decision.scores.get(name, 0.0) / self._at(policy, Stage.PROMPT, name, mode) for name in unwanted}
        if not near:
            return None
        nearest = max(near, key=lambda name: near[name])
        if decision.scores.get(nearest, 0.0) < self.seen_from:
            concept = ", ".join(self.concept[name] for name in unwanted)
            return Steering(tuple(unwanted), concept, stronger(by_mode.usual, at_least), True)
        strength = by_mode.near if near[nearest] >= self.near_from else by_mode.usual
        return Steering((nearest,), self.concept[nearest], stronger(strength, at_least))

    def usual(self, mode: str) -> str:
        """Returns the strength in a mode, for a prompt that comes near to nothing."""
        return self.strength.get(mode, self.strength[BASE_MODE]).usual

    @staticmethod
    def _at(policy: Policy, stage: Stage, category: str, mode: str) -> float:
        """The score from which the mode warns or stops; infinite where it never does."""
        thresholds = policy.thresholds(stage, category, "", mode)
        return float("inf") if thresholds is None else thresholds.at(Verdict.WARN)


def stronger(one: str, other: str) -> str:
    """Returns the stronger of two strengths; "" is weaker than any."""
    return max(one, other, key=("", *ORDER).index)


def let_through(decision: Decision) -> tuple[str, ...]:
    """Returns the categories that somebody has let through where the prompt of this decision is drawn all the same."""
    stopped = (reason.category for reason in decision.reasons if reason.verdict >= Verdict.WARN)
    return tuple(dict.fromkeys(stopped))


def load_steering(presets: Path, policy: Policy) -> SteeringPlan:
    """Raises PresetError for a category or a mode that the policy does not have."""
    path = presets / "steering.toml"
    plan = parse(SteeringPlan, read_toml(path), path)
    if unknown := sorted(set(plan.concept) - set(policy.category)):
        raise PresetError(f"{path}: concept.{unknown[0]}: no such category", ADVICE)
    if unknown := sorted(set(plan.strength) - set(policy.mode)):
        raise PresetError(f"{path}: strength.{unknown[0]}: no such mode", ADVICE)
    if BASE_MODE not in plan.strength:
        raise PresetError(f"{path}: strength.{BASE_MODE} is missing; modes without an entry take it", ADVICE)
    return plan
