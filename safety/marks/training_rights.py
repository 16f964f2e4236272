"""Reads whether a picture file reserves its use for training models, and whether it says that a model made it.

Reservations: C2PA's assertion `c2pa.training-mining` and CAWG's successor of it, the property DataMining of PLUS that
IPTC Photo Metadata 2023.1 took up, and TDMRep (W3C) where it stands in XMP. What is damaged counts as reserved: nobody
can say what it allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safety.image_io import load
from safety.marks import credentials, metadata_reader
from safety.marks.metadata_reader import MetadataFields

if TYPE_CHECKING:
    from safety.image_io import LoadedPicture

PLUS_DATA_MINING = "{http://ns.useplus.org/ldf/xmp/1.0/}DataMining"
TDMREP = "tdmrep"
MINING_ASSERTIONS = ("c2pa.training-mining", "cawg.training-mining")
# Of the entries of such an assertion, those that training a model is.
TRAINING_USES = ("ai_training", "ai_generative_training", "data_mining")
ALLOWED = "allowed"
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
    reservations = [*_of_metadata(fields), *_of_manifest(signed.manifest if signed else {})]
    if blocks.has_credentials and signed is None:
        reservations.append(DAMAGED)
    said = metadata_reader.interpret(fields)
    generated = [said.tool, said.ai_system, _synthetic(said.digital_source_type)]
    generated += [_synthetic(source) for source in (signed.summary.sources if signed else ())]
    rights = (said.credit, fields.exif.get("Copyright", ""), fields.iim.get("CopyrightNotice", ""))
    return TrainingRights(blocks.format, _each_once(reservations), _each_once(generated), _each_once(rights)), loaded


def _of_metadata(fields: MetadataFields) -> list[str]:
    found = []
    if "PROHIBITED" in fields.xmp.get(PLUS_DATA_MINING, "").upper():
        found.append("IPTC/PLUS DataMining")
    for name, value in fields.xmp.items():
        if TDMREP in name and name.endswith("}reservation") and value.strip() == "1":
            found.append("TDMRep in XMP")
    return found


def _of_manifest(manifest: Mapping[str, Any]) -> list[str]:
    found = []
    assertions = manifest.get("assertions")
    for assertion in assertions if isinstance(assertions, list) else []:
        label = str(assertion.get("label", "")) if isinstance(assertion, dict) else ""
        if label.startswith(MINING_ASSERTIONS) and _reserves(assertion.get("data")):
            found.append(label.partition("__")[0])
    return found


def _reserves(data: object) -> bool:
    """Tells whether an assertion reserves any use that training is; one of another shape does."""
    entries = data.get("entries", data) if isinstance(data, dict) else None
    if isinstance(entries, dict) and isinstance(entries.get("metadata"), dict):
        entries = entries["metadata"]
    if not isinstance(entries, dict):
        return True
    for name, entry in entries.items():
        if str(name).rpartition(".")[2] in TRAINING_USES:
            use = entry.get("use") if isinstance(entry, dict) else entry
            if str(use) != ALLOWED:
                return True
    return False


def _synthetic(source_type: str) -> str:
    ending = source_type.rpartition("/")[2]
    return ending if ending in SYNTHETIC else ""


def _each_once(found: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip() for each in found if each.strip()))
