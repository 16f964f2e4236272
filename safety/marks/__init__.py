"""Applies all marks of a picture in the only order that keeps them, and reads the marks of any file.

visible label -> invisible mark -> encode with metadata -> sign. Signing is last: any later byte would break it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from safety.errors import WeightsError
from safety.generation import Stamp
from safety.marks import credentials, metadata, metadata_reader, visible
from safety.marks.certificates import OwnCertificate
from safety.marks.disclosure import DisclosedField, disclosed_fields
from safety.marks.keys import SigningKeys, existing_signing_keys, mark_keys, signing_keys
from safety.marks.label import LabelStyle
from safety.marks.manifest import Credentials
from safety.marks.metadata_reader import Metadata, MetadataFields
from safety.marks.provenance import Operator, Provenance
from safety.marks.visible import Corner

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.marks.invisible.detect import DecodedMark
    from safety.marks.third_party import ThirdPartyMark
    from safety.marks.trustmark import TrustMarkReader

# Of a strip, a middle part is searched: as long as this many short sides, and as long as both of these allow.
MIN_STRIP_RATIO = 2.5
MAX_STRIP_LENGTH, MAX_STRIP_AREA = 4096, 2_000_000  # pixels


@dataclass(frozen=True, slots=True)
class MarkReadings:
    """Holds what each layer of a file says; None where the layer is not there. The visible label is for eyes only.

    `third_party` are pixel marks of other makers, `failures` sentences on those that could not be looked for;
    `disclosed` is everything that the file says about its maker.
    """

    credentials: Credentials | None
    invisible: DecodedMark | None
    metadata: Metadata
    third_party: tuple[ThirdPartyMark, ...] = ()
    failures: tuple[str, ...] = ()
    disclosed: tuple[DisclosedField, ...] = ()

    def stamps(self) -> dict[str, Stamp]:
        """Returns the stamp of each layer that carries one, by the layer's name."""
        stamps = {
            "credentials": self.credentials.stamp if self.credentials else None,
            "invisible": self.invisible.stamp if self.invisible else None,
            "metadata": self.metadata.stamp,
        }
        return {layer: stamp for layer, stamp in stamps.items() if stamp is not None}


@dataclass(frozen=True, slots=True)
class Marks:
    """Applies and reads the marks of one studio.

    `keys` is the folder of its own key pair, which is made at the first export. `certificate` is the operator's own,
    which then signs instead; `time_authority` the address of an authority (RFC 3161) that attests when. `trustmark`
    reads the marks of another maker's model, if the operator has asked for it.
    """

    keys: Path
    corner: Corner = Corner.TOP_RIGHT
    style: LabelStyle = LabelStyle()
    operator: Operator = Operator()
    certificate: OwnCertificate | None = None
    time_authority: str = ""
    trustmark: TrustMarkReader | None = None

    def apply(self, image: Image, format: str, provenance: Provenance, time: datetime) -> bytes:
        """Returns a finished file of an RGB picture with all marks in it. `format` is "PNG", "JPEG" or "WEBP".

        Raises ExportError, KeysError.
        """
        from safety.marks.invisible.embed import embed

        provenance = replace(provenance, operator=self.operator)
        labelled = visible.apply(image, self.corner, self.style)
        marked = embed(labelled, provenance.stamp, self._mark_keys()[0])
        data = metadata.encode(marked, format, provenance, time)
        keys = replace(self._signing_keys(), time_authority=self.time_authority)
        return credentials.sign(data, format, provenance, time, keys)

    def read_own(self, data: bytes, picture: Image) -> MarkReadings:
        """Reads the studio's own layers, not those of other makers.

        `picture` is what `open_picture` makes of the file.
        """
        return self._read_layers(data, picture)[0]

    def read(self, data: bytes, picture: Image) -> MarkReadings:
        """Reads every layer of a file of any maker. `picture` is what `open_picture` makes of the file."""
        from safety.marks import third_party

        readings, fields = self._read_layers(data, picture)
        marks = third_party.detect(picture)
        failures: tuple[str, ...] = ()
        try:
            marks += self.trustmark.detect(picture) if self.trustmark else ()
        except WeightsError as error:
            failures = (error.sentence,)
        disclosed = disclosed_fields(fields, readings.credentials.manifest if readings.credentials else {})
        return replace(readings, third_party=marks, failures=failures, disclosed=disclosed)

    def _read_layers(self, data: bytes, picture: Image) -> tuple[MarkReadings, MetadataFields]:
        from safety.marks.invisible.detect import detect

        fields = metadata_reader.read(data)
        signed = credentials.read(data, *self._known_keys())
        mark = detect(_middle(picture), self._mark_keys())
        return MarkReadings(signed, mark, metadata_reader.interpret(fields)), fields

    def _signing_keys(self) -> SigningKeys:
        return self.certificate.load() if self.certificate else signing_keys(self.keys)

    def _known_keys(self) -> list[SigningKeys]:
        """Returns the keys that this studio signs or has signed with. Makes none."""
        operators = [self.certificate.load()] if self.certificate else []
        own = existing_signing_keys(self.keys)
        return operators + ([own] if own else [])

    def _mark_keys(self) -> tuple[bytes, ...]:
        """Returns the newest key, which writes, first; last the public one, which every Safelight reads."""
        from safety.marks.invisible.detect import PUBLIC_KEY

        return (*mark_keys(self.keys), PUBLIC_KEY)


def _middle(picture: Image) -> Image:
    """Returns a strip's middle: the mark repeats along it, and searching all of it takes seconds and gigabytes."""
    short, long = sorted(picture.size)
    length = round(max(MIN_STRIP_RATIO * short, min(MAX_STRIP_LENGTH, MAX_STRIP_AREA // short)))
    if long <= length:
        return picture
    left, top = (max(0, (side - length) // 2) if side == long else 0 for side in picture.size)
    return picture.crop((left, top, picture.width - left, picture.height - top))
