"""A run of the filter: nothing is lost, whatever the format, the rows and the end of an earlier run."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="the extra `filter`")

from safety.errors import RequestError, StudioError
from safety.resources import PRESETS
from studio.curation.filter_run import FilterProgress, FilterRun
from studio.curation.looking import DIED, FilterRules
from studio.curation.opening import open_source
from studio.curation.place import DataPlace, NoRoomError
from studio.curation.row_manifest import read_manifest
from studio.curation.rows import Row
from studio.curation.workers import Here, WorkerProcesses
from tests.sources import ROOT
from tests.training_data import (
    BAD,
    BROKEN,
    DEADLY,
    FORMATS,
    HARD,
    deadly_pipeline,
    make,
    raising_pipeline,
    word_pipeline,
)

CAPTIONS = [f"row {number} {word}" for number, word in enumerate(("good", BAD, "fine", BROKEN, "nice", HARD) * 4)]


def filtered(source: Path, out: Path, **options: Any) -> dict[str, Any]:
    settings_ = {"pipeline": word_pipeline, "block_rows": 4} | options
    return FilterRun(str(source), str(out), **settings_).run(Here())


def rows_of(folder: Path) -> list[Row]:
    """Returns the rows of an output folder; none where nothing was written."""
    if not folder.exists():
        return []
    source = open_source(str(folder), 3)
    return [row for shard in range(len(source.shards)) for block in source.blocks(shard) for row in source.read(block)]


def captions_of(folder: Path) -> list[str]:
    return [row.caption for row in rows_of(folder)]


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_comes_out_as_it_went_in(tmp_path: Path, kind: str) -> None:
    source, out = make(kind, tmp_path / "in", CAPTIONS), tmp_path / "out"
    report = filtered(source, out)
    assert (report["rows"], report["kept"], report["removed"], report["failed"]) == (24, 12, 8, 4)
    kept, aside = rows_of(out / "data"), rows_of(out / "quarantine")
    assert [row.caption for row in kept] == [each for each in CAPTIONS if not {BAD, BROKEN, HARD} & set(each.split())]
    assert [row.caption for row in aside] == [each for each in CAPTIONS if BAD in each]
    if kind != "csv":
        # Of a table with paths the pictures stay where they are.
        before = {row.caption: row.picture for row in rows_of(source)}
        assert all(row.picture == before[row.caption] for row in kept + aside)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_crosses_a_hard_line_is_copied_nowhere(tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    filtered(make(kind, tmp_path / "in", CAPTIONS), out)
    assert not [each for each in captions_of(out / "data") + captions_of(out / "quarantine") if HARD in each]


words = st.lists(st.sampled_from(["good", BAD, BROKEN, HARD]), min_size=1, max_size=20)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(FORMATS), words=words, shards=st.integers(1, 3), block_rows=st.integers(1, 7))
def test_nothing_is_lost_and_nothing_appears(kind: str, words: list[str], shards: int, block_rows: int) -> None:
    captions = [f"{number} {word}" for number, word in enumerate(words)]
    with tempfile.TemporaryDirectory() as folder:
        source, out = make(kind, Path(folder) / "in", captions, shards), Path(folder) / "out"
        report = filtered(source, out, block_rows=block_rows)
        manifest = list(read_manifest(DataPlace(str(out))))
        assert report["kept"] + report["removed"] + report["failed"] == report["rows"] == len(captions)
        assert Counter(row["caption"] for row in manifest) == Counter(captions)
        by_fate = Counter(row["fate"] for row in manifest)
        assert len(captions_of(out / "data")) == by_fate["data"] == sum("good" in each for each in captions)
        assert len(captions_of(out / "quarantine")) == by_fate["quarantine"] == sum(BAD in each for each in captions)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_size_of_blocks_and_the_engine_change_nothing(tmp_path: Path, kind: str) -> None:
    source = make(kind, tmp_path / "in", CAPTIONS)
    digests = {
        filtered(source, tmp_path / f"out{block_rows}", block_rows=block_rows)["manifest_digest"]
        for block_rows in (1, 5, 64)
    }
    assert len(digests) == 1


def test_processes_come_to_the_same_result(tmp_path: Path) -> None:
    source = make("webdataset", tmp_path / "in", CAPTIONS)
    here = filtered(source, tmp_path / "here")
    run = FilterRun(str(source), str(tmp_path / "there"), pipeline=word_pipeline, block_rows=4)
    told: list[FilterProgress] = []
    there = run.run(WorkerProcesses(2), told.append)
    assert there["manifest_digest"] == here["manifest_digest"]
    assert told[-1].looked == told[-1].rows == 24 and told[-1].by_stage == {"word": 12}


@pytest.mark.slow
def test_a_process_that_dies_costs_the_row_that_it_died_of_and_no_other(tmp_path: Path) -> None:
    captions = [f"{number} {DEADLY if number == 5 else 'good'}" for number in range(12)]
    source, out = make("jsonl", tmp_path / "in", captions), tmp_path / "out"
    report = FilterRun(str(source), str(out), pipeline=deadly_pipeline, block_rows=3).run(WorkerProcesses(2))
    assert (report["kept"], report["failed"]) == (11, 1)
    assert report["failures"] == [{"what": DIED, "rows": 1, "examples": ["00005"]}]


def test_a_stage_that_raises_costs_the_rows_that_it_raises_at(tmp_path: Path) -> None:
    captions = [f"{number} {DEADLY if number in (2, 3) else 'good'}" for number in range(9)]
    report = filtered(make("csv", tmp_path / "in", captions), tmp_path / "out", pipeline=raising_pipeline)
    assert (report["kept"], report["failed"]) == (7, 2)
    assert report["failures"][0]["what"] == "ValueError: a stage that raises"


# ---- runs that end in the middle ----

KILLED = """
import os, signal
from studio.curation import filter_run, place
from studio.curation.filter_run import FilterRun
from studio.curation.workers import Here
from tests.training_data import word_pipeline
left = {after}
real = place.DataPlace.writing
def writing(self, name):
    global left
    if {what!r} in f"{{self.address}}/{{name}}":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return real(self, name)
place.DataPlace.writing = writing
FilterRun({source!r}, {out!r}, pipeline=word_pipeline, block_rows=4, resume={resume}).run(Here())
"""


def killed(source: Path, out: Path, what: str, after: int, resume: bool = False) -> int:
    """Runs the filter in a process that is killed when it is about to write the file after so many of a kind."""
    code = KILLED.format(source=str(source), out=str(out), what=what, after=after, resume=resume)
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "after"),
    [
        pytest.param("/seen/", 1, id="while it looks"),
        pytest.param("/seen/", 4, id="while it looks, later"),
        pytest.param("manifest.parquet", 0, id="before it decides"),
        pytest.param("/data", 1, id="while it writes"),
        pytest.param("report.json", 0, id="before it reports"),
    ],
)
def test_a_run_that_is_killed_goes_on_to_the_same_result(tmp_path: Path, what: str, after: int) -> None:
    source = make("webdataset", tmp_path / "in", CAPTIONS)
    whole, out = filtered(source, tmp_path / "whole"), tmp_path / "out"
    assert killed(source, out, what, after) == -signal.SIGKILL
    assert not (out / "report.json").exists()
    resumed = filtered(source, out, resume=True)
    assert resumed["manifest_digest"] == whole["manifest_digest"]
    for name in ("data", "quarantine"):
        assert {path.name: path.read_bytes() for path in (out / name).iterdir()} == {
            path.name: path.read_bytes() for path in (tmp_path / "whole" / name).iterdir()
        }


ORPHANED = """
import os, signal
from studio.curation.workers import WorkerProcesses
pool = WorkerProcesses._pool(1)
print(pool.submit(os.getpid).result(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_the_processes_of_a_run_that_is_killed_end_with_it(tmp_path: Path) -> None:
    # To a file: a pipe would be open for as long as the process is there.
    with open(tmp_path / "process", "w") as said:
        run = subprocess.run([sys.executable, "-c", ORPHANED], cwd=ROOT, stdout=said, check=False)
    assert run.returncode == -signal.SIGKILL
    worker, last = int((tmp_path / "process").read_text()), time.monotonic() + 30
    while is_running(worker) and time.monotonic() < last:
        time.sleep(0.05)
    assert not is_running(worker)


def is_running(process: int) -> bool:
    """Tells whether a process is there; one that has ended may wait for somebody to ask."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
def test_a_run_may_be_killed_again_and_again(tmp_path: Path) -> None:
    source, out = make("parquet", tmp_path / "in", CAPTIONS), tmp_path / "out"
    for number in range(3):
        assert killed(source, out, "/seen/", 1, resume=number > 0) == -signal.SIGKILL
    assert filtered(source, out, resume=True)["manifest_digest"] == filtered(source, tmp_path / "w")["manifest_digest"]


def test_a_folder_of_another_run_is_not_taken(tmp_path: Path) -> None:
    source, out = make("csv", tmp_path / "in", CAPTIONS), tmp_path / "out"
    filtered(source, out)
    with pytest.raises(RequestError, match="holds an earlier run"):
        filtered(source, out)
    with pytest.raises(RequestError, match="another source"):
        filtered(make("csv", tmp_path / "other", CAPTIONS[:7]), out, resume=True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(RequestError, match="is not empty"):
        filtered(source, tmp_path / "full")


@pytest.mark.parametrize(
    ("name", "asked", "refused"),
    [
        pytest.param("policy.toml", {}, False, id="what decides"),
        pytest.param("lexicon/sexual.toml", {}, True, id="a word list"),
        pytest.param("filter_groups.toml", {}, True, id="groups"),
        pytest.param("", {"caption": "path"}, True, id="another column"),
    ],
)
def test_a_run_goes_on_only_with_what_rows_were_looked_at_with(
    tmp_path: Path, name: str, asked: dict[str, str], refused: bool
) -> None:
    source, presets = make("csv", tmp_path / "in", CAPTIONS), tmp_path / "presets"
    shutil.copytree(PRESETS, presets, ignore=shutil.ignore_patterns("lessons"))
    out, rules = tmp_path / "out", FilterRules(presets=presets)
    filtered(source, out, rules=rules)
    if name:
        (presets / name).write_text((presets / name).read_text("utf-8") + "\n# another\n", "utf-8")
    if refused:
        with pytest.raises(RequestError, match="looked with other settings"):
            filtered(source, out, rules=rules, resume=True, asked=asked)
    else:
        assert filtered(source, out, rules=rules, resume=True)["rows"] == 24


def test_a_wrong_column_leaves_nothing_behind(tmp_path: Path) -> None:
    source, out = make("csv", tmp_path / "in", CAPTIONS), tmp_path / "out"
    with pytest.raises(RequestError, match="has no column 'words'"):
        filtered(source, out, asked={"caption": "words"})
    assert not out.exists()
    assert filtered(source, out)["rows"] == 24


def test_an_output_that_cannot_be_one_is_told_in_a_sentence(tmp_path: Path) -> None:
    source = make("folder", tmp_path / "in", CAPTIONS)
    (tmp_path / "file").write_text("mine")
    for out, match in (
        (source / "out", "lies in the source"),
        (source, "lies in the source"),
        (tmp_path / "file", "is a file"),
        (tmp_path / "file" / "out", "cannot be written"),
    ):
        with pytest.raises(StudioError, match=match) as told:
            filtered(source, out)
        assert told.value.advice
    assert (tmp_path / "file").read_text() == "mine" and not (source / "out").exists()
    assert filtered(source, tmp_path / "in2")["rows"] == 24


def test_a_full_disk_stops_the_run_with_one_sentence_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = make("jsonl", tmp_path / "in", CAPTIONS), tmp_path / "out"
    real, count = os.replace, iter(range(100))

    def replace(*paths: Any) -> None:
        if next(count) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(*paths)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(NoRoomError, match="takes no more: No space left") as stopped:
        filtered(source, out)
    assert "--resume" in stopped.value.advice
    assert not [path for path in out.rglob("*") if "unfinished" in path.name]
    resumed = filtered(source, out, resume=True)
    assert resumed["manifest_digest"] == filtered(source, tmp_path / "whole")["manifest_digest"]


# ---- reports, replays, explanations ----


def test_a_dry_run_copies_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = filtered(make("folder", tmp_path / "in", CAPTIONS), out, dry_run=True)
    assert report["removed"] == 8
    assert {path.name for path in out.iterdir()} == {"manifest.parquet", "plan.json", "report.json", "seen"}
    assert json.loads((out / "report.json").read_text())["manifest_digest"] == report["manifest_digest"]


def test_a_replay_decides_again_and_looks_at_nothing(tmp_path: Path) -> None:
    source = make("parquet", tmp_path / "in", CAPTIONS)
    first = filtered(source, tmp_path / "first")
    # A pipeline whose stages would fail at every row if they looked.
    again = FilterRun(str(source), str(tmp_path / "again"), pipeline=raising_pipeline)
    report = again.replay(str(tmp_path / "first"))
    assert report["manifest_digest"] == first["manifest_digest"]
    assert captions_of(tmp_path / "again" / "data") == captions_of(tmp_path / "first" / "data")
    with pytest.raises(RequestError, match="earlier run"):
        again.replay(str(tmp_path / "first"))
    with pytest.raises(RequestError, match="lies in the source"):
        FilterRun(str(source), str(source / "out"), pipeline=raising_pipeline).replay(str(tmp_path / "first"))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_replay_of_other_rows_is_refused(tmp_path: Path, kind: str) -> None:
    filtered(make(kind, tmp_path / "in", CAPTIONS), tmp_path / "first")
    # The same shards and ids, and one row more.
    other = make(kind, tmp_path / "other", [*CAPTIONS, "one more"])
    with pytest.raises(RequestError, match="was of other rows"):
        FilterRun(str(other), str(tmp_path / "again"), pipeline=raising_pipeline).replay(str(tmp_path / "first"))
    assert not (tmp_path / "again").exists()


def test_a_replay_may_be_replayed(tmp_path: Path) -> None:
    source = make("folder", tmp_path / "in", CAPTIONS)
    digests = {filtered(source, tmp_path / "0")["manifest_digest"]}
    for number in range(2):
        again = FilterRun(str(source), str(tmp_path / str(number + 1)), pipeline=raising_pipeline)
        digests.add(again.replay(str(tmp_path / str(number)))["manifest_digest"])
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("address", "match"), [("nowhere", "There is nothing at"), ("empty", "holds no training data")]
)
def test_a_source_that_is_none_is_told_in_a_sentence(tmp_path: Path, address: str, match: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match=match):
        filtered(tmp_path / address, tmp_path / "out")


def test_a_mode_that_there_is_not_is_told_before_anything_is_looked_at(tmp_path: Path) -> None:
    source = make("csv", tmp_path / "in", CAPTIONS)
    with pytest.raises(RequestError, match="no mode"):
        FilterRun(str(source), str(tmp_path / "out"), FilterRules("nowhere")).run(Here())
