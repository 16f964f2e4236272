"""Stages that judge what rows show and say, by the studio's own checks and policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from safety.checks import Check, run_checks
from safety.guard import Guard
from safety.image.child_safety import YOUNG_FACE
from safety.policy.decide import decide
from safety.policy.model import Policy
from safety.records import Assessment, Decision, Finding, Picture, Stage, Verdict
from studio.curation.balance import CaptionGroup, GroupTerms
from studio.curation.filter_config import FilterConfig, HardLineLimits
from studio.curation.observation import Observation
from studio.curation.rows import Fate
from studio.curation.stages import Ruling, Subject, open_subjects, pictured

if TYPE_CHECKING:
    from PIL.Image import Image

CAPTIONS_AT_ONCE = 8  # what the checks of prompts keep of the last texts covers so many
CAPTIONS_REMEMBERED = 2000  # by each process: captions of the web, and those that a program wrote, often repeat
SEXUAL, INTIMATE, MINORS = "sexual", ("sexual", "nudity"), "child_safety"
# The middle of three scores, and what the check of minors gives: the highest alone is one model's word.
BORNE_OUT = ("median", YOUNG_FACE)
MAX_REASONS = 5


@dataclass(frozen=True)
class RowJudgement:
    """Decides on assessments under one policy and mode; `contexts` are modes that may keep what this one takes out."""

    policy: Policy
    mode: str
    least: Verdict
    contexts: tuple[str, ...] = ()

    def rule(self, stage: str, assessment: Assessment | None, contexts: Iterable[str]) -> Ruling | None:
        """Returns the ruling on an assessment; `contexts` are those that the caption belongs to."""
        if assessment is None:
            return None
        decision = decide(assessment, self.policy, self.mode)
        if decision.verdict < self.least:
            return None
        context = "" if decision.verdict is Verdict.HARD_BLOCK else self._context(assessment, contexts)
        return self._ruling(stage, decision, context)

    def _context(self, assessment: Assessment, contexts: Iterable[str]) -> str:
        """Returns the first mode that was asked for, that the caption belongs to and that lets the row pass."""
        fitting = (name for name in self.contexts if name in contexts)
        return next((name for name in fitting if decide(assessment, self.policy, name).verdict < self.least), "")

    def _ruling(self, stage: str, decision: Decision, context: str) -> Ruling:
        rendered = [each for each in self.policy.messages("en").render(decision) if each.reason.verdict >= self.least]
        said = dict.fromkeys(f"{each.reason.code} {each.title}: {each.text}" for each in rendered)
        return Ruling(
            stage,
            tuple(said)[:MAX_REASONS],
            tuple(dict.fromkeys(each.reason.category for each in rendered)),
            decision.verdict.name,
            {name: round(score, 4) for name, score in decision.scores.items()},
            Fate.LEAVE if decision.verdict is Verdict.HARD_BLOCK else Fate.SET_ASIDE,
            context,
        )


class HardLines:
    """Takes out what comes near a hard line, from lower scores on than the policy asks for: it favours recall."""

    name = "hard line"

    def __init__(self, policy: Policy, limits: HardLineLimits) -> None:
        self._policy = policy
        self._limits = {"child_safety": limits.child_safety, "intimate_imagery": limits.intimate_imagery}
        self._caption, self._picture = limits.caption_with_minor, limits.picture_with_minor
        self._young_face = limits.young_face

    def look(self, subjects: Sequence[Subject]) -> None:
        """Lets nothing be written down of what crosses a line but which line it is."""
        for subject in subjects:
            if category := self.crossed(subject.seen):
                subject.seen = subject.seen.behind_hard_line(category)

    def crossed(self, seen: Observation) -> str:
        """Returns the category of the hard line that a row crosses, by the stricter limits; "" for none."""
        if seen.hard_line:
            return seen.hard_line
        for finding in [*_findings(seen.prompt), *_findings(seen.picture)]:
            category = self._policy.category.get(finding.category)
            if category is not None and category.hard and finding.score >= self._limits.get(finding.category, 0.0):
                return finding.category
        if any(one.subcategory == YOUNG_FACE and one.score >= self._young_face for one in _findings(seen.picture)):
            return MINORS
        if seen.speaks_of_minors and (
            any(one.category in INTIMATE and one.score >= self._caption for one in _findings(seen.prompt))
            or any(
                one.category == SEXUAL and one.subcategory in BORNE_OUT and one.score >= self._picture
                for one in _findings(seen.picture)
            )
        ):
            return MINORS
        return ""

    def rule(self, seen: Observation) -> Ruling | None:
        """Takes the row out; it is copied nowhere."""
        category = self.crossed(seen)
        if not category:
            return None
        clause = self._policy.category[category].clause
        title = self._policy.messages("en").locale.category[category].title
        reason = f"Hard line {clause}, {title}. Look at the source; do not copy it."
        return Ruling(self.name, (reason,), (category,), Verdict.HARD_BLOCK.name, fate=Fate.LEAVE)


def _findings(assessment: Assessment | None) -> Sequence[Finding]:
    return () if assessment is None else assessment.findings


@dataclass(frozen=True, slots=True)
class _SeenCaption:
    """Holds what was seen of one caption, whichever row has it."""

    prompt: Assessment
    speaks_of_minors: bool
    groups: tuple[tuple[str, str], ...]
    contexts: tuple[str, ...]


class Captions:
    """Judges captions as the studio judges prompts, and notes whom and what they speak of."""

    name = "caption"

    def __init__(
        self,
        guard: Guard,
        judgement: RowJudgement,
        speaks_of_minors: Callable[[str], bool],
        groups: GroupTerms,
        contexts: GroupTerms,
    ) -> None:
        self._guard, self._judgement = guard, judgement
        self._speaks_of_minors, self._groups, self._contexts = speaks_of_minors, groups, contexts
        self._remembered: dict[str, _SeenCaption] = {}

    def look(self, subjects: Sequence[Subject]) -> None:
        """Lets all checks of prompts look at every caption; at one that was judged a moment ago not again."""
        captioned = [subject for subject in open_subjects(subjects) if subject.seen.caption]
        captions = dict.fromkeys(subject.seen.caption for subject in captioned)
        new = [caption for caption in captions if caption not in self._remembered]
        found = {caption: self._remembered[caption] for caption in captions if caption in self._remembered}
        for at in range(0, len(new), CAPTIONS_AT_ONCE):
            some = new[at : at + CAPTIONS_AT_ONCE]
            found |= zip(some, map(self._seen, some, self._guard.assess_prompts(some)), strict=True)
        for subject in captioned:
            seen, one = subject.seen, found[subject.seen.caption]
            seen.prompt, seen.speaks_of_minors = one.prompt, one.speaks_of_minors
            seen.groups, seen.contexts = one.groups, one.contexts
        self._remember({caption: found[caption] for caption in new})

    def _seen(self, caption: str, assessment: Assessment) -> _SeenCaption:
        groups = tuple((group.dimension, group.name) for group in self._groups.find(caption))
        contexts = tuple(context.name for context in self._contexts.find(caption))
        return _SeenCaption(assessment, self._speaks_of_minors(caption), groups, contexts)

    def _remember(self, seen: Mapping[str, _SeenCaption]) -> None:
        """Keeps the last captions that all checks could look at."""
        self._remembered |= {caption: one for caption, one in seen.items() if not one.prompt.failed}
        for caption in list(self._remembered)[: max(0, len(self._remembered) - CAPTIONS_REMEMBERED)]:
            del self._remembered[caption]

    def rule(self, seen: Observation) -> Ruling | None:
        """Takes out what the policy does not let pass without asking."""
        return self._judgement.rule(self.name, seen.prompt, seen.contexts)


class Pictures:
    """Judges pictures with all checks of pictures, agreement with the caption among them where it is installed."""

    name = "picture"

    def __init__(self, checks: Sequence[Check[Picture]], judgement: RowJudgement) -> None:
        self._checks, self._judgement = checks, judgement

    def look(self, subjects: Sequence[Subject]) -> None:
        """Lets all checks look at every picture; where in it something is seen is not asked."""
        for subject, image in pictured(subjects):
            picture = Picture(image, subject.seen.caption, False)
            subject.seen.picture = run_checks(Stage.PICTURE, picture, self._checks)

    def rule(self, seen: Observation) -> Ruling | None:
        """Takes out what the policy does not let pass without asking, and what should have been looked at."""
        if seen.has_picture and seen.picture is None:
            return Ruling(self.name, ("No check looked at the picture.",), ("unchecked",), Verdict.BLOCK.name)
        return self._judgement.rule(self.name, seen.picture, seen.contexts)


class FaceCount:
    """Counts faces. Nobody is recognised, and no age or place is kept."""

    name = "faces"

    def __init__(self, count: Callable[[Image], int]) -> None:
        self._count = count

    def look(self, subjects: Sequence[Subject]) -> None:
        """Counts the faces of every picture."""
        for subject, image in pictured(subjects):
            subject.seen.faces = self._count(image)

    def rule(self, seen: Observation) -> Ruling | None:
        """Has nothing against faces."""
        return None


def context_terms(config: FilterConfig) -> GroupTerms:
    """Returns the words of each mode's context."""
    terms: Mapping[CaptionGroup, Sequence[str]] = {
        CaptionGroup("context", name): context.words for name, context in config.context.items()
    }
    return GroupTerms(terms)
