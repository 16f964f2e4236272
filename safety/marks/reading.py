"""Reads every layer of marks of a file. `read_file` does it inside a worker process, for files from outside."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from safety.generation import Stamp
from safety.image_io import load, profile_conversion
from safety.marks import credentials, metadata_reader
from safety.marks.disclosure import DisclosedField, disclosed_fields
from safety.marks.keys import SigningKeys
from safety.marks.manifest import Credentials
from safety.marks.metadata_reader import Metadata, MetadataFields
from safety.marks.signer_trust import SignerTrust
from safety.marks.similarity import Appearance, appearance
from safety.marks.trust_lists import TrustLists

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.marks.invisible.detect import DecodedMark
    from safety.marks.third_party import ThirdPartyMark

# Of a strip, a middle part is searched: as long as this many short sides, and as long as both of these allow.
MIN_STRIP_RATIO = 2.5
MAX_STRIP_LENGTH, MAX_STRIP_AREA = 4096, 2_000_000  # pixels
# A JPEG of more pixels is decoded at a half, a quarter or an eighth of its size, but never under what the mark needs.
MAX_DECODED_JPEG = 12_000_000
# Of processor time, from the start of a reading, after which no further geometry is tried: well before its end.
SEARCH_SECONDS = 1.4
CUT_SHORT = "Reading the picture took so long that its mark was only looked for as it was made, not scaled or turned."
DAMAGED = "The file has Content Credentials that are damaged or cut off: what they say cannot be read."


@dataclass(frozen=True, slots=True)
class MarkReadings:
    """Holds what each layer of a file says; None where the layer is not there. The visible label is for eyes only.

    `third_party` are pixel marks of other makers, `failures` sentences on those that could not be looked for;
    `disclosed` is everything that the file says about its maker. `credentials_damaged`: there are some, unreadable.
    `signer` is what public lists say of a signer that is not this studio.
    """

    credentials: Credentials | None
    invisible: DecodedMark | None
    metadata: Metadata
    third_party: tuple[ThirdPartyMark, ...] = ()
    failures: tuple[str, ...] = ()
    disclosed: tuple[DisclosedField, ...] = ()
    credentials_damaged: bool = False
    signer: SignerTrust | None = None

    def stamps(self) -> dict[str, Stamp]:
        """Returns the stamp of each layer that carries one, by the layer's name."""
        stamps = {
            "credentials": self.credentials.stamp if self.credentials else None,
            "invisible": self.invisible.stamp if self.invisible else None,
            "metadata": self.metadata.stamp,
        }
        return {layer: stamp for layer, stamp in stamps.items() if stamp is not None}


@dataclass(frozen=True, slots=True)
class ReadingKeys:
    """Holds what reading takes: the keys of the invisible mark, and certificates that are trusted, no private key.

    `trust` are the public lists that other signers are looked for on.
    """

    marks: tuple[bytes, ...]
    signing: tuple[SigningKeys, ...] = ()
    trust: TrustLists | None = None


@dataclass(frozen=True, slots=True)
class FileReadings:
    """Holds all that is read of one file. `sha256` is the file's, as hex."""

    sha256: str
    readings: MarkReadings
    appearance: Appearance


@dataclass(frozen=True, slots=True)
class _ReducedPicture:
    """A picture on its way out of a worker."""

    image: Image

    @property
    def size(self) -> tuple[int, int]:
        return self.image.size

    def parts(self) -> Iterator[bytes]:
        yield self.image.tobytes()


def read_file(data: bytes, keys: ReadingKeys, with_picture: bool) -> tuple[FileReadings, _ReducedPicture | None]:
    """Reads all layers of a file of any maker inside a worker process. Raises FileError.

    With the picture comes one of the size at which the invisible mark is looked for, for readers that need a model.
    """
    from PIL import Image as Pillow

    from safety.marks import third_party
    from safety.marks.invisible.detect import reduce_to, reduced_size

    began = time.process_time()
    loaded = load(data, lambda size: size if size[0] * size[1] <= MAX_DECODED_JPEG else reduced_size(size))
    blocks, size, pixels = loaded.blocks, loaded.original_size, loaded.pixels()
    # The decoded picture goes before the next copies are made.
    del loaded
    foreign = third_party.detect(pixels)
    picture = Pillow.fromarray(reduce_to(pixels, reduced_size(size)))
    del pixels
    if to_srgb := profile_conversion(blocks.icc, "RGB"):
        picture = to_srgb(picture)
    fields = metadata_reader.read_blocks(blocks)
    readings = read_layers(data, fields, picture, keys, lambda: time.process_time() - began > SEARCH_SECONDS)
    found = readings.credentials
    readings = replace(
        readings,
        # What the manifest holds beyond its summary is listed here, and goes no further.
        credentials=replace(found, manifest={}) if found else None,
        third_party=foreign,
        disclosed=disclosed_fields(fields, found.manifest if found else {}),
        failures=(*readings.failures, *((DAMAGED,) if found is None and blocks.has_credentials else ())),
        credentials_damaged=found is None and blocks.has_credentials,
    )
    file = FileReadings(hashlib.sha256(data).hexdigest(), readings, appearance(picture, readings.invisible, size))
    return file, _ReducedPicture(picture) if with_picture else None


def read_layers(
    data: bytes,
    fields: MetadataFields,
    picture: Image,
    keys: ReadingKeys,
    is_over: Callable[[], bool] = lambda: False,
) -> MarkReadings:
    """Reads the layers that Safelight itself writes. `picture` is RGB, of its full size or reduced for the mark.

    `is_over` tells when the search for the mark has taken long enough; it then says so.
    """
    from safety.marks.invisible.detect import detect

    signed = credentials.read(data, *keys.signing)
    mark = detect(_middle(picture), keys.marks, is_over=is_over)
    failures = (CUT_SHORT,) if mark is None and is_over() else ()
    signer = credentials.read_trust(data, keys.trust) if signed and not signed.trusted and keys.trust else None
    return MarkReadings(signed, mark, metadata_reader.interpret(fields), failures=failures, signer=signer)


def _middle(picture: Image) -> Image:
    """Returns a strip's middle: the mark repeats along it, and searching all of it takes seconds and gigabytes."""
    short, long = sorted(picture.size)
    length = round(max(MIN_STRIP_RATIO * short, min(MAX_STRIP_LENGTH, MAX_STRIP_AREA // short)))
    if long <= length:
        return picture
    left, top = (max(0, (side - length) // 2) if side == long else 0 for side in picture.size)
    return picture.crop((left, top, picture.width - left, picture.height - top))
