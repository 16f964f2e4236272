"""Models with weights of an operator's own choice. Of the checks, this file alone imports torch and what sits on it.

Nothing here downloads by itself: a folder on disk, or what `fetch` has put into the cache of huggingface_hub before, at
the commit that the settings name. Only safetensors, never code that comes with a model.
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
NOT_NAMED = "No folder and no revision is named in presets/picture_checks.toml."
NOT_DOWNLOADED = "Not downloaded: python app.py health --fetch."


def local_folder(model: HubModel) -> Path | None:
    """Returns where the model's files lie on this machine; None if they do not. Touches no network."""
    if model.folder:
        path = Path(model.folder)
        return path if path.is_dir() else None
    if not (model.repository and model.revision):
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = snapshot_download(
            model.repository, revision=model.revision, allow_patterns=PATTERNS, local_files_only=True
        )
    except LocalEntryNotFoundError:
        return None
    return Path(folder)


def missing(model: HubModel, package: str) -> str:
    """Returns why the model cannot be used, as one sentence; empty if it can. `package` is what runs it."""
    if importlib.util.find_spec(package) is None:
        return f"Not installed: pip install {package}."
    if local_folder(model) is not None:
        return ""
    if model.folder:
        return f"There is no folder {model.folder}."
    return NOT_DOWNLOADED if model.repository and model.revision else NOT_NAMED


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
    """Runs a timm or transformers classifier, loaded at the first picture and kept; one picture at a time."""

    def __init__(self, config: ClassifierConfig) -> None:
        self._config = config
        self._model: Any = None
        self._lock = threading.Lock()

    def scores(self, image: Image.Image) -> Mapping[str, float]:
        """Returns a probability for each label that the model was trained on. `image` is RGB. Raises WeightsError."""
        import torch

        with self._lock:
            if self._model is None:
                folder = _require_folder(self._config)
                self._model = _open_timm(folder) if self._config.kind == "timm" else _open_transformers(folder)
            prepare, net, labels = self._model
            with torch.inference_mode():
                logits = net(prepare(image))
        probabilities = torch.softmax(logits[0].float(), dim=-1).tolist()
        if len(probabilities) != len(labels):
            raise WeightsError(
                f"The model gives {len(probabilities)} scores for {len(labels)} labels.", "Choose another one."
            )
        return dict(zip(labels, probabilities, strict=True))


def _require_folder(model: HubModel) -> Path:
    folder = local_folder(model)
    if folder is None:
        raise WeightsError(f"The weights of {model.repository or model.folder} are not here.", NOT_DOWNLOADED)
    return folder


def _open_timm(folder: Path) -> Any:
    """Returns (picture -> batch, batch -> logits (1, labels), labels) of a timm model in a folder."""
    import timm

    net = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(net), is_training=False)
    labels = net.pretrained_cfg.get("label_names") or [str(number) for number in range(net.num_classes)]
    return (lambda image: transform(image).unsqueeze(0)), net, list(labels)


def _open_transformers(folder: Path) -> Any:
    """Returns (picture -> batch, batch -> logits (1, labels), labels) of a transformers model in a folder."""
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    net = AutoModelForImageClassification.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()
    labels = [net.config.id2label[number] for number in range(net.config.num_labels)]
    return (
        lambda image: processor(images=image, return_tensors="pt")["pixel_values"],
        lambda batch: net(pixel_values=batch).logits,
        labels,
    )


class ClipModel:
    """Embeds pictures and texts with an open_clip model, loaded at the first use and kept; one call at a time."""

    def __init__(self, config: ZeroShotConfig) -> None:
        self._config = config
        self._model: Any = None
        self._lock = threading.Lock()

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns unit vectors of shape (texts, width). Raises WeightsError."""
        net, _, tokenizer = self._loaded()
        return self._unit(net.encode_text, tokenizer(list(texts)))

    def embed_picture(self, image: Image.Image) -> NDArray[np.float32]:
        """Returns a unit vector of shape (width,) for an RGB picture. Raises WeightsError."""
        net, transform, _ = self._loaded()
        vector: NDArray[np.float32] = self._unit(net.encode_image, transform(image).unsqueeze(0))[0]
        return vector

    def _unit(self, encode: Any, batch: Any) -> NDArray[np.float32]:
        import torch

        with self._lock, torch.inference_mode():
            unit = torch.nn.functional.normalize(encode(batch).float(), dim=-1)
        return np.asarray(unit.numpy(), dtype=np.float32)

    def _loaded(self) -> Any:
        """Returns (net, picture -> tensor, tokenizer), loaded if need be."""
        import open_clip

        with self._lock:
            if self._model is None:
                path = _require_folder(self._config) / self._config.file
                if path.suffix != ".safetensors" or not path.is_file():
                    raise WeightsError(f"{path} is no safetensors file.", "Name one as `file` in picture_checks.toml.")
                net, _, transform = open_clip.create_model_and_transforms(self._config.model, pretrained=str(path))
                self._model = net.eval(), transform, open_clip.get_tokenizer(self._config.model)
            return self._model
