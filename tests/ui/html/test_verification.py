"""What the marks of a file say, as HTML."""

from __future__ import annotations

import pytest

from safety.marks.signals import UNKNOWN_ORIGIN, AiStatement
from tests.ui.html.pages import NASTY, Html
from ui.html import verification
from ui.texts import page_texts


def signals(*inceptions: str, complete: bool = True) -> dict[str, object]:
    return {"inceptions": list(inceptions), "transformations": [], "complete": complete}


def report_row(**credentials: object) -> dict[str, object]:
    layer = {"found": True, "stamp": "0" * 16, "valid": True, "trusted": True, "claims": {"issuer": NASTY}}
    layer |= {"says_of_ai": "none", "signals": signals(), "training": {}}
    none = {"found": False, "stamp": None}
    layers = {"credentials": layer | credentials, "invisible": none, "metadata": none, "registry": none}
    reveal = {"place": "EXIF", "name": "Artist", "value": NASTY, "group": "who"}
    more = {"foreign": [], "unread": [], "reveals": [reveal], "contradictions": [NASTY]}
    return {"layers": layers, **more, "summary": "Made by AI in this studio on 2026-11-22T21:15:21.587961+00:00."}


def test_a_report_tells_every_layer_and_stays_text() -> None:
    shown = Html(verification.report(report_row()))
    assert not {"img", "script"} & set(shown.tags)
    texts = page_texts()
    for layer in verification.LAYERS:
        assert texts[f"verify.{layer}"] in shown.text
    assert "2026-11-22 21:15 UTC" in shown.text and "proves nothing" in shown.text and "contradict" in shown.text


@pytest.mark.parametrize("match", ("file", "picture", "edited", "excerpt", "another", "unclear"))
def test_the_record_says_whether_it_is_the_picture_or_a_copied_mark(match: str) -> None:
    record = {"found": True, "stamp": "0" * 16, "case": "c1", "time": "", "match": match, "distance": 12}
    row = report_row()
    shown = verification.report({**row, "layers": {**row["layers"], "registry": record}})  # type: ignore[dict-item]
    assert page_texts()[f"verify.match_{match}"] in shown and "c1" in shown
    assert ("sl-broken" in shown) == (match == "another")
    # A part has another fingerprint than the whole: the bits that differ say nothing, and look like much.
    assert ("12 of 256" in shown) == (match not in ("excerpt", "unclear"))


def test_a_mark_of_another_maker_is_told_as_a_hint_and_one_not_read_with_its_reason() -> None:
    mark = {"tool": "Stable Diffusion XL", "method": "dwtDct", "score": 12.3, "payload": ""}
    shown = Html(verification.report({**report_row(), "foreign": [mark], "unread": ["No package."]})).text
    for part in ("A hint", "Stable Diffusion XL", "12.3 standard deviations", "No package."):
        assert part in shown


def test_what_a_file_reveals_is_listed_by_kind() -> None:
    shown = Html(verification.report(report_row())).text
    assert "fields: 1; about who, where or which words: 1" in shown and "Artist" in shown


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        pytest.param({}, "this studio", id="ours"),
        pytest.param({"trusted": False}, "Valid, signer unknown", id="of another"),
        pytest.param({"valid": False}, "Changed since signing", id="changed"),
        pytest.param({"found": False}, "Not found", id="none"),
        pytest.param({"found": False, "damaged": True}, "There, and damaged", id="damaged"),
    ],
)
def test_credentials_are_told_by_what_they_are_worth(credentials: dict[str, object], words: str) -> None:
    assert words in verification.report(report_row(**credentials))


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "ja"])
@pytest.mark.parametrize("statement", AiStatement)
def test_what_credentials_say_of_ai_stands_there_in_words(statement: AiStatement, language: str) -> None:
    shown = Html(verification.report(report_row(says_of_ai=str(statement)), language)).text
    assert page_texts(language)[f"verify.ai_{statement}"] in shown


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        pytest.param({}, "Fully AI-generated", id="as it is"),
        pytest.param(
            {"signals": signals(UNKNOWN_ORIGIN)}, "Fully AI-generated, as somebody declared", id="as somebody declared"
        ),
        pytest.param({"signals": signals(complete=False)}, "more may have been done", id="not all listed"),
        pytest.param({"claims": {"time": "2026-11-29T12:00:00Z"}}, "the signer’s own word", id="a time of its own"),
        pytest.param(
            {"training": {"ai_training": "notAllowed", "data_mining": "notAllowed", "ai_inference": "allowed"}},
            "not allowed: training of models, data mining; allowed: as input to a model",
            id="reserved",
        ),
    ],
)
def test_what_credentials_state_is_told_with_its_limits(credentials: dict[str, object], words: str) -> None:
    assert words in Html(verification.report(report_row(says_of_ai="fully", **credentials))).text


def test_a_time_that_an_authority_attests_has_no_remark() -> None:
    claims = {"time": "2026-11-29T12:00:00Z", "time_authority": "2026-11-29T12:00:00Z"}
    assert "own word" not in Html(verification.report(report_row(claims=claims))).text


def test_what_was_changed_since_it_was_signed_states_nothing() -> None:
    shown = Html(verification.report(report_row(valid=False, says_of_ai="fully", training={"ai_training": "allowed"})))
    assert "AI-generated" not in shown.text and "training" not in shown.text
