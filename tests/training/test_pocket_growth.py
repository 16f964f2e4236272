"""A network that has grown draws what it drew before, and has room to learn more."""

from __future__ import annotations

import pytest
import torch
from diffusers import UNet2DConditionModel

from training.pocket.design import SHAPE, SHAPES
from training.pocket.growth import grow

NARROW = {
    "block_out_channels": (16, 32, 16, 48),
    "cross_attention_dim": 8,
    "norm_num_groups": 4,
    "attention_head_dim": 2,
    "time_embedding_dim": 32,
}


def small(shape: dict[str, object]) -> dict[str, object]:
    """A shape of the design, with few channels."""
    return {**shape, **NARROW}


def answer(net: UNet2DConditionModel) -> torch.Tensor:
    dice = torch.Generator().manual_seed(3)
    latents = torch.randn(2, 8, 16, 16, generator=dice)
    states = torch.randn(2, 5, 8, generator=dice)
    with torch.no_grad():
        drawn: torch.Tensor = net.eval()(latents, torch.tensor([7, 900]), states).sample
    return drawn


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_a_grown_network_gives_the_same_output(name: str) -> None:
    torch.manual_seed(1)
    net = UNet2DConditionModel(**small(SHAPE))
    grown = grow(net, small(SHAPES[name]))
    assert torch.allclose(answer(grown), answer(net), atol=1e-5)


def test_a_network_grows_twice() -> None:
    torch.manual_seed(1)
    net = UNet2DConditionModel(**small(SHAPE))
    once = grow(net, small(SHAPES["deep"]))
    assert torch.allclose(answer(grow(once, small(SHAPES["deeper"]))), answer(net), atol=1e-5)


def test_new_transformer_layers_can_learn() -> None:
    torch.manual_seed(1)
    grown = grow(UNet2DConditionModel(**small(SHAPE)), small(SHAPES["reader"]))
    torch.autograd.backward(grown(torch.randn(2, 8, 16, 16), 500, torch.randn(2, 5, 8)).sample.square().mean())
    for attention in (grown.mid_block.attentions[0], grown.up_blocks[1].attentions[1]):
        weight = attention.transformer_blocks[1].attn2.to_out[0].weight
        assert weight.grad is not None and weight.grad.abs().max() > 0


def test_new_layers_can_learn() -> None:
    torch.manual_seed(1)
    grown = grow(UNet2DConditionModel(**small(SHAPE)), small(SHAPES["deep"]))
    torch.autograd.backward(grown(torch.randn(2, 8, 16, 16), 500, torch.randn(2, 5, 8)).sample.square().mean())
    for layer in (grown.down_blocks[0].resnets[1].conv2, grown.up_blocks[3].resnets[1].conv2):
        assert layer.weight.grad is not None and layer.weight.grad.abs().max() > 0


def test_other_widths_are_refused() -> None:
    net = UNet2DConditionModel(**small(SHAPE))
    with pytest.raises(ValueError, match="block_out_channels"):
        grow(net, small(SHAPES["deep"]) | {"block_out_channels": (32, 32, 16, 48)})


def test_fewer_layers_are_refused() -> None:
    net = UNet2DConditionModel(**small(SHAPES["deep"]))
    with pytest.raises(ValueError, match="not fewer"):
        grow(net, small(SHAPES["words"]))
