"""Reads every mark of a file, asks the registry, compares the picture with the one on record. Sentences: origin.py."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from safety.generation import ExportRecord
from safety.image_io import open_picture
from safety.marks import MarkReadings
from safety.marks.similarity import Comparison, Registry, Similarity, compare
from safety.marks.summary import contradictions, summarise

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["NoRegistry", "Reader", "Registry", "Verification", "verify"]


class Reader(Protocol):
    """Reads the layers of a file; `safety.marks.Marks` does."""

    def read(self, data: bytes, picture: Image, /) -> MarkReadings: ...


class NoRegistry:
    """Knows no earlier export: for whoever reads marks without keeping records."""

    def find(self, stamps: Iterable[str], sha256: str) -> ExportRecord | None:
        return None


@dataclass(frozen=True, slots=True)
class Verification:
    """What a file says about its origin. `sha256` is the file's, as hex."""

    sha256: str
    layers: MarkReadings
    registered: ExportRecord | None
    comparison: Comparison | None
    contradictions: tuple[str, ...]
    summary: str

    @property
    def stamps(self) -> dict[str, str]:
        """The stamp that each layer carries, 16 hex digits; the registry is the fourth layer."""
        said = {layer: str(stamp) for layer, stamp in self.layers.stamps().items()}
        return said | ({"registry": self.registered.stamp} if self.registered else {})

    def as_json(self) -> dict[str, Any]:
        """Plain values. Each layer has `found` and `stamp`; what a layer does not say is null or empty."""
        layers = {
            "credentials": _credentials(self.layers),
            "invisible": _invisible(self.layers),
            "metadata": {"found": self.layers.metadata.found, **asdict(self.layers.metadata)},
            "registry": {"found": self.registered is not None, **_registry(self.registered, self.comparison)},
        }
        for name, layer in layers.items():
            layer["stamp"] = self.stamps.get(name)
        return {
            "sha256": self.sha256,
            "layers": layers,
            "foreign": [asdict(mark) for mark in self.layers.foreign],
            "unread": list(self.layers.unread),
            "reveals": [asdict(one) | {"group": str(one.group)} for one in self.layers.reveals],
            "contradictions": list(self.contradictions),
            "summary": self.summary,
        }


def verify(data: bytes, marks: Reader, registry: Registry) -> Verification:
    """All layers of a picture file. Raises FileError if it is no picture that can be read."""
    picture = open_picture(data)
    layers = marks.read(data, picture)
    sha256 = hashlib.sha256(data).hexdigest()
    known = registry.find(dict.fromkeys(map(str, layers.stamps().values())), sha256)
    comparison = compare(picture, layers.invisible, known, sha256) if known else None
    return Verification(
        sha256=sha256,
        layers=layers,
        registered=known,
        comparison=comparison,
        contradictions=tuple(contradictions(layers, known, comparison)),
        summary=summarise(layers, known, comparison),
    )


def _credentials(layers: MarkReadings) -> dict[str, Any]:
    one = layers.credentials
    return {
        "found": one is not None,
        "valid": bool(one and one.valid),
        "trusted": bool(one and one.trusted),
        "claims": asdict(one.claims) if one else {},
    }


def _invisible(layers: MarkReadings) -> dict[str, Any]:
    one = layers.invisible
    return {"found": one is not None, "score": round(one.score, 4) if one else 0.0}


def _registry(known: ExportRecord | None, seen: Comparison | None) -> dict[str, Any]:
    if known is None or seen is None:
        return dict.fromkeys(("case", "time", "sha256", "unchanged", "match", "distance"))
    return {
        "case": known.case,
        "time": known.time,
        "sha256": known.sha256,
        "unchanged": seen.match is Similarity.FILE,
        "match": str(seen.match),
        "distance": seen.distance,
    }
