"""What the filter of training data removes of rows whose labels are known, beside what such sets are filtered by.

    python -m benchmarks.curation.labelled_rows --data FOLDER --work DIR [--each 300] [--pictures FOLDER]

Captions: rows of twelve dev sets of `prompts/dev`, at most so many of each by a fixed seed, beside the two word lists
of `lexicon/`, LDNOOBW and Surge: recall of harmful rows and false removals of harmless ones, by set and by category.
Pictures: harmless paintings, sculptures, anatomy and clinical photographs with an `index.csv` (file, group), beside
open_nsfw alone at two limits. There is no set of harmful pictures here, and none is made: on pictures only false
removals are measured. The classifier of captions learned from some of these sets (presets/policy.toml).
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from studio.curation.balance import wilson_interval
from studio.curation.filter_run import FilterRun
from studio.curation.looking import FilterRules
from studio.curation.place import DataPlace
from studio.curation.row_manifest import KEPT, read_manifest
from studio.curation.workers import WorkerProcesses

SEED, WORKERS = 22, 2
FEWEST = 5  # rows of a category within a set that has a line of its own
HARMFUL = ["jdb", "copro_ood", "overt", "visu", "nibbler", "openai_mod", "hatecheck", "xstest"]  # and harmless rows
SETS = [*HARMFUL, "parti", "krea", "art", "medical"]
NSFW_LIMITS = (0.5, 0.8)
JUDGED = ("caption", "picture", "hard line")  # copies and small pictures are nobody's judgement


def rows(dev: Path, each: int) -> list[dict[str, str]]:
    """Returns rows of the dev sets with `set` and `id`, at most so many of each."""
    chance, found = random.Random(SEED), list[dict[str, str]]()
    for name in SETS:
        with open(dev / f"{name}.csv", newline="") as file:
            all_rows = list(csv.DictReader(file))
        chance.shuffle(all_rows)
        found += [row | {"set": name, "id": f"{name}-{number}"} for number, row in enumerate(all_rows[:each])]
    return found


def word_list(words: Iterable[str]) -> Callable[[str], bool]:
    """Returns what tells whether a caption has one of the words, whole and in any case."""
    longest_first = sorted({word.strip().casefold() for word in words if word.strip()}, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
    return lambda text: bool(pattern.search(text.casefold()))


def removed(source: Path, out: Path) -> dict[str, tuple[bool, str]]:
    """Filters a source and returns, by id, whether a judgement took a row out, and what was seen of it."""
    FilterRun(str(source), str(out), FilterRules(), resume=out.exists(), dry_run=True).run(WorkerProcesses(WORKERS))
    columns = ["id", "verdict", "stage", "seen"]
    return {
        row["id"]: (row["verdict"] != KEPT and row["stage"] in JUDGED, row["seen"])
        for row in read_manifest(DataPlace(str(out)), columns)
    }


def table(counted: dict[str, list[tuple[bool, ...]]], names: Sequence[str]) -> Iterator[str]:
    """Yields a table of shares, with Wilson's 95 % interval of the first column."""
    yield f"| rows | n | {' | '.join(names)} |"
    yield f"|---|--:|{'--:|' * len(names)}"
    for group, verdicts in sorted(counted.items()):
        if ":" in group and len(verdicts) < FEWEST:
            continue
        shares = [sum(column) / len(verdicts) for column in zip(*verdicts, strict=True)]
        low, high = wilson_interval(sum(first for first, *_ in verdicts), len(verdicts))
        name = group.replace("|", " or ")
        cells = [f"{shares[0]:.1%} ({low:.0%} to {high:.0%})", *(f"{share:.1%}" for share in shares[1:])]
        yield f"| {name} | {len(verdicts)} | {' | '.join(cells)} |"


def of_captions(data: Path, work: Path, each: int) -> Iterator[str]:
    """Yields the tables of captions."""
    found, source = rows(data / "prompts/dev", each), work / "dev.csv"
    with open(source, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "text"))
        writer.writerows((row["id"], row["text"]) for row in found)
    ours = removed(source, work / "dev")
    with open(data / "lexicon/surge_profanity_en.csv", newline="") as file:
        surge = word_list(row["text"] for row in csv.DictReader(file))
    ldnoobw = word_list((data / "lexicon/ldnoobw/en").read_text("utf-8").splitlines())
    counted: dict[str, dict[str, list[tuple[bool, ...]]]] = {"1": defaultdict(list), "0": defaultdict(list)}
    for row in found:
        verdicts = (ours[row["id"]][0], ldnoobw(row["text"]), surge(row["text"]))
        groups = {"all", row["set"], *([f"{row['set']}: {row['category']}"] if row["label"] == "1" else [])}
        for group in groups:
            counted[row["label"]][group].append(verdicts)
    for label, title in (("1", "Harmful captions that are removed"), ("0", "Harmless captions that are removed")):
        yield f"\n{title}\n"
        yield from table(counted[label], ("this filter", "LDNOOBW, English", "Surge profanity"))


def of_pictures(folder: Path, work: Path) -> Iterator[str]:
    """Yields the table of harmless pictures."""
    ours = removed(folder, work / "pictures")
    with open(folder / "index.csv", newline="") as file:
        group_of = {row["file"]: row["group"] for row in csv.DictReader(file)}
    counted: dict[str, list[tuple[bool, ...]]] = defaultdict(list)
    for id_, (is_removed, seen) in ours.items():
        told = re.search(r"open_nsfw (\d\.\d+)", seen)
        score = float(told[1]) if told else 0.0
        for group in ("all", group_of.get(id_, "?")):
            counted[group].append((is_removed, *(score >= limit for limit in NSFW_LIMITS)))
    yield "\nHarmless pictures that are removed, general mode\n"
    yield from table(counted, ("this filter", *(f"open_nsfw from {limit}" for limit in NSFW_LIMITS)))


def main() -> None:
    """Reads the command line and prints the tables."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--data", type=Path, required=True, help="the folder shared/data")
    ask.add_argument("--work", type=Path, required=True)
    ask.add_argument("--each", type=int, default=300, help="rows of each set at most")
    ask.add_argument("--pictures", type=Path, help="a folder with an index.csv; default: DATA/images")
    args = ask.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    for line in of_captions(args.data, args.work, args.each):
        print(line)
    for line in of_pictures(args.pictures or args.data / "images", args.work):
        print(line)


if __name__ == "__main__":
    main()
