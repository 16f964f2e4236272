"""All marks of one picture, applied in the only order that keeps them, and read back from any file.

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
from safety.marks.disclosure import DisclosedField, reveals
from safety.marks.keys import SigningKeys, existing_signing_keys, mark_keys, signing_keys
from safety.marks.label import Style
from safety.marks.manifest import Credentials
from safety.marks.metadata_reader import Metadata, MetadataFields
from safety.marks.provenance import Operator, Provenance
from safety.marks.visible import Corner

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.marks.invisible.detect import DecodedMark
    from safety.marks.third_party import ThirdPartyMark
    from safety.marks.trustmark import TrustMarkReader

LONGEST_READ, READ_AREA = 4096, 2_000_000  # pixels in which a strip's mark is looked for


@dataclass(frozen=True, slots=True)
class MarkReadings:
    """What each layer of a file says. None: the layer is not there. The visible label is for eyes only.

    `foreign` are pixel marks of other makers, `unread` says why one could not be looked for; `reveals` is everything
    that the file says about its maker.
    """

    credentials: Credentials | None
    invisible: DecodedMark | None
    metadata: Metadata
    foreign: tuple[ThirdPartyMark, ...] = ()
    unread: tuple[str, ...] = ()
    reveals: tuple[DisclosedField, ...] = ()

    def stamps(self) -> dict[str, Stamp]:
        """The stamp of each layer that carries one."""
        said = {
            "credentials": self.credentials.stamp if self.credentials else None,
            "invisible": self.invisible.stamp if self.invisible else None,
            "metadata": self.metadata.stamp,
        }
        return {layer: stamp for layer, stamp in said.items() if stamp is not None}


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one studio. `keys` is the folder of its own key pair, which is made at the first export.

    `certificate` is the operator's own, which then signs instead; `time_authority` the address of one (RFC 3161) that
    attests when. `trustmark` reads the marks of another maker's model, if the operator has asked for it.
    """

    keys: Path
    corner: Corner = Corner.TOP_RIGHT
    style: Style = Style()
    operator: Operator = Operator()
    certificate: OwnCertificate | None = None
    time_authority: str = ""
    trustmark: TrustMarkReader | None = None

    def apply(self, image: Image, format: str, facts: Provenance, time: datetime) -> bytes:
        """A finished file of an RGB picture. `format` is "PNG", "JPEG" or "WEBP". Raises ExportError, KeysError."""
        from safety.marks.invisible.embed import embed

        facts = replace(facts, operator=self.operator)
        marked = embed(visible.apply(image, self.corner, self.style), facts.stamp, self._mark_keys()[0])
        data = metadata.encode(marked, format, facts, time)
        return credentials.sign(data, format, facts, time, replace(self._own(), time_authority=self.time_authority))

    def read_own(self, data: bytes, picture: Image) -> MarkReadings:
        """The studio's own layers, not those of other makers; `picture` is what `open_picture` makes of the file."""
        return self._layers(data, picture)[0]

    def read(self, data: bytes, picture: Image) -> MarkReadings:
        """Every layer of a file of any maker; `picture` is what `open_picture` makes of it."""
        from safety.marks import third_party as foreign

        own, said = self._layers(data, picture)
        others, unread = foreign.find(picture), ""
        try:
            others += self.trustmark.find(picture) if self.trustmark else ()
        except WeightsError as error:
            unread = error.sentence
        shown = reveals(said, own.credentials.manifest if own.credentials else {})
        return replace(own, foreign=others, unread=(unread,) if unread else (), reveals=shown)

    def _layers(self, data: bytes, picture: Image) -> tuple[MarkReadings, MetadataFields]:
        from safety.marks.invisible.detect import detect

        said = metadata_reader.read(data)
        signed = credentials.read(data, *self._known())
        return MarkReadings(signed, detect(_middle(picture), self._mark_keys()), metadata_reader.metadata(said)), said

    def _own(self) -> SigningKeys:
        return self.certificate.load() if self.certificate else signing_keys(self.keys)

    def _known(self) -> list[SigningKeys]:
        """The keys that this studio signs or has signed with."""
        brought = [self.certificate.load()] if self.certificate else []
        made = existing_signing_keys(self.keys)
        return brought + ([made] if made else [])

    def _mark_keys(self) -> tuple[bytes, ...]:
        """The newest, which writes, first; last the public one, which every Safelight reads."""
        from safety.marks.invisible.detect import PUBLIC_KEY

        return (*mark_keys(self.keys), PUBLIC_KEY)


def _middle(picture: Image) -> Image:
    """A strip's middle: the mark repeats along it, and searching all of a strip takes seconds and gigabytes."""
    short, long = sorted(picture.size)
    most = round(max(2.5 * short, min(LONGEST_READ, READ_AREA // short)))
    if long <= most:
        return picture
    left, top = (max(0, (side - most) // 2) if side == long else 0 for side in picture.size)
    return picture.crop((left, top, picture.width - left, picture.height - top))
