"""Exports of every kind and format against the public conformance rubric, and each rule against what breaks it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from safety.generation import Stamp
from safety.marks.claim import EditStep
from safety.marks.credentials import crjson, read_earlier, sign
from safety.marks.keys import SigningKeys, signing_keys
from safety.marks.provenance import TRAINED_ALGORITHMIC_MEDIA, Provenance
from safety.marks.rubric import RULES, WARNINGS, evaluate
from safety.marks.signals import rubric_facts
from tests.fakes_marks import file_of

TIME = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)
PICTURE = Image.new("RGB", (64, 64), "teal")
MADE_HERE = Provenance(Stamp(1), engine="pocket", model="pocket 1")
ENLARGED = replace(MADE_HERE, stamp=Stamp(2), source=str(Stamp(1)))
FORMATS = ["PNG", "JPEG", "WEBP"]
ACTIONS, INGREDIENT = "c2pa.actions.v2", "c2pa.ingredient.v3"
SHAPES = ["label", "assertions", "actions", "action", "claim.v2", "created_assertions", "claim_generator_info", "url"]
SHAPES += [ACTIONS, INGREDIENT, "relationship", "validationResults", "failure", "parameters", "type", "activeManifest"]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SigningKeys:
    return signing_keys(tmp_path_factory.mktemp("keys"))


def made(keys: SigningKeys, format: str) -> bytes:
    return sign(file_of(PICTURE, format), format, MADE_HERE, TIME, keys)


def enlarged(keys: SigningKeys, format: str) -> bytes:
    earlier, _ = read_earlier(made(keys, "PNG"))
    return sign(file_of(PICTURE.resize((128, 128)), format), format, ENLARGED, TIME, keys, earlier)


def in_another_format(keys: SigningKeys, format: str) -> bytes:
    earlier, _ = read_earlier(made(keys, "WEBP"))
    return sign(file_of(PICTURE, format), format, MADE_HERE, TIME, keys, earlier, (EditStep.ENCODED,))


def marked(keys: SigningKeys, format: str) -> bytes:
    earlier, _ = read_earlier(made(keys, "JPEG"))
    return sign(file_of(PICTURE, format), format, Provenance(Stamp(3)), TIME, keys, earlier)


def marked_without_credentials(keys: SigningKeys, format: str) -> bytes:
    return sign(file_of(PICTURE, format), format, Provenance(Stamp(4)), TIME, keys)


def document_of(data: bytes, keys: SigningKeys) -> dict[str, Any]:
    return dict(json.loads(crjson(data, [keys])[0]))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("make", [made, enlarged, in_another_format, marked, marked_without_credentials])
def test_every_export_keeps_every_rule(
    keys: SigningKeys, make: Callable[[SigningKeys, str], bytes], format: str
) -> None:
    results = evaluate(document_of(make(keys, format), keys))

    assert len(results) == len(RULES) == 31
    assert {result.rule: result.offenders for result in results if result.offenders} == {}


def test_one_changed_byte_breaks_a_rule(keys: SigningKeys) -> None:
    data = made(keys, "JPEG")
    results = evaluate(document_of(data[:-4] + bytes([data[-4] ^ 1]) + data[-3:], keys))

    assert [result.rule for result in results if not result.is_kept] == ["valid_success"]


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def apply(document: dict[str, Any]) -> dict[str, Any]:
        document = copy.deepcopy(document)
        change(document["manifests"][0])
        return document

    return apply


def actions(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return list(manifest["assertions"][ACTIONS]["actions"])


def with_action(**fields: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return changed(lambda manifest: manifest["assertions"][ACTIONS]["actions"].append(fields))


def with_assertion(label: str, /, **data: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return changed(lambda manifest: manifest["assertions"].update({label: data}))


def with_failure(code: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return changed(lambda manifest: manifest["validationResults"]["failure"].append({"code": code}))


def with_ingredient(**fields: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return changed(lambda manifest: manifest["assertions"][INGREDIENT].update(fields))


def only_opened(manifest: dict[str, Any]) -> None:
    manifest["assertions"][ACTIONS] = {"actions": actions(manifest)[:1], "allActionsIncluded": False}


def gathered(manifest: dict[str, Any]) -> None:
    claim = manifest["claim.v2"]
    claim["created_assertions"] = [one for one in claim["created_assertions"] if "actions" not in one["url"]]


BROKEN = {
    "well_formed_data_present": changed(lambda manifest: manifest.pop("validationResults")),
    "valid_data_present": changed(lambda manifest: manifest.pop("validationResults")),
    "well_formed_success": with_failure("claim.malformed"),
    "valid_success": with_failure("assertion.dataHash.mismatch"),
    "mandatory_spec_version": changed(
        lambda manifest: manifest["claim.v2"]["claim_generator_info"].update(specVersion="2.2.0")
    ),
    "mandatory_all_actions_included": changed(
        lambda manifest: manifest["assertions"][ACTIONS].pop("allActionsIncluded")
    ),
    "mandatory_dst_for_perceptible_transformations": with_action(action="c2pa.cropped"),
    "no_dst_for_opened_action": changed(
        lambda manifest: actions(manifest)[0].update(digitalSourceType=TRAINED_ALGORITHMIC_MEDIA)
    ),
    "inception_action_position": changed(gathered),
    "mandatory_dst_for_created_action": with_action(action="c2pa.created"),
    "opened_action_ingredient_reference": changed(lambda manifest: actions(manifest)[0].pop("parameters")),
    "all_actions_included_opened": changed(only_opened),
    "no_deprecated_assertions": with_assertion("stds.exif"),
    "no_unsupported_assertions": with_assertion("c2pa.training-mining"),
    "no_unrecognized_custom_assertions": with_assertion("mine"),
    "no_deprecated_actions": with_action(action="c2pa.watermarked"),
    "no_unsupported_actions": with_action(action="c2pa.dreamt", digitalSourceType="x"),
    "no_unrecognized_custom_actions": with_action(action="dreamt"),
    "no_unrecognized_custom_action_parameters": with_action(action="c2pa.converted", parameters={"depth": 1}),
    "discouraged_legacy_action_parameters": with_action(action="c2pa.converted", parameters={"description": "x"}),
    "active_manifest_urn": changed(lambda manifest: manifest.update(label="urn:uuid:1")),
    "no_deprecated_claim_fields": changed(lambda manifest: manifest["claim.v2"].update(specVersion="2.4.0")),
    "review_ratings_datasource": with_assertion(
        "org.example.review", reviewRatings=[1], dataSource={"type": "humanEntry.anonymous"}
    ),
    "ingredient_relationship_values": with_ingredient(relationship="cousinOf"),
    "ingredient_v3_no_active_manifest": with_ingredient(activeManifest=None),
    "ingredient_v3_mandatory_validation_results": changed(
        lambda manifest: manifest["assertions"][INGREDIENT].pop("validationResults")
    ),
    "ingredient_v3_choice": with_ingredient(digitalSourceType=TRAINED_ALGORITHMIC_MEDIA),
    "alternative_content_representation_choice": with_assertion(
        "c2pa.alternative-content-representation", type="exif.originalPreservationImage", parameters={}
    ),
    "forbidden_labels_in_external_references": with_assertion(
        "c2pa.external-reference", label="c2pa.hash.data", url="https://example.org"
    ),
    "no_url_in_hashes": changed(lambda manifest: manifest["assertions"]["c2pa.hash.data"].update(url="x")),
    "no_box_hash_for_tiff": changed(
        lambda manifest: manifest["assertions"].update(
            {"c2pa.hash.boxes": {}, "c2pa.asset-type.v2": {"dc:format": "image/tiff"}}
        )
    ),
}


@pytest.fixture(scope="module")
def sound(keys: SigningKeys) -> dict[str, Any]:
    return document_of(enlarged(keys, "PNG"), keys)


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_finds_what_breaks_it(sound: dict[str, Any], rule: str) -> None:
    (result,) = (result for result in evaluate(BROKEN[rule](sound)) if result.rule == rule)

    assert result.offenders
    assert result.is_kept is (rule in WARNINGS)


def test_the_data_names_the_rules_that_are_looked_for() -> None:
    assert rubric_facts().rules.keys() == RULES.keys() == BROKEN.keys()


def test_a_document_without_a_manifest_has_no_results() -> None:
    assert evaluate({}) == evaluate([]) == evaluate({"manifests": []}) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(SHAPES), inner, max_size=5),
        max_leaves=20,
    )
)
def test_no_manifest_of_any_shape_raises(manifest: object) -> None:
    assert len(evaluate({"manifests": [manifest]})) == len(RULES)
