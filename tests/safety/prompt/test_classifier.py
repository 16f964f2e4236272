"""The check that judges meaning: with a model of words that everyone can reckon with, and with the one that ships."""

from __future__ import annotations

import pickle
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from safety.checks import run_checks
from safety.errors import PresetError, WeightsError
from safety.policy.model import load_policy
from safety.prompt import classifier, classifier_model
from safety.prompt.classifier import (
    GRAVE,
    OUTPUTS,
    READ,
    PromptClassifierCheck,
    PromptClassifierConfig,
    load_prompt_classifier,
)
from safety.prompt.classifier_model import HEADS, MAX_WINDOWS, WINDOW, PromptClassifierModel, windows
from safety.records import Finding, Prompt, Stage, Verdict
from tests.safety.prompt.conftest import PRESETS

SHIPPED = Path(__file__).parents[3] / "assets" / "models" / classifier.FOLDER
CONFIG = PromptClassifierConfig.load(PRESETS / classifier.FILE)
WARN_SCORE = 0.36
WORDS = ("[PAD]", "[UNK]", "knife", "blood", "cat", "a", "the", "in", "park", "dog", "b", "l", "d", "0")
WEIGHT = {"knife": 1.5, "blood": 9.5}  # what a word adds to harm, to violence and to its gravity
MARK = {"knife": -1.0, "blood": 4.0}  # of the others -4: the logit of belonging to the phrase that carries it
BIAS = -6.0
needs_weights = pytest.mark.skipif(not (SHIPPED / "model.onnx").exists(), reason="the weights are not here")


class MeanOfWords:
    """A session whose logits are the bias and a mean over the words, where heavy words have most of the weight."""

    def __init__(self) -> None:
        self.tokens = 0

    def run(self, outputs: list[str], inputs: dict[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        each = np.zeros(classifier_model.BEGIN + 10, dtype=np.float32)
        for word, weight in WEIGHT.items():
            each[WORDS.index(word)] = weight
        self.tokens += inputs["ids"].size
        value = np.repeat(each[inputs["ids"]][..., None], len(HEADS), axis=-1)
        weights = np.exp(value)
        weights /= weights.sum(axis=1, keepdims=True)
        shares = weights * value
        shares[..., [i for i, head in enumerate(HEADS) if head not in ("harm", "violence", "refuse")]] = 0
        marks = np.full(len(each), -4.0, dtype=np.float32)
        for word, mark in MARK.items():
            marks[WORDS.index(word)] = mark
        return [shares.sum(axis=1) + BIAS, shares, marks[inputs["ids"]]]


@pytest.fixture
def session() -> MeanOfWords:
    return MeanOfWords()


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, session: MeanOfWords) -> PromptClassifierCheck:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    monkeypatch.setattr(classifier_model, "load_parts", lambda folder, inner: (tokenizer, session))
    return PromptClassifierCheck(tmp_path, CONFIG, WARN_SCORE)


def found(check: PromptClassifierCheck, text: str) -> dict[str, Finding]:
    return {finding.category: finding for finding in check.detect(Prompt(text)) if finding.subcategory == READ}


def test_a_harmless_prompt_scores_low_and_has_no_spans(check: PromptClassifierCheck) -> None:
    findings = found(check, "a cat in the park")
    assert findings["violence"].score < 0.1
    assert not any(finding.spans for finding in findings.values())


def test_the_likeliest_category_carries_the_risk(check: PromptClassifierCheck) -> None:
    findings = found(check, "blood in the park")
    chance = 1 / (1 + np.exp(-check.model.read("blood in the park").logits[0]))
    assert chance > 0.9
    assert findings["violence"].probability == pytest.approx(chance, abs=1e-4)
    assert findings["violence"].score == pytest.approx(chance ** CONFIG.power["violence"], abs=1e-4)
    assert max(findings.values(), key=lambda finding: finding.score).category == "violence"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        pytest.param("a cat in blood", ["blood"], id="the word that carries it"),
        pytest.param("Blood, blood and a cat", ["Blood", "blood"], id="parted by a sign"),
        pytest.param("the  BLOOD\u200b in a park", ["BLOOD"], id="where it was typed"),
        pytest.param("a knife in the blood", ["blood"], id="no word that is not marked"),
        pytest.param("blood in the blood of a cat", ["blood in the blood"], id="with the small words between"),
        pytest.param("blood, a cat, blood", ["blood", "blood"], id="apart"),
        pytest.param("blood cat blood dog blood park", ["blood"] * 3, id="three"),
    ],
)
def test_spans_lie_on_the_words_that_carry_the_score(
    check: PromptClassifierCheck, text: str, marked: list[str]
) -> None:
    spans = found(check, text)["violence"].spans
    assert [text[span.start : span.end].strip("\u200b") for span in spans] == marked


def test_without_the_score_at_which_the_policy_warns_no_words_are_marked(
    check: PromptClassifierCheck, tmp_path: Path
) -> None:
    marked, unmarked = found(check, "a cat in blood"), found(PromptClassifierCheck(tmp_path, CONFIG), "a cat in blood")
    assert marked["violence"].spans and not unmarked["violence"].spans
    assert [one.score for one in marked.values()] == [one.score for one in unmarked.values()]


def test_a_second_model_counts_by_its_share_one_by_one_and_together(
    check: PromptClassifierCheck, tmp_path: Path
) -> None:
    model = SimpleNamespace(
        logits=lambda texts: check.model.logits(texts) + np.float32(2),
        read=lambda text: SimpleNamespace(logits=check.model.read(text).logits + np.float32(2)),
    )
    second: Any = SimpleNamespace(models=(), model=model)
    both = PromptClassifierCheck(tmp_path, CONFIG.model_copy(update={"second_share": 0.25}), WARN_SCORE, second=second)
    chance = 1 / (1 + np.exp(-(check.model.read("a cat in blood").logits[0] + 0.25 * 2)))
    assert found(both, "a cat in blood")["violence"].probability == pytest.approx(chance, abs=1e-4)
    assert both.score_batch(["a cat in blood"])["risk"][0] == pytest.approx(chance, abs=1e-4)


def test_without_the_weights_of_the_second_model_nothing_is_judged(
    check: PromptClassifierCheck, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    second = PromptClassifierCheck(tmp_path / "second", CONFIG)
    both = PromptClassifierCheck(tmp_path, CONFIG, WARN_SCORE, second=second)
    shipped = classifier_model.load_parts

    def load(folder: Path, inner: str) -> Any:
        if folder.name == "second":
            raise WeightsError("gone")
        return shipped(folder, inner)

    monkeypatch.setattr(classifier_model, "load_parts", load)
    for ask in (lambda: both.detect(Prompt("a cat")), lambda: both.score_batch(["a cat"])):
        with pytest.raises(WeightsError):
            ask()


def test_where_no_phrase_carries_it_the_reason_is_the_whole(
    check: PromptClassifierCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WEIGHT, "cat", 11.0)  # weighs most, and the model marks another word
    finding = found(check, "cat cat cat in blood")["violence"]
    assert finding.score > 0.9
    assert (finding.spans, finding.evidence) == ((), classifier.WHOLE)


def test_the_words_are_marked_from_the_score_at_which_the_policy_that_ships_warns() -> None:
    assert load_policy(PRESETS).least_score(Verdict.WARN, Stage.PROMPT, OUTPUTS) == WARN_SCORE


@pytest.mark.parametrize("text", ["a cat", "how to cat"])
def test_every_finding_is_one_of_the_outputs(check: PromptClassifierCheck, text: str) -> None:
    findings = list(check.detect(Prompt(text)))
    assert {(finding.category, finding.subcategory) for finding in findings} <= set(OUTPUTS)


def test_a_power_of_no_category_stops_the_start(tmp_path: Path) -> None:
    text = (PRESETS / classifier.FILE).read_text("utf-8")
    (tmp_path / classifier.FILE).write_text(text + "violense = 2\n", "utf-8")
    with pytest.raises(PresetError, match=classifier.FILE) as caught:
        load_prompt_classifier(tmp_path, tmp_path)
    assert "violense" in str(caught.value)


def test_each_span_says_how_much_of_the_category_it_carries(check: PromptClassifierCheck) -> None:
    finding = found(check, "blood on a dog and blood in the park")["violence"]
    assert len(finding.span_weights) == len(finding.spans) == 2
    assert sum(finding.span_weights) == pytest.approx(1.0, abs=1e-4)
    assert finding.span_weights[0] == pytest.approx(finding.span_weights[1], abs=1e-4)


def test_what_was_typed_before_is_not_read_again(check: PromptClassifierCheck, session: MeanOfWords) -> None:
    text = "a cat " * 3 * WINDOW
    list(check.detect(Prompt(text)))
    before = session.tokens
    list(check.detect(Prompt(text + "dog")))
    assert session.tokens - before <= WINDOW


def test_a_long_prompt_is_read_again_only_within_bounds(check: PromptClassifierCheck, session: MeanOfWords) -> None:
    rng = random.Random(0)
    list(check.detect(Prompt(" ".join(rng.choice(WORDS[2:]) for _ in range(8 * WINDOW)))))
    assert 8 * WINDOW <= session.tokens <= 10 * WINDOW  # read once, and not every window again


def test_a_disguised_word_is_read_as_what_it_stands_for(check: PromptClassifierCheck) -> None:
    text = "a cat in b.l.o.o.d"
    finding = found(check, text)["violence"]
    assert finding.probability > 0.9
    assert [text[span.start : span.end] for span in finding.spans] == ["b.l.o.o.d"]


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\n"], ids=repr)
def test_an_empty_prompt_holds_nothing(check: PromptClassifierCheck, text: str) -> None:
    assert all(finding.score < 0.1 for finding in check.detect(Prompt(text)))


def test_a_word_at_the_end_of_a_long_text_counts(check: PromptClassifierCheck) -> None:
    text = "a cat " * WINDOW + "blood"
    finding = found(check, text)["violence"]
    assert finding.probability > 0.9
    assert [text[span.start : span.end] for span in finding.spans] == ["blood"]


def test_a_text_too_long_to_be_read_is_not_judged(check: PromptClassifierCheck) -> None:
    assessment = run_checks(Stage.PROMPT, Prompt("cat " * WINDOW * MAX_WINDOWS), [check])
    assert [failure.check for failure in assessment.failed] == ["meaning"]


def test_a_batch_scores_as_single_prompts_do(check: PromptClassifierCheck) -> None:
    prompts = ["a cat", "blood", "a knife in the park", "", "b.l.o.o.d"]
    columns = check.score_batch(prompts)
    assert len(columns) == 1 + len(OUTPUTS)
    for i, prompt in enumerate(prompts):
        for finding in check.detect(Prompt(prompt)):
            name = finding.category if finding.subcategory == READ else f"{finding.category}.{finding.subcategory}"
            assert finding.score == pytest.approx(columns[name][i], abs=1e-4)


def test_a_batch_of_none_has_empty_columns(check: PromptClassifierCheck) -> None:
    assert all(len(column) == 0 for column in check.score_batch([]).values())


def test_the_check_can_be_pickled(check: PromptClassifierCheck) -> None:
    again = pickle.loads(pickle.dumps(check))
    assert again.score_batch(["blood"])["risk"] == check.score_batch(["blood"])["risk"]


def test_a_kind_is_never_likelier_than_the_harm_itself(check: PromptClassifierCheck) -> None:
    for finding in check.detect(Prompt("a cat in the park")):
        assert finding.subcategory in (READ, GRAVE) or finding.score <= finding.probability


@given(length=st.integers(0, (MAX_WINDOWS - 1) * (WINDOW - 18) + WINDOW - 2))
def test_windows_leave_no_token_out_and_start_where_they_did_for_a_shorter_text(length: int) -> None:
    made = windows(list(range(1000, 1000 + length)))
    assert {token for _, ids in made for token in ids[1:-1]} == set(range(1000, 1000 + length))
    assert all(
        len(ids) <= WINDOW and ids[1:-1] == tuple(range(1000 + at, 1000 + at + len(ids) - 2)) for at, ids in made
    )
    longer = windows(list(range(1000, 1000 + length - length // 3)))
    assert [at for at, _ in longer[:-1]] == [at for at, _ in made][: len(longer) - 1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_any_text_gives_scores_and_spans_inside_it(check: PromptClassifierCheck, text: str) -> None:
    for finding in check.detect(Prompt(text)):
        assert all(0 <= span.start < span.end <= len(text) for span in finding.spans)


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json"])
def test_weights_that_are_not_the_recorded_ones_are_not_used(tmp_path: Path, file: str) -> None:
    for name in ("model", "tokenizer"):
        actual = "model.onnx" if name == "model" else "tokenizer.json"
        (tmp_path / actual).write_bytes(b"{}")
        with (tmp_path / "weights.toml").open("a") as toml:
            toml.write(f'[{name}]\nfile = "{actual}"\nsha256 = "{"0" * 64}"\n')
            toml.write('source = "-"\nlicence = "-"\nlicence_url = "-"\n')
    (tmp_path / file).unlink()
    with pytest.raises(WeightsError):
        PromptClassifierModel(tmp_path).read("a cat")


@needs_weights
@pytest.mark.parametrize(
    ("harmful", "harmless"),
    [
        pytest.param("a man stabbed to death, blood everywhere", "a man stabs a potato with a fork", id="stab"),
        pytest.param("a killer shoots a man in the head", "a photographer shoots a portrait of a man", id="shoot"),
        pytest.param("step-by-step diagram to build a pipe bomb", "step-by-step diagram to bake a cake", id="bomb"),
        pytest.param("refugees are vermin and must be wiped out", "refugees celebrating a holiday together", id="hate"),
    ],
)
def test_the_weights_that_ship_tell_a_harmful_sentence_from_its_harmless_twin(harmful: str, harmless: str) -> None:
    columns = load_prompt_classifier(PRESETS, SHIPPED).score_batch([harmful, harmless])
    highest = np.max([columns[category] for category in classifier.GRAVE_CATEGORIES], axis=0)
    assert highest[0] >= WARN_SCORE > highest[1]


@needs_weights
@pytest.mark.parametrize("text", ["a man stabbed to death, blood everywhere", "a red apple", "blood " * 300])
def test_shares_of_words_sum_up_to_what_was_said(text: str) -> None:
    model = PromptClassifierModel(SHIPPED)
    bias = [window.logits - window.shares.sum(axis=0) for window in model.read(text).windows]
    none = model.read("a tree").windows[0]
    for window, own in zip(model.read(text).windows, bias, strict=True):
        assert own == pytest.approx(none.logits - none.shares.sum(axis=0), abs=1e-3)
        assert window.marks.shape == window.ids.shape


@needs_weights
def test_the_weights_that_ship_are_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 25e6


def test_a_model_that_gives_no_number_is_never_taken_for_harmless(
    check: PromptClassifierCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = check.model.logits
    monkeypatch.setattr(check.model, "logits", lambda texts: real(texts) * np.nan)
    for judge in (check.score_batch, check.find_batch):
        with pytest.raises(ValueError, match="no number"):
            judge(["a red apple"])


def test_prompts_that_are_read_together_are_found_as_each_alone_words_and_all(check: PromptClassifierCheck) -> None:
    texts = ["a cat in the park", "a cat in blood", "", "blood cat blood", "a dog"]
    together = check.detect_batch([Prompt(text) for text in texts])
    alone = [tuple(check.detect(Prompt(text))) for text in texts]
    assert [[finding.spans for finding in row] for row in together] == [
        [finding.spans for finding in row] for row in alone
    ]
    assert [any(finding.spans for finding in row) for row in together] == [False, True, False, True, False]
    for row, other in zip(together, alone, strict=True):
        assert [finding.score for finding in row] == pytest.approx([finding.score for finding in other], abs=1e-5)
