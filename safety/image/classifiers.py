"""The three embedded classifiers of whole pictures, each with the input its makers trained it on."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PIL import Image, ImageFilter

from safety.errors import WeightsError
from safety.records import Model
from safety.weights import OnnxModel, Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 224  # pixels, the side of all three inputs
CROPPED_FROM = 256  # pixels, the side that open_nsfw's input is cut out of
MEAN_BGR = (104.0, 117.0, 123.0)
NSFWJS_LABELS = ("drawing", "hentai", "neutral", "porn", "sexy")
SAFETY_LABELS = ("NSFL", "NSFW", "SFW")


class ModelRunner(Protocol):
    """Runs a model on a batch: `OnnxModel`, or a fake of the tests."""

    def run(self, batch: NDArray[np.float32], /) -> NDArray[np.float32]: ...


class Classifier:
    """Scores pictures by label.

    The last scores are kept under a digest of the picture, never its pixels, since two checks share a model.
    """

    def __init__(
        self,
        name: str,
        labels: tuple[str, ...],
        prepare: Callable[[Image.Image], NDArray[np.float32]],
        runner: ModelRunner,
    ) -> None:
        self.name = name
        self._labels = labels
        self._prepare = prepare
        self._runner = runner
        self._last: tuple[bytes, Mapping[str, float]] = (b"", {})

    @property
    def model(self) -> Model:
        """Returns the name and hash of its weights; the hash is empty for a fake, which has none."""
        return Model(self.name, getattr(self._runner, "sha256", ""))

    def scores(self, image: Image.Image, digest: bytes = b"") -> Mapping[str, float]:
        """Returns a probability, 0..1, for each label. `image` is RGB, any size.

        `digest` is `picture_digest(image)`, where the caller has it already. Raises WeightsError, and ValueError for a
        picture in another mode or a model that gives no finite scores.
        """
        if image.mode != "RGB":
            raise ValueError(f"{self.name} was given a picture in {image.mode}, not RGB")
        digest = digest or picture_digest(image)
        # Read at once: another thread may replace the pair.
        last_digest, scores = self._last
        if last_digest != digest:
            scores = self.scores_uncached(image)
            self._last = digest, scores
        return scores

    def scores_uncached(self, image: Image.Image) -> Mapping[str, float]:
        """Returns what `scores` does, and leaves the kept scores alone: for copies with a covered cell."""
        output = self._runner.run(self._prepare(image))
        if output.shape != (1, len(self._labels)) or not np.isfinite(output).all():
            raise ValueError(f"{self.name} gave no scores")
        # A softmax in float32 can end a hair above 1.
        return dict(zip(self._labels, np.clip(output[0], 0.0, 1.0).tolist(), strict=True))


def picture_digest(image: Image.Image) -> bytes:
    """Returns the SHA-256 of a picture's mode, size and pixels, by which checks know that it is the same one."""
    return hashlib.sha256(repr((image.mode, image.size)).encode() + image.tobytes()).digest()


def open_nsfw(weights: Mapping[str, Weights]) -> Classifier:
    """Makes Yahoo's open_nsfw (2016). Labels: SFW, NSFW."""
    return Classifier("open_nsfw", ("SFW", "NSFW"), bgr_crop, OnnxModel(require_weights(weights, "open_nsfw")))


def nsfwjs(weights: Mapping[str, Weights]) -> Classifier:
    """Makes nsfwjs 4.4, MobileNetV2 mid. Labels: `NSFWJS_LABELS`.

    "sexy" fires on one ordinary photograph of people in ten, so no check uses it.
    """
    return Classifier("nsfwjs", NSFWJS_LABELS, rgb_unit, OnnxModel(require_weights(weights, "nsfwjs")))


def image_safety_classifier(weights: Mapping[str, Weights]) -> Classifier:
    """Makes O. Elliott's image-safety-classifier-s. Labels: NSFL (gore and shock), NSFW (sexual), SFW."""
    model = OnnxModel(require_weights(weights, "image_safety_classifier_s"))
    return Classifier("image-safety-classifier-s", SAFETY_LABELS, blurred_pad, model)


def require_weights(weights: Mapping[str, Weights], name: str) -> Weights:
    """Returns the entry of that name. Raises WeightsError where weights.toml has none."""
    if name not in weights:
        raise WeightsError(f"weights.toml has no entry {name!r}.", "Restore assets/models/image_safety/weights.toml.")
    return weights[name]


def bgr_crop(image: Image.Image) -> NDArray[np.float32]:
    """Returns the input of open_nsfw, (1, 224, 224, 3): BGR 0..255 less the training mean.

    The picture is squeezed to 256 x 256, its middle cut out and sent once through JPEG: the model was trained on
    decoded JPEG, and without that step its scores shift (reference code of open_nsfw).
    """
    edge = (CROPPED_FROM - SIDE) // 2
    squeezed = image.resize((CROPPED_FROM, CROPPED_FROM), Image.Resampling.BILINEAR)
    middle = squeezed.crop((edge, edge, edge + SIDE, edge + SIDE))
    with io.BytesIO() as file:
        middle.save(file, format="JPEG")
        pixels = np.asarray(Image.open(file), dtype=np.float32)
    return np.ascontiguousarray((pixels[:, :, ::-1] - np.array(MEAN_BGR, dtype=np.float32))[None])


def rgb_unit(image: Image.Image) -> NDArray[np.float32]:
    """Returns the input of nsfwjs, (1, 224, 224, 3): RGB 0..1, squeezed to a square."""
    pixels = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR), dtype=np.float32)
    return (pixels / np.float32(255.0))[None]


def blurred_pad(image: Image.Image) -> NDArray[np.float32]:
    """Returns the input of image-safety-classifier-s, (1, 3, 224, 224): RGB 0..255.

    The picture is fitted inside in its own proportions, over a blurred copy of itself that fills the square.
    """
    scale = SIDE / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    canvas = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    # Of a square picture nothing of the background shows.
    if width != height:
        canvas = canvas.filter(ImageFilter.GaussianBlur(10))
        inside = image.resize((width, height), Image.Resampling.LANCZOS)
        canvas.paste(inside, ((SIDE - width) // 2, (SIDE - height) // 2))
    return np.ascontiguousarray(np.asarray(canvas, dtype=np.float32).transpose(2, 0, 1)[None])
