"""All marks of one picture, applied in the only order that keeps them, and read back from any file.

visible label -> invisible mark -> encode with metadata -> sign. Signing is last: any later byte would break it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from safety.files import open_picture
from safety.keys import existing_signing_keys, mark_keys, signing_keys
from safety.marks import credentials, metadata, visible
from safety.marks.credentials import Credentials
from safety.marks.facts import Facts
from safety.marks.metadata import Metadata
from safety.marks.visible import Corner
from safety.works import Stamp

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.marks.invisible.detect import Reading


@dataclass(frozen=True, slots=True)
class Layers:
    """What each layer of a file says. None: the layer is not there. The visible label is for eyes only."""

    credentials: Credentials | None
    invisible: Reading | None
    metadata: Metadata

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
    """The marks of one studio: whose keys sign, and where the label goes. Keys are made at the first export."""

    keys: Path
    corner: Corner = Corner.TOP_RIGHT

    def apply(self, image: Image, format: str, facts: Facts, time: datetime) -> bytes:
        """A finished file of an RGB picture. `format` is "PNG", "JPEG" or "WEBP". Raises ExportError, KeysError."""
        from safety.marks.invisible.embed import embed

        marked = embed(visible.apply(image, self.corner), facts.stamp, self._mark_keys()[0])
        return credentials.sign(
            metadata.encode(marked, format, facts, time), format, facts, time, signing_keys(self.keys)
        )

    def read(self, data: bytes) -> Layers:
        """Every layer of a file of any maker. Raises FileError if it is no picture that can be read."""
        from safety.marks.invisible.detect import detect

        picture = open_picture(data)
        signed = credentials.read(data, existing_signing_keys(self.keys))
        return Layers(signed, detect(picture, self._mark_keys()), metadata.read(data))

    def _mark_keys(self) -> tuple[bytes, ...]:
        """The newest, which writes, first; last the public one, which every Safelight reads."""
        from safety.marks.invisible.detect import PUBLIC_KEY

        return (*mark_keys(self.keys), PUBLIC_KEY)
