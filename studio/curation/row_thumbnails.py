"""Small pictures of the rows that a report names, so that a person can look at whom the filter took out.

Never of a row behind a hard line, of a listed one or of one that not all checks have looked at; blurred beyond
recognition where a check of pictures stopped it, whatever else stopped the row before.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safety.errors import StudioError
from safety.image.child_safety import YOUNG_FACE
from safety.image_io import open_untrusted
from studio.curation.looking import Pipeline, plan
from studio.curation.observation import Observation
from studio.curation.row_manifest import FAILED, read_manifest
from studio.curation.rows import Fate

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.curation.place import DataPlace
    from studio.curation.rows import Block, RowSource

SIDE, QUALITY = 112, 70  # pixels of the long side; of WebP
BLUR = 14.0  # pixels, the radius at that side: colours are left, and no shape
PICTURE_STAGE = "picture"
# Lists of the report whose rows are worth a look. Who reserves training, or cannot be read, is not shown again.
LISTS = ("kept_by_context", "generated", "watermarks")
OF_EACH = 5  # examples of a list or group that the page names


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """Holds a small picture, WebP, and whether it is blurred."""

    data: bytes
    blurred: bool


def example_ids(report: Mapping[str, Any]) -> set[str]:
    """Returns the ids of the rows that a report names to be looked at."""
    named = [group["examples"] for group in report["balance"]["groups"]]
    named += [each["examples"] for name in LISTS for each in report[name]]
    return {id_ for examples in named for id_ in examples[:OF_EACH]}


def thumbnails(source: RowSource, out: DataPlace, ids: Collection[str], pipeline: Pipeline) -> dict[str, Thumbnail]:
    """Returns small pictures by id, of those of the rows that may be shown and can be read. Raises FileError.

    out: where the manifest is. pipeline: that of the run, whose stages rule on pictures.
    """
    wanted: dict[str, dict[int, tuple[str, bool]]] = {}
    found: set[str] = set()
    for row in read_manifest(out, ["id", "shard", "row", "verdict", "fate", "seen"], ids):
        seen = Observation.of_line(row["seen"])
        if row["id"] in found or not may_be_shown(row, seen):
            continue
        found.add(row["id"])
        stopped = any(stage.rule(seen) for stage in pipeline.ruling if stage.name == PICTURE_STAGE)
        wanted.setdefault(row["shard"], {})[row["row"]] = (row["id"], stopped)
    shown: dict[str, Thumbnail] = {}
    for number, shard in enumerate(source.shards):
        if shard in wanted:
            shown |= _of_shard(source, number, wanted[shard])
    return shown


def may_be_shown(row: Mapping[str, Any], seen: Observation) -> bool:
    """Tells whether a row of the manifest may stand in a report with its picture."""
    if row["verdict"] == FAILED or row["fate"] == Fate.LEAVE or seen.hard_line or seen.listed:
        return False
    if not seen.has_picture or seen.picture is None or seen.picture.failed:
        return False
    return not any(finding.subcategory == YOUNG_FACE for finding in seen.picture.findings)


def _of_shard(source: RowSource, shard: int, wanted: Mapping[int, tuple[str, bool]]) -> Iterator[tuple[str, Thumbnail]]:
    for block in plan(source, shard):
        if block.problem or not any(block.first <= number < block.first + block.rows for number in wanted):
            continue
        # A page without a picture is better than none.
        with suppress(StudioError):
            yield from _of_block(source, block, wanted)


def _of_block(
    source: RowSource, block: Block, wanted: Mapping[int, tuple[str, bool]]
) -> Iterator[tuple[str, Thumbnail]]:
    for row in source.read(block):
        id_, stopped = wanted.get(row.number, ("", True))
        # The source may have changed since: another row's picture was never judged.
        if row.picture is not None and row.id == id_:
            with suppress(StudioError):
                yield id_, small(row.picture, stopped)


def small(data: bytes, blurred: bool, opened: Callable[[bytes], Image] = open_untrusted) -> Thumbnail:
    """Returns a small copy of a picture file. Raises FileError, BusyError."""
    from PIL import ImageFilter

    image = opened(data)
    image.thumbnail((SIDE, SIDE))
    if blurred:
        image = image.filter(ImageFilter.GaussianBlur(BLUR))
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY)
    return Thumbnail(file.getvalue(), blurred)
