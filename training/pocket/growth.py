"""Gives a trained UNet more room without a change of what it draws, so that training goes on from where it was.

New layers begin as the identity (Chen et al. 2016, arXiv 1511.05641, Net2DeeperNet): a residual block whose last
convolution is zero, attention whose last projection is zero. More channels at some widths only cannot be added exactly:
where a skip joins, one group of a GroupNorm spans channels of two widths, and its mean would change.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Move:
    """A layer of the grown network: its block, its place there, and the place it had before (None: it is new)."""

    block: str
    place: int
    before: int | None


def grow(net: UNet2DConditionModel, shape: Mapping[str, Any]) -> UNet2DConditionModel:
    """Return a network of `shape` that gives what `net` gives: it may have more layers a block, and more attention.

    Raises ValueError where something else than the numbers of layers and the types of blocks differs.
    """
    grown = UNet2DConditionModel(**shape)
    _require_growth(net, grown)
    old, new = net.state_dict(), grown.state_dict()
    moved = list(_moves(_layers(net), _layers(grown)))
    taken: set[str] = set()
    for move in moved:
        for kind in ("resnets", "attentions"):
            taken |= _fill(move, kind, old, new)
    for name, value in old.items():
        if not any(f".{kind}." in name and not name.startswith("mid_block") for kind in ("resnets", "attentions")):
            new[name] = value
            taken.add(name)
    _let_pass(int(net.config.transformer_layers_per_block), new)
    if left := set(old) - taken:
        raise ValueError(f"no place for {len(left)} weights, such as {min(left)}")
    grown.load_state_dict(new)
    return grown


def _layers(net: UNet2DConditionModel) -> list[int]:
    """Layers of each block on the way down, as the configuration tells them: one number, or one for each."""
    told = net.config.layers_per_block
    return [told] * len(net.config.block_out_channels) if isinstance(told, int) else list(told)


def _require_growth(net: UNet2DConditionModel, grown: UNet2DConditionModel) -> None:
    free = {"layers_per_block", "transformer_layers_per_block", "down_block_types", "up_block_types"}
    before, after = (json.loads(each.to_json_string()) for each in (net, grown))  # lists and tuples alike
    differ = {key for key in after if not key.startswith("_") and before.get(key) != after[key]} - free
    if differ:
        raise ValueError(f"a network can grow in {', '.join(sorted(free))} only; {', '.join(sorted(differ))} differ")
    if any(now < then for then, now in zip(_layers(net), _layers(grown), strict=True)):
        raise ValueError("a network can get more layers a block, not fewer")


def _moves(before: Sequence[int], after: Sequence[int]) -> Iterator[Move]:
    """Yield where each layer of the grown network comes from.

    On the way down, new layers follow the old. On the way up, the first layer of a block stays the first, since it
    takes what comes from below; then come the new ones, that let it pass; then the rest, each with the skip it had.
    """
    last = len(before) - 1
    for level, (old, new) in enumerate(zip(before, after, strict=True)):
        for place in range(new):
            yield Move(f"down_blocks.{level}", place, place if place < old else None)
        extra = new - old
        for place in range(new + 1):
            was = 0 if place == 0 else place - extra if place > extra else None
            yield Move(f"up_blocks.{last - level}", place, was)


def _fill(move: Move, kind: str, old: Mapping[str, Tensor], new: dict[str, Tensor]) -> set[str]:
    """Take a layer's weights over, or make it the identity. Returns the old names taken."""
    target = f"{move.block}.{kind}.{move.place}."
    source = f"{move.block}.{kind}.{move.before}."
    names = [name for name in new if name.startswith(target)]
    taken = set()
    for name in names:
        before = source + name.removeprefix(target)
        if move.before is not None and before in old:
            new[name] = old[before]
            taken.add(before)
        elif name.startswith((target + "conv2.", target + "proj_out.")):
            new[name] = torch.zeros_like(new[name])
        elif name == target + "conv_shortcut.weight":
            new[name] = _pass_first(new[name])
        elif name == target + "conv_shortcut.bias":
            new[name] = torch.zeros_like(new[name])
    return taken


def _let_pass(known: int, new: dict[str, Tensor]) -> None:
    """Make those transformer layers of each attention that come after the known ones the identity."""
    for name, value in new.items():
        found = re.search(r"\.transformer_blocks\.(\d+)\.(attn1\.to_out\.0|attn2\.to_out\.0|ff\.net\.2)\.", name)
        if found and int(found[1]) >= known:
            new[name] = torch.zeros_like(value)


def _pass_first(kernel: Tensor) -> Tensor:
    """Return a 1 x 1 kernel like this one that gives its first inputs as they are and drops the skip."""
    through = torch.zeros_like(kernel)
    nn.init.eye_(through[:, :, 0, 0])
    return through
