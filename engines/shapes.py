"""Lists the sizes that a model can draw, one for each shape of picture: about as many pixels as its default has."""

from __future__ import annotations

import math

from engines.interface import EngineCard

# Width by height; the names are those of presets/locales/page/.
SHAPES = {"square": 1.0, "portrait": 3 / 4, "landscape": 4 / 3, "tall": 9 / 16, "wide": 16 / 9}
MOST_OFF = 0.12  # share by which a side may miss its shape, since models draw multiples of 16 or 64


def sizes_of(card: EngineCard) -> dict[str, tuple[int, int]]:
    """Returns width and height in pixels by the name of the shape; one size if the model has no other."""
    sizes: dict[str, tuple[int, int]] = {}
    for name, ratio in SHAPES.items():
        width, height = _size(card, ratio)
        if abs(width / height / ratio - 1) <= MOST_OFF and (width, height) not in sizes.values():
            sizes[name] = (width, height)
    return sizes


def shown_sizes(card: EngineCard) -> dict[str, tuple[int, int]]:
    """Returns the same as width and height of the finished picture, which is enlarged where the model draws small."""
    return {name: shown_size(card, *size) for name, size in sizes_of(card).items()}


def shown_size(card: EngineCard, width: int, height: int) -> tuple[int, int]:
    """Returns width and height of the finished picture of one that is drawn with these, in pixels."""
    times = max(1.0, card.shown_at_least / min(width, height))
    return round(width * times), round(height * times)


def drawn_size(card: EngineCard, width: int, height: int) -> tuple[int, int]:
    """Returns what is drawn for a finished picture of this size; the size itself where none is enlarged to it."""
    known = {shown_size(card, *size): size for size in sizes_of(card).values()}
    return known.get((width, height), (width, height))


def _size(card: EngineCard, ratio: float) -> tuple[int, int]:
    root = math.sqrt(ratio)
    return _side(card, card.size.default * root), _side(card, card.size.default / root)


def _side(card: EngineCard, side: float) -> int:
    """Returns the multiple next to a side, within the limits of the card."""
    whole = round(side / card.size_multiple) * card.size_multiple
    return int(min(max(whole, card.size.least), card.size.most))
