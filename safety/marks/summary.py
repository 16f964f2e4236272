"""What the layers of a file say together: where they contradict each other, and one summary.

Marks are evidence, not proof: each can be removed, and a mark can be copied from one picture onto another. That none is
found says nothing about where a picture comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from safety.generation import ExportRecord
from safety.marks import MarkReadings
from safety.marks.similarity import Comparison, Similarity

EVIDENCE = "Marks are evidence, not proof: they can be removed and copied."
NOTHING = "No mark was found. That says nothing about where the picture comes from: marks can be removed."
EDITED = "edited after signing"
CHANGED = "assertion.dataHash.mismatch"  # C2PA's code for bytes that are not those that were signed
_AI_SOURCES = ("trainedalgorithmicmedia", "algorithmicmedia")


def contradictions(layers: MarkReadings, known: ExportRecord | None, seen: Comparison | None) -> Iterator[str]:
    """Sentences on what does not fit together, worst first."""
    yield from _stamps(layers)
    if known and seen and seen.match is Similarity.ANOTHER:
        yield (
            f"The stamp belongs to another picture, made here on {known.time}; {seen.distance} of 256 bits of the "
            "fingerprint differ. The mark was copied onto this one, or hardly anything of the original is left."
        )
    yield from _credentials(layers)
    yield from _sources(layers)
    if layers.stamps() and not known:
        yield "This studio has no record of the stamp: made by another studio, or the mark was copied."


def _stamps(layers: MarkReadings) -> Iterator[str]:
    stamps = {layer: str(stamp) for layer, stamp in layers.stamps().items()}
    if len(set(stamps.values())) > 1:
        named = ", ".join(f"{layer} {stamp}" for layer, stamp in stamps.items())
        yield f"The layers carry different stamps ({named}): parts of several files were put together."
    elif stamps and "invisible" not in stamps and layers.credentials and layers.credentials.stamp:
        yield "The credentials name a mark in the pixels that is not there: the pixels were replaced or worked over."


def _credentials(layers: MarkReadings) -> Iterator[str]:
    signed = layers.credentials
    if signed is None or signed.valid:
        return
    codes = ", ".join(signed.claims.problems) or "invalid"
    if CHANGED not in signed.claims.problems:
        yield f"The credentials do not validate ({codes})."
    elif layers.invisible:
        yield f"The credentials do not fit the file ({codes}), but the mark in the pixels is whole: {EDITED}."
    else:
        yield f"The credentials do not fit the file ({codes}): {EDITED}, or taken from another file."


def _sources(layers: MarkReadings) -> Iterator[str]:
    human = sorted({word(source) for source in _claimed(layers) if not is_ai(source)})
    if not human or any(map(is_ai, _claimed(layers))):
        return
    claims = f"The file claims to be {', '.join(human)}"
    if layers.invisible:
        yield f"{claims}, but its pixels carry the mark of an AI picture."
    elif layers.foreign:
        yield f"{claims}, but its pixels look as if {layers.foreign[0].tool} had marked them."


def summarise(layers: MarkReadings, known: ExportRecord | None, seen: Comparison | None) -> str:
    """What the layers say together, with how far that carries."""
    if known and seen:
        return _registered(layers, known, seen)
    if layers.invisible:
        return f"The pixels carry the mark of an AI picture from a Safelight studio. {EVIDENCE}"
    says_ai = any(map(is_ai, _claimed(layers))) or layers.metadata.aigc or layers.metadata.ai_system
    if layers.foreign:
        also = " The file says that it is AI-generated, too." if says_ai else ""
        return f"The pixels look as if {layers.foreign[0].tool} had marked them.{also} {EVIDENCE}"
    if says_ai:
        return f"The file says that it is AI-generated; its pixels carry no mark that is read here. {EVIDENCE}"
    if layers.metadata.tool:
        return f"The file holds parameters as {layers.metadata.tool} writes them. Anybody can write them. {EVIDENCE}"
    if layers.credentials or layers.metadata.found:
        return f"The file says something about its origin; its pixels carry no mark that is read here. {EVIDENCE}"
    return NOTHING


def _registered(layers: MarkReadings, known: ExportRecord, seen: Comparison) -> str:
    made = f"made here on {known.time} (case {known.case})"
    broken = bool(layers.credentials and not layers.credentials.valid)
    if seen.match is Similarity.FILE:
        return f"M{made[1:]}, and unchanged since."
    if seen.match is Similarity.PICTURE:
        how = f"It was {EDITED}, too little to see." if broken else "Another file of the same picture."
        return f"M{made[1:]}. {how} {EVIDENCE}"
    if seen.match is Similarity.EDITED:
        return f"M{made[1:]}, and {EDITED if broken else 'edited since'}. {EVIDENCE}"
    if seen.match is Similarity.ANOTHER:
        return f"A copied mark: the stamp is that of a picture {made}, and this is another picture. {EVIDENCE}"
    return (
        f"Carries the stamp of a picture {made}. Too little of that picture is left to tell an excerpt from a copied "
        f"mark. {EVIDENCE}"
    )


def _claimed(layers: MarkReadings) -> Iterable[str]:
    """All digital source types that the file claims."""
    claims = layers.credentials.claims if layers.credentials else None
    signed = (*claims.sources, *claims.earlier_sources) if claims else ()
    return [source for source in (*signed, layers.metadata.digital_source_type) if source]


def is_ai(source: str) -> bool:
    """Whether a digital source type speaks of a model, whole or in part (compositeWithTrainedAlgorithmicMedia)."""
    return word(source).lower().endswith(_AI_SOURCES)


def word(source: str) -> str:
    return source.rstrip("/").rpartition("/")[2]
