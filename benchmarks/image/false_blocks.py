"""How often the picture checks stop harmless pictures, by mode, and how long they take.

    python -m benchmarks.image.false_blocks [--emoji FOLDER] [FOLDER ...]

Looks at the sample pictures of scikit-image, scikit-learn and matplotlib, as far as these are installed,
at every picture in the folders named, and at emoji by their group (FOLDER: an installed npm package
`emoji-datasource-twitter`). All of them count as harmless. How much the checks catch
cannot be measured here: we keep no pictures that should be stopped.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image

from safety.checks import Check, run_checks
from safety.image import picture_checks
from safety.policy.decide import decide
from safety.policy.model import Policy, load_policy
from safety.prompt import load_prompt_checks
from safety.records import Assessment, Picture, Stage, Verdict

ROOT = Path(__file__).parents[2]
SAMPLES = {"skimage": "data", "sklearn": "datasets/images", "matplotlib": "mpl-data"}
ENDINGS = {".png", ".jpg", ".jpeg", ".webp"}
AT_LEAST = 64  # pixels; smaller ones are icons of buttons
SHOWN, A_GROUP = 512, 60  # emoji are enlarged to this side, as the studio does; and so many of each group


def groups(folders: list[Path]) -> Iterator[tuple[str, list[Path]]]:
    """Names and picture files of every group that is there."""
    for package, inside in SAMPLES.items():
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            print(f"({package} is not installed: skipped)")
            continue
        yield package, pictures(Path(spec.submodule_search_locations[0]) / inside)
    for folder in folders:
        yield folder.name, pictures(folder)


def emoji_groups(package: Path) -> Iterator[tuple[str, list[Path]]]:
    """Unicode's groups, evenly thinned out; variants by skin tone are files of their own."""
    groups: dict[str, list[Path]] = {}
    for entry in json.loads((package / "emoji.json").read_text("utf-8")):
        for one in (entry, *entry.get("skin_variations", {}).values()):
            groups.setdefault(entry["category"], []).append(package / "img" / "twitter" / "64" / one["image"])
    for name, paths in groups.items():
        there = sorted(path for path in paths if path.exists())
        yield name, there[:: max(1, len(there) // A_GROUP)]


def opened(path: Path) -> Image.Image:
    """RGB; what is see-through becomes white, and an icon is enlarged as the studio would show it."""
    with Image.open(path) as image:
        seen = image.convert("RGBA")
        plain = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
    small = AT_LEAST <= max(plain.size) < 2 * AT_LEAST
    return plain.resize((SHOWN, SHOWN), Image.Resampling.LANCZOS) if small else plain


def pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)


def judged(paths: list[Path], checks: tuple[Check[Picture], ...]) -> Mapping[Path, Assessment]:
    """What the checks saw of every picture large enough to be one."""
    seen: dict[Path, Assessment] = {}
    for path in paths:
        image = opened(path)
        if min(image.size) >= AT_LEAST:
            seen[path] = run_checks(Stage.PICTURE, Picture(image), checks)
    return seen


def report(name: str, seen: Mapping[Path, Assessment], policy: Policy) -> None:
    """Prints a line a mode, and the picture that came closest to being stopped."""
    for mode in policy.mode:
        verdicts = Counter(decide(assessment, policy, mode).verdict for assessment in seen.values())
        shares = "  ".join(f"{100 * verdicts[verdict] / len(seen):5.1f}" for verdict in reversed(Verdict))
        print(f"{name:18} {mode:8} {len(seen):5}  {shares}", flush=True)
    risks = {path: decide(assessment, policy, "general").risk for path, assessment in seen.items()}
    worst = max(risks, key=lambda path: risks[path])
    print(f"{'':18} nearest to a block: {worst.name} (risk {risks[worst]:.2f})")


def pace(checks: tuple[Check[Picture], ...], rounds: int = 20) -> None:
    """Prints what a check costs on a 512 x 512 picture it has not seen before, models loaded."""
    for check in checks:
        times = []
        for number in range(rounds):
            image = Image.effect_noise((512, 512), number + 1.0).convert("RGB")
            started = time.perf_counter()
            list(check.detect(Picture(image)))
            times.append(1000 * (time.perf_counter() - started))
        print(f"{check.name}: {statistics.median(times):.0f} ms a picture")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--emoji", type=Path, help="an installed npm package emoji-datasource-twitter")
    given = parser.parse_args()
    presets = ROOT / "presets"
    policy = load_policy(presets)
    checks = picture_checks(ROOT / "assets" / "models", presets, load_prompt_checks(presets)).checks
    found = [*groups(given.folders), *(emoji_groups(given.emoji) if given.emoji else ())]
    heads = "  ".join(f"{verdict.name[:4]:>5}" for verdict in reversed(Verdict))
    print(f"{'pictures':18} {'mode':8} {'n':>5}  {heads}   (per cent)")
    for name, paths in found:
        if seen := judged(paths, checks):
            report(name, seen, policy)
    pace(checks)


if __name__ == "__main__":
    main()
