"""Collects pictures to mark: photographs and drawings that ship with scikit-image and scikit-learn, what the embedded
model draws, and folders of one's own (wallpapers of a Linux distribution, say)."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
# Folder and names of sample pictures by package.
SAMPLES = {
    "skimage": (
        "data",
        "astronaut brick camera cell chelsea clock_motion coffee coins color grass gravel hubble_deep_field ihc logo"
        " moon motorcycle_left motorcycle_right page retina rocket text",
    ),
    "sklearn": ("datasets/images", "china flower"),
}
PROMPTS = (
    "a red apple on a blue background",
    "a yellow banana on a white background",
    "a green tree on a black background",
    "a white cat on a grey background",
    "a blue car on a yellow background",
    "an orange fish on a blue background",
    "a purple flower on a green background",
    "a brown dog on a white background",
    "a black umbrella on a red background",
    "a pink cup on a white background",
    "a red house on a green background",
    "a yellow sun on a blue background",
    "a grey key on an orange background",
    "a white boat on a blue background",
    "a green bottle on a pink background",
    "a brown chair on a yellow background",
)
MAX_SOURCE_SIDE = 1600  # pixels a side that crops are taken from
MAX_ENLARGED = 2.0  # times; a sample picture is enlarged no further


def pictures(size: int, work: Path, folders: list[Path], max_pictures: int) -> Iterator[tuple[str, str, Image.Image]]:
    """Yields group, name and square RGB picture of `size` px a side, at most so many of each group."""
    for package, (folder, names) in SAMPLES.items():
        yield from _group(package, sample_files(package, folder, names.split()), size, max_pictures)
    yield from _group("pocket", drawn(work / "pocket"), size, max_pictures, enlarge=True)
    for path in folders:
        yield from _group(path.name, picture_files(path), size, max_pictures)


def sources(work: Path, folders: list[Path]) -> Iterator[Image.Image]:
    """Yields the same pictures as they are, RGB, at most `MAX_SOURCE_SIDE` px a side."""
    files = [
        file for package, (folder, names) in SAMPLES.items() for file in sample_files(package, folder, names.split())
    ]
    for path in [*files, *drawn(work / "pocket"), *(file for own in folders for file in picture_files(own))]:
        with Image.open(path) as opened:
            opened.draft("RGB", (MAX_SOURCE_SIDE, MAX_SOURCE_SIDE))
            image = opened.convert("RGB")
        image.thumbnail((MAX_SOURCE_SIDE, MAX_SOURCE_SIDE))
        yield image


def picture_files(folder: Path) -> list[Path]:
    """Returns the picture files under a folder, by name."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".png", ".jpg", ".jpeg", ".webp"})


def _group(
    name: str, files: list[Path], size: int, max_pictures: int, enlarge: bool = False
) -> Iterator[tuple[str, str, Image.Image]]:
    """Yields group, name and square picture of the files that are large enough, or of all with `enlarge`."""
    count = 0
    for path in files:
        with Image.open(path) as opened:
            if count == max_pictures or (min(opened.size) * MAX_ENLARGED < size and not enlarge):
                continue
            yield name, path.stem, square(opened.convert("RGB"), size)
        count += 1


def square(image: Image.Image, size: int) -> Image.Image:
    """Returns the middle of a picture: of a much larger one half its short side, so that it keeps its texture."""
    side = min(image.size) if min(image.size) < 2 * size else max(size, min(image.size) // 2)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.LANCZOS)


def drawn(folder: Path) -> list[Path]:
    """Returns the files of what the embedded model draws for `PROMPTS`, as it leaves the engine.

    Drawn once and kept in `folder`.
    """
    files = [folder / f"pocket{number:02}.png" for number in range(len(PROMPTS))]
    missing = [number for number, file in enumerate(files) if not file.exists()]
    if not missing:
        return files
    from engines.cards import read_cards
    from engines.diffusion.engine import DiffusionEngine
    from engines.interface import silent
    from engines.validation import complete
    from safety.generation import GenerationRequest

    folder.mkdir(parents=True, exist_ok=True)
    card = read_cards(ROOT / "presets" / "engines.toml")["pocket"]
    engine = DiffusionEngine("pocket", card, ROOT / "assets" / "models")
    for number in missing:
        request = complete(GenerationRequest(PROMPTS[number]), {"pocket": engine})
        engine.generate(request, [number], silent).pictures[0].image.save(files[number])
    return files


def sample_files(package: str, folder: str, names: list[str]) -> list[Path]:
    """Returns the sample pictures of these names in a folder of a package; none if it is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        print(f"({package} is not installed: skipped)")
        return []
    root = Path(spec.submodule_search_locations[0]) / folder
    files = {path.stem: path for path in root.iterdir() if path.suffix in {".png", ".jpg"}}
    return [files[name] for name in names if name in files]
