"""The chips: each layer's checks, scores beside limits and time; what was not reached is said so."""

from __future__ import annotations

from PIL import Image

from safety.generation import Generation, GenerationRequest
from safety.marks.mark_view import mark_view
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.records import Assessment, Finding, Stage
from safety.resources import PRESETS
from studio.layers import scores_of
from ui.html.happened import Happened, Judgement, _view, happened
from ui.texts import page_texts

POLICY = load_policy(PRESETS)


def judged(*findings: Finding) -> Judgement:
    decision = decide(Assessment(Stage.PROMPT, ("words",), findings), POLICY, "art")
    return Judgement(decision, scores_of(decision, POLICY))


def test_a_refused_prompt_has_its_numbers_and_the_rest_was_not_reached() -> None:
    told = Happened(POLICY.messages("en"), {"prompt": 0.12}, prompt=judged(Finding("words", "violence", 0.97)))
    shown = happened(told)
    assert shown.count("was not reached") == 3 and shown.count("<details") == 1
    assert "0.97" in shown and "0.12 s" in shown and 'class="sl-own">Art' in shown


def test_a_prompt_without_a_score_says_so() -> None:
    assert "Nothing was found" in happened(Happened(POLICY.messages("en"), {}, prompt=judged()))


def test_the_mark_is_shown_by_small_jpegs_and_a_slider_with_a_name() -> None:
    picture = Image.new("RGB", (512, 512), (90, 120, 40))
    shown = _view(mark_view(picture, picture), page_texts())
    assert shown.count("data:image/jpeg") == 3 and 'aria-label="Move between before and after"' in shown
    assert "20 times" in shown and "png" not in shown
    assert "<span>Before</span><span>After</span>" in shown


def test_an_enlarged_picture_says_how_much_larger_and_that_its_words_were_judged_before() -> None:
    request = GenerationRequest("a red apple", steps=4, guidance=3.0)
    generation = Generation(request, (), "pocket", 0.5)
    shown = happened(Happened(POLICY.messages("en"), {}, generation=generation, seed=7, enlarged=2))
    assert "enlarged 2×, 0.50 s" in shown and "judged for the smaller picture" in shown
