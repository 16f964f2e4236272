"""Pictures to mark: photographs and drawings that ship with scikit-image and scikit-learn, what the embedded model
draws, and folders of one's own (wallpapers of a Linux distribution, say)."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
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
MOST_SOURCE = 1600  # pixels a side that crops are taken from
MOST_ENLARGED = 2.0  # a sample picture is enlarged no further


def pictures(size: int, work: Path, folders: list[Path], most: int) -> Iterator[tuple[str, str, Image.Image]]:
    """Group, name and square RGB picture of `size` px a side, at most so many of each group."""
    for package, (inside, names) in SAMPLES.items():
        yield from _group(package, _sample_files(package, inside, names.split()), size, most)
    yield from _group("pocket", drawn(work / "pocket"), size, most, enlarge=True)
    for folder in folders:
        yield from _group(folder.name, in_folder(folder), size, most)


def sources(work: Path, folders: list[Path]) -> Iterator[Image.Image]:
    """The same pictures as they are, RGB, at most `MOST_SOURCE` px a side."""
    files = [
        file for package, (inside, names) in SAMPLES.items() for file in _sample_files(package, inside, names.split())
    ]
    for path in [*files, *drawn(work / "pocket"), *(file for folder in folders for file in in_folder(folder))]:
        with Image.open(path) as opened:
            opened.draft("RGB", (MOST_SOURCE, MOST_SOURCE))
            image = opened.convert("RGB")
        image.thumbnail((MOST_SOURCE, MOST_SOURCE))
        yield image


def in_folder(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".png", ".jpg", ".jpeg", ".webp"})


def _group(
    name: str, files: list[Path], size: int, most: int, enlarge: bool = False
) -> Iterator[tuple[str, str, Image.Image]]:
    given = 0
    for path in files:
        with Image.open(path) as opened:
            if given == most or (min(opened.size) * MOST_ENLARGED < size and not enlarge):
                continue
            yield name, path.stem, square(opened.convert("RGB"), size)
        given += 1


def square(image: Image.Image, size: int) -> Image.Image:
    """The middle: of a much larger picture half its short side, so that it keeps its texture."""
    side = min(image.size) if min(image.size) < 2 * size else max(size, min(image.size) // 2)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.LANCZOS)


def drawn(folder: Path) -> list[Path]:
    """What the embedded model draws for `PROMPTS`, as it leaves the engine; drawn once and kept in `folder`."""
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


def _sample_files(package: str, inside: str, names: list[str]) -> list[Path]:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        print(f"({package} is not installed: skipped)")
        return []
    folder = Path(spec.submodule_search_locations[0]) / inside
    found = {path.stem: path for path in folder.iterdir() if path.suffix in {".png", ".jpg"}}
    return [found[name] for name in names if name in found]
