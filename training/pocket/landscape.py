"""A scene under a sky: what all lands are painted with: fields, hills, trees, the light of the hour."""

from dataclasses import dataclass

import numpy as np

from training.pocket.canvas import Colour, Image, below, gradient, lay, noise, polygons, ridge, shifted

WHITE: Colour = (0.95, 0.97, 1.0)


@dataclass(frozen=True, slots=True)
class Scene:
    """A sky to paint the land under; `light` is what time of day leaves of the land's colours."""

    sky: Image
    horizon: float
    time: str
    weather: str
    light: Image
    dice: np.random.Generator

    @property
    def edge(self) -> int:
        """Pixels."""
        return len(self.sky)

    def lit(self, colour: Colour, snowed: float = 0.75) -> Colour:
        """A colour of the land at this time of day, under snow if it snows."""
        own = np.array(shifted(colour, self.dice, 0.04))
        if self.weather == "snow":
            own = own * (1 - snowed) + np.array(WHITE) * snowed
        if self.weather in ("rain", "fog"):
            own = own * 0.75 + 0.1
        red, green, blue = own * self.light
        return float(red), float(green), float(blue)

    def field(self, picture: Image, near: Colour, far: Colour, line: Image | float, grain: float = 0.12) -> Image:
        """Lay land from a line to the bottom, with grain."""
        top = float(np.min(line))
        land = gradient(self.edge, [(top, self.lit(far)), (1.0, self.lit(near))])
        land = land * (1 + grain * (noise(self.edge, 14, self.dice)[..., None] - 0.5) * 2)
        return lay(picture, np.clip(land, 0, 1), below(self.edge, line))

    def hills(self, picture: Image, colour: Colour, height: float, cells: float, octaves: int = 3) -> Image:
        """A line of hills or mountains on the horizon."""
        line = self.horizon - height * (ridge(self.edge, cells, self.dice, octaves) - 0.15)
        return lay(picture, self.lit(colour, 0.5), below(self.edge, line))

    def firs(self, picture: Image, colour: Colour, many: int, foot: float, high: tuple[float, float]) -> Image:
        """Fir trees in a row."""
        shapes = []
        for _ in range(many):
            x, y = self.dice.random(), foot + self.dice.uniform(-0.015, 0.03)
            tall = self.dice.uniform(*high)
            for part in (1.0, 0.75, 0.5):
                base, wide = y - tall * (1 - part) * 0.9, tall * 0.24 * part
                shapes.append([(x - wide, base), (x + wide, base), (x, base - tall * 0.5 * (0.6 + 0.4 * part))])
        return lay(picture, self.lit(colour, 0.35), polygons(self.edge, shapes))
