"""What the page shows of a picture under way, of steering and of pictures that failed."""

from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image

from engines.diffusion.previews import blurred
from safety.generation import Generation, GenerationRequest, Steering, SteeringResult
from safety.policy.model import load_policy
from safety.resources import PRESETS
from ui.html.progress import previews, remarks
from ui.texts import page_texts

AWAY = Steering(("self_harm",), "suicide", "medium")


def remarks_on(steered: SteeringResult | None, failed: tuple[int, ...] = ()) -> str:
    generation = Generation(GenerationRequest("x"), (), "m", 1.0, steered=steered, failed=failed)
    return str(remarks(generation, load_policy(PRESETS).messages("en")))


@pytest.mark.parametrize(
    ("steered", "says"),
    [
        pytest.param(
            SteeringResult(AWAY, "sld", "By <b>SLD</b>."), "Steered away from Self-harm. By &lt;b&gt;SLD", id="done"
        ),
        pytest.param(
            SteeringResult(AWAY, "", "No guidance.", lacking=True), "Not steered. No guidance.", id="could not be"
        ),
        pytest.param(SteeringResult(AWAY, "", "Not called for."), "", id="not called for"),
        pytest.param(None, "", id="nothing unwanted"),
    ],
)
def test_what_was_done_or_could_not_be_is_said(steered: SteeringResult | None, says: str) -> None:
    assert says in remarks_on(steered) and bool(says) == bool(remarks_on(steered))


def test_what_a_person_let_through_is_named() -> None:
    generation = Generation(GenerationRequest("x"), (), "m", 1.0)
    shown = remarks(generation, load_policy(PRESETS).messages("en"), ("self_harm", "violence"))
    assert "Not steered away from Self-harm, Graphic violence, which was let through." in shown


def test_a_picture_that_failed_is_named_by_its_seed() -> None:
    assert "No picture for the seed 8, 9" in remarks_on(None, (8, 9))


def test_a_preview_is_a_small_jpeg() -> None:
    large = blurred(Image.effect_noise((1024, 768), 80).convert("RGB"), (1024, 768))
    address = re.search(r'src="data:image/jpeg;base64,([^"]*)"', previews((large,), page_texts()))
    assert address and len(address[1]) < 20_000
    with Image.open(io.BytesIO(base64.b64decode(address[1]))) as image:
        assert (image.format, image.size) == ("JPEG", large.size)


def test_previews_are_said_to_be_not_checked_yet() -> None:
    html = previews((Image.new("RGB", (64, 64)),), page_texts())
    assert html.count("data:image/jpeg;base64,") == 1 and "until the picture check has passed" in html
    assert previews((), page_texts()) == ""
