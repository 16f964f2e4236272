"""Public word lists -> presets/lexicon/{ldnoobw,surge}.tsv, pruned by what harmless captions say.

    python -m training.lexicon.build --lists LEXICON_FOLDER --benign CSV [CSV ...]

LEXICON_FOLDER holds `surge_profanity_en.csv` and `ldnoobw/`; each CSV has a column `text` and, where it
has a column `label`, only rows with 0 count. A term that harmless captions use is dropped: it would
refuse more good prompts than bad ones. Our own terms (presets/lexicon/*.toml) always win.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from safety.prompt.lexicon import Term, load_terms
from safety.prompt.matcher import TermMatcher, spellings
from safety.text import normalise, plain

PRESETS = Path(__file__).parents[2] / "presets"
MOST_BENIGN = 0  # captions that may hold a term
SHORTEST = 5  # letters, in other languages written with Latin letters: shorter ones mean too many things

# Surge's categories -> ours, with a score for each severity: mild (1), strong (2), severe (3).
SURGE = {
    "sexual anatomy / sexual acts": ("sexual", (0.42, 0.62, 0.75)),
    "racial / ethnic slurs": ("hate", (0.45, 0.65, 0.8)),
    "sexual orientation / gender": ("hate", (0.42, 0.5, 0.65)),
    "bodily fluids / excrement": ("shocking", (0.3, 0.5, 0.6)),
    "religious offense": ("hate", (0.3, 0.45, 0.6)),
    "mental disability": ("harassment", (0.35, 0.45, 0.6)),
    "physical disability": ("harassment", (0.35, 0.45, 0.6)),
}
SURGE_OTHER = ("harassment", (0.3, 0.42, 0.5))
LDNOOBW_SCORE = {"en": 0.62}
LDNOOBW_OTHER = 0.45  # other languages mix swearing with sexual words: a warning
# Words of everyday in their own language, of which others speak as well: please, fish, spider, donkey, girl.
_EVERYDAY = (
    "bitte vögeln couilles baiser asesinato burro pesce aranha porco хрен 女の子 ファンタジー デブ 殺人事件 セクシーな"
)
EVERYDAY = frozenset(_EVERYDAY.split())
# Counted on real prompts (benchmarks.prompt.entries): they stop none that deserves it, only names, food and tools.
MEANT_OTHERWISE = frozenset(
    ["cholo", "dipstick", "gerber", "homoerotic", "johny", "mong", "negga", "nuggets", "pecker"]
)
LDNOOBW_SKIPPED = {"tlh", "LICENSE", "README.md"}
HEADS = {
    "surge": "# From github.com/surge-ai/profanity, MIT, (c) 2021 Surge AI; pruned and scored by training/lexicon.",
    "ldnoobw": "# From github.com/LDNOOBW/List-of-Dirty-Naughty-Obscene-and-Otherwise-Bad-Words, CC BY 4.0,"
    " (c) 2012-2020 Shutterstock, Inc.; pruned and scored by training/lexicon.",
}


def surge_terms(path: Path) -> Iterator[Term]:
    """One term a row of Surge's list."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["text"].strip() in MEANT_OTHERWISE:
                continue
            category, scores = SURGE.get(row["category_1"], SURGE_OTHER)
            severity = min(3, max(1, round(float(row["severity_rating"]))))
            yield Term(row["text"].strip(), category, "", scores[severity - 1])


def ldnoobw_terms(folder: Path) -> Iterator[Term]:
    """One term a line of each language's list."""
    for path in sorted(folder.iterdir()):
        if path.name not in LDNOOBW_SKIPPED:
            for line in filter(None, map(str.strip, path.read_text("utf-8").splitlines())):
                if line not in MEANT_OTHERWISE and (path.name == "en" or usable(line)):
                    yield Term(line, "sexual", "", LDNOOBW_SCORE.get(path.name, LDNOOBW_OTHER))


def benign_texts(paths: Iterable[Path]) -> Iterator[str]:
    """Texts of rows that are not labelled 1."""
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            yield from (row["text"] for row in csv.DictReader(file) if row.get("label", "0") == "0")


def usable(term: str) -> bool:
    """Whether a word of another language than English is long enough to be told from others, and no word of everyday.

    A single character of Chinese or Japanese stands in many words that mean no harm.
    """
    folded = plain(term).strip()
    if (len(term) == 1 and term.isalpha()) or term.lower() in EVERYDAY:
        return False
    return bool(re.search(r"[^\W\d]", folded)) and not (folded.isascii() and len(folded) < SHORTEST)


def pruned(terms: Iterable[Term], benign: list[str], known: set[str]) -> list[Term]:
    """Terms that are new, and rare in harmless captions; sorted."""
    fresh: dict[str, Term] = {}
    for term in terms:
        if "{" not in term.name and plain(term.name).strip() and not spellings(term.name) <= known:
            fresh.setdefault(plain(term.name).strip(), term)
    matcher = TermMatcher((term.name, key) for key, term in fresh.items())
    uses = Counter(key for text in benign for key in {match.meaning for match in matcher.find(normalise(text))})
    return [term for key, term in sorted(fresh.items()) if uses[key] <= MOST_BENIGN]


def write(path: Path, head: str, terms: Iterable[Term]) -> None:
    """Tab-separated: term, category, score."""
    lines = [f"{term.name}\t{term.category}\t{term.score}" for term in terms]
    path.write_text("\n".join([head, *lines]) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lists", type=Path, required=True)
    parser.add_argument("--benign", type=Path, nargs="+", required=True)
    options = parser.parse_args()
    benign = list(dict.fromkeys(benign_texts(options.benign)))
    for name in HEADS:
        (PRESETS / "lexicon" / f"{name}.tsv").unlink(missing_ok=True)
    known = {key for term in load_terms(PRESETS, vendored=()) for key in spellings(term.name)}
    sources = {
        "surge": surge_terms(options.lists / "surge_profanity_en.csv"),
        "ldnoobw": ldnoobw_terms(options.lists / "ldnoobw"),
    }
    for name, terms in sources.items():
        kept = pruned(terms, benign, known)
        write(PRESETS / "lexicon" / f"{name}.tsv", HEADS[name], kept)
        known |= {key for term in kept for key in spellings(term.name)}
        print(f"{name}: {len(kept)} terms kept, {len(benign)} harmless texts read")


if __name__ == "__main__":
    main()
