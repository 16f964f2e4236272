"""One run of the filter: looks at every block that nobody has looked at yet, decides on all rows in order, writes.

    look     blocks, in any order, anywhere      seen/000000/000017.jsonl   what was seen of each row
    decide   rows, in the order of the source    manifest.parquet           copies are known only now
    write    shard by shard                      data/, quarantine/         the same format
    report   at the end                          report.json                (ui/html/filter_page.py makes report.html)

A run that ends in the middle goes on with --resume: what was looked at stays, and what follows from it is made anew.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from safety.errors import RequestError
from safety.resources import PRESETS
from studio.curation.balance import load_group_terms
from studio.curation.looking import FilterRules, LookSpec, Pipeline, make_pipeline, plan
from studio.curation.observation import Observation
from studio.curation.opening import open_source, require_arrow, unread_files
from studio.curation.place import DataPlace
from studio.curation.row_manifest import FILE as MANIFEST
from studio.curation.row_manifest import ManifestWriter, fate_of, manifest_row, seen_before
from studio.curation.row_thumbnails import Thumbnail, example_ids, thumbnails
from studio.curation.rows import KEPT, QUARANTINE, Block, Fate, RowSource
from studio.curation.tally import RunFacts, Tally
from studio.curation.workers import LookingEngine, WorkerProcesses

SEEN, PLAN, REPORT = "seen", "plan.json", "report.json"
NOT_LOOKED_WITH = {"c2pa_rubrics", "engines", "examples", "filter", "help", "label_rules", "labels", "policy"}
NOT_LOOKED_WITH |= {"policy_examples", "retention", "sentences", "steering", "styles", "suggestions"}
AGAIN = "Go on with it by --resume, or name another folder."


@dataclass(frozen=True, slots=True)
class FilterProgress:
    """Says how far the looking is: `looked` of `rows`, of which `before` were looked at by an earlier run."""

    looked: int
    rows: int
    before: int
    seconds: float
    by_stage: Mapping[str, int]

    @property
    def rate(self) -> float:
        """Returns rows a second of this run."""
        return (self.looked - self.before) / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float:
        """Returns how long the rest takes at this rate."""
        return (self.rows - self.looked) / self.rate if self.rate else float("inf")


@dataclass(frozen=True)
class FilterRun:
    """Holds what was asked for. `source` and `out` are addresses; `asked` names columns whose names are not known.

    dry_run: report and manifest alone. block_rows: 0 for the number in filter.toml. pipeline: builds the stages.
    """

    source: str
    out: str
    rules: FilterRules = FilterRules()
    asked: Mapping[str, str] = field(default_factory=dict)
    resume: bool = False
    dry_run: bool = False
    block_rows: int = 0
    pipeline: Callable[[FilterRules], Pipeline] = make_pipeline

    def run(
        self, engine: LookingEngine | None = None, progress: Callable[[FilterProgress], None] = lambda _: None
    ) -> dict[str, Any]:
        """Looks, decides, writes; returns the report. Raises RequestError, FileError, PresetError, NoRoomError."""
        began = time.monotonic()
        require_arrow()
        out = DataPlace(self.out.rstrip("/"))
        pipeline = self.pipeline(self.rules)
        source = self._opened()
        blocks = [block for shard in range(len(source.shards)) for block in plan(source, shard)]
        self._take(out, source, blocks)
        seen = out.within(SEEN)
        self._look(LookSpec(source, seen, self.rules, pipeline=self.pipeline), blocks, engine, progress, began)
        return self._decide(source, out, pipeline, _read_seen(seen, blocks), began)

    def replay(self, earlier: str) -> dict[str, Any]:
        """Decides again on what an earlier run saw, under these rules, and writes; nobody looks at a row again."""
        began = time.monotonic()
        require_arrow()
        out = DataPlace(self.out.rstrip("/"))
        self._check_place(out)
        if out.exists(MANIFEST):
            raise RequestError(f"{self.out} holds an earlier run.", "Name another folder.")
        source, of = self._opened(), DataPlace(earlier.rstrip("/"))
        observations = seen_before(of)
        rows = _rows_digest(source)
        # A manifest says where rows are: of another source, it would keep what nobody has looked at.
        if not of.exists(PLAN) or json.loads(of.read(PLAN, 10_000)).get("rows") != rows:
            what = f"The run in {earlier} was of other rows than there are in {self.source}."
            raise RequestError(what, "Name the source of the earlier run, or filter this one anew.")
        out.write(PLAN, json.dumps({"source": self.source, "rows": rows}).encode())
        return self._decide(source, out, self.pipeline(self.rules), observations, began)

    def thumbnails(self, report: Mapping[str, Any]) -> dict[str, Thumbnail]:
        """Returns small pictures, by id, of the rows that the report of this run names. Raises FileError."""
        out = DataPlace(self.out.rstrip("/"))
        return thumbnails(self._opened(), out, example_ids(report), self.pipeline(self.rules))

    def _opened(self) -> RowSource:
        return open_source(self.source, self.block_rows or self.rules.config().block_rows, self.asked)

    def _take(self, out: DataPlace, source: RowSource, blocks: Iterable[Block]) -> None:
        """Makes the folder this run's own. Raises RequestError where it is another's."""
        self._check_place(out)
        own = _digest(self.rules, source, blocks)
        if out.exists(PLAN):
            if not self.resume:
                raise RequestError(f"{self.out} holds an earlier run.", AGAIN)
            if json.loads(out.read(PLAN, 10_000)).get("digest") != own:
                what = f"The run in {self.out} was of another source, or looked with other settings."
                raise RequestError(what, "Name another folder.")
        elif out.exists("") and out.files():
            raise RequestError(f"{self.out} is not empty.", "Name a new folder: a run writes many files.")
        else:
            facts = {"source": self.source, "digest": own, "rows": _rows_digest(source)}
            out.write(PLAN, json.dumps(facts).encode())

    def _check_place(self, out: DataPlace) -> None:
        if out.lies_in(DataPlace(self.source)):
            raise RequestError(f"{self.out} lies in the source.", "Name a folder beside it: a later run would read it.")
        if out.is_file:
            raise RequestError(f"{self.out} is a file.", "Name a new folder.")

    @staticmethod
    def _look(
        spec: LookSpec,
        blocks: list[Block],
        engine: LookingEngine | None,
        progress: Callable[[FilterProgress], None],
        began: float,
    ) -> None:
        rows, by_stage = sum(block.rows for block in blocks), Counter[str]()
        # Twice: what a cluster could not look at, because a machine died of it, is taken row by row here.
        for each in (engine or WorkerProcesses(1), WorkerProcesses(1)):
            there = set(spec.seen.files())
            waiting = [block for block in blocks if block.name not in there]
            looked = before = rows - sum(block.rows for block in waiting)
            for block, counts in each.run(spec, waiting) if waiting else ():
                looked += block.rows
                by_stage.update(counts.by_stage)
                progress(FilterProgress(looked, rows, before, time.monotonic() - began, by_stage))

    def _decide(
        self, source: RowSource, out: DataPlace, pipeline: Pipeline, observations: Iterable[Observation], began: float
    ) -> dict[str, Any]:
        policy = self.rules.policy()
        own_groups = self.rules.presets / "filter_groups.toml"
        tally = Tally(load_group_terms(self.rules.presets if own_groups.exists() else PRESETS).groups)
        numbers = {name: number for number, name in enumerate(source.shards)}
        with ManifestWriter(out) as manifest:
            for shard, seen_there in groupby(observations, lambda seen: seen.shard):
                fates = []
                for seen in seen_there:
                    tally.note_repeated(seen)
                    ruling = pipeline.rule_in_order(seen)
                    tally.add(seen, ruling)
                    manifest.add(manifest_row(seen, ruling))
                    fates.append(fate_of(ruling))
                if not self.dry_run:
                    _write_shard(source, numbers, shard, fates, out)
        facts = RunFacts(
            self.source,
            source.kind,
            self.rules.mode,
            policy.version,
            policy.digest,
            self.dry_run,
            self.rules.contexts,
            self.rules.without,
            pipeline.not_looked,
            unread_files(self.source, source),
        )
        report = tally.report(facts, manifest.digest, time.monotonic() - began)
        out.write(REPORT, json.dumps(report, indent=2).encode())
        return report


def _write_shard(source: RowSource, numbers: Mapping[str, int], shard: str, fates: list[Fate], out: DataPlace) -> None:
    if shard not in numbers:
        raise RequestError(f"The source has no {shard} any more.", "Name the source of the earlier run.")
    if set(fates) != {Fate.LEAVE}:
        source.write(numbers[shard], fates, out)


def _read_seen(seen: DataPlace, blocks: Iterable[Block]) -> Iterator[Observation]:
    for block in blocks:
        with seen.reading(block.name) as file:
            for line in file:
                yield Observation.of_line(line.decode())


def _digest(rules: FilterRules, source: RowSource, blocks: Iterable[Block]) -> str:
    """Returns what says whether a run is of the same rows, looked at with the same settings."""
    found = hashlib.sha256(_rows_digest(source).encode())
    for path in (*rules.lists, *_looked_with(rules.presets)):
        found.update(Path(path).read_bytes())
    settings = rules.config().model_dump_json(include={"hard_lines", "permission", "watermarks", "context"})
    found.update(settings.encode())
    for block in blocks:
        found.update(json.dumps(asdict(block), default=str).encode())
    return found.hexdigest()


def _rows_digest(source: RowSource) -> str:
    """Returns what says whether a source has the rows of an earlier run, in blocks of whatever size."""
    asked = sorted((name, column) for name, column in getattr(source, "asked", {}).items() if column)
    shapes = [source.shape(shard) for shard in range(len(source.shards))]
    return hashlib.sha256(json.dumps([source.kind, *source.shards, asked, *shapes]).encode()).hexdigest()


def _looked_with(presets: Path) -> list[Path]:
    """Returns the files of the presets that what is seen of a row depends on; by the others it is decided or shown."""
    files = [path for path in presets.glob("*.toml") if path.stem not in NOT_LOOKED_WITH]
    files += [path for folder in ("lexicon", "works") for path in (presets / folder).rglob("*") if path.is_file()]
    return sorted(files)


__all__ = ["KEPT", "MANIFEST", "QUARANTINE", "REPORT", "FilterRun", "FilterProgress"]
