"""What the marks of a file say together: where they contradict each other, and one summary.

Marks are evidence, not proof: each can be removed, and a mark can be copied from one picture onto another. That none is
found says nothing about where a picture comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from safety.generation import ExportRecord
from safety.marks.reading import DAMAGED, MarkReadings
from safety.marks.similarity import Comparison, Similarity
from safety.marks.trust_lists import INTERIM

EVIDENCE = "Marks are evidence, not proof: they can be removed and copied."
NOTHING = "No mark was found. That says nothing about where the picture comes from: marks can be removed."
EDITED = "edited after signing"
GIVEN_BACK = "The file has lost its signed credentials; this studio kept them and gives them back."
REVOCATION_UNKNOWN = (
    "Whether its certificate was revoked is not known: the list of revoked ones here cannot be believed."
)
HASH_MISMATCH = "assertion.dataHash.mismatch"  # C2PA's code for bytes that are not those that were signed
# A time as ISO 8601 writes it, in UTC.
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?(?:Z|\+00:00)")
# Endings of IPTC's digital source types that speak of a model, compositeWithTrainedAlgorithmicMedia included.
_AI_SOURCES = ("trainedalgorithmicmedia", "algorithmicmedia")


def contradictions(readings: MarkReadings, record: ExportRecord | None, comparison: Comparison | None) -> Iterator[str]:
    """Yields sentences on what does not fit together, worst first."""
    yield from _stamp_contradictions(readings)
    if record and comparison and comparison.similarity is Similarity.ANOTHER:
        yield (
            f"The stamp belongs to another picture, {record.origin}; {comparison.distance} of 256 bits of "
            "the fingerprint differ. The mark was copied onto this one, or hardly anything of the original is left."
        )
    yield from _credential_contradictions(readings)
    yield from _source_contradictions(readings)
    if readings.stamps() and not record:
        yield "This studio has no record of the stamp: made by another studio, or the mark was copied."


def _stamp_contradictions(readings: MarkReadings) -> Iterator[str]:
    """Yields a sentence where the layers carry different stamps, or the pixels lack the one that is signed."""
    stamps = {layer: str(stamp) for layer, stamp in readings.stamps().items()}
    if len(set(stamps.values())) > 1:
        layers = ", ".join(f"{layer} {stamp}" for layer, stamp in stamps.items())
        yield f"The layers carry different stamps ({layers}): parts of several files were put together."
    elif stamps and "invisible" not in stamps and readings.credentials and readings.credentials.stamp:
        yield "The credentials name a mark in the pixels that is not there: the pixels were replaced or worked over."


def _credential_contradictions(readings: MarkReadings) -> Iterator[str]:
    """Yields a sentence where the credentials do not validate."""
    credentials = readings.credentials
    if credentials is None or credentials.valid:
        return
    codes = ", ".join(credentials.summary.problems) or "invalid"
    if HASH_MISMATCH not in credentials.summary.problems:
        yield f"The credentials do not validate ({codes})."
    elif readings.invisible:
        yield f"The credentials do not fit the file ({codes}), but the mark in the pixels is whole: {EDITED}."
    else:
        yield f"The credentials do not fit the file ({codes}): {EDITED}, or taken from another file."


def _source_contradictions(readings: MarkReadings) -> Iterator[str]:
    """Yields a sentence where a file claims another source than a model, and its pixels carry a model's mark."""
    sources = _source_types(readings)
    others = sorted({source_name(source) for source in sources if not is_ai(source)})
    if not others or any(map(is_ai, sources)):
        return
    claims = f"The file claims to be {', '.join(others)}"
    if readings.invisible:
        yield f"{claims}, but its pixels carry the mark of an AI picture."
    elif readings.third_party:
        yield f"{claims}, but its pixels look as if {readings.third_party[0].tool} had marked them."


def about_signer(readings: MarkReadings) -> str:
    """Returns a sentence on whoever signed, where a public list has them; "" where none has, or nothing is valid."""
    signer, credentials = readings.signer, readings.credentials
    if signer is None or credentials is None or not signer.list:
        return ""
    if signer.revoked:
        return f"The file was signed by {credentials.summary.signer}, whose certificate is revoked."
    if not (credentials.valid and signer.holds):
        return ""
    older = ", an older model of trust" if signer.list == INTERIM else ""
    said = f"The file was signed by {credentials.summary.signer}, on the {signer.title} as of {signer.as_of}{older}."
    return f"{said} {REVOCATION_UNKNOWN}" if signer.revocation_unknown else said


def about_removal(record: ExportRecord | None, comparison: Comparison | None) -> str:
    """Returns a sentence where the picture was removed after a notice; "" where it was not, or is another one."""
    if record is None or comparison is None or not (record.removed and comparison.agrees):
        return ""
    return f"It was removed here on {record.removed} after a notice by somebody who is depicted."


def summarise(readings: MarkReadings, record: ExportRecord | None, comparison: Comparison | None) -> str:
    """Returns what the marks say together, with how far that carries."""
    if record and comparison:
        return _summarise_export(readings, record, comparison)
    if readings.invisible:
        return f"The pixels carry the mark of an AI picture from a Safelight studio. {EVIDENCE}"
    metadata = readings.metadata
    says_ai = any(map(is_ai, _source_types(readings))) or metadata.aigc or metadata.ai_system
    if readings.third_party:
        also = " The file says that it is AI-generated, too." if says_ai else ""
        return f"The pixels look as if {readings.third_party[0].tool} had marked them.{also} {EVIDENCE}"
    if says_ai:
        return f"The file says that it is AI-generated; its pixels carry no mark that is read here. {EVIDENCE}"
    if metadata.tool:
        return f"The file holds parameters as {metadata.tool} writes them. Anybody can write them. {EVIDENCE}"
    if readings.credentials or metadata.found:
        return f"The file says something about its origin; its pixels carry no mark that is read here. {EVIDENCE}"
    return f"{DAMAGED} {EVIDENCE}" if readings.credentials_damaged else NOTHING


def _summarise_export(readings: MarkReadings, record: ExportRecord, comparison: Comparison) -> str:
    """Returns the summary of a file that goes back to an export of this studio."""
    origin = record.origin
    broken = bool(readings.credentials and not readings.credentials.valid)
    match comparison.similarity:
        case Similarity.FILE:
            return f"M{origin[1:]}, and unchanged since."
        case Similarity.PICTURE:
            how = f"The file was {EDITED}, too little to see." if broken else "Another file of the same picture."
            return f"M{origin[1:]}. {how} {EVIDENCE}"
        case Similarity.EDITED:
            return f"M{origin[1:]}, and {EDITED if broken else 'edited since'}. {EVIDENCE}"
        case Similarity.EXCERPT:
            return f"M{origin[1:]}. This is a part of the picture, or the picture with something round it. {EVIDENCE}"
        case Similarity.ANOTHER:
            return f"A copied mark: the stamp is that of a picture {origin}, and this is another picture. {EVIDENCE}"
        case Similarity.UNCLEAR:
            return (
                f"Carries the stamp of a picture {origin}. Too little of that picture is left to tell an excerpt from "
                f"a copied mark. {EVIDENCE}"
            )


def plain_times(text: str) -> str:
    """Returns a text whose times, as ISO 8601 writes them in UTC, are as people do: "2026-11-29 08:30 UTC"."""
    return _INSTANT.sub(r"\1 \2 UTC", text)


def _source_types(readings: MarkReadings) -> Sequence[str]:
    """Returns all digital source types that the file claims, signed ones first."""
    summary = readings.credentials.summary if readings.credentials else None
    signed = (*summary.sources, *summary.earlier_sources) if summary else ()
    return [source for source in (*signed, readings.metadata.digital_source_type) if source]


def is_ai(source: str) -> bool:
    """Returns whether a digital source type speaks of a model, for the whole picture or a part of it."""
    return source_name(source).lower().endswith(_AI_SOURCES)


def source_name(source: str) -> str:
    """Returns the last part of a digital source type's URI."""
    return source.rstrip("/").rpartition("/")[2]
