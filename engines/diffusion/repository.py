"""A repository of the hub in the layout of diffusers: which of its files are needed, and what they must hash to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.diffusion.loading import INDEX, first_line
from engines.interface import EngineCard
from safety.errors import EngineUnavailable

KEPT = (".safetensors", ".json", ".txt", ".model", ".jinja")  # weights that hold no code, configuration, words
CHUNK = 2**22


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a repository. `sha256` is empty for small files, which the hub keeps under another hash."""

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, file: Any) -> ModelFile:
        return cls(file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else "")


def wanted(names: list[str], variant: str = "") -> Iterator[str]:
    """The files that a pipeline is loaded from: of each part the variant's weights where there are some.

    Weights beside the index (one-file copies of the whole model) and all that could hold code are left out.
    """
    if INDEX not in names:
        return
    marks = (f".{variant}.", f".{variant}-")  # the second one in the names of shards
    marked = {name for name in names if variant and name.endswith(".safetensors") and any(m in name for m in marks)}
    having = {name.rpartition("/")[0] for name in marked}
    for name in names:
        folder = name.rpartition("/")[0]
        weights = name.endswith(".safetensors")
        if not name.endswith(KEPT) or (weights and not folder) or folder == "safety_checker":
            continue
        if folder.count("/") or (weights and folder in having and name not in marked):
            continue
        if weights and folder not in having and name.count(".") > 1:  # another variant
            continue
        yield name


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def passing(error: Exception) -> bool:
    """Whether it may be better in a moment: the network's fault or a busy server's, not the disk's or the hub's no."""
    if (answer := getattr(error, "response", None)) is not None:
        return bool(answer.status_code >= 500)
    return type(error).__module__.partition(".")[0] in ("httpx", "httpx2") or type(error) is OSError and not error.errno


def sentence_for(card: EngineCard, repo: str, error: Exception) -> EngineUnavailable:
    """One sentence for what went wrong on the way."""
    kind = type(error).__name__
    page = f"https://huggingface.co/{repo}"
    if kind == "GatedRepoError" or (card.gated and kind in ("RepositoryNotFoundError", "HfHubHTTPError")):
        return EngineUnavailable(
            f"The makers of {repo} ask for your consent first.",
            f"Accept their terms at {page}, make a token, and start Safelight with it in HF_TOKEN.",
        )
    if kind in ("RepositoryNotFoundError", "RevisionNotFoundError"):
        return EngineUnavailable(f"The hub has no such model: {repo}.", "Check its card in presets/engines.toml.")
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None or kind == "OSError":
        return EngineUnavailable(
            f"The model cannot be written to disk: {first_line(error)}.", "Free some space, then try again."
        )
    return EngineUnavailable(
        f"The download of {repo} broke off: {first_line(error)}.",
        "Try again when the connection is back: it goes on where it ended.",
    )
