"""Small training data in every format that `filter` reads, and stages that need no model, for its tests."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import signal
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from studio.curation.looking import FilterRules, Pipeline
from studio.curation.observation import Observation
from studio.curation.rows import Fate
from studio.curation.stages import Ruling, Subject

BAD, HARD, BROKEN, DEADLY = "bad", "hard", "broken", "deadly"
PROCESSES = "SAFELIGHT_TEST_PROCESSES"  # a folder, in which stages name the processes that they look in
FORMATS = ("folder", "webdataset", "parquet", "csv", "jsonl")


def picture(seed: int = 0, size: tuple[int, int] = (96, 80)) -> bytes:
    """Returns a PNG of blocks of colour, another one for each seed."""
    blocks = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def picture_of(caption: str, number: int) -> bytes:
    """Returns the picture of a row; one that cannot be read where the caption says so."""
    return b"no picture" if BROKEN in caption else picture(number)


def make(kind: str, folder: Path, captions: Sequence[str], shards: int = 2) -> Path:
    """Writes rows of these captions, each with a picture, in a format; returns the folder."""
    folder.mkdir(parents=True)
    rows = [(f"{number:05d}", caption, picture_of(caption, number)) for number, caption in enumerate(captions)]
    size = max(1, -(-len(rows) // shards))
    for shard in range(shards):
        WRITERS[kind](folder, f"{shard:03d}", rows[shard * size : (shard + 1) * size])
    return folder


Rows = Sequence[tuple[str, str, bytes]]


def _folder(folder: Path, shard: str, rows: Rows) -> None:
    (folder / shard).mkdir()
    for key, caption, data in rows:
        (folder / shard / f"{key}.png").write_bytes(data)
        (folder / shard / f"{key}.txt").write_text(caption, "utf-8")


def _webdataset(folder: Path, shard: str, rows: Rows) -> None:
    with tarfile.open(folder / f"{shard}.tar", "w") as archive:
        for key, caption, data in rows:
            for suffix, content in (("png", data), ("txt", caption.encode()), ("json", b'{"width": 96}')):
                member = tarfile.TarInfo(f"{key}.{suffix}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


def _parquet(folder: Path, shard: str, rows: Rows) -> None:
    import pyarrow
    import pyarrow.parquet

    columns = {"key": [row[0] for row in rows], "caption": [row[1] for row in rows], "jpg": [row[2] for row in rows]}
    kinds = [("key", pyarrow.string()), ("caption", pyarrow.string()), ("jpg", pyarrow.binary())]
    pyarrow.parquet.write_table(
        pyarrow.table(columns, pyarrow.schema(kinds)), folder / f"{shard}.parquet", row_group_size=5
    )


def _csv(folder: Path, shard: str, rows: Rows) -> None:
    with open(folder / f"{shard}.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "text", "path"))
        for key, caption, data in rows:
            (folder / f"{key}.png").write_bytes(data)
            writer.writerow((key, caption, f"{key}.png"))


def _jsonl(folder: Path, shard: str, rows: Rows) -> None:
    with open(folder / f"{shard}.jsonl", "w", encoding="utf-8") as file:
        for key, caption, data in rows:
            row = {"id": key, "caption": caption, "image": base64.b64encode(data).decode()}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


WRITERS = {"folder": _folder, "webdataset": _webdataset, "parquet": _parquet, "csv": _csv, "jsonl": _jsonl}


class WordStage:
    """Takes rows out by a word in their caption; pictures are decoded here, without bounds."""

    name = "word"

    def look(self, subjects: Sequence[Subject]) -> None:
        for subject in subjects:
            seen, data = subject.seen, subject.row.picture
            if data is not None and not seen.problem:
                seen.has_picture = True
                try:
                    Image.open(io.BytesIO(data)).load()
                except OSError:
                    seen.fail(self.name, "no picture")

    def rule(self, seen: Observation) -> Ruling | None:
        if seen.problem:
            return Ruling(seen.problem_stage, (seen.problem,), fate=Fate.LEAVE)
        if HARD in seen.caption:
            return Ruling(self.name, ("a hard line",), ("child_safety",), fate=Fate.LEAVE)
        return Ruling(self.name, ("a bad word",), ("sexual",), "BLOCK") if BAD in seen.caption else None


class DeadlyStage(WordStage):
    """Dies of a row, without a word, as a decoder does that is attacked."""

    def look(self, subjects: Sequence[Subject]) -> None:
        if any(DEADLY in subject.seen.caption and not subject.seen.problem for subject in subjects):
            os.kill(os.getpid(), signal.SIGKILL)
        super().look(subjects)


class RaisingStage(WordStage):
    """Raises at a row, whoever else is looked at with it."""

    def look(self, subjects: Sequence[Subject]) -> None:
        if any(DEADLY in subject.seen.caption for subject in subjects):
            raise ValueError("a stage that raises")
        super().look(subjects)


class OpeningStage:
    """Decodes pictures, without bounds."""

    name = "open"

    def look(self, subjects: Sequence[Subject]) -> None:
        for subject in subjects:
            seen, data = subject.seen, subject.row.picture
            if data is None or seen.problem:
                continue
            seen.has_picture, seen.sha256 = True, hashlib.sha256(data).hexdigest()
            try:
                subject.image = Image.open(io.BytesIO(data)).convert("RGB")
            except OSError:
                seen.fail(self.name, "no picture")

    def rule(self, seen: Observation) -> Ruling | None:
        return Ruling(seen.problem_stage, (seen.problem,), fate=Fate.LEAVE) if seen.problem else None


class SizeStage:
    """Needs the picture that another stage has opened, and says which process measured it."""

    name = "size"

    def look(self, subjects: Sequence[Subject]) -> None:
        for subject in subjects:
            if subject.is_open and subject.image is not None:
                subject.seen.width, subject.seen.height = subject.image.size
                if BAD in subject.seen.caption:
                    raise ValueError("a stage that raises")
        if folder := os.environ.get(PROCESSES):
            (Path(folder) / f"{self.name}-{os.getpid()}").touch()

    def rule(self, seen: Observation) -> Ruling | None:
        return Ruling(self.name, ("narrow",)) if seen.has_picture and seen.width < 96 else None


class ThreatStage(WordStage):
    """Goes by words alone, and forgets what it has taken out, as the stage of hard lines does."""

    name = "threat"

    def look(self, subjects: Sequence[Subject]) -> None:
        for subject in subjects:
            if HARD in subject.seen.caption:
                subject.seen = subject.seen.behind_hard_line("child_safety")
        if folder := os.environ.get(PROCESSES):
            (Path(folder) / f"{self.name}-{os.getpid()}").touch()

    def rule(self, seen: Observation) -> Ruling | None:
        return Ruling(self.name, ("a hard line",), fate=Fate.LEAVE) if seen.hard_line else None


def three_stages(_: FilterRules) -> Pipeline:
    stages = (OpeningStage(), SizeStage(), ThreatStage())
    return Pipeline(stages, stages)


def word_pipeline(_: FilterRules) -> Pipeline:
    return Pipeline((WordStage(),), (WordStage(),))


def deadly_pipeline(_: FilterRules) -> Pipeline:
    return Pipeline((DeadlyStage(),), (DeadlyStage(),))


def raising_pipeline(_: FilterRules) -> Pipeline:
    return Pipeline((RaisingStage(),), (RaisingStage(),))
