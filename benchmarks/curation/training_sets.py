"""Builds the sets that the filter of training data is measured on: captions, pictures with captions, and broken rows.

Captions are drawn by a fixed seed from four sets of `shared/data/prompts`. Pictures are crops of samples that ship with
scikit-image, scikit-learn and matplotlib, of folders that are named, and made-up drawings: each is cut, mirrored and
toned anew, so that few are copies. Broken rows are cut off, no picture, a bomb by its header, empty, or in another
encoding.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance

from benchmarks.image.false_blocks import groups

SEED, SHARD_ROWS = 22, 1000
BROKEN_EVERY = 100  # rows
SIDE = 512  # pixels, the long side
MIX = {"train/coco.csv": 0.4, "train/tate.csv": 0.15, "train/roco.csv": 0.15, "unlabelled/real_prompts.csv.gz": 0.3}
BOMB = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0" + b"\0" * 4


def captions(prompts: Path, count: int) -> list[str]:
    """Returns so many captions of the four sets, mixed, the same every time."""
    chance, found = random.Random(SEED), list[str]()
    for number, (name, share) in enumerate(MIX.items(), 1):
        texts = list(_texts(prompts / name))
        # The last set is the largest: it makes up for those that have fewer.
        wanted = round(count * share) if number < len(MIX) else count - len(found)
        found += chance.sample(texts, min(len(texts), wanted))
    chance.shuffle(found)
    return found[:count]


def _texts(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else open(path, newline="") as file:
        yield from (row["text"] for row in csv.DictReader(file))


def pictures(count: int, folders: Sequence[Path]) -> Iterator[bytes]:
    """Yields so many JPEG files of SIDE pixels, the same every time."""
    chance = random.Random(SEED)
    bases = [_opened(path) for _, files in groups(list(folders)) for path in files]
    bases = [image for image in bases if min(image.size) >= SIDE // 2]
    for number in range(count):
        # A drawing in four: flat colours, as clip art has them.
        image = _drawing(chance) if number % 4 == 3 or not bases else _cut(chance.choice(bases), chance)
        file = io.BytesIO()
        image.save(file, "JPEG", quality=85)
        yield file.getvalue()


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.draft("RGB", (4 * SIDE, 4 * SIDE))
        return image.convert("RGB")


def _cut(image: Image.Image, chance: random.Random) -> Image.Image:
    share = chance.uniform(0.5, 0.95)
    width, height = (round(side * share) for side in image.size)
    left, top = chance.randint(0, image.width - width), chance.randint(0, image.height - height)
    cut = image.crop((left, top, left + width, top + height))
    if chance.random() < 0.5:
        cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    cut = ImageEnhance.Color(ImageEnhance.Brightness(cut).enhance(chance.uniform(0.7, 1.3))).enhance(
        chance.uniform(0.5, 1.5)
    )
    scale = SIDE / max(cut.size)
    return cut.resize((round(cut.width * scale), round(cut.height * scale)), Image.Resampling.BICUBIC)


def _drawing(chance: random.Random) -> Image.Image:
    image = Image.new("RGB", (SIDE, 384), tuple(chance.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(chance.randint(5, 25)):
        x, y, reach = chance.randrange(SIDE), chance.randrange(384), chance.randint(20, 160)
        shape = chance.choice((draw.ellipse, draw.rectangle))
        shape((x - reach, y - reach // 2, x + reach, y + reach), fill=tuple(chance.randrange(256) for _ in range(3)))
    noise = np.random.default_rng(chance.randrange(2**32)).integers(-12, 13, (384, SIDE, 3))
    return Image.fromarray((np.asarray(image, np.int16) + noise).clip(0, 255).astype(np.uint8))


def write_captions(folder: Path, texts: Sequence[str]) -> None:
    """Writes shards of captions alone, a broken one in BROKEN_EVERY, and a shard that is cut off at the end."""
    _write(
        folder,
        ((_broken_text(text) if _is_broken(number) else text.encode(), None) for number, text in enumerate(texts)),
    )


def write_pictures(folder: Path, texts: Sequence[str], files: Iterator[bytes]) -> None:
    """Writes shards of pictures with captions, a broken picture in BROKEN_EVERY, and a shard that is cut off."""
    kinds = (lambda data: data[: len(data) // 3], lambda _: b"no picture", lambda _: BOMB, lambda _: b"")
    pairs = zip(texts, files, strict=True)
    _write(
        folder,
        (
            (text.encode(), kinds[number // BROKEN_EVERY % len(kinds)](data) if _is_broken(number) else data)
            for number, (text, data) in enumerate(pairs)
        ),
    )


def _is_broken(number: int) -> bool:
    return number % BROKEN_EVERY == BROKEN_EVERY - 1


def _broken_text(text: str) -> bytes:
    return random.Random(text).choice((b"", ("Caf\xe9 " + text).encode("cp1252", "replace"), text.encode("utf-16")))


def _write(folder: Path, rows: Iterator[tuple[bytes, bytes | None]]) -> None:
    folder.mkdir(parents=True)
    number, batch = 0, list[tuple[bytes, bytes | None]]()
    for row in rows:
        batch.append(row)
        if len(batch) == SHARD_ROWS:
            _write_shard(folder / f"{number:05}.tar", batch)
            number, batch = number + 1, []
    if batch:
        _write_shard(folder / f"{number:05}.tar", batch)
    # The last shard breaks off after three quarters, and one is none at all.
    last = sorted(folder.iterdir())[-1]
    last.write_bytes(last.read_bytes()[: last.stat().st_size * 3 // 4])
    (folder / "99999.tar").write_bytes(b"<html>404 Not Found</html>" * 100)


def _write_shard(path: Path, rows: Sequence[tuple[bytes, bytes | None]]) -> None:
    with tarfile.open(path, "w") as archive:
        for number, (text, data) in enumerate(rows):
            for suffix, content in (("jpg", data), ("txt", text)):
                if content is not None:
                    member = tarfile.TarInfo(f"{number:09}.{suffix}")
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
