"""Reads every mark of a file and compares the picture with the export on record. Sentences come from summary.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from safety.generation import ExportRecord
from safety.marks import Marks
from safety.marks.given_back import GivenBack, give_back
from safety.marks.manifest import Credentials, ManifestSummary
from safety.marks.reading import MarkReadings
from safety.marks.revocations import Revocation, revocation
from safety.marks.similarity import Comparison, ExportRegistry, Similarity, compare
from safety.marks.summary import GIVEN_BACK, about_removal, about_signer, contradictions, plain_times, summarise

__all__ = ["ExportRegistry", "NoRegistry", "Verification", "verify"]


class NoRegistry:
    """Knows no earlier export: for whoever reads marks without keeping records."""

    def find(self, stamps: Iterable[str], sha256: str) -> ExportRecord | None:
        return None


@dataclass(frozen=True, slots=True)
class Verification:
    """Holds what a file says about its origin.

    `sha256` is the file's, as hex. `record` is the export of this studio that it goes back to, `comparison` how it
    compares with it; both are None where there is none. `contradictions` are sentences, worst first. `given_back` are
    the credentials that the file lost and that were kept here.
    """

    sha256: str
    readings: MarkReadings
    record: ExportRecord | None
    comparison: Comparison | None
    contradictions: tuple[str, ...]
    summary: str
    given_back: GivenBack | None = None

    @property
    def stamps(self) -> dict[str, str]:
        """Returns the stamp, 16 hex digits, of each layer that carries one; the registry is the fourth layer."""
        stamps = {layer: str(stamp) for layer, stamp in self.readings.stamps().items()}
        return stamps | ({"registry": self.record.stamp} if self.record else {})

    def as_json(self) -> dict[str, Any]:
        """Returns plain values. Each layer has `found` and `stamp`; what a layer does not say is null or empty."""
        layers = {
            "credentials": _credentials(self.readings),
            "invisible": _invisible(self.readings),
            "metadata": {"found": self.readings.metadata.found, **asdict(self.readings.metadata)},
            "registry": {"found": self.record is not None, **_registry(self.record, self.comparison)},
        }
        for name, layer in layers.items():
            layer["stamp"] = self.stamps.get(name)
        return {
            "sha256": self.sha256,
            "layers": layers,
            "given_back": self.given_back.as_json() if self.given_back else None,
            "foreign": [asdict(mark) for mark in self.readings.third_party],
            "unread": list(self.readings.failures),
            "reveals": [asdict(field) | {"group": str(field.group)} for field in self.readings.disclosed],
            "contradictions": list(self.contradictions),
            "summary": self.summary,
        }


def verify(file: bytes | Path, marks: Marks, registry: ExportRegistry, client: str = "") -> Verification:
    """Reads all layers of a picture file, given as bytes or where it is, in a worker process.

    `client` is whose file it is; "" is this program's own user. Raises FileError if it is no picture that can be read,
    BusyError.
    """
    read = marks.read(file, client)
    readings = _with_revocations(read.readings, marks)
    record = registry.find(dict.fromkeys(map(str, readings.stamps().values())), read.sha256)
    comparison = compare(read.appearance, readings.invisible, record, read.sha256) if record else None
    given_back = give_back(readings, record, comparison, marks.reading_keys().signing)
    said = (
        summarise(readings, record, comparison),
        about_removal(record, comparison),
        about_signer(readings),
        GIVEN_BACK if given_back else "",
    )
    return Verification(
        sha256=read.sha256,
        readings=readings,
        record=record,
        comparison=comparison,
        contradictions=tuple(map(plain_times, contradictions(readings, record, comparison))),
        summary=plain_times(" ".join(filter(None, said))),
        given_back=given_back,
    )


def _with_revocations(readings: MarkReadings, marks: Marks) -> MarkReadings:
    """Adds what an operator's lists of revoked certificates say of a signer."""
    signer = readings.signer
    if signer is None or signer.revoked:
        return readings
    found = revocation(dict(signer.issuer), signer.serial, marks.trust_folder)
    unknown = found is Revocation.NOT_KNOWN
    return replace(readings, signer=replace(signer, revoked=found is Revocation.REVOKED, revocation_unknown=unknown))


def _credentials(readings: MarkReadings) -> dict[str, Any]:
    credentials = readings.credentials
    return {
        "found": credentials is not None,
        "damaged": readings.credentials_damaged,
        "valid": bool(credentials and credentials.valid),
        "trusted": bool(credentials and credentials.trusted),
        "signer": readings.signer.as_json() if readings.signer else None,
        "claims": asdict(credentials.summary) if credentials else {},
        **(credentials or Credentials(None, False, False, ManifestSummary())).statements(),
    }


def _invisible(readings: MarkReadings) -> dict[str, Any]:
    mark = readings.invisible
    return {"found": mark is not None, "score": round(mark.score, 4) if mark else 0.0}


def _registry(record: ExportRecord | None, comparison: Comparison | None) -> dict[str, Any]:
    if record is None or comparison is None:
        return dict.fromkeys(
            ("case", "time", "sha256", "declared", "source", "removed", "unchanged", "match", "distance", "likeness")
        )
    return {
        "case": record.case,
        "time": record.time,
        "sha256": record.sha256,
        "declared": record.declared,
        "source": record.source,
        "removed": record.removed,
        "unchanged": comparison.similarity is Similarity.FILE,
        "match": str(comparison.similarity),
        "distance": comparison.distance,
        "likeness": None if comparison.likeness is None else round(comparison.likeness, 3),
    }
