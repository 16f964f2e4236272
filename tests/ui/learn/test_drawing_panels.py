"""The panels that draw: every number is what the studio's own call gives, and only a lesson's words are drawn."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.diffusion.engine import DiffusionEngine
from engines.interface import STRENGTHS
from engines.validation import complete
from safety.errors import RequestError
from safety.generation import GenerationRequest, Steering
from safety.resources import MODELS, PRESETS
from studio import Studio
from studio.class_answers import AskedOf
from studio.demonstration import Demonstration, demonstrate, mean_difference
from studio.lessons import load_lessons
from tests.fakes import fake_studio
from ui.learn.class_records import answer_of, records_of
from ui.learn.panel import Desk, Memory
from ui.learn.panels import PANELS, settings_of
from ui.texts import page_texts

LESSONS = load_lessons(PRESETS)
WORDS = {"prompts": ["a cat", "a red apple"], "seeds": [1, 2], "guidances": [2, 4]}
CAT = {"prompt": "a cat", "seed": 1, "guidance": 2}
STEERED = {"concept": "a cat", "prompts": ["a cat", "a dog"], "seed": 7}


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return fake_studio(tmp_path)


def answer(studio: Studio, kind: str, settings: Any, call: dict[str, Any], memory: Memory | None = None) -> Any:
    panel = PANELS[kind]
    given = panel.settings.model_validate(settings)
    desk = Desk(studio, given, page_texts(), studio.messages(), "203.0.113.7", memory=memory or Memory())
    return panel.answer(desk, call)


# ---- denoise ----


def test_each_step_has_the_numbers_of_the_engines_own_states(studio: Studio) -> None:
    shown = answer(studio, "denoise", WORDS, {"pictures": [CAT]})["pictures"][0]
    steps = demonstrate(studio, Demonstration("a cat", 1, guidance=2.0, with_steps=True)).steps
    assert len(shown["steps"]) == len(steps) > 1
    for number, step in enumerate(shown["steps"]):
        assert step["change"] == round(mean_difference(steps[max(0, number - 1)].picture, steps[number].picture), 2)
        assert step["left"] == round(mean_difference(steps[number].picture, steps[-1].picture), 2)
    assert shown["steps"][0]["change"] == shown["steps"][-1]["left"] == 0.0
    assert (shown["height"], shown["width"]) == steps[0].picture.size[::-1]


def test_the_latents_are_those_of_each_step_as_bytes(studio: Studio) -> None:
    latents = answer(studio, "denoise", WORDS, {"pictures": [CAT]})["pictures"][0]["latents"]
    steps = demonstrate(studio, Demonstration("a cat", 1, guidance=2.0, with_steps=True)).steps
    shape = (len(steps), latents["channels"], latents["height"], latents["width"])
    levels = np.frombuffer(base64.b64decode(latents["data"]), np.uint8).reshape(shape).astype(float)
    step = (latents["most"] - latents["least"]) / 255
    shown, real = latents["least"] + levels * step, np.stack([step.latents for step in steps])
    assert np.abs(shown - real).max() <= step / 2 + 0.011  # the ends are told to two decimals


@pytest.mark.parametrize("compare", ["prompt", "guidance"])
def test_of_two_pictures_the_difference_is_told_at_each_step(studio: Studio, compare: str) -> None:
    other = CAT | ({"prompt": "a red apple"} if compare == "prompt" else {"guidance": 4})
    shown = answer(studio, "denoise", WORDS | {"compare": compare}, {"pictures": [CAT, other]})
    one, two = (
        demonstrate(studio, Demonstration(each["prompt"], 1, guidance=float(each["guidance"]), with_steps=True)).steps
        for each in (CAT, other)
    )
    assert shown["between"] == [
        round(mean_difference(*(step.picture for step in pair)), 2) for pair in zip(one, two, strict=True)
    ]
    assert shown["between"][0] == 0.0


OTHERS = {
    "words that are not the lesson's": {"pictures": [CAT | {"prompt": "a dog"}]},
    "another seed": {"pictures": [CAT | {"seed": 9}]},
    "another guidance": {"pictures": [CAT | {"guidance": 3}]},
    "two of them": {"pictures": [CAT, CAT]},
    "none": {"pictures": []},
    "a text": {"pictures": "a cat"},
    "texts": {"pictures": ["a cat"]},
    "a list for words": {"pictures": [CAT | {"prompt": ["a cat"]}]},
    "nothing": {},
}


@pytest.mark.parametrize("call", OTHERS.values(), ids=OTHERS)
def test_only_what_the_lesson_offers_is_drawn(studio: Studio, call: dict[str, Any]) -> None:
    with pytest.raises(RequestError, match="1 pictures"):
        answer(studio, "denoise", WORDS, call)
    engine: Any = studio.engines["pocket"]
    assert engine.drawn == 0


def test_a_picture_is_drawn_once_for_everybody_and_a_refusal_asked_once(studio: Studio) -> None:
    memory, engine = Memory(), studio.engines["pocket"]
    first, second = (answer(studio, "denoise", WORDS, {"pictures": [CAT]}, memory) for _ in range(2))
    assert first == second and engine.drawn == 1  # type: ignore[attr-defined]
    for _ in range(2):
        with pytest.raises(RequestError, match="does not draw"):
            answer(
                studio, "steering", {"concept": "x", "prompts": ["gore"]}, {"prompt": "gore", "strength": ""}, memory
            )
    assert len(studio.list_cases(10)) == 2


def test_a_class_gathers_the_step_of_recognition_where_the_panel_asks_for_it() -> None:
    lesson = LESSONS["noise_to_picture"]
    asked = {step.id: list(records_of(step)) for step in lesson.plan.step}
    assert asked == {"noise": ["recognised"], "inside": [], "same_noise": [], "guidance": []}
    where = AskedOf(lesson.name, "noise", "recognised")
    assert answer_of(lesson, where, {"at": 7}) == {"at": 7.0}
    with pytest.raises(RequestError):
        answer_of(lesson, where, {"at": "seven"})


# ---- steering ----


class BentEngine:
    """An engine that draws another seed where it is steered: the difference is known."""

    def __init__(self, engine: Any) -> None:
        self.engine, self.card = engine, engine.card.model_copy(update={"content": "filtered"})

    def availability(self) -> Any:
        return self.engine.availability()

    def generate(self, request: Any, seeds: Any, progress: Any, **more: Any) -> Any:
        steering: Steering | None = more.get("steering")
        shift = len(steering.strength) if steering else 0
        return self.engine.generate(request, [seed + shift for seed in seeds], progress, **more)


def test_a_strength_shows_its_picture_and_its_difference_from_the_unsteered(studio: Studio) -> None:
    bent = replace(studio, engines={"pocket": BentEngine(studio.engines["pocket"])})
    plain = demonstrate(bent, Demonstration("a dog", 7)).image
    for strength in STRENGTHS:
        shown = answer(bent, "steering", STEERED, {"prompt": "a dog", "strength": strength})
        image = demonstrate(bent, Demonstration("a dog", 7, concept="a cat", strength=strength)).image
        assert shown["difference"] == round(mean_difference(image, plain), 2) > 0
        assert shown["file"].startswith("data:image/webp;base64,")
    off = answer(bent, "steering", STEERED, {"prompt": "a dog", "strength": ""})
    assert off["difference"] == 0.0 and off["method"] == ""


def test_strengths_and_their_reach_are_those_of_the_engines_card(studio: Studio) -> None:
    panel = PANELS["steering"]
    given: Any = panel.settings.model_validate(STEERED)
    opened = panel.open(Desk(studio, given, page_texts(), studio.messages(), "203.0.113.7"))
    parameters = STRENGTHS | studio.engines["pocket"].card.steering
    assert opened["strengths"] == ["", *STRENGTHS]
    assert opened["reach"] == {name: parameters[name].threshold for name in STRENGTHS}


@pytest.mark.parametrize("call", [{"prompt": "a lion", "strength": ""}, {"prompt": "a cat", "strength": "utmost"}, {}])
def test_other_words_or_strengths_are_refused(studio: Studio, call: dict[str, Any]) -> None:
    with pytest.raises(RequestError, match="has to be one of"):
        answer(studio, "steering", STEERED, call)


# ---- what the lessons say of the model that ships ----

SEEN, UNSEEN = 5.0, 1.0  # of 255: surely another picture, surely the same


@pytest.fixture(scope="module")
def pocket() -> Iterator[Any]:
    from engines.cards import read_cards

    yield DiffusionEngine("pocket", read_cards(PRESETS / "engines.toml")["pocket"], MODELS)


def difference(pocket: DiffusionEngine, prompt: str, strength: str) -> float:
    """Returns how far a picture of the steering lesson is from the unsteered one, drawn by the engine itself."""
    request = complete(GenerationRequest(prompt), {"pocket": pocket})
    steered = Steering(("a cat",), "a cat", strength)
    plain, bent = (
        pocket.generate(request, [1], lambda *_: None, steering=each).pictures[0].image for each in (None, steered)
    )
    return mean_difference(plain, bent)


def prompts_of(step: str) -> tuple[str, ...]:
    lesson = LESSONS["steering"]
    plan = lesson.step(step)
    assert plan
    settings: Any = settings_of(lesson, plan)
    assert (settings.concept, settings.seed) == ("a cat", 1)
    return tuple(settings.prompts)


@pytest.mark.slow
@pytest.mark.parametrize("prompt", [*prompts_of("third_guess"), *prompts_of("meaning")])
def test_the_lesson_says_rightly_that_other_words_for_it_are_found(pocket: DiffusionEngine, prompt: str) -> None:
    assert difference(pocket, prompt, "strong") > SEEN


@pytest.mark.slow
@pytest.mark.parametrize("prompt", [*prompts_of("bends"), *prompts_of("misses")])
def test_the_lesson_says_rightly_that_a_strong_push_leaves_others_alone(pocket: DiffusionEngine, prompt: str) -> None:
    assert difference(pocket, prompt, "strong") < UNSEEN


@pytest.mark.slow
def test_the_lesson_says_rightly_that_the_strongest_push_bends_others(pocket: DiffusionEngine) -> None:
    assert sum(difference(pocket, prompt, "max") > SEEN for prompt in prompts_of("bends")) >= 3
