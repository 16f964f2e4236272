"""Files made to cost a reader all they can: each is read or refused within the limits of a worker, whole and by blocks.

Memory is held by the workers of these tests, too: one that took more than 950 MB would be ended.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.files.attacks import ATTACKS, chunk, encoded, jpeg_with, overlapping_exif, picture, png_with, segment
from safety.errors import CostlyFileError, FileError
from safety.files import containers
from safety.files.blocks import MAX_METADATA
from safety.files.limits import ReadingLimits
from safety.files.pool import WorkerPool
from safety.files.tags import MAX_VALUES, Directories, orientation
from safety.marks import Marks
from safety.marks.exif_reader import exif_fields
from safety.marks.metadata_reader import MAX_FIELDS, MAX_VALUE, read_blocks

# What is refused, and why; all others are read, as if nothing were odd about them.
REFUSED = {
    "200,000 tEXt chunks": "too many parts",
    "a JPEG of 70,000 empty comments": "too many parts",
    "a GIF of 70,000 empty extensions": "too many parts",
    "a JPEG of fill bytes": "damaged",
}
COSTLY = "2,000 scans of a progressive JPEG"


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    """Workers with more time than they need: what a file costs is measured by benchmarks/files/hostile.py."""
    pool = WorkerPool(ReadingLimits(processor_seconds=10), workers=1)
    yield pool
    pool.close()


@pytest.mark.parametrize("name", [name for name in ATTACKS if name != COSTLY])
def test_an_attack_costs_no_more_than_a_picture_may(name: str, pool: WorkerPool, tmp_path: Path) -> None:
    marks = Marks(tmp_path)
    if name not in REFUSED:
        assert marks.read(ATTACKS[name](), pool=pool).appearance.width >= 256
        return
    with pytest.raises(FileError, match=REFUSED[name]):
        marks.read(ATTACKS[name](), pool=pool)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows holds no processor time.")
def test_a_decoder_that_goes_on_and_on_is_ended(tmp_path: Path) -> None:
    pool = WorkerPool(ReadingLimits(processor_seconds=0.5), workers=1)
    try:
        with pytest.raises(CostlyFileError, match="more time or memory"):
            Marks(tmp_path).read(ATTACKS[COSTLY](), pool=pool)
    finally:
        pool.close()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_a_decoder_never_sees_metadata(format: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret description"
    data = encoded(picture(), format, exif=exif)
    blocks = containers.split(data)

    assert exif_fields(blocks.exif)["ImageDescription"] == "a secret description"
    with Image.open(BytesIO(blocks.pixels)) as image:
        assert not {0x010E} & dict(image.getexif()).keys()
        assert image.convert("RGB").tobytes() == Image.open(BytesIO(data)).convert("RGB").tobytes()


def test_entries_that_point_at_the_same_bytes_are_read_once_for_all_they_claim() -> None:
    fields = exif_fields(overlapping_exif())

    assert 0 < len(fields) <= 400
    tags = Directories(overlapping_exif(400, 500_000))
    assert sum(len(tags.raw(entry)) for entry in tags.entries(tags.first)) <= MAX_VALUES


def test_orientation_is_read_without_the_rest_of_the_directory() -> None:
    entries = [struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0), *[struct.pack("<HHII", 0x9000, 7, 2**31, 8)] * 300]

    assert orientation(b"II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(entries) + bytes(4)) == 6


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"garbage", id="garbage"),
        pytest.param(b"II*\0\xff\xff\xff\xff", id="a directory behind the end"),
        pytest.param(b"MM\0*\0\0\0\x08\xff\xff", id="entries behind the end"),
        pytest.param(
            b"II*\0" + struct.pack("<IHHHIf", 8, 1, 0x8769, 11, 1, float("nan")) + bytes(4),
            id="no place",
        ),
        pytest.param(b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x0112, 3, 2**32 - 1, 2**32 - 1) + bytes(4), id="values"),
    ],
)
def test_a_damaged_directory_says_nothing(block: bytes) -> None:
    assert orientation(block) == 1
    assert exif_fields(block) == {}


WHOLE = [
    png_with(chunk(b"eXIf", overlapping_exif(3, 50)), chunk(b"tEXt", b"a\0b"), chunk(b"caBX", b"c")),
    jpeg_with(segment(0xE1, b"Exif\0\0" + overlapping_exif(3, 50)), segment(0xFE, b"hello")),
    encoded(picture(), "WEBP", exif=overlapping_exif(3, 50)),
    encoded(picture(), "GIF", comment=b"hello"),
    encoded(picture(), "TIFF"),
]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_bytes_are_taken_apart_or_refused_within_their_length(data: st.DataObject) -> None:
    file = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 20))):
        file[data.draw(st.integers(0, min(len(file), 900) - 1))] = data.draw(st.integers(0, 255))
    try:
        blocks = containers.split(bytes(file))
    except FileError:
        return
    assert len(blocks.pixels) <= len(file) + 1000
    assert max(len(blocks.xmp), len(blocks.iptc), sum(len(text) for _, text in blocks.texts)) <= MAX_METADATA
    fields = read_blocks(blocks)
    for each in (fields.xmp, fields.exif, fields.texts):
        assert len(each) <= MAX_FIELDS and all(len(value) <= MAX_VALUE * 2 for value in each.values())
