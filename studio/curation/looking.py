"""Looks at blocks of rows: the same in this process, in worker processes and on the machines of a cluster.

What was seen of a block is written whole before the next one is taken up: a run that ends in the middle, however it
ends, goes on from there and comes to the same result.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from safety.errors import FileError, RequestError, StudioError
from safety.guard import Guard
from safety.image import picture_checks
from safety.image.config import read_picture_checks
from safety.image.faces import FaceAnalyzer
from safety.policy.model import BASE_MODE, Policy, load_policy
from safety.prompt import load_prompt_checks
from safety.resources import MODELS, PRESETS
from safety.weights import OnnxModel, SessionThreads, read_weights
from studio.curation.balance import load_group_terms
from studio.curation.filter_config import FilterConfig, load_filter_config
from studio.curation.observation import Observation
from studio.curation.place import DataPlace
from studio.curation.rows import Block, Row, RowSource
from studio.curation.stages import FilterStage, Ruling, Subject
from studio.curation.stages_of_content import (
    Captions,
    FaceCount,
    HardLines,
    Pictures,
    RowJudgement,
    context_terms,
)
from studio.curation.stages_of_files import (
    Decoding,
    Duplicates,
    ListedHashes,
    Permission,
    Quality,
    WatermarkHint,
)

if TYPE_CHECKING:
    from PIL.Image import Image

WEIGHTS_FOLDER = "image_safety"
ROWS_AT_ONCE = 16  # of a block, whose pictures are in memory decoded
OPTIONAL = ("quality", "duplicate")  # stages that a set may do without: they are no safety
NOTHING = "The row has neither a picture nor a caption."
DIED = "The process that looked at this row died of it."
GONE = "The row could not be read any more."


@dataclass(frozen=True)
class FilterRules:
    """Says how rows are judged. `presets` is the folder of the policy, `lists` are files of hashes.

    contexts: modes that may keep what `mode` takes out. licences: those that are taken, beside those of filter.toml.
    without: stages that look and take nothing out, of `OPTIONAL`.
    """

    mode: str = BASE_MODE
    presets: Path = PRESETS
    models: Path = MODELS
    lists: tuple[Path, ...] = ()
    contexts: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def policy(self) -> Policy:
        """Returns the policy that decides. Raises PresetError."""
        return load_policy(self.presets)

    def config(self) -> FilterConfig:
        """Returns the settings of filter.toml beside the policy, or those that ship. Raises PresetError."""
        own = self.presets / "filter.toml"
        return load_filter_config(self.presets if own.exists() else PRESETS)


@dataclass(frozen=True)
class Pipeline:
    """Holds the stages in the order in which they look, and in that in which they rule: the first ruling counts.

    `last` rules where no other takes a row out. It may remember the rows that it was asked about, in their order.
    `not_looked` says in sentences what nobody looks for on this machine.
    """

    looking: tuple[FilterStage, ...]
    ruling: tuple[FilterStage, ...]
    last: tuple[FilterStage, ...] = ()
    not_looked: tuple[str, ...] = ()

    def look(self, subjects: Sequence[Subject]) -> None:
        """Lets every stage look. One that raises has failed for those rows that it raises at, and for no other."""
        for stage in self.looking:
            began = time.perf_counter()
            try:
                stage.look(subjects)
            except Exception:  # noqa: BLE001  whatever went wrong with one row must not spoil the others
                for subject in subjects:
                    self._look_alone(stage, subject)
            ms = round((time.perf_counter() - began) * 1000 / max(len(subjects), 1), 3)
            for subject in subjects:
                subject.seen.ms[stage.name] = ms

    def parts(self, firsts: Sequence[str]) -> list[Pipeline]:
        """Returns the pipeline cut before the stages of these names: each part looks after those before it have.

        Raises RequestError where they are no stages, or not in the order in which they look.
        """
        names = [stage.name for stage in self.looking]
        places = [names.index(first) if first in names else -1 for first in firsts]
        if places[:1] != [0] or places != sorted(set(places)):
            what = f"Pools of actors cannot begin at these stages: {', '.join(firsts) or 'none'}."
            raise RequestError(what, f"Name them in this order in filter.toml, the first one too: {', '.join(names)}.")
        return [
            replace(self, looking=self.looking[start:end])
            for start, end in zip(places, [*places[1:], len(names)], strict=True)
        ]

    @staticmethod
    def _look_alone(stage: FilterStage, subject: Subject) -> None:
        try:
            stage.look([subject])
        except Exception as error:  # noqa: BLE001  it is written down, and the row has failed
            why = error.sentence if isinstance(error, StudioError) else f"{type(error).__name__}: {error}"
            subject.seen.fail(stage.name, why)

    def rule(self, seen: Observation) -> Ruling | None:
        """Returns why a row is taken out by itself, whatever the other rows are; None where nothing is against it.

        A ruling that a context lifts is returned, with the context, where no other takes the row out.
        """
        return _first(stage.rule(seen) for stage in self.ruling)

    def rule_in_order(self, seen: Observation) -> Ruling | None:
        """Returns why a row is taken out, if it was asked about all rows before it, once and in their order."""
        ruling = self.rule(seen)
        if ruling is not None and not ruling.context:
            return ruling
        return _first(stage.rule(seen) for stage in self.last) or ruling


def _first(rulings: Iterable[Ruling | None]) -> Ruling | None:
    lifted = None
    for ruling in rulings:
        if ruling is not None and not ruling.context:
            return ruling
        lifted = lifted or ruling
    return lifted


def make_pipeline(rules: FilterRules) -> Pipeline:
    """Builds the stages that ship. No weights are read before the first row.

    Raises PresetError, FileError, and RequestError for a stage that no set may do without.
    """
    policy, config = rules.policy(), rules.config()
    for name in set(rules.without) - set(OPTIONAL):
        raise RequestError(f"No set does without the stage {name!r}.", f"These may be left out: {', '.join(OPTIONAL)}.")
    for name in (rules.mode, *rules.contexts):
        policy.mode_of(name)
    prompts = load_prompt_checks(rules.presets, rules.models, policy)
    pictures = picture_checks(rules.models, rules.presets, prompts)
    judgement = RowJudgement(policy, rules.mode, config.least_verdict, rules.contexts)
    own_groups = rules.presets / "filter_groups.toml"
    groups = load_group_terms(rules.presets if own_groups.exists() else PRESETS)
    decoding, listed = Decoding(), ListedHashes(rules.lists)
    captions = Captions(
        Guard(policy, prompts.checks), judgement, prompts.speaks_of_minors, groups, context_terms(config)
    )
    shown, faces = Pictures(pictures.checks, judgement), FaceCount(partial(_count_faces, _face_analyzer(rules)))
    permission, quality = Permission(config.permission, rules.licences), Quality(config.quality)
    watermarks, hard_lines = WatermarkHint(config.watermarks), HardLines(policy, config.hard_lines)
    optional = () if quality.name in rules.without else (quality,)
    copies = Duplicates(config.duplicates)
    return Pipeline(
        (decoding, listed, captions, shown, faces, permission, watermarks, quality, hard_lines),
        (decoding, listed, hard_lines, permission, captions, shown, *optional),
        () if copies.name in rules.without else (copies,),
        tuple(dict.fromkeys(each.without for each in pictures.info if each.absent)),
    )


def _face_analyzer(rules: FilterRules) -> tuple[FaceAnalyzer, float]:
    weights = read_weights(rules.models / WEIGHTS_FOLDER)
    least = read_picture_checks(rules.presets).child_safety.face
    return FaceAnalyzer(weights["yunet"], OnnxModel(weights["face_age"])), least


def _count_faces(analyzer: tuple[FaceAnalyzer, float], image: Image) -> int:
    faces, least = analyzer
    return len(faces.detect(image, least))


@dataclass(frozen=True)
class LookSpec:
    """Holds all that a worker needs to look at blocks. Can be pickled, and is equal to another of the same parts.

    `threads`: of each model. `pipeline` builds the stages.
    """

    source: RowSource
    seen: DataPlace
    rules: FilterRules
    threads: int = 1
    pipeline: Callable[[FilterRules], Pipeline] = make_pipeline


@dataclass(frozen=True, slots=True)
class BlockCounts:
    """Says how many rows of a block were seen, and which stages take how many out; copies are not counted yet."""

    rows: int
    by_stage: Counter[str] = field(default_factory=Counter)

    def add(self, ruling: Ruling | None) -> None:
        """Counts what was ruled on a row."""
        if ruling is not None and not ruling.context:
            self.by_stage[ruling.stage] += 1


@dataclass(frozen=True)
class _Part:
    """Some stages that look at rows, on top of what others saw of them `earlier`, by the rows' numbers.

    `opening` is the stage that decodes pictures, where that is none of its own.
    """

    pipeline: Pipeline
    opening: FilterStage | None = None
    earlier: Mapping[int, Observation] = field(default_factory=dict)

    def look(self, subjects: Sequence[Subject]) -> None:
        for subject in subjects:
            subject.seen = self.earlier.get(subject.row.number, subject.seen)
        if self.opening is not None:
            self._open_again(self.opening, subjects)
        self.pipeline.look(subjects)

    @staticmethod
    def _open_again(opening: FilterStage, subjects: Sequence[Subject]) -> None:
        again = [Subject(subject.row, Observation(subject.row.id, "", subject.row.number)) for subject in subjects]
        Pipeline((opening,), ()).look(again)
        for subject, copy in zip(subjects, again, strict=True):
            subject.image = copy.image
            # It is not what was looked at before, or it is no more.
            if copy.seen.sha256 != subject.seen.sha256 or (copy.seen.problem and not subject.seen.problem):
                subject.seen.fail(opening.name, copy.seen.problem or GONE)


def plan(source: RowSource, shard: int) -> Iterator[Block]:
    """Yields the blocks of a shard; where it cannot be read on, one with a problem ends it."""
    number = first = 0
    try:
        for block in source.blocks(shard):
            number, first = block.number + 1, block.first + block.rows
            yield block
    except FileError as error:
        yield Block(shard, number, first, 1, problem=str(error))


def look_at_block(spec: LookSpec, block: Block, deadly: Collection[int] = ()) -> BlockCounts:
    """Looks at a block and writes down what it saw. Raises NoRoomError.

    deadly: numbers of rows that a process has died of; they have failed, and nobody looks at them.
    """
    pipeline = _pipeline(spec.pipeline, spec.rules, spec.threads)
    counts = BlockCounts(block.rows)
    with spec.seen.writing(block.name) as file:
        for seen in _observations(spec, block, _Part(pipeline), deadly):
            counts.add(pipeline.rule(seen))
            file.write(seen.as_line().encode() + b"\n")
    return counts


def look_at_part(
    spec: LookSpec, block: Block, firsts: Sequence[str], part: int, lines: Sequence[str] = ()
) -> list[str]:
    """Lets one part of the stages look at a block, and returns what was seen of each row; writes nothing.

    firsts: where the parts begin, as in `Pipeline.parts`. lines: what the parts before saw. Pictures are read and
    decoded again: they would be a thousand times as much to be carried from one machine to another.
    """
    pipeline = _pipeline(spec.pipeline, spec.rules, spec.threads)
    earlier = {seen.row: seen for seen in map(Observation.of_line, lines)}
    mine = _Part(pipeline.parts(firsts)[part], pipeline.looking[0] if part else None, earlier)
    return [seen.as_line() for seen in _observations(spec, block, mine, ())]


def write_block(spec: LookSpec, block: Block, lines: Sequence[str]) -> BlockCounts:
    """Writes down what all parts of the stages saw of a block. Raises NoRoomError."""
    pipeline, counts = _pipeline(spec.pipeline, spec.rules, spec.threads), BlockCounts(block.rows)
    with spec.seen.writing(block.name) as file:
        for line in lines:
            counts.add(pipeline.rule(Observation.of_line(line)))
            file.write(line.encode() + b"\n")
    return counts


def look_at_row(spec: LookSpec, block: Block, number: int) -> None:
    """Looks at one row of a block and writes nothing, to find out whether a process dies of it."""
    for row in spec.source.read(block):
        if row.number == number:
            list(_observed([row], spec, block, _Part(_pipeline(spec.pipeline, spec.rules, spec.threads)), ()))


@lru_cache(1)
def _pipeline(make: Callable[[FilterRules], Pipeline], rules: FilterRules, threads: int) -> Pipeline:
    """Returns the stages of this process, built once: models are loaded once a worker."""
    SessionThreads.most = threads
    return make(rules)


def _observations(spec: LookSpec, block: Block, part: _Part, deadly: Collection[int]) -> Iterator[Observation]:
    count = 0
    waiting: list[Row] = []
    for row in _rows(spec, block):
        waiting.append(row)
        count += 1
        if len(waiting) == ROWS_AT_ONCE:
            yield from _observed(waiting, spec, block, part, deadly)
            waiting = []
    yield from _observed(waiting, spec, block, part, deadly)
    if count < block.rows:
        # The source has changed, or its shard broke off: what was counted before is not lost without a word.
        for number in range(block.first + count, block.first + block.rows):
            name = f"{spec.source.shards[block.shard]}#{number}"
            yield Observation(name, spec.source.shards[block.shard], number, problem=GONE, problem_stage="read")


def _rows(spec: LookSpec, block: Block) -> Iterator[Row]:
    """Yields the rows of a block; a shard that breaks off in it leaves fewer."""
    if block.problem:
        yield Row(f"{spec.source.shards[block.shard]}/(rest)", block.first, problem=block.problem)
        return
    try:
        yield from spec.source.read(block)
    except FileError:
        return


def _observed(
    rows: Sequence[Row], spec: LookSpec, block: Block, part: _Part, deadly: Collection[int]
) -> Iterator[Observation]:
    subjects = []
    for row in rows:
        seen = Observation(row.id, spec.source.shards[block.shard], row.number, caption=row.caption, notes=row.notes)
        if row.number in deadly:
            row.problem = DIED
        elif not row.problem and row.picture is None and not row.caption:
            row.problem = NOTHING
        if row.problem:
            seen.fail("read", row.problem)
        subjects.append(Subject(row, seen))
    part.look(subjects)
    yield from (subject.seen for subject in subjects)
