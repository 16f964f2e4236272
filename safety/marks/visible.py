"""Puts the visible label on a picture: "AI" in a corner, as large and as readable as the rules on labels ask for.

The EU's Code of Practice (June 2026) wants the capital letters "AI" as the main element; GB 45438-2025 wants text of
at least 5 % of the short side; WCAG 2.2 (1.4.3) wants a contrast of 4.5:1 against what is beneath. Words of a language
and an operator's badge may stand beside the letters (label.py); the letters are larger than both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from safety.marks.label import LabelStyle, Stencil, draw

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MIN_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
# Higher than asked for, since the invisible mark and the encoder shift what is beneath by a few grey levels.
_TARGET_CONTRAST = 5.5
_MARGIN = 0.6  # of the letters' height, to the picture's edge and to the plate's
_OPACITIES = tuple(step / 20 for step in range(6, 21))
_LINEAR_BELOW = 0.04045  # sRGB values that are proportional to light (IEC 61966-2-1)
_MAX_WIDTH = 0.94  # of the picture: what is wider is left out, badge first, then words


class Corner(StrEnum):
    """Says where the label goes. The EU's Code suggests the top right."""

    TOP_RIGHT = "top-right"
    TOP_LEFT = "top-left"
    BOTTOM_RIGHT = "bottom-right"
    BOTTOM_LEFT = "bottom-left"


@dataclass(frozen=True, slots=True)
class Label:
    """Says where plate and writing stand, (left, top, right, bottom) in pixels, and the least contrast between them.

    `contrast` is a WCAG ratio, 1 to 21. `text` is what is written, `text_height` the pixels of its lowest character.
    """

    plate: tuple[int, int, int, int]
    letters: tuple[int, int, int, int]
    ink: tuple[int, int, int]
    contrast: float
    text: str
    text_height: int


def labelled(
    image: Image,
    corner: Corner = Corner.TOP_RIGHT,
    style: LabelStyle = LabelStyle(),  # noqa: B008  frozen
) -> tuple[Image, Label]:
    """Returns a copy of an RGB picture with the label on it, and where the label is.

    The plate is as thin as the contrast allows.
    """
    from PIL import Image as Pillow
    from PIL import ImageDraw

    stencil = _fit(image, style)
    pad = round(_MARGIN * stencil.letter_height)
    plate = _place(image.size, (stencil.mask.width + 2 * pad, stencil.mask.height + 2 * pad), pad, corner)
    ink, ground, opacity = _readable(image.crop(plate))
    size = plate[2] - plate[0], plate[3] - plate[1]
    mask = Pillow.new("L", size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), pad // 2, round(255 * opacity))
    out = image.copy()
    out.paste(ground, plate, mask)
    letters = (plate[0] + pad, plate[1] + pad, plate[2] - pad, plate[3] - pad)
    contrast = least_contrast(out.crop(letters), ink)
    out.paste(ink, (letters[0], letters[1]), stencil.mask)
    return out, Label(plate, letters, ink, contrast, stencil.text, stencil.text_height)


def least_contrast(beneath: Image, ink: tuple[int, int, int]) -> float:
    """Returns the WCAG 2.2 contrast ratio, 1 to 21, of a colour against the worst of the pixels beneath it."""
    import numpy as np

    below = relative_luminance(np.asarray(beneath.convert("RGB"), np.float64))
    above = float(relative_luminance(np.array([[ink]], np.float64))[0, 0])
    high, low = np.maximum(below, above), np.minimum(below, above)
    return float(((high + 0.05) / (low + 0.05)).min())


def relative_luminance(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the WCAG 2.2 relative luminance, 0 to 1, (...), of sRGB values 0 to 255, (..., 3)."""
    import numpy as np

    share = rgb / 255
    linear = np.where(share <= _LINEAR_BELOW, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def _fit(image: Image, style: LabelStyle) -> Stencil:
    """Draws as much beside the letters as the picture has room for."""
    for candidate in (style, style.without_badge(), style.letters_alone()):
        stencil = draw(min(image.size), candidate)
        if stencil.mask.width + 3 * _MARGIN * stencil.letter_height <= _MAX_WIDTH * image.width:
            break
    return stencil


def _readable(beneath: Image) -> tuple[tuple[int, int, int], tuple[int, int, int], float]:
    """Returns ink, plate colour (black or white) and the least opacity of the plate that gives enough contrast."""
    from PIL import Image as Pillow

    white, black = (255, 255, 255), (0, 0, 0)
    for opacity in _OPACITIES:
        for ink, ground in ((white, black), (black, white)):
            covered = Pillow.blend(beneath, Pillow.new("RGB", beneath.size, ground), opacity)
            if least_contrast(covered, ink) >= _TARGET_CONTRAST:
                return ink, ground, opacity
    return white, black, 1.0


def _place(size: tuple[int, int], plate: tuple[int, int], margin: int, corner: Corner) -> tuple[int, int, int, int]:
    """Returns (left, top, right, bottom) of a plate of this (width, height) in its corner, cut to the picture."""
    width, height = min(plate[0], size[0]), min(plate[1], size[1])
    left = max(0, size[0] - width - margin) if corner.endswith("right") else min(margin, size[0] - width)
    top = max(0, size[1] - height - margin) if corner.startswith("bottom") else min(margin, size[1] - height)
    return left, top, left + width, top + height
