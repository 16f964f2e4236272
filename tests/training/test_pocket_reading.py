"""How well codes are read: one for what is read whole, nothing for what is not."""

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel

from training.pocket.codes import COMPONENTS, QUARTERS
from training.pocket.design import SHAPE
from training.pocket.reading import BANDS, agreement, expected, sample

pytestmark = pytest.mark.slow


def test_what_is_read_whole_agrees_and_what_is_not_does_not() -> None:
    dice = np.random.default_rng(1)
    told = dice.normal(size=(400, QUARTERS, COMPONENTS))
    read = 3 * told + 5
    read[..., BANDS[3] :] = dice.normal(size=read[..., BANDS[3] :].shape)
    shares = agreement(told, read)
    assert shares[:3] == pytest.approx([1, 1, 1])
    assert max(shares[3:]) < 0.01


def test_half_of_it_is_half() -> None:
    dice = np.random.default_rng(2)
    told = dice.normal(size=(4000, QUARTERS, COMPONENTS))
    assert agreement(told, told + dice.normal(size=told.shape))[0] == pytest.approx(0.5, abs=0.03)


def test_what_a_denoiser_expects_has_the_shape_of_latents_and_does_not_hang_on_chance() -> None:
    torch.manual_seed(1)
    narrow = {"block_out_channels": (16,) * 4, "cross_attention_dim": 8, "norm_num_groups": 4, "attention_head_dim": 2}
    net = UNet2DConditionModel(**{**SHAPE, **narrow}).eval()
    states = torch.randn(3, 5, 8)
    found = expected(net, states)
    assert found.shape == (3, 8, 16, 16)
    assert np.array_equal(found, expected(net, states))


def test_things_are_taken_evenly_from_the_list() -> None:
    assert sample([f"thing {number}" for number in range(10)], 3) == [
        f"a thing {number} on a white background" for number in (0, 3, 6)
    ]
