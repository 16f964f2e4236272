"""What the visible label says, drawn as a stencil: "AI", words of a language beside it, an operator's badge before it.

All of it is drawn in one ink, so that one contrast holds for all: a badge keeps its shape, not its colours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from safety.config import ConfigModel, parse, read_toml
from safety.errors import PresetError
from safety.resources import ASSETS

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

# A part of Noto Sans KR Bold.
FONT = ASSETS / "fonts" / "label.ttf"
TEXT = "AI"
LETTERS = 0.056  # height of "AI", of the short side: 5 % and room for antialiased edges
LETTERS_BESIDE = 0.068  # the same where words stand beside it: the letters stay the main element
WORDS = 0.054  # height of a capital letter among the words
LEAST_LETTERS, LEAST_WORDS = 8, 7  # pixels; letters below that are specks
MOST_BADGE = 200_000  # bytes of SVG
WIDEST_BADGE = 3.0  # times its height
_OVERSIZE = 4  # a badge is drawn so much larger, then averaged


@dataclass(frozen=True, slots=True)
class Style:
    """What stands beside the letters. `words` come with the space before them; `badge` is an SVG document."""

    words: str = ""
    badge: str = ""

    def without_badge(self) -> Style:
        return replace(self, badge="")


@dataclass(frozen=True, slots=True)
class Drawn:
    """The stencil (mode L, ink where it is white) and the height of the letters "AI" in it, in pixels."""

    mask: Image
    letters: int


class _Language(ConfigModel):
    words: str
    joined: bool = False


class _Labels(ConfigModel):
    label: dict[str, _Language]


def languages(presets: Path) -> dict[str, str]:
    """The words of each language in presets/labels.toml, with the space before them. Raises PresetError."""
    path = presets / "labels.toml"
    found = {}
    for name, one in parse(_Labels, read_toml(path), path).label.items():
        if lacking := _lacking(one.words):
            raise PresetError(f"{path}: [label.{name}] has {lacking!r}, which the label's font lacks.", "Use others.")
        found[name] = one.words if one.joined else f" {one.words}"
    return found


def read_badge(path: Path) -> str:
    """An SVG file, tried once. Raises PresetError that says what is wrong with it."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PresetError(f"The badge {path} cannot be read: {error}.", "Give an SVG file in UTF-8.") from error
    if len(text) > MOST_BADGE:
        raise PresetError(f"The badge {path} has {len(text):,} characters.", f"Use at most {MOST_BADGE:,}.")
    if draw_badge(text, 64).getbbox() is None:
        raise PresetError(f"The badge {path} draws nothing.", "Check its viewBox, and that its shapes are filled.")
    return text


@lru_cache(maxsize=16)
def draw(short: int, style: Style) -> Drawn:
    """The label for a picture whose short side has so many pixels."""
    from PIL import Image as Pillow
    from PIL import ImageDraw

    letters = max(LEAST_LETTERS, round((LETTERS_BESIDE if style.words else LETTERS) * short + 0.5))
    font, box = _font(letters, TEXT)
    after, words = _words(short, style.words)
    badge = draw_badge(style.badge, letters) if style.badge else Pillow.new("L", (0, 0))
    start = badge.width + (letters // 3 if style.badge else 0)
    rise = max(box[3] - box[1], -words[1])  # of the highest part above the baseline
    beside = start + box[2] - box[0] + (letters // 8 if style.words[:1].strip() else 0)
    mask = Pillow.new("L", (beside + words[2], rise + max(0, words[3])))
    mask.paste(badge, (0, rise - badge.height))
    pen = ImageDraw.Draw(mask)
    pen.text((start - box[0], rise), TEXT, 255, font, anchor="ls")
    pen.text((beside, rise), style.words, 255, after, anchor="ls")
    return Drawn(mask, letters)


def draw_badge(svg: str, height: int) -> Image:
    """The shape of an SVG document, any colour counting as ink, `height` pixels tall. Raises PresetError."""
    import resvg_py
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    try:
        # Without fonts of the machine, so that the same badge looks the same everywhere: text must be paths.
        png = resvg_py.svg_to_bytes(svg_string=svg, height=height * _OVERSIZE, skip_system_fonts=True)
        drawn = Pillow.open(BytesIO(png)).convert("RGBA").getchannel("A")
    except (ValueError, OSError, UnidentifiedImageError) as error:
        raise PresetError(f"The badge is no SVG that can be drawn: {error}.", "Export it as plain SVG.") from error
    width = round(drawn.width * height / drawn.height)
    if width > WIDEST_BADGE * height:
        raise PresetError("The badge is too wide.", f"Make it at most {WIDEST_BADGE:.0f} times as wide as high.")
    return drawn.resize((max(1, width), height), Pillow.Resampling.BOX)


def _words(short: int, words: str) -> tuple[FreeTypeFont, tuple[int, int, int, int]]:
    """Font and box of the words, the baseline at 0: (left, top, right, bottom)."""
    font, _ = _font(max(LEAST_WORDS, round(WORDS * short + 0.5)), words.strip()[:1].upper() or TEXT)
    left, top, right, bottom = font.getbbox(words, anchor="ls") if words else (0, 0, 0, 0)
    return font, (int(left), int(top), int(right), int(bottom))


def _font(height: int, sample: str) -> tuple[FreeTypeFont, tuple[int, int, int, int]]:
    """The font at the size where the sample is at least `height` pixels tall, and its box above the baseline."""
    from PIL import ImageFont

    size = height
    while True:
        font = ImageFont.truetype(FONT, size)
        left, top, right, bottom = font.getbbox(sample, anchor="ls")
        if min(bottom, 0) - top >= height:
            return font, (int(left), int(top), int(right), int(bottom))
        size += 1


def _lacking(words: str) -> str:
    """The characters that the label's font cannot draw."""
    from PIL import ImageFont

    font = ImageFont.truetype(FONT, 16)
    box = bytes(font.getmask("\uffff"))  # what it draws instead
    return "".join(sorted({each for each in words if each != " " and bytes(font.getmask(each)) == box}))
