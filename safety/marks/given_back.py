"""Gives a file that lost its Content Credentials those back that its picture was handed out with.

The stamp in the pixels leads to the manifest that is kept with the record. It is given back only where the picture is
the one on record, too, or a part of it alone: a mark can be copied onto another picture, and others be pasted into one
that has it. What the manifest says holds for the picture as it left the studio, not for what was done to it since: its
signature is checked, its hash of the bytes cannot fit any more.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from safety.generation import ExportRecord, KeptManifest
from safety.marks import credentials
from safety.marks.keys import SigningKeys
from safety.marks.manifest import SOFT_BINDING, Credentials
from safety.marks.reading import MarkReadings
from safety.marks.similarity import Comparison, Similarity

SIGNED, TRUSTED = "claimSignature.validated", "signingCredential.trusted"
# What must fail of a manifest without its file, and what may: whom to trust is asked of `TRUSTED`.
_EXPECTED = ("assertion.dataHash.mismatch", "signingCredential.untrusted")


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Holds credentials that were kept. `signed`: their signature holds; `trusted`: it is of this studio's own key."""

    manifest: KeptManifest
    signed: bool
    trusted: bool
    credentials: Credentials = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """Returns plain values; `store` is the manifest store as base64."""
        return {
            "stamp": self.manifest.stamp,
            "alg": SOFT_BINDING,
            "manifest_id": self.manifest.id,
            "signed": self.signed,
            "trusted": self.trusted,
            "claims": asdict(self.credentials.summary),
            **self.credentials.statements(),
            "store": b64encode(self.manifest.store).decode("ascii"),
        }


def give_back(
    readings: MarkReadings, record: ExportRecord | None, comparison: Comparison | None, keys: Iterable[SigningKeys]
) -> GivenBack | None:
    """Returns the credentials that a file lost; None where it has them still, or its picture is not the one on record.

    `keys` are those that the studio signs with or has signed with.
    """
    manifest = own_manifest(readings, record, comparison)
    signed = readings.credentials
    if manifest is None or (signed and signed.valid and str(signed.stamp) == manifest.stamp):
        return None
    return read_kept(manifest, keys)


def own_manifest(
    readings: MarkReadings, record: ExportRecord | None, comparison: Comparison | None
) -> KeptManifest | None:
    """Returns the kept manifest that is a picture's own; None where mark and picture do not agree on one."""
    if record is None or comparison is None or not comparison.is_unmixed:
        return None
    named = str(readings.invisible.stamp) if readings.invisible else ""
    return record.manifest if comparison.similarity is Similarity.FILE or named == record.stamp else None


def read_kept(kept: KeptManifest, keys: Iterable[SigningKeys] = ()) -> GivenBack | None:
    """Returns what a kept manifest says and whether its signature holds; None where it cannot be read."""
    found = credentials.read_store(kept.store, *keys)
    if found is None:
        return None
    passed, problems = found.summary.passed, found.summary.problems
    holds = SIGNED in passed and set(problems) <= set(_EXPECTED)
    return GivenBack(kept, holds, holds and TRUSTED in passed, found)
