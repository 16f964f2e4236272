"""From records to what components show, without any component."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from safety.generation import Export, PictureResult, Stamp
from safety.messages.catalogue import Messages, RenderedReason
from safety.records import Decision, Reason, Region, Span, Stage, Verdict
from tests.fakes_page import policy
from ui.html import decision as present
from ui.html import picture
from ui.html import regions as present_region
from ui.html import verification as present_verify
from ui.web.handlers import Judged, Problem
from ui.web.jobs import Step

NASTY = "<img src=x onerror=alert(1)>'\"&${1+1}{{x}}</div><script>alert(1)</script>"
REASON = Reason(
    verdict=Verdict.BLOCK,
    category="violence",
    code="P301",
    clause="3.1",
    check="lexicon",
    evidence="gore",
    spans=(Span(2, 6),),
    score=0.9,
    threshold=0.7,
)
HARD = replace(
    REASON,
    category="child_safety",
    verdict=Verdict.HARD_BLOCK,
    check="",
    evidence="",
    spans=(),
    score=None,
    threshold=None,
)
WORDS = policy().messages("en-GB")


@dataclass(frozen=True)
class Worded(Messages):
    """Says every reason in the same words, whatever its category; `changed` replaces some of them."""

    changed: tuple[tuple[str, str], ...] = ()

    def render(self, decision: Decision) -> tuple[RenderedReason, ...]:
        said = {"title": "Graphic violence", "text": "This looks like graphic violence.", "clause": "3.1: none of it"}
        return tuple(RenderedReason(reason, **(said | dict(self.changed))) for reason in decision.reasons)


def worded(**changed: str) -> Messages:
    return Worded(**vars(WORDS), changed=tuple(changed.items()))


def decision(*reasons: Reason, stage: Stage = Stage.PROMPT, risk: float = 0.8) -> Decision:
    verdict = max((reason.verdict for reason in reasons), default=Verdict.ALLOW)
    return Decision(verdict, reasons, stage, "general", "2026.11", "ab" * 32, risk)


class Tags(HTMLParser):
    """What a browser would see: tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(str(html))  # of a Markup, every part would be a Markup again
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_refusal_names_reason_code_clause_score_threshold_and_what_would_pass() -> None:
    shown = Tags(present.judgement(Judged(replace(decision(REASON), modes_that_allow=("art", "medical")), WORDS))).text
    for part in ("Refused", "Graphic violence", "P301", "3.1:", "gore", "0.90", "0.70", "Art, Medical", "Risk 80"):
        assert part in shown


def test_a_hard_line_shows_help_first_and_neither_number_nor_word() -> None:
    shown = Tags(present.judgement(Judged(decision(HARD, risk=1.0), worded()))).text
    assert shown.index("stopitnow.org.uk") < shown.index("Refused in every mode") < shown.index("This looks like")
    assert "Risk" not in shown and "score" not in shown and "pass in" not in shown


def test_help_stands_first_and_nobody_who_may_need_it_is_sent_to_another_mode() -> None:
    harm = replace(decision(replace(REASON, category="self_harm")), modes_that_allow=("art",))
    html = present.judgement(Judged(harm, WORDS))
    assert str(html).index("sl-help") < str(html).index("sl-head")
    shown = Tags(html).text
    assert "116 123" in shown and "findahelpline.com" in shown and "Other countries" in shown
    assert "pass in" not in shown and "href" in Tags(html).attributes


def test_reasons_of_one_code_are_told_once() -> None:
    shown = Tags(present.judgement(Judged(decision(REASON, replace(REASON, evidence="blood")), worded()))).text
    assert shown.count("This looks like graphic violence.") == 1
    assert "gore" in shown and "blood" in shown


@pytest.mark.parametrize("verdict", list(Verdict), ids=lambda verdict: verdict.name)
def test_every_verdict_is_told_in_words(verdict: Verdict) -> None:
    reasons = [replace(REASON, verdict=verdict)] if verdict else []
    assert WORDS.verdict(Stage.PROMPT, verdict).title in present.judgement(Judged(decision(*reasons), WORDS))
    assert WORDS.verdict(Stage.PICTURE, verdict).possible


FREE_TEXT = ("category", "code", "clause", "title", "text", "check", "evidence")
RENDERED = ("clause", "title", "text")


@pytest.mark.parametrize("field", FREE_TEXT)
def test_text_from_outside_stays_text(field: str) -> None:
    clean = (decision(REASON), worded())
    if field in RENDERED:
        dirty = (decision(REASON), worded(**{field: NASTY}))
    else:
        dirty = (decision(replace(REASON, **{field: NASTY})), worded())
    for show in (
        lambda one, words: present.judgement(Judged(one, words)),
        lambda one, words: picture.picture(PictureResult(one, None), "case", 1, words),
    ):
        before, after = Tags(show(*clean)), Tags(show(*dirty))
        assert set(after.tags) == set(before.tags)
        assert set(after.attributes) <= set(before.attributes) | {"class"}


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(present.problem(Problem(NASTY)), id="problem"),
        pytest.param(present.notice(NASTY), id="notice"),
        pytest.param(present.progress(Step(NASTY, 1, 2, 3.0)), id="progress"),
        pytest.param(present.facts({NASTY: NASTY}), id="facts"),
    ],
)
def test_no_sentence_becomes_markup(html: str) -> None:
    assert not {"img", "script"} & set(Tags(html).tags)
    assert NASTY.casefold() in Tags(html).text.casefold()


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=5))
def test_highlights_are_the_text_as_typed(text: str, spans: list[tuple[int, int]]) -> None:
    reason = replace(REASON, spans=tuple(Span(*span) for span in spans))
    assert "".join(piece for piece, _ in present.highlights(text, decision(reason), WORDS)) == text


def test_highlights_name_the_worst_reason_where_several_meet() -> None:
    worse = replace(REASON, category="hate", code="P401", spans=(Span(0, 4),))
    assert present.highlights("abcdefgh", decision(worse, REASON), WORDS) == [
        ("abcd", WORDS.locale.category["hate"].title),
        ("ef", "Graphic violence"),
        ("gh", None),
    ]


def test_a_withheld_picture_gives_its_reasons_and_no_way_to_it() -> None:
    made = PictureResult(decision(REASON, stage=Stage.PICTURE), None)
    shown = Tags(picture.picture(made, "c1", 7, WORDS))
    assert "Withheld" in shown.text and "Graphic violence" in shown.text
    assert not {"img", "a"} & set(shown.tags)


def test_a_made_picture_names_its_stamp_marks_and_case() -> None:
    export = Export(Path("x/a.png"), Stamp(255), "cd" * 32, 512, 512, ("visible", "invisible"))
    shown = Tags(picture.picture(PictureResult(decision(), export), "c1", 7, WORDS)).text
    for part in ("00000000000000ff", "Visible label", "Invisible mark", "c1", "512 × 512"):
        assert part in shown


def test_a_veil_holds_a_few_hundred_pixels_and_leaves_no_file(tmp_path: Path) -> None:
    Image.effect_noise((800, 600), 90).convert("RGB").save(tmp_path / "a.png")
    shown = picture.veil(tmp_path / "a.png", decision(replace(REASON, regions=(Region(0.1, 0.2, 0.5, 0.6),))))
    assert "data:image/jpeg;base64," in shown and len(shown) < 3000
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def verification(**credentials: object) -> dict[str, object]:
    layer = {"found": True, "stamp": "0" * 16, "valid": True, "trusted": True, "claims": {"issuer": NASTY}}
    none = {"found": False, "stamp": None}
    layers = {"credentials": layer | credentials, "invisible": none, "metadata": none, "registry": none}
    reveal = {"place": "EXIF", "name": "Artist", "value": NASTY, "group": "who"}
    more = {"foreign": [], "unread": [], "reveals": [reveal], "contradictions": [NASTY]}
    return {"layers": layers, **more, "summary": "Made here on 2026-11-22T21:15:21.587961+00:00."}


def test_a_report_tells_every_layer_and_stays_text() -> None:
    shown = Tags(present_verify.report(verification()))
    assert not {"img", "script"} & set(shown.tags)
    for layer in present_verify.LAYERS.values():
        assert layer.title in shown.text
    assert "2026-11-22 21:15 UTC" in shown.text and "proves nothing" in shown.text and "contradict" in shown.text


@pytest.mark.parametrize(("match", "words"), present_verify.MATCHES.items())
def test_the_record_says_whether_it_is_the_picture_or_a_copied_mark(match: str, words: str) -> None:
    told = {"found": True, "stamp": "0" * 16, "case": "c1", "time": "", "match": match, "distance": 12}
    seen = verification()
    shown = present_verify.report({**seen, "layers": {**seen["layers"], "registry": told}})  # type: ignore[dict-item]
    assert words in shown and "c1" in shown
    assert ("sl-broken" in shown) == (match == "another")


def test_a_mark_of_another_maker_is_told_as_a_hint_and_one_not_read_with_its_reason() -> None:
    mark = {"tool": "Stable Diffusion XL", "method": "dwtDct", "score": 12.3, "payload": ""}
    shown = Tags(present_verify.report({**verification(), "foreign": [mark], "unread": ["No package."]})).text
    for part in ("A hint", "Stable Diffusion XL", "12.3 standard deviations", "No package."):
        assert part in shown


def test_what_a_file_reveals_is_listed_by_kind() -> None:
    shown = Tags(present_verify.report(verification())).text
    assert "1 field, 1 of them on who, where or in what words" in shown and "Artist" in shown


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        pytest.param({}, "this studio", id="ours"),
        pytest.param({"trusted": False}, "Valid, signer unknown", id="of another"),
        pytest.param({"valid": False}, "Changed since signing", id="changed"),
        pytest.param({"found": False}, "Not found", id="none"),
    ],
)
def test_credentials_are_told_by_what_they_are_worth(credentials: dict[str, object], words: str) -> None:
    assert words in present_verify.report(verification(**credentials))


@pytest.mark.parametrize(
    ("regions", "said"),
    [
        pytest.param((), "", id="nowhere"),
        pytest.param((Region(0.4, 0.4, 0.6, 0.6),), "centre", id="centre"),
        pytest.param((Region(0, 0, 0.2, 0.2, 0.3), Region(0.8, 0.7, 1, 1)), "lower right, upper left", id="two"),
        pytest.param((Region(0, 0, 1, 0.2),), "top", id="along the top"),
        pytest.param(
            tuple(Region(0.7 * x, 0.7 * y, 0.7 * x + 0.3, 0.7 * y + 0.3) for x in (0, 1) for y in (0, 1)),
            "across the picture",
            id="many",
        ),
    ],
)
def test_a_place_is_said_in_words(regions: tuple[Region, ...], said: str) -> None:
    assert present_region.where(regions) == said


def test_a_reason_says_where_and_its_veil_shows_a_box(tmp_path: Path) -> None:
    seen = replace(REASON, regions=(Region(0.5, 0.25, 1, 0.75, 0.5),))
    assert "middle right" in Tags(present.reason_list(decision(seen), WORDS)).text
    assert "left:50.0%;top:25.0%;width:50.0%;height:50.0%" in present_region.boxes(decision(seen, seen))
    assert present_region.boxes(decision(seen, seen)).count("sl-region") == 1
