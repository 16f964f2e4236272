"""Checks of what is asked for: rules, lexicon and classifier, built once and shared."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from safety.checks import Check
from safety.prompt import classifier, multilingual
from safety.prompt.child_safety import load_child_safety
from safety.prompt.classifier import load_prompt_classifier
from safety.prompt.correction import Correction
from safety.prompt.demographics import DemographicsCheck, load_demographics
from safety.prompt.example_categories import ExampleCategory, example_checks
from safety.prompt.intimate_imagery import load_intimate_imagery
from safety.prompt.language import LanguageCheck, load_languages
from safety.prompt.lexicon import Lexicon, LexiconCheck, load_lexicon
from safety.prompt.multilingual import load_multilingual
from safety.prompt.patterns import load_patterns
from safety.prompt.protected_works import load_protected_works
from safety.prompt.public_figures import PublicFiguresCheck, read_public_figures
from safety.records import Prompt, Stage, Verdict


class PolicyThresholds(Protocol):
    """Names what the checks take from a policy (`safety.policy.model.Policy` has it); they know no more of it."""

    def least_score(self, verdict: Verdict, stage: Stage, kinds: Iterable[tuple[str, str]]) -> float:
        """Returns the least score at which general mode gives a verdict to any (category, subcategory), or inf."""


@dataclass(frozen=True)
class PromptChecks:
    """Holds all prompt checks, and those parts of them that other stages use. Can be pickled.

    `demographics` also fills in balanced sets. `names_public_figure` and `speaks_of_minors` tell of a text, not only of
    a prompt, whether it names a well-known person and whether it has a minor in it.
    """

    checks: tuple[Check[Prompt], ...]
    demographics: DemographicsCheck
    lexicon: Lexicon
    names_public_figure: Callable[[str], bool]
    speaks_of_minors: Callable[[str], bool]


def load_prompt_checks(
    presets: Path,
    models: Path | None = None,
    policy: PolicyThresholds | None = None,
    categories: Sequence[ExampleCategory] = (),
    correction: Correction | None = None,
) -> PromptChecks:
    """Builds all prompt checks from the presets folder; without `models`, the folder of weights, the rules alone.

    `correction` is what an operator adopted from reviewed cases, for the classifier.

    The classifier marks the words without which general mode of `policy` would not warn; without `policy` none.
    `categories`: those of an operator; each that is switched on gets a check, which reads what the classifier reads.
    Weights are read at the first prompt. Raises PresetError naming file and key.
    """
    warn_score = policy.least_score(Verdict.WARN, Stage.PROMPT, classifier.OUTPUTS) if policy else math.inf
    lexicon, figures = load_lexicon(presets), read_public_figures(presets)
    child_safety = load_child_safety(presets, lexicon)
    works = load_protected_works(presets)
    intimate_imagery = load_intimate_imagery(presets, figures.figures.names(), works.characters, lexicon)
    demographics = load_demographics(presets, intimate_imagery.names_anybody)
    languages = load_languages(presets)
    rules: tuple[Check[Prompt], ...] = (
        child_safety,
        intimate_imagery,
        LexiconCheck(lexicon),
        load_patterns(presets, lexicon),
        PublicFiguresCheck(figures),
        works,
        LanguageCheck(languages, reads_taught=models is not None),
        demographics,
    )
    learned: tuple[Check[Prompt], ...] = ()
    if models is not None:
        others = load_multilingual(presets, models / multilingual.FOLDER, languages, warn_score)
        meaning = load_prompt_classifier(presets, models / classifier.FOLDER, warn_score, languages, others, correction)
        learned = (meaning, others, *example_checks(categories, models, meaning))
    return PromptChecks(
        (*rules, *learned),
        demographics,
        lexicon,
        intimate_imagery.names_public_figure,
        child_safety.speaks_of_minors,
    )
