"""Reads every mark of a file, asks the registry, and says where the layers disagree.

Marks are evidence, not proof: each can be removed, and a mark can be copied from one picture onto another. That none is
found says nothing about where a picture comes from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from safety.marks import Layers
from safety.works import Registered


class Registry(Protocol):
    """Knows what this studio has exported; the audit log does."""

    def find(self, stamps: Iterable[str], sha256: str) -> Registered | None:
        """The export with this file hash, else the newest with one of these stamps (16 hex digits)."""
        ...


class Reader(Protocol):
    """Reads the layers of a file; `safety.marks.Marks` does."""

    def read(self, data: bytes) -> Layers: ...


@dataclass(frozen=True, slots=True)
class Verification:
    """What a file says about its origin. `sha256` is the file's, as hex."""

    sha256: str
    layers: Layers
    registered: Registered | None
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
            "registry": {"found": self.registered is not None, **_registry(self.registered, self.sha256)},
        }
        for name, layer in layers.items():
            layer["stamp"] = self.stamps.get(name)
        return {
            "sha256": self.sha256,
            "layers": layers,
            "contradictions": list(self.contradictions),
            "summary": self.summary,
        }


def verify(data: bytes, marks: Reader, registry: Registry) -> Verification:
    """All layers of a picture file. Raises FileError if it is no picture that can be read."""
    layers = marks.read(data)
    sha256 = hashlib.sha256(data).hexdigest()
    registered = registry.find(dict.fromkeys(map(str, layers.stamps().values())), sha256)
    return Verification(
        sha256=sha256,
        layers=layers,
        registered=registered,
        contradictions=tuple(contradictions(layers, registered, sha256)),
        summary=summarise(layers, registered, sha256),
    )


def contradictions(layers: Layers, registered: Registered | None, sha256: str) -> Iterable[str]:
    """Sentences on what does not fit together, worst first."""
    stamps = {layer: str(stamp) for layer, stamp in layers.stamps().items()}
    if len(set(stamps.values())) > 1:
        named = ", ".join(f"{layer} {stamp}" for layer, stamp in stamps.items())
        yield f"The layers carry different stamps ({named}): parts of several files were put together."
    credentials, ai_in_pixels = layers.credentials, layers.invisible is not None
    if credentials and not credentials.valid:
        broken = f"The credentials do not fit the file ({', '.join(credentials.claims.problems) or 'invalid'})"
        yield f"{broken}, but the mark in the pixels is whole: edited after signing." if ai_in_pixels else f"{broken}."
    claimed = (*(credentials.claims.sources if credentials else ()), layers.metadata.digital_source_type)
    human = sorted({_word(source) for source in claimed if source and not _is_ai(source)})
    if human and ai_in_pixels:
        yield f"The file claims to be {', '.join(human)}, but its pixels carry the mark of an AI picture."
    if registered and registered.sha256 != sha256:
        yield "The file is not the one that this studio recorded: edited after signing, or its mark was copied."
    if stamps and not registered:
        yield "This studio has no record of the stamp: made by another studio, or the mark was copied."


def summarise(layers: Layers, registered: Registered | None, sha256: str) -> str:
    """What the layers say together, with how far that carries."""
    if registered and registered.sha256 == sha256:
        return f"Made here on {registered.time}, and unchanged since (case {registered.case})."
    if registered:
        return f"Carries the stamp of a picture made here on {registered.time}, but the file is another. {_EVIDENCE}"
    if layers.invisible:
        return f"The pixels carry the mark of an AI picture from a Safelight studio. {_EVIDENCE}"
    sources = layers.credentials.claims.sources if layers.credentials else ()
    if any(map(_is_ai, (*sources, layers.metadata.digital_source_type))) or layers.metadata.aigc:
        return f"The file says that it is AI-generated; its pixels carry no mark that is read here. {_EVIDENCE}"
    if layers.credentials or layers.metadata.found:
        return f"The file says something about its origin; its pixels carry no mark that is read here. {_EVIDENCE}"
    return "No mark was found. That says nothing about where the picture comes from: marks can be removed."


_EVIDENCE = "Marks are evidence, not proof: they can be removed and copied."
_AI_SOURCES = ("trainedalgorithmicmedia", "algorithmicmedia")


def _is_ai(source: str) -> bool:
    """Whether a digital source type speaks of a model, whole or in part (compositeWithTrainedAlgorithmicMedia)."""
    return _word(source).lower().endswith(_AI_SOURCES)


def _word(source: str) -> str:
    return source.rstrip("/").rpartition("/")[2]


def _credentials(layers: Layers) -> dict[str, Any]:
    one = layers.credentials
    return {
        "found": one is not None,
        "valid": bool(one and one.valid),
        "trusted": bool(one and one.trusted),
        "claims": asdict(one.claims) if one else {},
    }


def _invisible(layers: Layers) -> dict[str, Any]:
    one = layers.invisible
    return {"found": one is not None, "score": round(one.score, 4) if one else 0.0}


def _registry(registered: Registered | None, sha256: str) -> dict[str, Any]:
    if registered is None:
        return {"case": None, "time": None, "sha256": None, "unchanged": None}
    return {
        "case": registered.case,
        "time": registered.time,
        "sha256": registered.sha256,
        "unchanged": registered.sha256 == sha256,
    }
