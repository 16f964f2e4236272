"""Reads whether a picture file reserves its use for training models, and whether it says that a model made it.

Reservations: the assertions that training_permission.py reads, in the manifest of the file and in those that it builds
on; the property DataMining of PLUS that IPTC Photo Metadata 2023.1 took up; and TDMRep (W3C) where it stands in XMP.
What is damaged counts as reserved: nobody can say what it allows. Of different things that a file says, the stricter
holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from safety.image_io import load
from safety.marks import credentials, metadata_reader
from safety.marks.metadata_reader import MetadataFields

if TYPE_CHECKING:
    from safety.image_io import LoadedPicture

PLUS_DATA_MINING = "{http://ns.useplus.org/ldf/xmp/1.0/}DataMining"
TDMREP = "tdmrep"
SYNTHETIC = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicMedia")
DAMAGED = "Content Credentials that are damaged"


@dataclass(frozen=True, slots=True)
class TrainingRights:
    """Holds what a file says. `reservations` name where it reserves training; `generated` who says a model made it.

    `rights` are names of whoever claims a right in it: credit, copyright, an address of a licence.
    """

    format: str
    reservations: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()


def read_for_training(data: bytes) -> tuple[TrainingRights, LoadedPicture]:
    """Decodes a picture and reads its reservations, inside a worker process. Raises FileError."""
    loaded = load(data)
    blocks = loaded.blocks
    fields = metadata_reader.read_blocks(blocks)
    signed = credentials.read(data) if blocks.has_credentials else None
    reservations = [*_of_metadata(fields), *(signed.reservations if signed else ())]
    if blocks.has_credentials and signed is None:
        reservations.append(DAMAGED)
    said = metadata_reader.interpret(fields)
    generated = [said.tool, said.ai_system, _synthetic(said.digital_source_type)]
    claims = (*signed.summary.sources, *signed.summary.earlier_sources) if signed else ()
    generated += [_synthetic(source) for source in claims]
    rights = (said.credit, fields.exif.get("Copyright", ""), fields.iim.get("CopyrightNotice", ""))
    return TrainingRights(blocks.format, _each_once(reservations), _each_once(generated), _each_once(rights)), loaded


def reserves_training(data: bytes) -> tuple[bool, None]:
    """Tells whether a file says that it is kept from training, inside a worker process. Its pixels are not decoded.

    Damaged credentials do not count: they may have said it, and nobody can state it in their place.
    """
    signed = credentials.read(data)
    return bool(_of_metadata(metadata_reader.read(data)) or (signed and signed.reservations)), None


def _of_metadata(fields: MetadataFields) -> list[str]:
    found = []
    if "PROHIBITED" in fields.xmp.get(PLUS_DATA_MINING, "").upper():
        found.append("IPTC/PLUS DataMining")
    for name, value in fields.xmp.items():
        if TDMREP in name and name.endswith("}reservation") and "1" in map(str.strip, value.split(";")):
            found.append("TDMRep in XMP")
    return found


def _synthetic(source_type: str) -> str:
    ending = source_type.rpartition("/")[2]
    return ending if ending in SYNTHETIC else ""


def _each_once(found: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip() for each in found if each.strip()))
