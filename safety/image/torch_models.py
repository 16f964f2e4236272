"""Models with weights of the person's own choice: the one file of the checks that imports torch and what sits on it.

Nothing here downloads by itself: a folder on disk, or what `fetch` has put into the cache of huggingface_hub
before, at the commit that the card names. Only safetensors, never code that comes with a model.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from safety.errors import WeightsError
from safety.image.config import ClassifierConfig, HubModel, ZeroShotConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

PATTERNS = ["*.json", "*.txt", "*.safetensors"]
NO_PLACE = "No folder and no revision is named in presets/picture_checks.toml."
NOT_HERE = "Not downloaded: python app.py health --fetch."


def folder_of(model: HubModel) -> Path | None:
    """Where its files lie on this machine; None if they do not. Touches no network."""
    if model.folder:
        path = Path(model.folder)
        return path if path.is_dir() else None
    if not (model.repository and model.revision):
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        where = snapshot_download(
            model.repository, revision=model.revision, allow_patterns=PATTERNS, local_files_only=True
        )
    except LocalEntryNotFoundError:
        return None
    return Path(where)


def missing(model: HubModel, package: str) -> str:
    """Why it cannot be used, as one sentence; empty if it can."""
    if importlib.util.find_spec(package) is None:
        return f"Not installed: pip install {package}."
    if folder_of(model) is not None:
        return ""
    if model.folder:
        return f"There is no folder {model.folder}."
    return NOT_HERE if model.repository and model.revision else NO_PLACE


def fetch(model: HubModel) -> None:
    """Downloads what is not here yet; an interrupted download goes on. Raises WeightsError with what to do."""
    from huggingface_hub import snapshot_download

    if model.folder or not (model.repository and model.revision):
        return
    try:
        snapshot_download(model.repository, revision=model.revision, allow_patterns=PATTERNS)
    except Exception as error:
        raise WeightsError(f"{model.repository} could not be fetched: {error}", "Try again; it goes on.") from error


class TorchClassifier:
    """A timm or transformers classifier. Loaded at the first picture and kept; one picture at a time."""

    def __init__(self, card: ClassifierConfig) -> None:
        self._card = card
        self._parts: Any = None
        self._lock = threading.Lock()

    def scores(self, image: Image.Image) -> Mapping[str, float]:
        """A probability for each label the model was trained on. `image` is RGB. Raises WeightsError."""
        import torch

        with self._lock:
            if self._parts is None:
                folder = _must(self._card)
                self._parts = _open_timm(folder) if self._card.kind == "timm" else _open_transformers(folder)
            prepare, net, labels = self._parts
            with torch.inference_mode():
                logits = net(prepare(image))
        shares = torch.softmax(logits[0].float(), dim=-1).tolist()
        if len(shares) != len(labels):
            raise WeightsError(f"The model gives {len(shares)} scores for {len(labels)} labels.", "Choose another one.")
        return dict(zip(labels, shares, strict=True))


def _must(model: HubModel) -> Path:
    folder = folder_of(model)
    if folder is None:
        raise WeightsError(f"The weights of {model.repository or model.folder} are not here.", NOT_HERE)
    return folder


def _open_timm(folder: Path) -> Any:
    import timm

    net = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(net), is_training=False)
    labels = net.pretrained_cfg.get("label_names") or [str(number) for number in range(net.num_classes)]
    return (lambda image: transform(image).unsqueeze(0)), net, list(labels)


def _open_transformers(folder: Path) -> Any:
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    net = AutoModelForImageClassification.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()
    labels = [net.config.id2label[number] for number in range(net.config.num_labels)]
    return (
        lambda image: processor(images=image, return_tensors="pt")["pixel_values"],
        lambda x: net(pixel_values=x).logits,
        labels,
    )


class ClipModel:
    """An open_clip model of pictures and words. Loaded at the first use and kept; one call at a time."""

    def __init__(self, card: ZeroShotConfig) -> None:
        self._card = card
        self._parts: Any = None
        self._lock = threading.Lock()

    def words(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of shape (texts, width). Raises WeightsError."""
        net, _, tokenizer = self._loaded()
        return self._unit(net.encode_text, tokenizer(list(texts)))

    def picture(self, image: Image.Image) -> NDArray[np.float32]:
        """A unit vector of shape (width,). `image` is RGB. Raises WeightsError."""
        net, transform, _ = self._loaded()
        vector: NDArray[np.float32] = self._unit(net.encode_image, transform(image).unsqueeze(0))[0]
        return vector

    def _unit(self, encode: Any, batch: Any) -> NDArray[np.float32]:
        import torch

        with self._lock, torch.inference_mode():
            unit = torch.nn.functional.normalize(encode(batch).float(), dim=-1)
        return np.asarray(unit.numpy(), dtype=np.float32)

    def _loaded(self) -> Any:
        import open_clip

        with self._lock:
            if self._parts is None:
                path = _must(self._card) / self._card.file
                if path.suffix != ".safetensors" or not path.is_file():
                    raise WeightsError(f"{path} is no safetensors file.", "Name one as `file` in picture_checks.toml.")
                net, _, transform = open_clip.create_model_and_transforms(self._card.model, pretrained=str(path))
                self._parts = net.eval(), transform, open_clip.get_tokenizer(self._card.model)
            return self._parts
