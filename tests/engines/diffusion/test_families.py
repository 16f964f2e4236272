"""Every family of pipelines goes the whole way: draw, preview, cancel, steer or say why not, check, mark."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from engines.diffusion.engine import DiffusionEngine
from engines.diffusion.model_store import ModelStore
from engines.diffusion.previews import MAX_SIDE
from engines.interface import silent
from safety.errors import Cancelled
from safety.generation import Delivered, GenerationRequest
from safety.image import picture_checks
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.marks.visible import Corner
from safety.policy.steering import load_steering
from safety.prompt import load_prompt_checks
from safety.records import Verdict
from studio import CheckSuite, Studio
from tests.engines.conftest import SIDE, card, pipeline_of, stop_at
from tests.fakes import fake_studio
from tests.fakes_page import PRESETS, WordCheck, policy

pytestmark = pytest.mark.slow

MODELS = Path(__file__).parents[3] / "assets" / "models"
SLD, NO_GUIDANCE = "sld", "This model runs without guidance"
FAMILIES = {
    "sd": SLD,
    "sdxl": SLD,
    "sd3": SLD,
    "flux": SLD,
    "flux2": SLD,
    "flux2-distilled": NO_GUIDANCE,
    "z-image": SLD,
    "qwen-image": SLD,
}
ASKED = GenerationRequest("a red apple and a bruise", engine="tiny", seed=7, steps=4, width=SIDE, height=SIDE)


@pytest.fixture(scope="module")
def studio_of(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Studio]:
    """A studio with the real policy around one tiny family; a whole one has the real picture checks and marks too."""
    home = tmp_path_factory.mktemp("home")
    checks, exporter = (
        picture_checks(MODELS, PRESETS, load_prompt_checks(PRESETS)).checks,
        Exporter(Marks(home / "keys", Corner.TOP_RIGHT)),
    )
    source = ModelStore(tiny_models)

    def build(family: str, whole: bool = True) -> Studio:
        guided = FAMILIES[family] == SLD
        engine = DiffusionEngine("tiny", card(family, guided=guided, shown_at_least=512 if whole else SIDE), source)
        fake = fake_studio(home / family)
        studio = replace(
            fake,
            checks=CheckSuite((WordCheck({"bruise": ("violence", 0.3)}),), fake.checks.picture),
            engines={"tiny": engine},
            steering=load_steering(PRESETS, policy()),
        )
        return replace(studio, checks=replace(studio.checks, picture=checks), exporter=exporter) if whole else studio

    return build


def pixels(path: Path) -> Any:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), dtype=int)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_goes_the_whole_way(studio_of: Callable[..., Studio], family: str) -> None:
    studio = studio_of(family)
    shown: list[tuple[Image.Image, ...]] = []
    first = studio.create(ASKED, silent, shown.append)
    assert isinstance(first, Delivered)
    with pytest.raises(Cancelled):
        studio.create(replace(ASKED, seed=99), stop_at(2))
    again = studio.create(ASKED)
    assert isinstance(again, Delivered)
    result = first.pictures[0]
    assert result.export and set(result.export.marks) == {"visible", "credentials", "invisible", "metadata"}
    assert result.decision.ran and result.decision.verdict <= Verdict.WARN
    # Every export has a stamp of its own in its pixels: the pictures under the marks are compared.
    assert first.generation.pictures[0].image.tobytes() == again.generation.pictures[0].image.tobytes()
    assert shown and all(max(image.size) <= MAX_SIDE for image in shown[0])
    steered = first.generation.steered
    assert steered and steered.steering.categories == ("violence",)
    assert steered.method == FAMILIES[family] if FAMILIES[family] == SLD else NO_GUIDANCE in steered.why


@pytest.mark.parametrize("family", ["sd", "flux"])
def test_two_requests_at_once_never_mix_settings(studio_of: Callable[..., Studio], family: str) -> None:
    studio = studio_of(family, whole=False)
    requests = [replace(ASKED, seed=seed, steps=2 + seed, guidance=2.0 + seed) for seed in range(3)]
    calm = replace(ASKED, prompt="a blue house", seed=5, negative_prompt="a tree")

    def picture(request: GenerationRequest) -> bytes:
        outcome = studio.create(request)
        assert isinstance(outcome, Delivered)
        return outcome.generation.pictures[0].image.tobytes()

    alone = [picture(request) for request in (*requests, calm)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(picture, (*requests, calm))) == alone


def test_fifty_rounds_of_creating_and_cancelling_keep_no_memory(tiny_models: Path) -> None:
    engine = DiffusionEngine("tiny", card("sdxl"), tiny_models)
    request = replace(ASKED, guidance=4.0)

    def one_round() -> None:
        with pytest.raises(Cancelled):
            engine.generate(request, [2], stop_at(2), preview=lambda _: None)

    for _ in range(5):
        one_round()
    gc.collect()
    before = psutil.Process().memory_info().rss
    for _ in range(50):
        one_round()
    gc.collect()
    assert psutil.Process().memory_info().rss - before <= 100 * 10**6


def test_a_picture_that_failed_does_not_lose_the_others(
    studio_of: Callable[..., Studio], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = studio_of("sd", whole=False)
    engine: Any = studio.engines["tiny"]
    studio.create(ASKED)
    decode = pipeline_of(engine).vae.decode

    def spoilt(latents: Any, **kwargs: Any) -> Any:
        out = decode(latents, **kwargs)
        out[0][1] = float("nan")
        return out

    monkeypatch.setattr(pipeline_of(engine).vae, "decode", spoilt)
    outcome = studio.create(replace(ASKED, count=3))
    assert isinstance(outcome, Delivered)
    assert [picture.seed for picture in outcome.generation.pictures] == [7, 9]
    assert outcome.generation.failed == (8,)
    assert [result.export is not None for result in outcome.pictures] == [True, True]


def test_what_was_steered_is_on_record(studio_of: Callable[..., Studio]) -> None:
    studio = studio_of("sd", whole=False)
    outcome = studio.create(ASKED)
    rows = {row["event"]: row["facts"] for row in studio.audit.show(outcome.case)}
    assert rows["generated"]["steered"] | {"why": ""} == {
        "categories": ["violence"],
        "concept": "violence, blood, gore, brutality",
        "strength": "strong",
        "method": "sld",
        "why": "",
    }
