"""Draws the visible label as a stencil: "AI", words of a language beside it, an operator's badge before it.

All of it is drawn in one ink, so that one contrast holds for all: a badge keeps its shape, not its colours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache
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
# Heights as shares of the picture's short side.
LETTER_HEIGHT = 0.056  # of "AI": 5 % and room for antialiased edges
LETTER_HEIGHT_WITH_WORDS = 0.068  # the letters stay the main element
WORD_HEIGHT = 0.054  # of a capital letter among the words
# What a rule that gives a height of its own (label_rules.py) gets on top of it, for the same reason.
LETTER_ROOM, WORD_ROOM, LETTER_OVER_WORD = 1.12, 1.08, 1.26
MIN_LETTER_HEIGHT, MIN_WORD_HEIGHT = 8, 7  # pixels; letters below that are specks
MAX_BADGE = 200_000  # characters of SVG
MAX_BADGE_WIDTH = 3.0  # times its height
_TRIAL_SIZE = 200  # pixels; characters are compared at it
_OVERSAMPLING = 4  # a badge is drawn so much larger, then averaged


@dataclass(frozen=True, slots=True)
class LabelStyle:
    """Says what stands beside the letters, and how high all of it is at least.

    `words` come with the space before them; `badge` is an SVG document. `height` is that of the lowest character, as a
    share of the picture's short side; it can only make the label larger.
    """

    words: str = ""
    badge: str = ""
    height: float = 0.0

    def without_badge(self) -> LabelStyle:
        """Returns the same style without its badge."""
        return replace(self, badge="")

    def letters_alone(self) -> LabelStyle:
        """Returns the same style without badge and words."""
        return replace(self, badge="", words="")


@dataclass(frozen=True, slots=True)
class Stencil:
    """Holds a mask (mode L, ink where it is white), the height of the letters "AI" in it, and what else is written.

    `text` is all that is written; `text_height` the height of its lowest character, cased ones as capitals. In pixels.
    """

    mask: Image
    letter_height: int
    text: str
    text_height: int


class _LabelWords(ConfigModel):
    """Holds the words of one language; `joined` ones follow the letters without a space."""

    words: str
    joined: bool = False


class _LabelsFile(ConfigModel):
    """Holds presets/labels.toml."""

    label: dict[str, _LabelWords]


def label_words(presets: Path) -> dict[str, str]:
    """Returns the words of each language in `presets`/labels.toml, with the space before them. Raises PresetError."""
    path = presets / "labels.toml"
    words = {}
    for name, entry in parse(_LabelsFile, read_toml(path), path).label.items():
        if lacking := _missing_characters(entry.words):
            raise PresetError(f"{path}: [label.{name}] has {lacking!r}, which the label's font lacks.", "Use others.")
        words[name] = entry.words if entry.joined else f" {entry.words}"
    return words


def read_badge(path: Path) -> str:
    """Returns the text of an SVG file, drawn once as a trial. Raises PresetError that says what is wrong with it."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PresetError(f"The badge {path} cannot be read: {error}.", "Give an SVG file in UTF-8.") from error
    if len(text) > MAX_BADGE:
        raise PresetError(f"The badge {path} has {len(text):,} characters.", f"Use at most {MAX_BADGE:,}.")
    if draw_badge(text, 64).getbbox() is None:
        raise PresetError(f"The badge {path} draws nothing.", "Check its viewBox, and that its shapes are filled.")
    return text


@lru_cache(maxsize=16)
def draw(short_side: int, style: LabelStyle) -> Stencil:
    """Draws the label for a picture whose short side has so many pixels."""
    from PIL import Image as Pillow
    from PIL import ImageDraw

    share = _letter_share(style)
    height = max(MIN_LETTER_HEIGHT, round(share * short_side + 0.5))
    letter_font, letters = _font(height, TEXT)
    word_font, words = _words(short_side, style)
    badge = draw_badge(style.badge, height) if style.badge else Pillow.new("L", (0, 0))
    # Where the letters and the words start, and the baseline, from the top of the highest part.
    letters_left = badge.width + (height // 3 if style.badge else 0)
    words_left = letters_left + letters[2] - letters[0] + (height // 8 if style.words[:1].strip() else 0)
    baseline = max(letters[3] - letters[1], -words[1])
    mask = Pillow.new("L", (words_left + words[2], baseline + max(0, words[3])))
    mask.paste(badge, (0, baseline - badge.height))
    pen = ImageDraw.Draw(mask)
    pen.text((letters_left - letters[0], baseline), TEXT, 255, letter_font, anchor="ls")
    pen.text((words_left, baseline), style.words, 255, word_font, anchor="ls")
    lowest = min([height, *(_height(word_font, char) for char in style.words if char != " ")])
    return Stencil(mask, height, TEXT + style.words, lowest)


def draw_badge(svg: str, height: int) -> Image:
    """Draws the shape of an SVG document, any colour counting as ink, `height` pixels tall. Raises PresetError."""
    import resvg_py
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    try:
        # Without fonts of the machine, so that the same badge looks the same everywhere: text must be paths.
        png = resvg_py.svg_to_bytes(svg_string=svg, height=height * _OVERSAMPLING, skip_system_fonts=True)
        drawn = Pillow.open(BytesIO(png)).convert("RGBA").getchannel("A")
    except (ValueError, OSError, UnidentifiedImageError) as error:
        raise PresetError(f"The badge is no SVG that can be drawn: {error}.", "Export it as plain SVG.") from error
    width = round(drawn.width * height / drawn.height)
    if width > MAX_BADGE_WIDTH * height:
        raise PresetError("The badge is too wide.", f"Make it at most {MAX_BADGE_WIDTH:.0f} times as wide as high.")
    return drawn.resize((max(1, width), height), Pillow.Resampling.BOX)


def _letter_share(style: LabelStyle) -> float:
    """Returns the height of "AI" as a share of the short side."""
    if not style.words:
        return max(LETTER_HEIGHT, LETTER_ROOM * style.height)
    return max(LETTER_HEIGHT_WITH_WORDS, LETTER_OVER_WORD * WORD_ROOM * style.height)


def _words(short_side: int, style: LabelStyle) -> tuple[FreeTypeFont, tuple[int, int, int, int]]:
    """Returns the font of the words and their box, (left, top, right, bottom) with the baseline at 0."""
    share = max(WORD_HEIGHT, WORD_ROOM * style.height)
    font, _ = _font(max(MIN_WORD_HEIGHT, round(share * short_side + 0.5)), _lowest(style.words) or TEXT)
    left, top, right, bottom = font.getbbox(style.words, anchor="ls") if style.words else (0, 0, 0, 0)
    return font, (int(left), int(top), int(right), int(bottom))


@cache
def _lowest(words: str) -> str:
    """Returns the character that is the least high of all; "" for no words."""
    from PIL import ImageFont

    font = ImageFont.truetype(FONT, _TRIAL_SIZE)
    return min(map(_whole, words.replace(" ", "")), key=lambda char: _height(font, char), default="")


def _height(font: FreeTypeFont, char: str) -> int:
    """Returns the height of a character in pixels, from the baseline to its top."""
    _, top, _, bottom = font.getbbox(_whole(char), anchor="ls")
    return int(min(bottom, 0) - top)


def _whole(char: str) -> str:
    """Returns a capital for a character that is one of two cases: small ones are told by the capitals beside them."""
    return char if char.lower() == char.upper() else TEXT[-1]


def _font(height: int, sample: str) -> tuple[FreeTypeFont, tuple[int, int, int, int]]:
    """Returns the font at the least size where the sample is `height` pixels tall, and its box above the baseline."""
    from PIL import ImageFont

    size = height
    while True:
        font = ImageFont.truetype(FONT, size)
        left, top, right, bottom = font.getbbox(sample, anchor="ls")
        if min(bottom, 0) - top >= height:
            return font, (int(left), int(top), int(right), int(bottom))
        size += 1


def _missing_characters(words: str) -> str:
    """Returns the characters that the label's font cannot draw."""
    from PIL import ImageFont

    font = ImageFont.truetype(FONT, 16)
    # What it draws for a character that it lacks.
    placeholder = bytes(font.getmask("\uffff"))
    return "".join(sorted({char for char in words if char != " " and bytes(font.getmask(char)) == placeholder}))
