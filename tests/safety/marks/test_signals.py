"""What Content Credentials state about AI, in the words of the public signals rubric."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.marks.crjson import lineage, manifests
from safety.marks.signals import AiStatement, Signals, rubric_facts, signals

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
EMPTY = "http://c2pa.org/digitalsourcetype/empty"
CREATED, OPENED, EDITED, CROPPED = "c2pa.created", "c2pa.opened", "c2pa.edited", "c2pa.cropped"


def action(name: str, source: str = "") -> dict[str, Any]:
    return {"action": name} | ({"digitalSourceType": source if ":" in source else IPTC + source} if source else {})


def manifest(
    *actions: dict[str, Any], label: str = "a", parent: str = "", flat: str | None = None, complete: bool | None = True
) -> dict[str, Any]:
    listed: dict[str, Any] = {"actions": list(actions)} | ({} if complete is None else {"allActionsIncluded": complete})
    assertions: dict[str, Any] = {"c2pa.actions.v2": listed} if actions else {}
    if parent:
        url = f"self#jumbf=/c2pa/urn:c2pa:{parent}"
        assertions["c2pa.ingredient.v3"] = {"relationship": "parentOf", "activeManifest": {"url": url}}
    if flat is not None:
        source = {"digitalSourceType": IPTC + flat} if flat else {}
        assertions["c2pa.ingredient.v3"] = {"relationship": "parentOf", **source}
    return {"label": f"urn:c2pa:{label}", "assertions": assertions}


def of(*all_manifests: dict[str, Any]) -> Signals:
    return signals_of({"manifests": list(all_manifests)})


def signals_of(document: object) -> Signals:
    return signals(list(lineage(manifests(document))))


AI = action(CREATED, "trainedAlgorithmicMedia")
PHOTO = action(CREATED, "digitalCapture")


@pytest.mark.parametrize(
    ("document", "statement", "inceptions", "transformations"),
    [
        pytest.param(
            [manifest(AI, action("c2pa.watermarked.bound"))],
            AiStatement.FULLY,
            {"fullyGenAIMedia"},
            {"nonEditorial"},
            id="made by a model",
        ),
        pytest.param(
            [manifest(AI, action("c2pa.addedText", "algorithmicMedia"))],
            AiStatement.FULLY,
            {"fullyGenAIMedia"},
            {"perceptibleNonGenAI"},
            id="made by a model and labelled",
        ),
        pytest.param(
            [manifest(action(OPENED), action("c2pa.resized.proportional"), parent="b"), manifest(AI, label="b")],
            AiStatement.FULLY,
            {"fullyGenAIMedia"},
            {"nonEditorial"},
            id="resized, made by a model before",
        ),
        pytest.param(
            [manifest(action(OPENED), flat="trainedAlgorithmicMedia")],
            AiStatement.FULLY,
            {"fullyGenAIMedia", "mediaUnknownProvenance"},
            set(),
            id="declared of a file without credentials",
        ),
        pytest.param(
            [manifest(action(CREATED, "compositeWithTrainedAlgorithmicMedia"))],
            AiStatement.PARTLY,
            {"partlyGenAICreation"},
            set(),
            id="a mixture",
        ),
        pytest.param(
            [manifest(action(CREATED, EMPTY), action("c2pa.placed"), parent="b"), manifest(AI, label="b")],
            AiStatement.PARTLY,
            {"blankCanvas", "fullyGenAIMedia"},
            set(),
            id="a model's picture placed on a page",
        ),
        pytest.param(
            [
                manifest(action(OPENED), action(EDITED, "compositeWithTrainedAlgorithmicMedia"), parent="b"),
                manifest(PHOTO, label="b"),
            ],
            AiStatement.EDITED,
            {"capturedMedia"},
            {"perceptibleGenAI"},
            id="a photograph edited with AI",
        ),
        pytest.param(
            [manifest(action(CREATED, "screenCapture"))],
            AiStatement.PERHAPS,
            {"screenCaptureMayContainGenAI"},
            set(),
            id="a screenshot",
        ),
        pytest.param(
            [manifest(PHOTO, action(EDITED, "digitalArt"))],
            AiStatement.PERHAPS,
            {"capturedMedia"},
            {"perceptiblePossiblyGenAI", "perceptibleNonGenAI"},
            id="a photograph painted over",
        ),
        pytest.param(
            [manifest(PHOTO, action(CROPPED, "humanEdits"))],
            AiStatement.CAPTURED,
            {"capturedMedia"},
            {"perceptibleNonGenAI"},
            id="a photograph, cropped",
        ),
        pytest.param(
            [manifest(action(CREATED, "digitalCreation"))],
            AiStatement.WITHOUT,
            {"nonGenAIDigitalCreation"},
            set(),
            id="drawn with a program",
        ),
        pytest.param(
            [manifest(action(OPENED), flat="")],
            AiStatement.UNKNOWN,
            {"mediaUnknownProvenance"},
            set(),
            id="a file of unknown origin",
        ),
        pytest.param(
            [manifest(PHOTO), manifest(AI, label="b")],
            AiStatement.CAPTURED,
            {"capturedMedia"},
            set(),
            id="a manifest that nothing builds on does not count",
        ),
        pytest.param([manifest()], AiStatement.NONE, set(), {"ambiguousActions"}, id="nothing said"),
    ],
)
def test_signals_come_to_one_statement(
    document: list[dict[str, Any]], statement: AiStatement, inceptions: set[str], transformations: set[str]
) -> None:
    found = of(*document)

    assert found.statement is statement
    assert set(found.inceptions) == inceptions
    assert set(found.transformations) == transformations


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(manifest(AI, complete=None), id="not said"),
        pytest.param(manifest(AI, complete=False), id="said not to be"),
        pytest.param(manifest(AI, action("org.example.filter")), id="a step of the maker's own"),
        pytest.param(manifest(AI, action("c2pa.unknown")), id="an unknown step"),
        pytest.param(
            manifest(AI)
            | {"claim.v2": {"gathered_assertions": [{"url": "self#jumbf=c2pa.assertions/c2pa.actions.v2"}]}},
            id="a list that the signer does not answer for",
        ),
    ],
)
def test_a_list_of_steps_that_need_not_be_whole_is_called_so(document: dict[str, Any]) -> None:
    assert not of(document).complete and "ambiguousActions" in of(document).transformations
    assert of(manifest(AI)).complete


def test_manifests_that_name_each_other_come_to_an_end() -> None:
    assert of(manifest(AI, parent="b"), manifest(AI, label="b", parent="a")).statement is AiStatement.FULLY


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["manifests", "label", "assertions", "actions", "action", "claim.v2", "created_assertions", "url"]
                    + ["c2pa.actions.v2", "relationship", "digitalSourceType", "activeManifest", "validationResults"]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_no_document_of_any_shape_raises(document: object) -> None:
    assert signals_of(document).statement in AiStatement


def test_each_signal_of_how_a_picture_began_is_used() -> None:
    for signal, sources in rubric_facts().inceptions.items():
        for source in sources:
            found = of(manifest(action(CREATED, source)))
            assert found.inceptions == (signal,)
            assert found.statement is not AiStatement.NONE
