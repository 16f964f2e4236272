"""Three small classifiers of whole pictures, each with the input its makers trained it on."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PIL import Image, ImageFilter

from safety import records
from safety.errors import WeightsError
from safety.runtime import OnnxModel
from safety.weights import Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 224
MEAN_BGR = (104.0, 117.0, 123.0)
NSFWJS_LABELS = ("drawing", "hentai", "neutral", "porn", "sexy")
SAFETY_LABELS = ("NSFL", "NSFW", "SFW")


class Model(Protocol):
    """What a classifier needs of a model: `OnnxModel`, or a fake."""

    def run(self, batch: NDArray[np.float32], /) -> NDArray[np.float32]: ...


class Classifier:
    """Scores pictures by label. Keeps the last scores, under a digest, never pixels: two checks share a model."""

    def __init__(
        self,
        name: str,
        labels: tuple[str, ...],
        prepare: Callable[[Image.Image], NDArray[np.float32]],
        model: Model,
    ) -> None:
        self.name = name
        self._labels = labels
        self._prepare = prepare
        self._model = model
        self._last: tuple[bytes, Mapping[str, float]] = (b"", {})

    @property
    def weights(self) -> records.Model:
        """Which weights it judges with; a fake has none."""
        return records.Model(self.name, getattr(self._model, "sha256", ""))

    def scores(self, image: Image.Image, digest: bytes = b"") -> Mapping[str, float]:
        """A probability, 0..1, for each label. `image` is RGB, any size. Raises WeightsError, ValueError.

        `digest` is `digest_of(image)`, where the caller has it already.
        """
        if image.mode != "RGB":
            raise ValueError(f"{self.name} was given a picture in {image.mode}, not RGB")
        digest = digest or digest_of(image)
        seen, scores = self._last  # one read: another thread may replace it
        if seen != digest:
            scores = self.once(image)
            self._last = digest, scores
        return scores

    def once(self, image: Image.Image) -> Mapping[str, float]:
        """As `scores`, for a picture that nobody asks about again: the last scores stay."""
        return self._run(self._prepare(image))

    def _run(self, batch: NDArray[np.float32]) -> Mapping[str, float]:
        output = self._model.run(batch)
        if output.shape != (1, len(self._labels)) or not np.isfinite(output).all():
            raise ValueError(f"{self.name} gave no scores")
        # A softmax in float32 can end a hair above 1.
        return dict(zip(self._labels, np.clip(output[0], 0.0, 1.0).tolist(), strict=True))


def digest_of(image: Image.Image) -> bytes:
    """SHA-256 of a picture's pixels, mode and size: two checks know by it that they look at the same one."""
    return hashlib.sha256(repr((image.mode, image.size)).encode() + image.tobytes()).digest()


def open_nsfw(weights: Mapping[str, Weights]) -> Classifier:
    """Yahoo's open_nsfw (2016). Labels: SFW, NSFW."""
    return Classifier("open_nsfw", ("SFW", "NSFW"), bgr_crop, OnnxModel(pick(weights, "open_nsfw")))


def nsfwjs(weights: Mapping[str, Weights]) -> Classifier:
    """nsfwjs 4.4, MobileNetV2 mid. "sexy" fires on one ordinary photograph of people in ten: leave it alone."""
    return Classifier("nsfwjs", NSFWJS_LABELS, rgb_unit, OnnxModel(pick(weights, "nsfwjs")))


def image_safety_classifier(weights: Mapping[str, Weights]) -> Classifier:
    """O. Elliott's image-safety-classifier-s. Labels: NSFL (gore and shock), NSFW (sexual), SFW."""
    model = OnnxModel(pick(weights, "image_safety_classifier_s"))
    return Classifier("image-safety-classifier-s", SAFETY_LABELS, blurred_pad, model)


def pick(weights: Mapping[str, Weights], name: str) -> Weights:
    """One entry. Raises WeightsError where weights.toml has none of that name."""
    if name not in weights:
        raise WeightsError(f"weights.toml has no entry {name!r}.", "Restore assets/models/image_safety/weights.toml.")
    return weights[name]


def bgr_crop(image: Image.Image) -> NDArray[np.float32]:
    """(1, 224, 224, 3), BGR minus the training mean: squeezed to 256 x 256, middle cut out, once through JPEG.

    The model was trained on decoded JPEG; without that step its scores shift (reference code of open_nsfw).
    """
    edge = (256 - SIDE) // 2
    middle = image.resize((256, 256), Image.Resampling.BILINEAR).crop((edge, edge, edge + SIDE, edge + SIDE))
    with io.BytesIO() as file:
        middle.save(file, format="JPEG")
        pixels = np.asarray(Image.open(file), dtype=np.float32)
    return np.ascontiguousarray((pixels[:, :, ::-1] - np.array(MEAN_BGR, dtype=np.float32))[None])


def rgb_unit(image: Image.Image) -> NDArray[np.float32]:
    """(1, 224, 224, 3), RGB 0..1, squeezed to a square."""
    pixels = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR), dtype=np.float32)
    return (pixels / np.float32(255.0))[None]


def blurred_pad(image: Image.Image) -> NDArray[np.float32]:
    """(1, 3, 224, 224), RGB 0..255: fitted inside, in its own proportions, over its own blurred self."""
    scale = SIDE / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    canvas = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    if width != height:  # otherwise nothing of the background shows
        canvas = canvas.filter(ImageFilter.GaussianBlur(10))
        inside = image.resize((width, height), Image.Resampling.LANCZOS)
        canvas.paste(inside, ((SIDE - width) // 2, (SIDE - height) // 2))
    return np.ascontiguousarray(np.asarray(canvas, dtype=np.float32).transpose(2, 0, 1)[None])
