"""Noise, gradients and shapes: what grounds and styles are painted with. Pictures are floats 0..1, (edge, edge, 3)."""

from collections.abc import Sequence

import cv2
import numpy as np

Colour = tuple[float, float, float]
Image = np.ndarray  # float32


def noise(edge: int, cells: float, dice: np.random.Generator, octaves: int = 3) -> Image:
    """Smooth noise 0..1 of shape (edge, edge): about `cells` bumps across, and finer ones half as strong."""
    total, weight = np.zeros((edge, edge), np.float32), 0.0
    for octave in range(octaves):
        grid = max(2, round(cells * 2**octave) + 1)
        rough = dice.random((min(grid, edge), min(grid, edge)), dtype=np.float32)
        total += 0.5**octave * cv2.resize(rough, (edge, edge), interpolation=cv2.INTER_CUBIC)
        weight += 0.5**octave
    return np.asarray(np.clip(total / weight, 0, 1))


def ridge(edge: int, cells: float, dice: np.random.Generator, octaves: int = 4) -> Image:
    """A line of hills, 0..1 of shape (edge,): a coast, a ridge, tree tops."""
    x, line, weight = np.linspace(0, 1, edge, dtype=np.float32), np.zeros(edge, np.float32), 0.0
    for octave in range(octaves):
        knots = max(2, round(cells * 2**octave) + 1)
        line += 0.5**octave * np.interp(x, np.linspace(0, 1, knots), dice.random(knots)).astype(np.float32)
        weight += 0.5**octave
    return line / weight


def gradient(edge: int, stops: Sequence[tuple[float, Colour]]) -> Image:
    """Colours from top to bottom: (share of the height, colour)."""
    rows = np.linspace(0, 1, edge)
    shares, colours = [share for share, _ in stops], np.array([colour for _, colour in stops])
    column = np.stack([np.interp(rows, shares, colours[:, channel]) for channel in range(3)], -1)
    return np.repeat(column[:, None].astype(np.float32), edge, 1)


def below(edge: int, line: Image | float) -> Image:
    """A soft mask of all that is under a line (shares of the height, 0 is the top), (edge, edge, 1)."""
    rows = np.arange(edge, dtype=np.float32)[:, None] + 0.5
    over = np.clip(rows - np.asarray(line, np.float32) * edge, -0.5, 0.5) + 0.5
    return np.broadcast_to(over, (edge, edge))[..., None].astype(np.float32)


def lay(under: Image, over: Image | Colour, mask: Image) -> Image:
    """Paint over a picture where the mask is 1."""
    return np.asarray(under * (1 - mask) + np.asarray(over, np.float32) * mask, np.float32)


def disc(edge: int, x: float, y: float, radius: float, soft: float = 0.006) -> Image:
    """A soft mask of a disc, in shares of the edge, (edge, edge, 1)."""
    rows, columns = np.mgrid[:edge, :edge].astype(np.float32) / edge
    away = np.sqrt((columns - x) ** 2 + (rows - y) ** 2)
    return np.asarray(np.clip((radius - away) / max(soft, 0.5 / edge) + 0.5, 0, 1)[..., None])


def polygons(edge: int, shapes: Sequence[Sequence[tuple[float, float]]]) -> Image:
    """A soft mask of filled shapes, their corners in shares of the edge, (edge, edge, 1)."""
    mask = np.zeros((2 * edge, 2 * edge), np.uint8)
    for shape in shapes:
        cv2.fillPoly(mask, [np.round(np.array(shape) * 2 * edge).astype(np.int32)], 255)
    small: Image = cv2.resize(mask, (edge, edge), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return small[..., None]


def shifted(colour: Colour, dice: np.random.Generator, much: float = 0.06) -> Colour:
    """A colour like this one."""
    red, green, blue = np.clip(np.array(colour) + dice.uniform(-much, much, 3), 0, 1)
    return float(red), float(green), float(blue)
