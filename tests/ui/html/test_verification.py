"""What the marks of a file say, as HTML."""

from __future__ import annotations

import pytest

from tests.ui.html.pages import NASTY, Html
from ui.html import verification
from ui.texts import page_texts


def report_row(**credentials: object) -> dict[str, object]:
    layer = {"found": True, "stamp": "0" * 16, "valid": True, "trusted": True, "claims": {"issuer": NASTY}}
    none = {"found": False, "stamp": None}
    layers = {"credentials": layer | credentials, "invisible": none, "metadata": none, "registry": none}
    reveal = {"place": "EXIF", "name": "Artist", "value": NASTY, "group": "who"}
    more = {"foreign": [], "unread": [], "reveals": [reveal], "contradictions": [NASTY]}
    return {"layers": layers, **more, "summary": "Made here on 2026-11-22T21:15:21.587961+00:00."}


def test_a_report_tells_every_layer_and_stays_text() -> None:
    shown = Html(verification.report(report_row()))
    assert not {"img", "script"} & set(shown.tags)
    texts = page_texts()
    for layer in verification.LAYERS:
        assert texts[f"verify.{layer}"] in shown.text
    assert "2026-11-22 21:15 UTC" in shown.text and "proves nothing" in shown.text and "contradict" in shown.text


@pytest.mark.parametrize("match", ("file", "picture", "edited", "another", "unclear"))
def test_the_record_says_whether_it_is_the_picture_or_a_copied_mark(match: str) -> None:
    record = {"found": True, "stamp": "0" * 16, "case": "c1", "time": "", "match": match, "distance": 12}
    row = report_row()
    shown = verification.report({**row, "layers": {**row["layers"], "registry": record}})  # type: ignore[dict-item]
    assert page_texts()[f"verify.match_{match}"] in shown and "c1" in shown
    assert ("sl-broken" in shown) == (match == "another")


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
