"""How many real prompts each entry of the word lists and rules hits, stops, and stops rightly.

    python -m benchmarks.prompt.entries --source real_prompts.csv.gz --out build/entries [--rows 100000] [--top 20]

The rows are drawn by a fixed seed from all but the test part of the labels. An entry stops a prompt where what it found
reaches a confirmation in general mode and the whole judgement, the model included, asks for one or refuses. "Alone":
the model by itself would have let it pass. "Deserved" is the share of those read: the labels, and `entries_read.tsv`
beside this module (the start of a prompt's hash, and 1 where somebody who read it by the guide would stop it).
Writes all entries to entries.tsv and up to SAMPLE stopped prompts of each to sample.tsv, for somebody to read; prints
the entries that stop most, as markdown.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from safety.guard import Guard
from safety.prompt import PromptChecks, load_prompt_checks
from safety.prompt.request_syntax import split_request
from safety.records import Decision, Finding, Prompt, Stage, Verdict
from safety.resources import PRESETS
from training.prompt_classifier.labels import read_labels, test_identifiers
from training.prompt_classifier.sample import identifier, read_texts

SEED, ROWS, SAMPLE, TOP = 17, 100_000, 20, 20
READ = Path(__file__).with_name("entries_read.tsv")
CHECKS = ("lexicon", "patterns", "public figures")
HEAD = "| entry | check, category | hits | stops | alone | read | deserved |\n|---|---|--:|--:|--:|--:|--:|"
Key = tuple[str, str, str]  # check, category, entry


@dataclass
class Entry:
    """What one entry did. stopped: the prompts, in the order drawn; alone: how many of them the model let pass."""

    hits: int = 0
    alone: int = 0
    stopped: list[str] = field(default_factory=list)

    def deserved(self, read: Mapping[str, bool]) -> tuple[int, int]:
        """How many of the stopped prompts somebody has read, and how many of these deserve it."""
        known = [read[name] for name in map(identifier, self.stopped) if name in read]
        return len(known), sum(known)


def rows(source: Path, count: int) -> list[str]:
    """The texts, in the same order every time; without the test part of the labels."""
    hidden = test_identifiers()
    texts = [text for text in read_texts(source) if identifier(text) not in hidden]
    return random.Random(SEED).sample(texts, min(count, len(texts)))


def counted(guard: Guard, checks: PromptChecks, texts: Sequence[str]) -> dict[Key, Entry]:
    """What every entry did on the texts."""
    looking = [check for check in checks.checks if check.name in CHECKS]
    entries: dict[Key, Entry] = {}
    for text in texts:
        asked = split_request(text).wanted
        findings = [finding for check in looking for finding in check.detect(Prompt(asked))]
        stopping = [finding for finding in findings if _reaches(finding, guard, Verdict.WARN)]
        decision = guard.check_prompt(text) if stopping else None
        for finding in findings:
            for name in names_of(finding, asked, checks):
                entry = entries.setdefault((finding.check, finding.category, name), Entry())
                entry.hits += 1
                if decision and finding in stopping and decision.verdict >= Verdict.WARN:
                    entry.stopped.append(text)
                    entry.alone += _by_rules_alone(decision)
    return entries


def names_of(finding: Finding, text: str, checks: PromptChecks) -> Iterator[str]:
    """The entries behind a finding: terms, rules, or how a public figure is framed."""
    if finding.check == "lexicon":
        kind = finding.category, finding.subcategory
        terms = (match.meaning for match in checks.lexicon.find(text))
        yield from {term.name for term in terms if (term.category, term.subcategory) == kind}
    elif finding.check == "patterns":
        yield from finding.evidence.split(", ")
    else:
        yield finding.subcategory or "event"


def _reaches(finding: Finding, guard: Guard, verdict: Verdict) -> bool:
    limits = guard.policy.thresholds(Stage.PROMPT, finding.category, finding.subcategory, "general")
    return limits is not None and limits.verdict_for(finding.score)[0] >= verdict


def _by_rules_alone(decision: Decision) -> bool:
    return all(reason.check in CHECKS for reason in decision.reasons if reason.verdict >= Verdict.WARN)


def read_before(source: Path) -> dict[str, bool]:
    """Whether a prompt deserves to be stopped, by the start of its hash: what was labelled, and what was read here."""
    read = {identifier(label.text): label.outcomes[0] >= Verdict.WARN for label in read_labels(source)}
    if READ.exists():
        with READ.open(encoding="utf-8", newline="") as file:
            read |= {row["id"]: row["deserves"] == "1" for row in csv.DictReader(file, delimiter="\t")}
    return read


def write(out: Path, entries: Mapping[Key, Entry], read: Mapping[str, bool]) -> None:
    """Writes entries.tsv, and sample.tsv with what nobody has read yet."""
    out.mkdir(parents=True, exist_ok=True)
    table, sample = ["check\tcategory\tentry\thits\tstops\talone\tread\tdeserved"], ["id\tentry\ttext"]
    for (check, category, name), entry in most_stops(entries):
        seen, deserved = entry.deserved(read)
        table.append(
            f"{check}\t{category}\t{name}\t{entry.hits}\t{len(entry.stopped)}\t{entry.alone}\t{seen}\t{deserved}"
        )
        for text in entry.stopped[:SAMPLE]:
            if identifier(text) not in read:
                sample.append(f"{identifier(text)}\t{category}: {name}\t{' '.join(text.split())}")
    (out / "entries.tsv").write_text("\n".join(table) + "\n", "utf-8")
    (out / "sample.tsv").write_text("\n".join(sample) + "\n", "utf-8")


def most_stops(entries: Mapping[Key, Entry]) -> list[tuple[Key, Entry]]:
    """The entries, those that stop most first."""
    return sorted(entries.items(), key=lambda item: (-len(item[1].stopped), -item[1].hits, item[0]))


def table(entries: Mapping[Key, Entry], read: Mapping[str, bool], top: int) -> Iterator[str]:
    """The entries that stop most, as markdown."""
    yield HEAD
    for (check, category, name), entry in most_stops(entries)[:top]:
        seen, deserved = entry.deserved(read)
        share = f"{100 * deserved / seen:.0f} %" if seen else "not read"
        cells = (name, f"{check}, {category}", f"{entry.hits:,}", len(entry.stopped), entry.alone, seen, share)
        yield f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--top", type=int, default=TOP)
    args = parser.parse_args()
    read = read_before(args.source)
    entries = counted(Guard.load(), load_prompt_checks(PRESETS), rows(args.source, args.rows))
    write(args.out, entries, read)
    stops = {text for entry in entries.values() for text in entry.stopped}
    print(f"{len(entries):,} entries hit, {len(stops):,} of {args.rows:,} prompts stopped with one of them\n")
    print("\n".join(table(entries, read, args.top)))


if __name__ == "__main__":
    main()
