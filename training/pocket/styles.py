"""Styles as transforms of a finished picture: what a pencil, a brush, scissors or few pixels would make of it.

Pictures are uint8 RGB of shape (edge, edge, 3). `3d` works on single cutouts (RGBA), before they are laid down.
"""

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image as Pillow

from training.pocket.canvas import Image, noise

LAYERED = "3d"  # done by `inflated`, on cutouts
POSTERS = (  # dark to light
    ((28, 32, 66), (205, 62, 52), (240, 160, 70), (250, 233, 200)),
    ((22, 50, 60), (30, 120, 120), (235, 120, 80), (250, 238, 214)),
    ((45, 25, 60), (150, 50, 110), (245, 130, 110), (255, 232, 190)),
    ((25, 40, 35), (70, 120, 70), (225, 170, 60), (248, 240, 215)),
)


def apply(style: str, picture: np.ndarray, seed: int) -> np.ndarray:
    """Give a picture a style; raise KeyError: there is no such style."""
    return np.ascontiguousarray(DRAWN[style](picture, np.random.default_rng(seed)))


def _float(picture: np.ndarray) -> Image:
    return np.asarray(picture.astype(np.float32) / 255)


def _bytes(picture: Image) -> np.ndarray:
    return np.asarray(np.clip(picture, 0, 1) * 255 + 0.5, np.uint8)


def _grey(picture: np.ndarray) -> Image:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255)


def _smooth(picture: np.ndarray, times: int, colour: float = 40) -> np.ndarray:
    """Even out, but keep edges."""
    for _ in range(times):
        picture = cv2.bilateralFilter(picture, 7, colour, 5 * len(picture) / 128)
    return picture


def _few(picture: np.ndarray, many: int) -> tuple[np.ndarray, np.ndarray]:
    """The numbers (edge, edge) and RGB (many, 3) of a picture's main colours."""
    reduced = Pillow.fromarray(picture).quantize(many, Pillow.Quantize.MEDIANCUT, kmeans=1, dither=Pillow.Dither.NONE)
    table = np.array((reduced.getpalette() or [])[: 3 * many]).reshape(-1, 3)
    return np.asarray(reduced), table


def _edges(picture: np.ndarray, wide: float = 1.0) -> Image:
    """Thin lines, 0..1, where colours change (Canny 1986, in each channel of Lab), about `wide` pixels of 128."""
    edge = len(picture)
    large = cv2.resize(picture, (3 * edge, 3 * edge), interpolation=cv2.INTER_CUBIC)
    lab = cv2.GaussianBlur(cv2.cvtColor(large, cv2.COLOR_RGB2LAB), (0, 0), 2.6 * edge / 128)
    lines = np.zeros(large.shape[:2], np.uint8)
    for channel, low in ((0, 26), (1, 20), (2, 24)):
        lines |= cv2.Canny(np.ascontiguousarray(lab[..., channel]), low, 2.2 * low)
    thick = max(1, round(3 * wide * edge / 128))
    lines = cv2.dilate(lines, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thick, thick)))
    return _float(cv2.resize(lines, (edge, edge), interpolation=cv2.INTER_AREA))


def outline(picture: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """Black ink on white paper: lines, and black where it is darkest."""
    lines, grey = _edges(picture, dice.uniform(1.3, 1.7)), _grey(picture)
    dark = np.clip((0.17 - cv2.GaussianBlur(grey, (0, 0), 0.8)) * 12, 0, 1)
    solid = dark if grey.mean() > 0.35 else np.zeros_like(dark)
    paper = np.array([1.0, 1.0, 1.0]) if dice.random() < 0.6 else np.array([0.98, 0.96, 0.90])
    ink = np.maximum(lines, solid)
    ink = cv2.GaussianBlur(ink, (0, 0), 0.5 * len(picture) / 128)[..., None]
    return _bytes(paper * (1 - ink) + 0.10 * ink)


def pencil(picture: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """Graphite: grey, hatched where it is dark, soft lines, paper that shows through."""
    edge = len(picture)
    grey = _grey(_smooth(picture, 1))
    low, high = np.percentile(grey, (2, 98))
    grey = np.clip((grey - low) / max(high - low, 0.15), 0, 1) ** 0.8
    rows, columns = np.mgrid[:edge, :edge].astype(np.float32) / edge
    wobble = noise(edge, 6, dice) * 0.05
    shade = 1 - 0.22 * (1 - grey)
    for angle, from_tone in ((0.78, 0.68), (2.2, 0.38)):
        strokes = 0.5 + 0.5 * np.sin(2 * np.pi * 22 * (columns * np.cos(angle) + rows * np.sin(angle) + wobble))
        shade = shade - 0.42 * np.clip(from_tone - grey, 0, 1) * strokes
    lines = cv2.GaussianBlur(_edges(picture, 1.3), (0, 0), 0.6)
    grain = cv2.GaussianBlur(dice.random((edge, edge), dtype=np.float32), (0, 0), 0.8)
    tone = shade - 0.66 * lines + 0.10 * (grain - 0.5) * (1.1 - grey)
    return _bytes(np.clip(tone, 0.1, 0.97)[..., None] * np.array([1.0, 0.99, 0.97]))


def watercolour(picture: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """Washes: light colours that bleed over wobbling edges, dark rims, granules, white paper around."""
    edge = len(picture)
    rows, columns = np.mgrid[:edge, :edge].astype(np.float32)
    dx, dy = (cv2.GaussianBlur(noise(edge, 12, dice) - 0.5, (0, 0), 1) * 0.05 * edge for _ in range(2))
    bled = cv2.remap(_smooth(picture, 3, 60), columns + dx, rows + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    numbers, table = _few(bled, 14)
    wash = cv2.GaussianBlur(table[numbers].astype(np.float32) / 255, (0, 0), 0.6 * edge / 128)
    wash = wash * 0.6 + 0.4 * _float(bled)
    wash = 1 - (1 - wash) * (0.55 + 0.55 * noise(edge, 4, dice, 4)[..., None])  # more and less pigment
    rims = cv2.GaussianBlur(_edges(bled), (0, 0), 0.9 * edge / 128)[..., None]
    wash = wash * (1 - 0.38 * rims * (1.2 - wash))
    grain = cv2.GaussianBlur(dice.random((edge, edge), dtype=np.float32), (0, 0), 0.8)[..., None]
    wash = wash + 0.22 * (grain - 0.5)
    away = np.minimum(np.minimum(rows, edge - 1 - rows), np.minimum(columns, edge - 1 - columns)) / edge
    inside = np.clip((away - 0.015 - 0.085 * noise(edge, 5, dice, 4)) * 40, 0, 1)[..., None]
    return _bytes(wash * inside + (0.985 + 0.03 * (grain - 0.5)) * (1 - inside))


def pixel_art(picture: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """A few large pixels in a few colours."""
    edge, many = len(picture), int(dice.choice([24, 32, 32]))
    small = cv2.resize(_smooth(picture, 1, 30), (many, many), interpolation=cv2.INTER_AREA)
    sharp = cv2.addWeighted(small, 1.5, cv2.GaussianBlur(small, (0, 0), 1.0), -0.5, 0)
    numbers, table = _few(sharp, 14)
    blocks = table[numbers].astype(np.uint8)
    return np.asarray(cv2.resize(blocks, (edge, edge), interpolation=cv2.INTER_NEAREST))


def paper_cut(picture: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """Sheets of coloured paper, one on another, the lightest lowest: flat colours, cut edges, shadows under them."""
    edge = len(picture)
    scale = edge / 128
    numbers, table = _few(_smooth(picture, 3, 60), 7)
    order = np.argsort(-(table @ np.array([0.3, 0.59, 0.11])))
    colours = np.clip(table / 255 * 1.08, 0, 1)
    sheet = np.broadcast_to(colours[order[0]].astype(np.float32), (edge, edge, 3)).copy()
    for number in order[1:]:
        mask = cv2.GaussianBlur((numbers == number).astype(np.float32), (0, 0), 1.3 * scale)
        mask = np.clip((mask - 0.46) * 9 + 0.5, 0, 1)
        move = np.array([[1, 0, 2.2 * scale], [0, 1, 2.8 * scale]], np.float32)
        shadow = cv2.GaussianBlur(cv2.warpAffine(mask, move, (edge, edge)), (0, 0), 1.7 * scale)
        sheet = sheet * (1 - 0.50 * shadow[..., None])
        light = np.clip(
            mask - cv2.warpAffine(mask, np.array([[1, 0, scale], [0, 1, scale]], np.float32), (edge, edge)), 0, 1
        )
        sheet = (
            sheet * (1 - mask[..., None])
            + colours[number].astype(np.float32) * mask[..., None]
            + 0.16 * light[..., None]
        )
    fibres = cv2.GaussianBlur(dice.random((edge, edge), dtype=np.float32), (0, 0), 1.0)[..., None]
    return _bytes(sheet + 0.10 * (fibres - 0.5))


def poster(picture: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """A screen print: four inks from dark to light, hard edges, and a border of paper."""
    edge = len(picture)
    inks = np.array(POSTERS[dice.integers(len(POSTERS))])
    grey = _grey(_smooth(picture, 2, 60))
    cuts = np.quantile(grey, (0.2, 0.5, 0.78)) * 0.6 + np.array([0.25, 0.5, 0.78]) * 0.4
    large = cv2.resize(grey, (2 * edge, 2 * edge), interpolation=cv2.INTER_CUBIC)
    printed = inks[np.searchsorted(cuts, large)].astype(np.uint8)
    printed = cv2.resize(printed, (edge, edge), interpolation=cv2.INTER_AREA)
    rim = round(edge * 0.06)
    framed: np.ndarray = np.empty_like(printed)
    framed[:] = inks[-1]
    framed[rim : edge - rim, rim : edge - rim] = inks[0]
    thin = rim + max(1, edge // 96)
    inner = edge - 2 * thin
    framed[thin : edge - thin, thin : edge - thin] = cv2.resize(printed, (inner, inner), interpolation=cv2.INTER_AREA)
    return framed


def flat(picture: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """Areas of one colour each, with clean edges."""
    del dice
    edge = len(picture)
    large = cv2.resize(_smooth(picture, 3, 50), (2 * edge, 2 * edge), interpolation=cv2.INTER_CUBIC)
    numbers, table = _few(large, 9)
    colours = cv2.medianBlur(table[numbers].astype(np.uint8), 5)
    return np.asarray(cv2.resize(colours, (edge, edge), interpolation=cv2.INTER_AREA))


def oil(picture: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """Dabs of thick paint: the commonest tone around each place, strokes that run with and across, light on ridges."""
    edge = len(picture)
    size = 2 * round(2.2 * edge / 128) + 1
    rows, columns = np.mgrid[:edge, :edge].astype(np.float32)
    dx, dy = ((noise(edge, 26, dice, 2) - 0.5) * 0.05 * edge for _ in range(2))
    source = cv2.remap(picture, columns + dx, rows + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    grey, best, painted = _grey(source), np.zeros((edge, edge), np.float32), _float(source)
    for level in range(10):  # the mode of tones in a window, and the mean colour of that tone
        member = (np.clip((grey * 10).astype(int), 0, 9) == level).astype(np.float32)
        count = cv2.boxFilter(member, -1, (size, size))
        mean = cv2.boxFilter(_float(source) * member[..., None], -1, (size, size)) / np.maximum(count, 1e-4)[..., None]
        more = count > best
        painted[more], best = mean[more], np.maximum(best, count)
    relief = _strokes(edge, dice)
    rich = np.clip(painted + (painted - painted.mean(-1, keepdims=True)) * 0.25, 0, 1)
    return _bytes(rich * (1 + 0.20 * relief[..., None]) + 0.02)


def _strokes(edge: int, dice: np.random.Generator) -> Image:
    """Relief of short strokes in two directions, in patches, about -1..1."""
    rough, relief = dice.random((edge, edge), dtype=np.float32), np.zeros((edge, edge), np.float32)
    first = np.clip((noise(edge, 4, dice) - 0.5) * 12 + 0.5, 0, 1)
    half, start = round(5 * edge / 128), dice.uniform(0, np.pi)
    for angle, share in ((start, first), (start + 1.2, 1 - first)):
        kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
        dx, dy = half * np.cos(angle), half * np.sin(angle)
        cv2.line(kernel, (round(half - dx), round(half - dy)), (round(half + dx), round(half + dy)), 1.0)
        relief += share * cv2.filter2D(cv2.GaussianBlur(rough, (0, 0), 1.2), -1, kernel / kernel.sum())
    relief = cv2.Sobel(relief, cv2.CV_32F, 1, 0) + cv2.Sobel(relief, cv2.CV_32F, 0, 1)
    return np.asarray(np.clip(relief / (2.2 * relief.std() + 1e-6), -1, 1))


def inflated(cutout: np.ndarray) -> np.ndarray:
    """Give a flat RGBA cutout the light of a rounded body: from the distance to its edge, as a height."""
    inside = (cutout[..., 3] > 128).astype(np.uint8)
    away = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    round_to = 0.16 * len(cutout)
    height = np.sqrt(np.clip(1 - (1 - np.clip(away / round_to, 0, 1)) ** 2, 0, 1)) * round_to
    height = cv2.GaussianBlur(height, (0, 0), 0.02 * len(cutout))
    normal = np.dstack(
        [-cv2.Sobel(height, cv2.CV_32F, 1, 0) / 8, -cv2.Sobel(height, cv2.CV_32F, 0, 1) / 8, np.ones_like(height)]
    )
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    light = normal @ (np.array([-0.5, -0.65, 0.6], np.float32) / 1.016)
    shine = np.clip(normal @ (np.array([-0.33, -0.45, 0.83], np.float32)), 0, 1) ** 22
    colour = (
        cutout[..., :3].astype(np.float32) / 255 * (0.62 + 0.62 * np.clip(light, 0, 1))[..., None]
        + 0.30 * shine[..., None]
    )
    return np.dstack([_bytes(colour), cutout[..., 3]])


DRAWN: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "flat": flat,
    "outline": outline,
    "pencil": pencil,
    "watercolour": watercolour,
    "pixel art": pixel_art,
    "paper cut": paper_cut,
    "poster": poster,
    "oil painting": oil,
}
STYLES = ("plain", LAYERED, *DRAWN)
