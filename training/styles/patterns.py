"""Swatches of styles, by arithmetic alone: one painted landscape, changed as each technique would change it.

No model and no picture of anybody has a part in them. They show a manner, and are called patterns on the page.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, sobel
from scipy.spatial import cKDTree

EDGE = 144  # pixels of a side while it is made
Rgb = tuple[float, float, float]
Picture = Any  # numpy's array of RGB, 0..1, or of tones: its operators return Any
RNG = np.random.default_rng(18)
Y, X = np.mgrid[0:EDGE, 0:EDGE] / EDGE
PAPER, INK = (0.97, 0.95, 0.9), (0.13, 0.11, 0.1)
BLACK, WHITE = (0.04, 0.04, 0.06), (1.0, 1.0, 1.0)


def landscape() -> Picture:
    """Returns sky, sun, two hills, a lake and a tree as RGB, 0..1."""
    sky = ramp(Y * 1.6, [(0.36, 0.62, 0.86), (0.8, 0.9, 0.95)])
    paint(sky, (X - 0.72) ** 2 + (Y - 0.26) ** 2 < 0.013, (1.0, 0.85, 0.35))
    paint(sky, 0.5 + 0.12 * np.sin(5 * X + 0.6) < Y, (0.42, 0.55, 0.62))
    paint(sky, 0.62 + 0.08 * np.sin(6 * X + 3.4) < Y, (0.35, 0.58, 0.32))
    paint(sky, 0.82 + 0.02 * np.sin(9 * X) < Y, (0.3, 0.55, 0.75))
    paint(sky, (abs(X - 0.27) < 0.025) & (Y > 0.5) & (Y < 0.8), (0.36, 0.24, 0.15))
    paint(sky, (X - 0.27) ** 2 + ((Y - 0.42) * 0.85) ** 2 < 0.022, (0.16, 0.42, 0.2))
    return sky


def paint(picture: Picture, where: Picture, colour: Rgb) -> None:
    """Paints a region, lit from the upper right."""
    light = 1 + 0.22 * (X - Y)
    picture[where] = (np.array(colour) * light[..., None])[where]


def ramp(tone: Picture, colours: Sequence[Rgb]) -> Picture:
    """Returns a colour for each tone, 0..1, between those given."""
    places = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(tone, places, [colour[i] for colour in colours]) for i in range(3)], axis=-1)


def flat(tone: Picture, colours: Sequence[Rgb]) -> Picture:
    """Returns one of the colours for each tone, without anything between them."""
    return np.array(colours)[np.clip(tone * len(colours), 0, len(colours) - 1).astype(int)]


def spread(tone: Picture) -> Picture:
    """Returns tones that use the whole range evenly."""
    order = np.argsort(np.argsort(tone.ravel(), kind="stable"))
    return (order / order.max()).reshape(tone.shape)


def noise(size: float, amount: float = 1.0) -> Picture:
    """Returns soft noise around 0 with grains of a size in pixels."""
    soft = gaussian_filter(RNG.standard_normal((EDGE, EDGE)), size)
    return amount * soft / soft.std()


def grained(picture: Picture, amount: float, size: float = 0.6) -> Picture:
    """Returns a picture with grain on it."""
    return picture + noise(size, amount)[..., None]


def soft(picture: Picture, size: float) -> Picture:
    """Returns a picture out of focus."""
    return gaussian_filter(picture, (size, size, 0))


SCENE = landscape()
TONE = SCENE @ (0.3, 0.59, 0.11)
EDGES = np.clip(3 * np.hypot(sobel(gaussian_filter(TONE, 0.8), 0), sobel(gaussian_filter(TONE, 0.8), 1)), 0, 1)


def over(ground: Picture | Rgb, amount: Picture, colour: Rgb) -> Picture:
    """Lays a colour over a ground, by amounts of 0..1."""
    return np.array(ground) * (1 - amount[..., None]) + np.array(colour) * amount[..., None]


def hatch(tone: Picture, angles: Sequence[float], gap: float, paper: Rgb, ink: Rgb) -> Picture:
    """Draws lines, in one more direction for each step into the dark."""
    amount = np.zeros_like(tone)
    for number, angle in enumerate(angles):
        wave = np.sin((X * np.cos(angle) + Y * np.sin(angle)) * EDGE * 2 * np.pi / gap + noise(6, 0.35))
        amount = np.maximum(amount, (tone < 1 - (number + 0.6) / (len(angles) + 0.4)) * np.clip(wave * 2, 0, 1))
    return over(paper, np.maximum(amount, EDGES * 0.9), ink)


def dabs(size: float, long: float, count: int, wild: float = 0.03, ground: Rgb = PAPER) -> Picture:
    """Paints many strokes, each in the colour of its place."""
    canvas = Image.fromarray((np.ones((EDGE, EDGE, 3)) * ground * 255).astype("uint8"))
    pen = ImageDraw.Draw(canvas)
    for x, y in RNG.uniform(0, EDGE, (count, 2)):
        colour = np.clip(SCENE[int(y), int(x)] + RNG.normal(0, wild, 3), 0, 1) * 255
        turn = RNG.normal(0.4, 0.5)
        dx, dy = size * long * np.cos(turn), size * long * np.sin(turn)
        pen.line((x - dx, y - dy, x + dx, y + dy), fill=tuple(colour.astype(int)), width=max(1, round(size)))
    return np.asarray(canvas) / 255


def cells(points: Picture, joint: float, joint_colour: Rgb, shade: float = 0.06) -> Picture:
    """Lays cells around points, each in one colour of the scene, with joints between them."""
    near, which = cKDTree(points).query(np.dstack([Y, X]).reshape(-1, 2) * EDGE, 2)
    rows, columns = np.clip(points, 0, EDGE - 1).astype(int).T
    colours = np.clip(SCENE[rows, columns] + RNG.normal(0, shade, (len(points), 1)), 0, 1)
    picture = colours[which[:, 0]].reshape(EDGE, EDGE, 3)
    between = ((near[:, 1] - near[:, 0]) < joint).reshape(EDGE, EDGE)
    return np.where(between[..., None], joint_colour, picture)


def scattered(count: int) -> Picture:
    """Returns points that lie anywhere."""
    return RNG.uniform(-4, EDGE + 4, (count, 2))


def grid(step: float, jitter: float = 0.0) -> Picture:
    """Returns points in rows."""
    rows, columns = np.mgrid[0:EDGE:step, 0:EDGE:step] + step / 2
    points = np.stack([rows.ravel(), columns.ravel()], axis=1)
    return points + RNG.normal(0, jitter, points.shape) if jitter else points


def blocks(size: int, colours: int = 0) -> Picture:
    """Returns the scene in squares, in so many steps of each colour."""
    picture = SCENE[size // 2 :: size, size // 2 :: size].repeat(size, 0).repeat(size, 1)[:EDGE, :EDGE]
    return np.round(picture * colours) / colours if colours else picture


def stitches(gap: int) -> Picture:
    """Returns light and shade of V-shaped stitches, 0..1."""
    across, down = (X * EDGE) % gap / gap, (Y * EDGE) % gap / gap
    return 0.5 + 0.5 * np.cos(2 * np.pi * (down + abs(across - 0.5)))


def dots(tone: Picture, gap: float, angle: float = 0.6) -> Picture:
    """Returns where the dots of a screen are, larger in the dark."""
    u = (X * np.cos(angle) + Y * np.sin(angle)) * EDGE / gap
    v = (Y * np.cos(angle) - X * np.sin(angle)) * EDGE / gap
    return np.hypot(u % 1 - 0.5, v % 1 - 0.5) < 0.68 * np.sqrt(np.clip(1 - tone, 0, 1))


def lit(colours: Sequence[Rgb], place: tuple[float, float] = (0.26, 0.72), glow: float = 0.6) -> Picture:
    """Returns the scene in the tones of one light, which glows at a place (down, across)."""
    near = np.exp(-((Y - place[0]) ** 2 + (X - place[1]) ** 2) / 0.08)
    return ramp(TONE * (1 - glow / 2) + glow * near * 0.7, colours)


def printed(colours: Sequence[Rgb], blur: float = 1.2) -> Picture:
    """Returns the scene in a few flat colours, dark to light."""
    return flat(spread(gaussian_filter(TONE, blur)), colours)


def layered(colours: Sequence[Rgb]) -> Picture:
    """Returns flat layers that throw soft shadows on one another."""
    level = np.clip(spread(gaussian_filter(TONE, 1.5)) * len(colours), 0, len(colours) - 1).astype(int)
    shadow = gaussian_filter(np.roll(level, (3, 3), (0, 1)).astype(float), 1.5) - level
    return np.array(colours)[level] * (1 - 0.25 * np.clip(-shadow, -1, 1)[..., None])


def shapes(ground: Rgb, parts: Sequence[tuple[str, tuple[float, ...], Rgb]]) -> Picture:
    """Returns a few geometric shapes, their corners in hundredths of a side."""
    canvas = Image.new("RGB", (EDGE, EDGE), tuple(round(255 * part) for part in ground))
    pen = ImageDraw.Draw(canvas)
    for kind, corners, colour in parts:
        box = [corner * EDGE / 100 for corner in corners]
        getattr(pen, kind)(box, fill=tuple(round(255 * part) for part in colour))
    return np.asarray(canvas) / 255


def save(name: str, path: str, edge: int, quality: int) -> None:
    """Writes the swatch of a style as WebP."""
    from training.styles.swatches import SWATCHES

    picture = np.clip(SWATCHES[name](), 0, 1)
    image = Image.fromarray((picture * 255).round().astype("uint8")).resize((edge, edge), Image.Resampling.LANCZOS)
    image.save(path, "WEBP", quality=quality, method=6)


Swatch = Callable[[], Picture]
