"""Gives 500 damaged files to `verify`, which should never crash and take no more than 2 s and 1 GB.

python -m benchmarks.marks.verify_mutated [--count 500] [--seed 1]

Marked files in PNG, JPEG and WebP, and one of each size up to the largest that is read; damaged by changed bytes, cuts,
doubled pieces, and headers that promise other sizes. One process verifies all of one kind; its peak is the kernel's.
"""

from __future__ import annotations

import argparse
import random
import resource
import struct
import tempfile
import time
import zlib
from collections import Counter
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from safety.audit import AuditLog
from safety.errors import FileError
from safety.generation import Stamp
from safety.marks import Marks
from safety.marks.export import Exporter, Provenance
from safety.marks.verify import verify

SIDES = (512, 1024, 2048)
MAX_MB = 1000


def main() -> None:
    """Verifies the files and prints how they ended, the times and the memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        marks = Marks(Path(folder) / "keys")
        audit = AuditLog(Path(folder) / "audit.sqlite3", b"x" * 32)
        files = [_marked_file(Path(folder), marks, side, kind) for side in SIDES for kind in ("png", "jpg", "webp")]
        # Imports are paid once, by the first file of a process.
        _measure(files[0], marks, audit)
        rows = [_measure(damage(rng.choice(files), rng), marks, audit) for _ in range(arguments.count)]
        audit.close()
    seconds = sorted(row[1] for row in rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{datetime.now(UTC):%Y-%m-%d}: {len(rows)} files, {dict(Counter(row[0] for row in rows))}")
    print(f"processor time a file: median {seconds[len(seconds) // 2]:.2f} s, most {seconds[-1]:.2f} s (limit 2)")
    print(f"wall time: most {max(row[2] for row in rows):.2f} s; memory of the process: {peak:.0f} MB (limit {MAX_MB})")


def damage(file: bytes, rng: random.Random) -> bytes:
    """Returns a copy of a file with one to four kinds of damage."""
    for _ in range(rng.randint(1, 4)):
        file = rng.choice((_change_bytes, _cut, _repeat, _change_header, _change_size))(file, rng)
    return file


def _change_bytes(file: bytes, rng: random.Random) -> bytes:
    """Overwrites up to 30 bytes."""
    changed = bytearray(file)
    for _ in range(rng.choice((1, 3, 30))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _change_header(file: bytes, rng: random.Random) -> bytes:
    """Overwrites up to four of the first 6,000 bytes."""
    changed = bytearray(file)
    for _ in range(rng.choice((1, 4))):
        changed[rng.randrange(min(len(changed), 6000))] = rng.randrange(256)
    return bytes(changed)


def _cut(file: bytes, rng: random.Random) -> bytes:
    return file[: rng.randrange(1, len(file))] or file


def _repeat(file: bytes, rng: random.Random) -> bytes:
    """Doubles a piece."""
    first, last = sorted(rng.randrange(len(file)) for _ in range(2))
    return file[:last] + file[first:last] + file[last:]


def _change_size(file: bytes, rng: random.Random) -> bytes:
    """Returns a file that promises another width and height, with checksums that fit."""
    width, height = (rng.choice((1, 63, 5000, 7000, 16_000, 65_000)) for _ in range(2))
    if file.startswith(b"\x89PNG") and len(file) > 33:
        body = b"IHDR" + struct.pack(">II", width, height) + file[24:29]
        return file[:12] + body + struct.pack(">I", zlib.crc32(body)) + file[33:]
    start = file.find(b"\xff\xc0")
    if file.startswith(b"\xff\xd8") and 0 < start < len(file) - 9:
        return file[: start + 5] + struct.pack(">HH", height, width) + file[start + 9 :]
    return file


def _measure(file: bytes, marks: Marks, audit: AuditLog) -> tuple[str, float, float]:
    """Verifies a file and returns how it ended, processor seconds and seconds.

    Anything but a reading or a FileError ends the benchmark.
    """
    start, wall = time.process_time(), time.perf_counter()
    try:
        summary = verify(file, marks, audit).summary
        end = "nothing found" if summary.startswith("No mark") else "read"
    except FileError:
        end = "refused"
    return end, time.process_time() - start, time.perf_counter() - wall


def _marked_file(folder: Path, marks: Marks, side: int, kind: str) -> bytes:
    """Returns the file of a marked picture of smooth noise."""
    noise = np.random.default_rng(side).integers(0, 256, (side // 16, side // 16, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)
    path = folder / f"{side}.{kind}"
    Exporter(marks).export(picture, Provenance(Stamp(side), engine="benchmark"), path)
    data = path.read_bytes()
    assert Image.open(BytesIO(data)).size == (side, side)
    return data


if __name__ == "__main__":
    main()
