"""Weights and long prompts, on tiny pipelines of the real classes with random weights."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from engines.diffusion.prompt_embeds import with_encoded_prompts
from safety.resources import MODELS
from tests.engines.conftest import stable_diffusion, stable_diffusion_xl

pytestmark = pytest.mark.slow
LONG = "a red apple on a blue plate by the sea"


@pytest.fixture(scope="module", params=[stable_diffusion, stable_diffusion_xl], ids=["sd", "sdxl"])
def pipeline(request: pytest.FixtureRequest) -> Any:
    torch.manual_seed(0)
    return request.param()


def encoded(pipeline: Any, prompt: str, negative: str = "") -> dict[str, Any]:
    return with_encoded_prompts(pipeline, {"prompt": [prompt], "negative_prompt": [negative]}, weights=True)


def own(pipeline: Any, prompt: str) -> Any:
    """What the pipeline itself makes of a prompt."""
    return pipeline.encode_prompt(prompt, device="cpu", num_images_per_prompt=1, do_classifier_free_guidance=True)


def test_a_short_prompt_without_weights_is_left_to_the_pipeline(pipeline: Any) -> None:
    assert encoded(pipeline, "a cat") == {"prompt": ["a cat"], "negative_prompt": [""]}


def test_a_weight_of_one_encodes_as_the_pipeline_does(pipeline: Any) -> None:
    mine, theirs = encoded(pipeline, "(a cat:1.0)"), own(pipeline, "a cat")
    assert torch.allclose(mine["prompt_embeds"], theirs[0], atol=1e-5)
    if len(theirs) == 4:
        assert torch.allclose(mine["pooled_prompt_embeds"], theirs[2], atol=1e-5)


def test_a_weight_moves_its_own_tokens_and_no_others(pipeline: Any) -> None:
    plain, heavy = (encoded(pipeline, f"a (cat:{weight}) x")["prompt_embeds"][0] for weight in ("1.0", "1.5"))
    moved = (plain - heavy).abs().amax(dim=-1) > 1e-6
    assert moved.tolist() == [False, False, True, True, True, *[False] * 11]


def test_a_long_prompt_counts_to_its_end_and_the_negative_one_is_as_long(pipeline: Any) -> None:
    whole, other = (encoded(pipeline, f"{LONG} {end}") for end in ("at noon", "at dusk"))
    shape = whole["prompt_embeds"].shape
    assert shape[1] == 3 * 16 and whole["negative_prompt_embeds"].shape == shape
    assert not torch.equal(whole["prompt_embeds"][:, 32:], other["prompt_embeds"][:, 32:])
    assert torch.equal(whole["prompt_embeds"][:, :16], other["prompt_embeds"][:, :16])


def test_the_pipeline_draws_from_it(pipeline: Any) -> None:
    arguments = encoded(pipeline, f"({LONG}:1.3)", "(fog:1.2)")
    image = pipeline(**arguments, num_inference_steps=2, width=32, height=32, output_type="np").images
    assert image.shape == (1, 32, 32, 3)


def test_where_the_card_has_no_weights_they_are_left_out_of_the_words() -> None:
    arguments = {"prompt": ["a (red:1.3) apple"], "negative_prompt": ["fog"], "width": 32}
    plain = with_encoded_prompts(None, arguments, weights=False)
    assert plain == {"prompt": ["a red apple"], "negative_prompt": ["fog"], "width": 32}


def test_no_word_stands_where_a_text_encoder_has_its_registers() -> None:
    tokenizer = AutoTokenizer.from_pretrained(MODELS / "pocket/tokenizer")
    pipeline = SimpleNamespace(
        tokenizer=tokenizer, text_encoder=SimpleNamespace(config=SimpleNamespace(prompt_tokens=8))
    )
    given = {"prompt": ["a (red:1.2) apple", "one two three four five six seven"], "negative_prompt": [""], "steps": 3}
    read = with_encoded_prompts(pipeline, given, weights=False)
    expected = {"prompt": ["a red apple", "one two three four five six"], "negative_prompt": [""], "steps": 3}
    assert read == expected


def test_a_text_encoder_without_registers_reads_to_its_end(pipeline: Any) -> None:
    given = {"prompt": [LONG], "negative_prompt": [""]}
    assert with_encoded_prompts(pipeline, given, weights=False) == given
