"""Previews show about which colours are where and nothing that could be made out; a failure costs the preview only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from engines.diffusion import previews
from engines.diffusion.previews import MAX_SIDE, MIN_INTERVAL, Previews, blurred, fit_colour_map
from tests.engines.conftest import stable_diffusion

pytestmark = pytest.mark.slow


class Cubes:
    """A VAE whose latents are the colours, one latent for 8 x 8 pixels, in another order and scale."""

    def parameters(self) -> Any:
        import torch

        return iter([torch.zeros(1)])

    def encode(self, pixels: Any) -> Any:
        import torch

        mixed = torch.nn.functional.avg_pool2d(pixels, 8)[:, [2, 0, 1]] * 3.0 + 1.0
        return type("Encoded", (), {"latents": torch.cat([mixed, mixed[:, :1]], 1)})()


class Pipeline:
    vae = Cubes()
    vae_scale_factor = 8


def shown(picture: Any, size: tuple[int, int]) -> list[Image.Image]:
    import torch

    pixels = torch.from_numpy(picture.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
    got: list[Image.Image] = []
    Previews(Pipeline()).show({"latents": Cubes().encode(pixels).latents}, size, got.extend)
    return got


def test_the_colours_are_where_they_will_be() -> None:
    picture = np.zeros((256, 256, 3), np.uint8)
    picture[:, :128], picture[:, 128:] = (200, 30, 30), (30, 30, 200)
    preview = np.asarray(shown(picture, (256, 256))[0], dtype=int)
    left, right = preview[:, :64].mean((0, 1)), preview[:, -64:].mean((0, 1))
    assert left[0] > left[2] + 60 and right[2] > right[0] + 60


def test_a_preview_hides_what_is_finer_than_a_twentieth() -> None:
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, (np.arange(512) // 8) % 2 == 0] = 255
    hidden = np.asarray(blurred(Image.fromarray(stripes), (512, 512)).convert("L"), dtype=float)
    assert hidden.std() < 12 < stripes.std()


def test_it_is_small() -> None:
    large = blurred(Image.effect_noise((1024, 768), 80).convert("RGB"), (1024, 768))
    assert max(large.size) <= MAX_SIDE <= 512


def test_at_most_five_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    clock = [0.0]
    monkeypatch.setattr(previews.time, "monotonic", lambda: clock[0])
    maker, heard = Previews(Pipeline()), []
    for _ in range(200):  # ten seconds
        maker.show({"latents": torch.randn(1, 4, 8, 8)}, (64, 64), heard.append)
        clock[0] += 0.05
    assert 10 / MIN_INTERVAL * 0.7 <= len(heard) <= 50


def test_what_cannot_be_shown_is_left_out_and_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    import torch

    maker = Previews(Pipeline())
    for _ in range(2):
        maker.show({"latents": torch.zeros(3)}, (64, 64), lambda _: None)
    assert len(caplog.records) == 1 and maker.broken


def test_the_map_is_fitted_to_a_real_vae() -> None:
    import torch

    torch.manual_seed(0)
    with torch.no_grad():
        assert fit_colour_map(stable_diffusion().vae).shape == (5, 3)
