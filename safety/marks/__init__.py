"""Applies all marks of a picture in the only order that keeps them, and reads the marks of any file.

visible label -> invisible mark -> encode with metadata -> sign. Signing is last: any later byte would break it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safety.errors import ExportError, FileError, WeightsError
from safety.files.pool import WorkerPool, shared_pool
from safety.image_io import MAX_BYTES, open_untrusted
from safety.marks import credentials, metadata, metadata_reader, visible
from safety.marks.certificates import OwnCertificate
from safety.marks.claim import EditStep
from safety.marks.keys import SigningKeys, existing_signing_keys, mark_keys, signing_keys
from safety.marks.label import LabelStyle
from safety.marks.label_rules import LabelDemand
from safety.marks.provenance import Operator, Provenance
from safety.marks.reading import FileReadings, MarkReadings, ReadingKeys, read_file, read_layers
from safety.marks.training_rights import reserves_training
from safety.marks.trust_lists import load_trust_lists
from safety.marks.visible import Corner

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.marks.trustmark import TrustMarkReader

__all__ = ["MarkReadings", "Marks"]


@dataclass(frozen=True, slots=True)
class Marks:
    """Applies and reads the marks of one studio.

    `keys` is the folder of its own key pair, which is made at the first export. `certificate` is the operator's own,
    which then signs instead; `time_authority` the address of an authority (RFC 3161) that attests when. `trustmark`
    reads the marks of another maker's model, if the operator has asked for it. `demand` is what the rules of the
    operator's countries ask of the visible label.
    """

    keys: Path
    corner: Corner = Corner.TOP_RIGHT
    style: LabelStyle = LabelStyle()
    operator: Operator = Operator()
    certificate: OwnCertificate | None = None
    time_authority: str = ""
    trustmark: TrustMarkReader | None = None
    demand: LabelDemand = LabelDemand()

    def apply(self, image: Image, format: str, provenance: Provenance, time: datetime, earlier: bytes = b"") -> bytes:
        """Returns a finished file of an RGB picture with all marks in it. `format` is "PNG", "JPEG" or "WEBP".

        `earlier` are the credentials of the file that it was taken from, as `open_file` returns them. Raises
        ExportError, KeysError.
        """
        from safety.marks.invisible.embed import embed

        provenance = replace(provenance, operator=self.operator)
        # A picture that was enlarged shows its label already, as large as itself: two would not lie upon each other.
        labelled = image if provenance.source else self.labelled(image)
        marked = embed(labelled, provenance.stamp, self._mark_keys()[0])
        data = metadata.encode(marked, format, provenance, time)
        keys = replace(self._signing_keys(), time_authority=self.time_authority)
        return credentials.sign(data, format, provenance, time, keys, earlier)

    def reencode(self, file: bytes, format: str, provenance: Provenance, time: datetime) -> bytes:
        """Returns a marked file of this studio's own in another format; its pixels stay, all else is new.

        Raises FileError, ExportError, KeysError.
        """
        provenance = replace(provenance, operator=self.operator)
        picture, earlier = self.open_file(file)
        data = metadata.encode(picture, format, provenance, time)
        keys = replace(self._signing_keys(), time_authority=self.time_authority)
        return credentials.sign(data, format, provenance, time, keys, earlier, (EditStep.ENCODED,))

    def labelled(self, image: Image) -> Image:
        """Returns a copy of an RGB picture with the visible label on it.

        Raises ExportError where the picture has no room for what the rules of the studio's countries ask for.
        """
        picture, label = visible.labelled(image, self.corner, self.style)
        for problem in self.demand.problems(label, image.size, self.corner):
            size, countries = f"{image.width} x {image.height}", ", ".join(self.demand.countries)
            raise ExportError(
                f"A picture of {size} pixels has no label as the rules of {countries} ask. {problem}",
                "Use a larger or a less narrow picture.",
            )
        return picture

    def open_file(self, file: bytes) -> tuple[Image, bytes]:
        """Returns the picture of a file from outside, and the credentials that it came with, as `apply` keeps them.

        Both are read in worker processes. Raises FileError.
        """
        picture = open_untrusted(file)
        earlier, _ = shared_pool().run(credentials.read_earlier, file)
        return picture, earlier if isinstance(earlier, bytes) else b""

    def reserves_training(self, file: bytes) -> bool:
        """Tells whether a file of any maker keeps itself from training; a worker process reads it. Raises FileError."""
        reserves, _ = shared_pool().run(reserves_training, file)
        return bool(reserves)

    def read_own(self, data: bytes, picture: Image) -> MarkReadings:
        """Reads the layers of a file that this studio has written.

        `picture` is what `open_picture` makes of the file.
        """
        return read_layers(data, metadata_reader.read(data), picture, self.reading_keys())

    def read(self, file: bytes | Path, client: str = "", pool: WorkerPool | None = None) -> FileReadings:
        """Reads every layer of a file of any maker, in a worker process; of a path, the worker reads the file.

        `client` is whose file it is; "" is this program's own user. Raises FileError, BusyError.
        """
        source = (file, MAX_BYTES) if isinstance(file, Path) else file
        read, (size, pixels) = (pool or shared_pool()).run(
            read_file, source, self.reading_keys(), self.trustmark is not None, client=client
        )
        if not isinstance(read, FileReadings):
            raise FileError("The file could not be read.", "Save or download it again.")
        return self._with_trustmark(read, size, pixels) if self.trustmark else read

    def crjson(self, file: bytes | Path, anchors: str = "", client: str = "") -> dict[str, Any]:
        """Returns what a validator of C2PA says of a file, as crJSON; a worker process reads it.

        Trusted are this studio's keys, or the certificates in `anchors` (PEM) instead. Raises FileError, BusyError.
        """
        source = (file, MAX_BYTES) if isinstance(file, Path) else file
        document, _ = shared_pool().run(credentials.crjson, source, self.reading_keys().signing, anchors, client=client)
        if not document:
            raise FileError("The file has no Content Credentials that can be read.", "Ask for the original file.")
        return dict(json.loads(str(document)))

    def reading_keys(self) -> ReadingKeys:
        """Returns what reading takes; makes no keys, and hands no private one out. Raises KeysError."""
        signing = tuple(replace(keys, key="", time_authority="") for keys in self._known_keys())
        return ReadingKeys(self._mark_keys(), signing, load_trust_lists(self.trust_folder))

    @property
    def trust_folder(self) -> Path:
        """Returns where an operator's own lists of whom to trust lie: beside the keys."""
        return self.keys.parent / "trust"

    def _with_trustmark(self, read: FileReadings, size: tuple[int, int], pixels: bytearray) -> FileReadings:
        """Adds what the model of TrustMark reads. It is loaded here: it would not fit into the bounds of a worker."""
        from PIL import Image as Pillow

        readings = read.readings
        try:
            marks = self.trustmark.detect(Pillow.frombytes("RGB", size, pixels)) if self.trustmark else ()
        except WeightsError as error:
            return replace(read, readings=replace(readings, failures=(*readings.failures, error.sentence)))
        return replace(read, readings=replace(readings, third_party=readings.third_party + marks))

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
