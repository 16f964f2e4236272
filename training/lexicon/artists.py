"""Artists of the Tate collection -> presets/works/artists.tsv: those whose works may still be protected.

    python -m training.lexicon.artists --artists CSV

The CSV file (Tate, CC0) has the columns `name` ("Last, First"), `born` and `died`. Left out are those who
have been dead for 70 years, groups, and names of one word, which mean other things too.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

PRESETS = Path(__file__).parents[2] / "presets"
FILE = PRESETS / "works" / "artists.tsv"
LONGEST_LIFE = 105  # years: who was born earlier and has no year of death may be dead for long
PROTECTED = 70  # years after the death (Berne Convention asks for 50, most countries give 70)
HEAD = "# name, born, died (empty: living, or not known). From the Tate collection's list of artists, CC0."
_TITLES = re.compile(r"^(?:Sir|Dame|Lord|Lady|Rev|Dr|Prof)\.? ")


def protected(rows: Iterable[dict[str, str]], year: int) -> Iterator[tuple[str, str, str]]:
    """Name as one says it, born, died; of artists not dead for PROTECTED years at the end of the year before."""
    for row in rows:
        last, comma, first = row["name"].partition(", ")
        name = f"{_TITLES.sub('', first.strip())} {last.strip()}".strip()
        died, born = row["died"].strip(), row["born"].strip()
        free = int(died) + PROTECTED < year if died else not born or int(born) + LONGEST_LIFE < year
        if comma and not free and re.fullmatch(r"[^\W\d_]+(?:[ .'’-]+[^\W\d_]+)+\.?", name):
            yield name, born, died


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--artists", type=Path, required=True)
    parser.add_argument("--year", type=int, required=True, help="the current year")
    options = parser.parse_args()
    with options.artists.open(encoding="utf-8", newline="") as file:
        lines = ["\t".join(row) for row in sorted(protected(csv.DictReader(file), options.year))]
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("\n".join([HEAD, *lines]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
