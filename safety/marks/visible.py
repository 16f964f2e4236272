"""The visible label: "AI" in a corner, as large and as readable as the rules on labels ask for.

The EU's Code of Practice (June 2026) wants the capital letters "AI" as the main element; GB 45438-2025 wants text of
at least 5 % of the short side; WCAG 2.2 (1.4.3) wants a contrast of 4.5:1 against what is beneath. Words of a language
and an operator's badge may stand beside the letters (label.py); the letters are larger than both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from safety.marks.label import Drawn, Style, draw

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

CONTRAST = 4.5
_MARGIN = 0.6  # of the letters' height, to the picture's edge and to the plate's
_AIM = 5.5  # the invisible mark and the encoder shift what is beneath by a few grey levels
_OPACITIES = tuple(step / 20 for step in range(6, 21))
_LINEAR_BELOW = 0.04045
_WIDEST = 0.94  # of the picture: what is wider is left out, badge first, then words


class Corner(StrEnum):
    """Where the label goes. The EU's Code suggests the top right."""

    TOP_RIGHT = "top-right"
    TOP_LEFT = "top-left"
    BOTTOM_RIGHT = "bottom-right"
    BOTTOM_LEFT = "bottom-left"


@dataclass(frozen=True, slots=True)
class Label:
    """Where plate and writing stand (left, top, right, bottom in pixels) and the least contrast between them."""

    plate: tuple[int, int, int, int]
    letters: tuple[int, int, int, int]
    ink: tuple[int, int, int]
    contrast: float


def apply(image: Image, corner: Corner = Corner.TOP_RIGHT, style: Style = Style()) -> Image:  # noqa: B008  frozen
    """A copy of an RGB picture with the label on it."""
    return labelled(image, corner, style)[0]


def labelled(image: Image, corner: Corner = Corner.TOP_RIGHT, style: Style = Style()) -> tuple[Image, Label]:  # noqa: B008
    """The copy, and where the label is. The plate is as thin as the contrast allows."""
    from PIL import Image as Pillow
    from PIL import ImageDraw

    writing = _fitting(image, style)
    pad = round(_MARGIN * writing.letters)
    plate = _place(image.size, (writing.mask.width + 2 * pad, writing.mask.height + 2 * pad), pad, corner)
    ink, under, opacity = _readable(image.crop(plate))
    size = plate[2] - plate[0], plate[3] - plate[1]
    mask = Pillow.new("L", size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), pad // 2, round(255 * opacity))
    out = image.copy()
    out.paste(under, plate, mask)
    letters = (plate[0] + pad, plate[1] + pad, plate[2] - pad, plate[3] - pad)
    contrast = least_contrast(out.crop(letters), ink)
    out.paste(ink, (letters[0], letters[1]), writing.mask)
    return out, Label(plate, letters, ink, contrast)


def least_contrast(beneath: Image, ink: tuple[int, int, int]) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21, of a colour against the worst of the pixels beneath it."""
    import numpy as np

    pixels = luminance(np.asarray(beneath.convert("RGB"), np.float64))
    own = float(luminance(np.array([[ink]], np.float64))[0, 0])
    high, low = np.maximum(pixels, own), np.minimum(pixels, own)
    return float(((high + 0.05) / (low + 0.05)).min())


def luminance(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """WCAG 2.2 relative luminance, 0 to 1, of sRGB values 0 to 255 in the last axis."""
    import numpy as np

    share = rgb / 255
    linear = np.where(share <= _LINEAR_BELOW, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def _fitting(image: Image, style: Style) -> Drawn:
    """The writing with as much beside the letters as the picture has room for."""
    short = min(image.size)
    for tried in (style, style.without_badge(), Style()):
        writing = draw(short, tried)
        if writing.mask.width + 3 * _MARGIN * writing.letters <= _WIDEST * image.width:
            break
    return writing


def _readable(beneath: Image) -> tuple[tuple[int, int, int], tuple[int, int, int], float]:
    """Ink, plate colour and the least opacity of the plate, black or white, that is enough."""
    from PIL import Image as Pillow

    white, black = (255, 255, 255), (0, 0, 0)
    for opacity in _OPACITIES:
        for ink, under in ((white, black), (black, white)):
            covered = Pillow.blend(beneath, Pillow.new("RGB", beneath.size, under), opacity)
            if least_contrast(covered, ink) >= _AIM:
                return ink, under, opacity
    return white, black, 1.0


def _place(size: tuple[int, int], plate: tuple[int, int], margin: int, corner: Corner) -> tuple[int, int, int, int]:
    (width, height), (wide, high) = size, plate
    wide, high = min(wide, width), min(high, height)
    left = max(0, width - wide - margin) if corner.endswith("right") else min(margin, width - wide)
    top = max(0, height - high - margin) if corner.startswith("bottom") else min(margin, height - high)
    return left, top, left + wide, top + high
