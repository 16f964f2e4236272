"""Draws pictures of random shapes: sides of 256 to 4,096 px, aspects of 1:3 to 3:1, cut at random out of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks.marks.pictures import SAMPLES, drawn, picture_files, sample_files
from benchmarks.marks.random_attacks import Random, log_uniform

MIN_SIDE, MAX_SIDE = 256, 4096  # pixels
MAX_ASPECT = 3.0
MIN_SHARE = 0.6  # of the largest part of the drawn aspect that a source holds; a smaller part has little to show
MAX_ENLARGED = 4.0  # times, as much as the studio's own enlarging does


@dataclass(frozen=True, slots=True)
class Drawing:
    """Holds a picture of a random shape: its group, the name of its source, and the RGB picture."""

    group: str
    name: str
    image: Image.Image


def source_files(work: Path, folders: list[Path], max_each: int) -> dict[str, list[Path]]:
    """Returns the files of each group: sample photographs, what the embedded model draws, and folders of one's own."""
    samples = [
        file for package, (folder, names) in SAMPLES.items() for file in sample_files(package, folder, names.split())
    ]
    groups = {"photographs": samples, "own": drawn(work / "pocket")}
    groups |= {folder.name: picture_files(folder) for folder in folders}
    return {name: files[:: max(1, len(files) // max_each)][:max_each] for name, files in groups.items() if files}


def drawings(random: Random, groups: dict[str, list[Path]], count: int) -> Iterator[Drawing]:
    """Yields so many pictures of random shapes, the groups in turn, no source twice before all of its group were used.

    What `random` draws decides everything: the same seed and files give the same pictures.
    """
    queues: dict[str, list[Path]] = {name: [] for name in groups}
    for number in range(count):
        name = list(groups)[number % len(groups)]
        if not queues[name]:
            queues[name] = [groups[name][index] for index in random.permutation(len(groups[name]))]
        path = queues[name].pop()
        size = draw_size(random)
        with Image.open(path) as opened:
            yield Drawing(name, path.stem, cut(random, opened.convert("RGB"), size))


def draw_size(random: Random) -> tuple[int, int]:
    """Draws width and height: the aspect as likely wide as high, then the short side, small as likely as large."""
    aspect = log_uniform(random, 1 / MAX_ASPECT, MAX_ASPECT)
    ratio = max(aspect, 1 / aspect)
    short = log_uniform(random, MIN_SIDE, MAX_SIDE / ratio)
    long = min(MAX_SIDE, round(short * ratio))
    return (long, round(short)) if aspect > 1 else (round(short), long)


def cut(random: Random, image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Returns a random part of a picture at this size, or, of a small source, at the largest its pixels allow."""
    fit = min(image.width / size[0], image.height / size[1]) * random.uniform(MIN_SHARE, 1)
    width, height = round(size[0] * fit), round(size[1] * fit)
    left, top = int(random.integers(image.width - width + 1)), int(random.integers(image.height - height + 1))
    shrunk = min(1.0, MAX_ENLARGED * fit)
    wanted = max(MIN_SIDE, round(size[0] * shrunk)), max(MIN_SIDE, round(size[1] * shrunk))
    return image.crop((left, top, left + width, top + height)).resize(wanted, Image.Resampling.LANCZOS)
