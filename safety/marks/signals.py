"""Says in the words of the public signals rubric what Content Credentials state about AI: how a picture began, what was
done to it since, and what both come to.

This is what the signer says, not what is true. The names of the signals and what gives them are data
(presets/c2pa_rubrics.toml). How those of several manifests come to one statement is ours: the rubric leaves it open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from safety.config import ConfigModel
from safety.marks.crjson import Manifest, as_mapping, text
from safety.resources import PRESETS

FULLY, PARTLY, UNKNOWN_ORIGIN = "fullyGenAIMedia", "partlyGenAICreation", "mediaUnknownProvenance"
MAY_CONTAIN = ("compositionMayContainGenAI", "screenCaptureMayContainGenAI")
CAPTURED = ("capturedMedia", "capturedMediaStitched")
MADE_WITHOUT = ("nonGenAIDigitalCreation", "blankCanvas")
GENERATIVE, PERHAPS, OTHER = "perceptibleGenAI", "perceptiblePossiblyGenAI", "perceptibleNonGenAI"
NON_EDITORIAL, AMBIGUOUS = "nonEditorial", "ambiguousActions"
ACTIONS = "c2pa.actions.v2"


class AiStatement(StrEnum):
    """Names what the credentials of a file state about AI; `NONE` is that they state nothing about it."""

    FULLY = "fully"
    PARTLY = "partly"
    EDITED = "edited"
    PERHAPS = "perhaps"
    CAPTURED = "captured"
    WITHOUT = "without"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Signals:
    """Holds the signals of a file's manifests, each once, and the statement that they come to.

    `complete`: the signers say that the lists of what was done are whole.
    """

    statement: AiStatement = AiStatement.NONE
    inceptions: tuple[str, ...] = ()
    transformations: tuple[str, ...] = ()
    complete: bool = False


class ActionNames(ConfigModel):
    """Lists names of actions, and of their parameters, by what the rubrics make of them."""

    inception: frozenset[str]
    non_editorial: frozenset[str]
    sourceless: frozenset[str]
    allowed: frozenset[str]
    deprecated: frozenset[str]
    parameters: frozenset[str]


class AssertionNames(ConfigModel):
    """Lists labels of assertions, and relationships of ingredients, by what the rubrics make of them."""

    allowed: frozenset[str]
    deprecated: frozenset[str]
    relationships: frozenset[str]
    never_external: tuple[str, ...]


class RubricFacts(ConfigModel):
    """Holds presets/c2pa_rubrics.toml. Its tables are described there."""

    rubrics: dict[str, str]
    actions: ActionNames
    assertions: AssertionNames
    errors: dict[str, frozenset[str]]
    source_types: dict[str, frozenset[str]]
    inceptions: dict[str, frozenset[str]]
    rules: dict[str, str]


@lru_cache(maxsize=1)
def rubric_facts() -> RubricFacts:
    """Returns what the public rubrics ask, as shipped. Raises PresetError."""
    return RubricFacts.load(PRESETS / "c2pa_rubrics.toml")


def signals(chain: Sequence[Manifest]) -> Signals:
    """Returns the signals of the active manifest and of those that it builds on."""
    inceptions = tuple(dict.fromkeys(signal for manifest in chain for signal in inceptions_of(manifest)))
    transformations = tuple(dict.fromkeys(signal for manifest in chain for signal in transformations_of(manifest)))
    return Signals(
        statement=_statement(inceptions, transformations),
        inceptions=inceptions,
        transformations=transformations,
        complete=bool(chain) and AMBIGUOUS not in transformations,
    )


def inceptions_of(manifest: Manifest) -> Iterator[str]:
    """Yields the signals of how a picture began that one manifest gives.

    A file that was opened without credentials, and whose source type the signer names, counts as begun with that.
    """
    facts = rubric_facts()
    named = [one["digitalSourceType"] for one in _signal_actions(manifest) if one["action"] in facts.actions.inception]
    flat = [one for one in manifest.ingredients() if not one.manifest]
    named += [one.source_type for one in flat if one.source_type]
    yield from (signal for signal, types in facts.inceptions.items() if types & set(named))
    if flat:
        yield UNKNOWN_ORIGIN


def transformations_of(manifest: Manifest) -> Iterator[str]:
    """Yields the signals of what was done to a picture that one manifest gives."""
    facts = rubric_facts()
    actions = _signal_actions(manifest)
    steps = [one for one in actions if one["action"] not in facts.actions.inception]
    seen = [one["digitalSourceType"] for one in steps if one["action"] not in facts.actions.non_editorial]
    generative, perhaps = facts.source_types["generative"], facts.source_types["perhaps_generative"]
    given = {
        GENERATIVE: any(source in generative for source in seen),
        PERHAPS: any(source in perhaps for source in seen),
        OTHER: any(source and source not in generative for source in seen),
        NON_EDITORIAL: any(one["action"] in facts.actions.non_editorial for one in steps),
        AMBIGUOUS: _is_ambiguous(manifest, actions),
    }
    yield from (signal for signal, is_given in given.items() if is_given)


def _is_ambiguous(manifest: Manifest, actions: Sequence[Mapping[str, str]]) -> bool:
    """Tells whether more may have been done to the picture than the manifest lists in C2PA's own words."""
    is_whole = as_mapping(manifest.assertions.get(ACTIONS)).get("allActionsIncluded") is True
    names = [one["action"] for one in actions]
    gathered = any("c2pa.actions" in url for url in manifest.listed("gathered_assertions"))
    foreign = any(name and not name.startswith("c2pa.") for name in names)
    return not names or not is_whole or foreign or "c2pa.unknown" in names or gathered


def _signal_actions(manifest: Manifest) -> list[Mapping[str, str]]:
    """Returns name and source type of the actions that the rubric looks at: those of the first list of version 2."""
    data = as_mapping(manifest.assertions.get(ACTIONS)).get("actions")
    actions = [as_mapping(action) for action in data] if isinstance(data, list) else []
    return [{key: text(action, key) for key in ("action", "digitalSourceType")} for action in actions]


def _statement(inceptions: Sequence[str], transformations: Sequence[str]) -> AiStatement:
    """Returns what the signals of all manifests come to; where they differ, the one that says more about AI."""
    begun = set(inceptions) - {UNKNOWN_ORIGIN}
    if FULLY in begun:
        return AiStatement.FULLY if begun == {FULLY} else AiStatement.PARTLY
    if PARTLY in begun:
        return AiStatement.PARTLY
    if GENERATIVE in transformations:
        return AiStatement.EDITED
    if begun & set(MAY_CONTAIN) or PERHAPS in transformations:
        return AiStatement.PERHAPS
    if UNKNOWN_ORIGIN in inceptions:
        return AiStatement.UNKNOWN
    if begun & set(CAPTURED):
        return AiStatement.CAPTURED
    return AiStatement.WITHOUT if begun & set(MADE_WITHOUT) else AiStatement.NONE
