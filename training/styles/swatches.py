"""Which pattern stands for which style of presets/styles.toml."""

import numpy as np
from scipy.ndimage import gaussian_filter

from training.styles import patterns as p
from training.styles.patterns import BLACK, EDGES, INK, PAPER, SCENE, TONE, WHITE, Picture, X, Y

CREAM, RED, BLUE, GOLD = (0.93, 0.88, 0.76), (0.82, 0.2, 0.16), (0.1, 0.22, 0.5), (0.83, 0.66, 0.3)
NIGHT = [(0.01, 0.02, 0.07), (0.08, 0.14, 0.33), (0.55, 0.68, 0.9)]
SUNSET = [(0.16, 0.07, 0.1), (0.65, 0.3, 0.12), (1.0, 0.75, 0.35), (1.0, 0.95, 0.75)]

SWATCHES: dict[str, p.Swatch] = {
    # drawing
    "pencil": lambda: p.grained(p.hatch(p.spread(TONE), [0.8], 4, PAPER, (0.4, 0.4, 0.42)), 0.03),
    "charcoal": lambda: p.ramp(p.spread(TONE) * 0.9 + p.noise(0.7, 0.16) - EDGES * 0.5, [BLACK, (0.45,) * 3, PAPER]),
    "ink_line": lambda: p.over(WHITE, (EDGES > 0.35).astype(float), BLACK),
    "cross_hatching": lambda: p.hatch(p.spread(TONE), [0.8, -0.8, 0.0, 1.57], 5, PAPER, INK),
    "coloured_pencil": lambda: p.over(SCENE * 0.5 + 0.5, 0.8 * p.hatch(TONE * 0, [0.9], 4, (0,) * 3, (1,) * 3)[..., 0],
                                      (0.3, 0.45, 0.4)) * 0.45 + SCENE * 0.55,
    "pastel": lambda: p.grained(p.soft(SCENE, 2.5) * 0.7 + 0.3, 0.09, 0.8),
    "chalkboard": lambda: p.over(np.array([0.12, 0.17, 0.16]) + p.noise(8, 0.012)[..., None],
                                 np.clip(EDGES + p.noise(0.6, 0.25) * EDGES, 0, 1), PAPER),
    "comic": lambda: p.over(np.round(SCENE * 3) / 3, (EDGES > 0.3).astype(float), BLACK),
    "picture_book": lambda: p.grained(np.round(p.soft(SCENE, 1) * 5) / 5 * [1.05, 0.98, 0.85], 0.025, 1),
    "diagram": lambda: p.over(SCENE * 0.25 + 0.75, (EDGES > 0.35).astype(float), (0.25, 0.3, 0.38)),
    # painting
    "watercolour": lambda: p.over(
        p.soft(SCENE, 1.6) * 0.62 + 0.38 + p.noise(5, 0.05)[..., None],
        np.clip(1.15 * ((2 * Y - 1) ** 4 + (2 * X - 1) ** 4) + p.noise(3, 0.12), 0, 1), PAPER),
    "gouache": lambda: p.grained(np.round(p.soft(SCENE, 1.4) * 6) / 6 * 0.92 + 0.05, 0.02, 2),
    "oil": lambda: p.dabs(5, 1.6, 2600, 0.05),
    "ink_wash": lambda: p.ramp(np.clip(p.spread(gaussian_filter(TONE, 3)) * 1.7 + p.noise(4, 0.08), 0, 1),
                               [BLACK, (0.5, 0.5, 0.5), PAPER, PAPER]),
    "impressionism": lambda: p.dabs(3.2, 1.5, 5200, 0.1),
    "pointillism": lambda: p.dabs(2.6, 0.5, 6500, 0.17),
    "expressionism": lambda: p.dabs(6, 2, 1900, 0.05)[..., [2, 0, 1]] * [1.25, 0.8, 1.2],
    "cubism": lambda: p.cells(p.scattered(34), 1.6, (0.2, 0.16, 0.12), 0.16) * [1.05, 0.95, 0.75],
    "fresco": lambda: p.over(p.grained(SCENE * [0.5, 0.38, 0.3] + [0.42, 0.36, 0.28], 0.04, 2),
                             (abs(p.noise(9)) < 0.03).astype(float), (0.4, 0.33, 0.26)),
    # print
    "woodcut": lambda: p.over(PAPER,
                              (p.spread(TONE) < 0.5 + 0.45 * np.sin(Y * 120 + p.noise(8, 0.8))).astype(float), BLACK),
    "linocut": lambda: p.printed([(0.1, 0.27, 0.3), (0.1, 0.27, 0.3), CREAM], 2),
    "etching": lambda: p.hatch(p.spread(TONE), [0.6, -0.4, 1.2], 3, CREAM, (0.22, 0.14, 0.1)),
    "colour_woodblock": lambda: p.over(p.printed([(0.13, 0.24, 0.42), (0.35, 0.55, 0.6), (0.75, 0.8, 0.68), CREAM]),
                                       (EDGES > 0.4).astype(float), (0.1, 0.14, 0.25)),
    "screen_print": lambda: np.roll(p.printed([RED, (0.98, 0.8, 0.2), CREAM]), 2, 1) * 0.6
    + p.printed([BLUE, CREAM, CREAM]) * 0.4,
    "risograph": lambda: p.over(p.over(PAPER, p.dots(TONE * 0.9, 3, 0.3) * 0.85, (1.0, 0.35, 0.55)),
                                np.roll(p.dots(p.spread(TONE), 3, 1.1), 2, 1) * 0.7, (0.15, 0.4, 0.85)),
    "halftone": lambda: p.over(CREAM, p.dots(p.spread(TONE), 5).astype(float), INK),
    "travel_poster": lambda: p.printed(
        [(0.12, 0.28, 0.35), (0.2, 0.5, 0.48), (0.93, 0.55, 0.3), (0.98, 0.82, 0.5)], 2.5),
    # photograph
    "studio_photograph": lambda: p.ramp(np.clip(1.1 - np.hypot(X - 0.5, Y - 0.4), 0, 1) - 0.55 * _ball(),
                                        [(0.1, 0.1, 0.11), (0.5, 0.5, 0.52), (0.93, 0.93, 0.94)]),
    "black_and_white": lambda: p.ramp(p.spread(TONE) + p.noise(0.6, 0.05), [BLACK, WHITE]),
    "macro": lambda: p.soft(SCENE, 5) * (1 - _ball()[..., None]) + SCENE[::-1] * _ball()[..., None],
    "analogue_film": lambda: p.grained(p.soft(SCENE, 0.7) * [0.8, 0.72, 0.6] + [0.16, 0.14, 0.15], 0.05),
    "long_exposure": lambda: p.ramp(gaussian_filter(p.noise(1), (0.4, 16)) * 3.2 + 0.35,
                                    [(0.03, 0.04, 0.1), (0.5, 0.2, 0.12), (1.0, 0.85, 0.5)]),
    "cyanotype": lambda: p.ramp(1 - p.spread(TONE) + p.noise(1, 0.04), [(0.03, 0.13, 0.33), (0.2, 0.42, 0.66), PAPER]),
    "aerial": lambda: p.cells(p.scattered(26), 2, (0.75, 0.7, 0.58), 0.1) * [0.9, 1.0, 0.7],
    # 3D
    "clay": lambda: p.grained(
        p.layered([(0.3, 0.45, 0.6), (0.45, 0.6, 0.4), (0.85, 0.6, 0.4), (0.93, 0.85, 0.7)]), 0.03, 3),
    "low_poly": lambda: p.cells(p.grid(15, 5), 0, BLACK, 0.09),
    "voxel": lambda: p.blocks(16) * (1 - 0.3 * ((X * 9 % 1 > 0.8) | (Y * 9 % 1 > 0.8)))[..., None],
    "isometric": lambda: np.array([[0.95, 0.75, 0.4], [0.3, 0.5, 0.6], [0.85, 0.5, 0.35]])[
        ((np.floor((X + 2 * Y) * 3) + 2 * np.floor((X - 2 * Y) * 3)) % 3).astype(int)],
    "wireframe": lambda: p.over((0.03, 0.04, 0.08), _net(), (0.3, 0.95, 0.8)),
    # craft
    "paper_cut": lambda: p.layered([(0.15, 0.3, 0.4), (0.3, 0.5, 0.5), (0.9, 0.6, 0.45), (0.96, 0.85, 0.7), PAPER]),
    "origami": lambda: p.cells(p.grid(36, 9), 0.8, PAPER, 0.16) * 0.8 + 0.2,
    "embroidery": lambda: p.blocks(6) * (0.65 + 0.35 * (np.sin((X + Y) * 150) > -0.2))[..., None],
    "felt": lambda: p.grained(p.grained(p.soft(SCENE, 3.5), 0.07, 1), 0.05, 0.4) * 0.92,
    "knitted": lambda: p.blocks(8) * (0.55 + 0.5 * p.stitches(8))[..., None],
    "mosaic": lambda: p.cells(p.grid(9, 1.1), 1.7, (0.9, 0.87, 0.8), 0.08),
    "stained_glass": lambda: p.cells(p.scattered(48), 3, BLACK, 0.12) * [1.2, 1.1, 1.25],
    "glazed_tile": lambda: p.ramp(p.spread(gaussian_filter(TONE, 1)), [(0.08, 0.16, 0.45), (0.5, 0.65, 0.9), WHITE])
    * (1 - 0.25 * ((X * 2 % 1 < 0.02) | (Y * 2 % 1 < 0.02)))[..., None],
    # light
    "golden_hour": lambda: p.lit(SUNSET),
    "moonlight": lambda: p.lit(NIGHT, glow=0.7),
    "candlelight": lambda: p.ramp(np.exp(-((Y - 0.55) ** 2 + (X - 0.5) ** 2) / 0.07) * (0.55 + 0.5 * TONE),
                                  [(0.04, 0.02, 0.01), (0.45, 0.18, 0.04), (1.0, 0.72, 0.3), (1, 0.96, 0.8)]),
    "neon": lambda: _neon(),
    "mist": lambda: p.soft(SCENE, 1.5) * (0.25 + 0.5 * Y[..., None] ** 2) + 0.75 - 0.5 * Y[..., None] ** 2,
    "silhouette": lambda: np.where((TONE < 0.55)[..., None], (0.06, 0.05, 0.08), p.ramp(1 - Y, SUNSET[1:])),
    # times and movements
    "cave_painting": lambda: p.over(p.ramp(0.5 + p.noise(7, 0.2), [(0.55, 0.4, 0.25), (0.85, 0.7, 0.5)]),
                                    np.clip((TONE < 0.52) * 0.75 + p.noise(1, 0.15), 0, 1), (0.4, 0.14, 0.07)),
    "illuminated_manuscript": lambda: p.shapes(CREAM, [
        ("rectangle", (8, 8, 92, 92), GOLD), ("rectangle", (13, 13, 87, 87), CREAM),
        ("rectangle", (19, 19, 50, 50), BLUE),
        ("ellipse", (24, 24, 45, 45), GOLD), ("rectangle", (56, 24, 82, 27), INK), ("rectangle", (56, 34, 82, 37), INK),
        ("rectangle", (56, 44, 82, 47), INK), ("rectangle", (19, 58, 82, 61), INK),
        ("rectangle", (19, 68, 82, 71), INK),
        ("rectangle", (19, 78, 60, 81), RED)]),
    "baroque": lambda: SCENE * (np.exp(-((X - 0.65) ** 2 + (Y - 0.4) ** 2) / 0.1) * 1.1)[..., None] * [1.1, 0.8, 0.5],
    "art_nouveau": lambda: p.over(p.printed([(0.3, 0.4, 0.32), (0.6, 0.62, 0.42), CREAM], 5),
                                  (abs(np.sin(9 * X + 2.5 * np.sin(7 * Y))) < 0.13).astype(float), (0.4, 0.28, 0.15)),
    "art_deco": lambda: p.over((0.07, 0.07, 0.09), (np.sin(np.arctan2(Y - 1, X - 0.5) * 26) > 0.3)
                               * (np.hypot(X - 0.5, Y - 1) < 0.9) * 1.0, GOLD),
    "bauhaus": lambda: p.shapes(CREAM, [
        ("rectangle", (50, 0, 100, 50), BLUE), ("ellipse", (8, 12, 58, 62), RED), ("rectangle", (12, 66, 88, 74), INK),
        ("polygon", (60, 96, 92, 96, 92, 60), (0.95, 0.75, 0.15)), ("ellipse", (66, 12, 88, 34), CREAM)]),
    "synthwave": lambda: _synthwave(),
    "pixel_art": lambda: p.blocks(9, 3),
}  # fmt: skip


def _ball() -> Picture:
    return np.clip((0.28 - np.hypot(X - 0.5, Y - 0.55)) * 25, 0, 1)


def _net() -> Picture:
    down = Y + 0.12 * np.sin(7 * X) + 0.02
    return np.maximum(abs(np.sin(down * 30)) < 0.12, abs(np.sin((X - 0.5) * 14 / (0.35 + down))) < 0.1) * 0.9


def _neon() -> Picture:
    ring = gaussian_filter((abs(np.hypot(X - 0.5, Y - 0.5) - 0.28) < 0.02).astype(float), 1)
    bar = gaussian_filter(((abs(Y - 0.5) < 0.015) & (abs(X - 0.5) < 0.4)).astype(float), 1)
    glow = gaussian_filter(ring, 9)[..., None] * 3 * np.array([1, 0.1, 0.6])
    glow = glow + gaussian_filter(bar, 9)[..., None] * 3 * np.array([0.1, 0.9, 1])
    return glow + p.over(p.over((0.03, 0.02, 0.06), ring, (1, 0.55, 0.85)), bar, (0.6, 1, 1))


def _synthwave() -> Picture:
    sky = p.ramp(Y * 1.7, [(0.1, 0.03, 0.25), (0.6, 0.12, 0.45), (1.0, 0.55, 0.3)])
    sun = (np.hypot(X - 0.5, Y - 0.42) < 0.24) & ((Y < 0.4) | (np.sin(Y * 110) > -0.3))
    picture = np.where(sun[..., None], p.ramp(Y * 1.6, [(1, 0.9, 0.4), (1, 0.3, 0.5)]), sky)
    depth = np.clip(Y - 0.6, 1e-3, 1)
    lines = (abs(np.sin(2.2 / depth)) < 0.25) | (abs(np.sin((X - 0.5) * 3.2 / depth)) < 0.2)
    ground = np.where(lines[..., None], (0.95, 0.3, 0.9), (0.08, 0.02, 0.16))
    return np.where((Y > 0.62)[..., None], ground, picture)
