"""Names all that decides what the checks find in a subject and how that is judged, as one SHA-256.

The digest of a policy names its limits and modes. What is found depends on more: word lists and rules, weights, the
program itself. Two machines may judge one request together only where this digest is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from safety.image.config import FILE, read_picture_checks
from safety.resources import MODELS, PACKAGE

if TYPE_CHECKING:
    from studio.studio import Studio

# What the scores of the checks are computed with.
LIBRARIES = (
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "open_clip_torch",
    "pdqhash",
    "pillow",
    "py3langid",
    "pyahocorasick",
    "rapidocr",
    "timm",
    "tokenizers",
    "torch",
    "transformers",
)
BLOCK = 2**20  # bytes that are read at a time


def judgement_digest(studio: Studio) -> str:
    """Returns a SHA-256, as hex, over what decides the findings and the verdicts of a studio.

    The policy as it is in force (with adopted limits and categories of the operator), the names of the checks that run,
    every file of the presets, the lists of weights (which pin each file by its own SHA-256), hash lists and models that
    lie elsewhere, the source of the checks and the versions of their libraries. Texts for people are among the presets:
    it may differ where nothing is judged otherwise, never the other way round. Files are read as they are now, so that
    they must not change under a running studio. Raises PresetError, OSError for a file that cannot be read.
    """
    checks = studio.checks
    names = [*(check.name for check in checks.prompt), *(check.name for check in checks.picture)]
    found = hashlib.sha256("\0".join((studio.policy.digest, *names)).encode())
    for line in (*_libraries(), *_files(studio.policy.folder)):
        found.update(f"\0{line}".encode())
    return found.hexdigest()


def _libraries() -> Iterator[str]:
    for name in LIBRARIES:
        try:
            yield f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield f"{name} is not installed"


def _files(presets: Path) -> Iterator[str]:
    """Yields a line for each file: where it lies, and the SHA-256 of its content."""
    yield from _lines("presets", presets, presets.rglob("*"))
    yield from _lines("models", MODELS, MODELS.glob("*/weights.toml"))
    yield from _lines("source", PACKAGE, PACKAGE.rglob("*.py"))
    for place in _elsewhere(presets):
        yield from _lines(str(place), place.parent, place.rglob("*") if place.is_dir() else [place])


def _elsewhere(presets: Path) -> Iterator[Path]:
    """Yields the files and folders of an operator's own that the picture checks read."""
    if not (presets / FILE).exists():
        return
    config = read_picture_checks(presets)
    for known in config.hash_match.lists:
        yield presets / known.file
    for model in (config.zero_shot, *config.classifiers.values()):
        if model.use and (folder := getattr(model, "folder", "")):
            yield Path(folder)


def _lines(name: str, root: Path, paths: Iterable[Path]) -> Iterator[str]:
    for path in sorted(path for path in paths if path.is_file() and "__pycache__" not in path.parts):
        now = path.stat()
        yield f"{name} {path.relative_to(root).as_posix()} {_sha256(path, now.st_mtime_ns, now.st_size)}"


@lru_cache(maxsize=4096)
def _sha256(path: Path, _changed: int, _size: int) -> str:
    """Returns the SHA-256 of a file, read anew once its time or its size is another."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()
