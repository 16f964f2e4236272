"""Counts to which files credentials are given back, the whole way: exported, edited, stripped, verified.

python -m benchmarks.marks.credentials_returned [--pictures 24]

Pictures: the first of benchmarks/marks/registry.py, photographs and drawn ones by turns. Every edited file is JPEG 70
without metadata. Pasted is a piece of another of the pictures, at a random place, with a fixed seed.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.marks.outlines import MIRRORED, PASTED, SHARES, WHOLE, edited, pasted
from benchmarks.marks.registry import drawn, photographs
from safety.generation import ExportRecord, Stamp
from safety.marks import Marks
from safety.marks.export import Exporter, Provenance
from safety.marks.verify import verify

QUALITY, SEED = 70, 29
OWN = (WHOLE, *SHARES, MIRRORED)


class One:
    """A registry of one export."""

    def __init__(self, record: ExportRecord) -> None:
        self.record = record

    def find(self, stamps: object, sha256: str) -> ExportRecord:
        return self.record


def main() -> None:
    """Prints how many of the pictures get their credentials back, edit by edit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=24)
    count = parser.parse_args().pictures
    both = zip(dict(photographs()).values(), dict(drawn()).values(), strict=False)
    pictures = list(chain.from_iterable(both))[:count]
    random, back, read = np.random.default_rng(SEED), dict[str, int](), dict[str, int]()
    with tempfile.TemporaryDirectory() as folder:
        marks = Marks(Path(folder) / "keys")
        for number, image in enumerate(pictures):
            export = Exporter(marks).export(image, Provenance(Stamp(number + 1), engine="x"), Path(folder) / "a.png")
            size = export.width, export.height
            record = ExportRecord(str(export.stamp), "case", export.sha256, "", *size, export.fingerprint)
            known = One(replace(record, manifest=export.manifest))
            with Image.open(export.path) as ours:
                own = ours.convert("RGB")
            other = pictures[(number + int(random.integers(1, len(pictures)))) % len(pictures)]
            variants = {name: own if name == WHOLE else edited(own, name, random) for name in OWN}
            for name in (WHOLE, "crop to 80 %"):
                for share in PASTED:
                    mixed = pasted(own, other, share, random)
                    variants[f"{name}, {share:.0%} pasted"] = mixed if name == WHOLE else edited(mixed, name, random)
            for name, variant in variants.items():
                found = verify(_stripped(variant), marks, known)
                read[name] = read.get(name, 0) + (found.readings.invisible is not None)
                back[name] = back.get(name, 0) + (found.given_back is not None)
    print(f"{datetime.now(UTC):%Y-%m-%d}: {len(pictures)} pictures, JPEG {QUALITY}; mark read, credentials given back")
    for name in back:
        print(f"{name:28} {read[name]:4d} {back[name]:4d}")


def _stripped(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


if __name__ == "__main__":
    main()
