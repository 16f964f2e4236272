"""Holds a manifest against the public conformance rubric of C2PA: rules on what the active manifest says.

The lists of names and what each rule asks are data (presets/c2pa_rubrics.toml); here is how each is looked for. That a
file passes is no conformance: the programme also asks for products, keys and certificates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from safety.marks.crjson import Manifest, as_mapping, manifests, text
from safety.marks.signals import RubricFacts, rubric_facts

WARNINGS = ("discouraged_legacy_action_parameters",)
HUMAN_ENTRY = ("humanEntry.anonymous", "humanEntry.credentialed")
PRESERVED_IMAGE = "exif.originalPreservationImage"
TIFF = ("image/tiff", "image/x-adobe-dng")


@dataclass(frozen=True, slots=True)
class RuleResult:
    """Holds what one rule found. `offenders` are what breaks it; none where it is kept. `asks` is in our words."""

    rule: str
    asks: str
    offenders: tuple[str, ...]

    @property
    def is_kept(self) -> bool:
        """Returns whether nothing breaks the rule, or it only warns."""
        return not self.offenders or self.rule in WARNINGS


def evaluate(document: object) -> list[RuleResult]:
    """Returns each rule's result on the active manifest of a crJSON document; none for one without a manifest."""
    facts, found = rubric_facts(), manifests(document)
    if not found:
        return []
    return [RuleResult(rule, asks, tuple(RULES[rule](found[0], facts))) for rule, asks in facts.rules.items()]


def _results_missing(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return ["validationResults"] if manifest.results is None else []


def _failures(kind: str) -> Callable[[Manifest, RubricFacts], Iterable[str]]:
    def failures(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
        if manifest.results is None:
            return ["validationResults"]
        return [code for code in manifest.results["failure"] if code in facts.errors[kind]]

    return failures


def _spec_version(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    version = manifest.generator().get("specVersion")
    # Only the first two parts count: "2.4.0" is 2.4.
    named = ".".join(version.split(".")[:2]) if isinstance(version, str) else ""
    return [] if named == facts.rubrics["specification"] else [f"specVersion {version}"]


def _incomplete_lists(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    lists = {name: data for name, data in manifest.assertions.items() if _has(data, "actions")}
    return [name for name, data in lists.items() if not _has(data, "allActionsIncluded")]


def _sourceless_steps(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    names = facts.actions
    exempt = names.inception | names.non_editorial | names.sourceless
    steps = [one for one in manifest.actions() if one.name.startswith("c2pa.") and one.name not in exempt]
    return [one.name for one in steps if not one.source_type]


def _sources_of_opened(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return [one.source_type for one in manifest.actions() if one.name == "c2pa.opened" and one.source_type]


def _inception_position(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    lists = [url for url in manifest.listed("created_assertions") if "c2pa.actions" in url]
    if not lists or not lists[0].endswith("c2pa.actions.v2"):
        return ["c2pa.actions.v2 is not among created_assertions"]
    names = [one.name for one in manifest.actions()]
    return names[:1] if "c2pa.created" in names and names[0] not in facts.actions.inception else []


def _sourceless_created(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return [one.name for one in manifest.actions() if one.name == "c2pa.created" and not one.source_type]


def _opened_without_ingredient(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    opened = [one.parameters.get("ingredients") for one in manifest.actions() if one.name == "c2pa.opened"]
    return ["c2pa.opened" for listed in opened if not isinstance(listed, list) or len(listed) != 1]


def _only_opened(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    names = [one.name for one in manifest.actions()]
    is_whole = all(data.get("allActionsIncluded") is True for data in manifest.action_lists())
    return names if names == ["c2pa.opened"] and not is_whole else []


def _deprecated_assertions(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return [one for one in manifest.assertions if one.startswith("stds.") or one in facts.assertions.deprecated]


def _unsupported_assertions(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    known = facts.assertions.allowed | facts.assertions.deprecated
    # "__1" numbers a second assertion of one label.
    return [one for one in manifest.assertions if one.startswith("c2pa.") and one.partition("__")[0] not in known]


def _unnamespaced_assertions(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return [one for one in manifest.assertions if "." not in one]


def _deprecated_actions(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return [one.name for one in manifest.actions() if one.name in facts.actions.deprecated]


def _unsupported_actions(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    names = [one.name for one in manifest.actions()]
    return [name for name in names if name.startswith("c2pa.") and name not in facts.actions.allowed]


def _unnamespaced_actions(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return [one.name for one in manifest.actions() if "." not in one.name]


def _unnamespaced_parameters(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    names = [name for one in manifest.actions() for name in one.parameters]
    return [name for name in names if name not in facts.actions.parameters and "." not in name]


def _legacy_parameters(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return [one.name for one in manifest.actions() if {"description", "ingredient"} & set(one.parameters)]


def _label(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return [] if manifest.label.startswith("urn:c2pa:") else [manifest.label or "no label"]


def _claim_version(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return ["specVersion"] if _has(manifest.claim, "specVersion") else []


def _rated_entries(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    rated = {name: data for name, data in manifest.assertions.items() if _has(data, "reviewRatings")}
    return [name for name, data in rated.items() if text(as_mapping(data.get("dataSource")), "type") in HUMAN_ENTRY]


def _relationships(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    found = [one.relationship for one in manifest.ingredients()]
    return [one or "none" for one in found if one not in facts.assertions.relationships]


def _validated_without_manifest(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return [one.relationship for one in manifest.ingredients() if one.is_validated and not one.manifest]


def _manifest_without_validation(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return [one.manifest for one in manifest.ingredients() if one.manifest and not one.is_validated]


def _manifest_and_source(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    return [one.manifest for one in manifest.ingredients() if one.manifest and one.source_type]


def _preserved_twice(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    for name, data in manifest.assertions.items():
        parameters = as_mapping(data.get("parameters"))
        places = [_has(parameters, key) for key in ("multiAssetPartIndex", "embeddedOriginalPreservationImage")]
        if PRESERVED_IMAGE in (data.get("type"), parameters.get("type")) and places[0] == places[1]:
            yield name


def _external_references(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    for data in manifest.assertions.values():
        label = text(data, "label")
        if label and _has(data, "url") and not _has(data, "relationship"):
            for never in facts.assertions.never_external:
                if label == never or (never.endswith("*") and label.startswith(never[:-1])):
                    yield label


def _addressed_hashes(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    hashes = ("c2pa.hash.data", "c2pa.hash.bmff.v3")
    return [name for name in hashes if _has(as_mapping(manifest.assertions.get(name)), "url")]


def _boxes_of_tiff(manifest: Manifest, facts: RubricFacts) -> Iterable[str]:
    kind = text(as_mapping(manifest.assertions.get("c2pa.asset-type.v2")), "dc:format")
    return ["c2pa.hash.boxes"] if kind in TIFF and "c2pa.hash.boxes" in manifest.assertions else []


def _has(data: Mapping[str, Any], key: str) -> bool:
    return data.get(key) is not None


RULES: Mapping[str, Callable[[Manifest, RubricFacts], Iterable[str]]] = MappingProxyType(
    {
        "well_formed_data_present": _results_missing,
        "well_formed_success": _failures("malformed"),
        "valid_data_present": _results_missing,
        "valid_success": _failures("mismatched"),
        "mandatory_spec_version": _spec_version,
        "mandatory_all_actions_included": _incomplete_lists,
        "mandatory_dst_for_perceptible_transformations": _sourceless_steps,
        "no_dst_for_opened_action": _sources_of_opened,
        "inception_action_position": _inception_position,
        "mandatory_dst_for_created_action": _sourceless_created,
        "opened_action_ingredient_reference": _opened_without_ingredient,
        "all_actions_included_opened": _only_opened,
        "no_deprecated_assertions": _deprecated_assertions,
        "no_unsupported_assertions": _unsupported_assertions,
        "no_unrecognized_custom_assertions": _unnamespaced_assertions,
        "no_deprecated_actions": _deprecated_actions,
        "no_unsupported_actions": _unsupported_actions,
        "no_unrecognized_custom_actions": _unnamespaced_actions,
        "no_unrecognized_custom_action_parameters": _unnamespaced_parameters,
        "discouraged_legacy_action_parameters": _legacy_parameters,
        "active_manifest_urn": _label,
        "no_deprecated_claim_fields": _claim_version,
        "review_ratings_datasource": _rated_entries,
        "ingredient_relationship_values": _relationships,
        "ingredient_v3_no_active_manifest": _validated_without_manifest,
        "ingredient_v3_mandatory_validation_results": _manifest_without_validation,
        "ingredient_v3_choice": _manifest_and_source,
        "alternative_content_representation_choice": _preserved_twice,
        "forbidden_labels_in_external_references": _external_references,
        "no_url_in_hashes": _addressed_hashes,
        "no_box_hash_for_tiff": _boxes_of_tiff,
    }
)
