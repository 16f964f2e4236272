"""Where pictures come from: sets of emoji by code point, Debian's openclipart by file, drawings of our own.

A picture's key is "SET:NAME": "noto:dog", "openclipart:food/fruit/pear.svg", "drawn:amphora". The licences stand in
data.py; every set is permissive (MIT, Apache-2.0, CC BY 4.0, public domain).
"""

import io
import json
import re
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

from training.pocket import drawings

HERE = Path(__file__).parent
EDGE = 256  # pixels: what a sharp stage needs
DOTS = {"pt": 1.25, "mm": 90 / 25.4, "cm": 90 / 2.54, "in": 90.0}  # pixels of old drawing programs
FRINGE = 0.04  # share of the edge that is left free around clip art
EMOJI_SETS = {  # name: (npm package, whether it is searched by name: its code points are not in the package)
    "fluent-flat": ("@iconify-json/fluent-emoji-flat", False),
    "noto": ("@iconify-json/noto", False),
    "twemoji": ("@iconify-json/twemoji", False),
    "emojione": ("@iconify-json/emojione", True),
}
FLUENT_3D = "fluent-3d"
SETS = (FLUENT_3D, *EMOJI_SETS, "openclipart", "drawn")
# What @lobehub/fluent-emoji-3d 1.1.0 draws for the five modifiers, lightest first: the files of two are swapped.
TONES = ("light", "medium-light", "medium", "medium-dark", "dark")
TONES_SWAPPED = ("light", "medium", "medium-light", "medium-dark", "dark")


class EmojiSet:
    """One set of emoji in Iconify's JSON: icons by name, and names by code point."""

    def __init__(self, folder: Path, by_name: bool) -> None:
        told = json.loads((folder / "icons.json").read_text())
        self.icons, self.by_name = told["icons"], by_name
        self.aliases = {name: entry["parent"] for name, entry in told.get("aliases", {}).items()}
        self.size = told.get("width", 16), told.get("height", 16)
        self.points = json.loads((folder / "chars.json").read_text())

    def find(self, hexcode: str, label: str) -> str | None:
        """The name of an emoji's icon, whichever way its variation selector is written; None: it has none."""
        low = hexcode.lower()
        spelled = (low, low.replace("-fe0f", ""), low + "-fe0f")
        name = next((self.points[stem] for stem in spelled if stem in self.points), None)
        if name is None and self.by_name:
            name = label.replace("’", "").replace(" ", "-")
        name = self.aliases.get(name or "", name)
        return name if name in self.icons else None

    def svg(self, name: str) -> str:
        """An icon as SVG; raise KeyError: there is none of this name."""
        icon = self.icons[name]
        wide, high = icon.get("width", self.size[0]), icon.get("height", self.size[1])
        box = f"{icon.get('left', 0)} {icon.get('top', 0)} {wide} {high}"
        spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        return f'<svg {spaces} viewBox="{box}" width="{wide}" height="{high}">{icon["body"]}</svg>'


class Sources:
    """All pictures of the fetched packages, by key."""

    def __init__(self, packages: Path, clipart: Path) -> None:
        self.fluent = packages / "@lobehub/fluent-emoji-3d/assets"
        self.clipart = clipart
        self.sets = {name: EmojiSet(packages / at, by_name) for name, (at, by_name) in EMOJI_SETS.items()}

    def emoji(self, hexcode: str, label: str) -> dict[str, str]:
        """The keys of one emoji's pictures by set."""
        found = {FLUENT_3D: stem} if (stem := emoji_stem(self.fluent, hexcode)) else {}
        found |= {name: icon for name, one in self.sets.items() if (icon := one.find(hexcode, label))}
        return {name: f"{name}:{picture}" for name, picture in found.items()}

    def read(self, key: str) -> np.ndarray:
        """Render a picture: uint8 RGBA of shape (256, 256, 4). Raise KeyError or OSError: there is none."""
        kind, name = key.split(":", 1)
        if kind == FLUENT_3D:
            return fluent(self.fluent / f"{name}.webp")
        if kind == "openclipart":
            return fitted(drawn_file(self.clipart / name, 512))
        if kind == "drawn":
            return fitted(rendered(drawings.svg(name), 512))
        return rendered(self.sets[kind].svg(name), EDGE)


def emoji_stem(folder: Path, hexcode: str) -> str | None:
    """The file stem of an emoji, whichever way its variation selector is written."""
    low = hexcode.lower()
    stems = (low, low.replace("-fe0f", ""), low + "-fe0f")
    return next((stem for stem in stems if (folder / f"{stem}.webp").exists()), None)


def fluent(path: Path) -> np.ndarray:
    """Load one picture of Fluent Emoji 3D: uint8 RGBA of shape (256, 256, 4)."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA").resize((EDGE, EDGE), Image.Resampling.LANCZOS))


def drawn_file(path: Path, edge: int) -> np.ndarray:
    """Render an SVG file."""
    return rendered(sized(path.read_text("utf-8", errors="replace")), edge)


def sized(svg: str) -> str:
    """Give old SVG whose size is in points or millimetres a view box: it is drawn at 90 dots an inch."""
    root = re.search(r"<svg\b[^>]*>", svg)
    if not root or "viewBox" in root[0]:
        return svg
    told = {name: re.search(rf'\b{name}="([\d.]+)\s*([a-z]*)"', root[0]) for name in ("width", "height")}
    size = [float(one[1]) * DOTS.get(one[2], 1.0) for one in told.values() if one]
    if len(size) < 2:
        return svg
    bare = re.sub(r'\b(width|height)="[^"]*"', "", root[0])
    return svg.replace(root[0], bare.replace("<svg", f'<svg viewBox="0 0 {size[0]} {size[1]}"', 1), 1)


def rendered(svg: str, edge: int) -> np.ndarray:
    """Render SVG as uint8 RGBA, its longer side `edge` pixels, in the middle of a square; ValueError: it is broken."""
    with Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=edge, height=edge)))) as image:
        square = Image.new("RGBA", (edge, edge))
        square.paste(image.convert("RGBA"), ((edge - image.width) // 2, (edge - image.height) // 2))
    return np.asarray(square)


def box(alpha: np.ndarray, least: int = 24) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is opaque; all of it if nothing is."""
    rows, columns = np.flatnonzero((alpha > least).any(1)), np.flatnonzero((alpha > least).any(0))
    if not len(rows):
        return 0, 0, alpha.shape[1], alpha.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def fitted(picture: np.ndarray) -> np.ndarray:
    """Cut the empty border of clip art off and fit the rest into a square of 256 pixels."""
    cut = Image.fromarray(picture).crop(box(picture[..., 3]))
    free = round(EDGE * (1 - 2 * FRINGE))
    scale = free / max(cut.size)
    cut = cut.resize((max(1, round(cut.width * scale)), max(1, round(cut.height * scale))), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (EDGE, EDGE))
    square.paste(cut, ((EDGE - cut.width) // 2, (EDGE - cut.height) // 2))
    return np.asarray(square)


@cache
def chosen_by_eye() -> dict[str, dict[str, list[str]]]:
    """The lists of pictures.toml: `more`, `new`, `same` and `not`."""
    return tomllib.loads((HERE / "pictures.toml").read_text())
