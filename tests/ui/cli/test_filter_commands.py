"""`filter` at the command line, and the page that it writes."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

pytest.importorskip("pyarrow", reason="the extra `filter`")

from safety.resources import PRESETS
from studio.curation import filter_run
from studio.curation.balance import count_losses, load_group_terms
from studio.curation.filter_run import FilterProgress
from studio.curation.row_thumbnails import Thumbnail
from studio.curation.tally import balance_facts
from studio.curation.workers import Here
from tests.training_data import BAD, BROKEN, make, word_pipeline
from ui.cli import filter_commands
from ui.cli.filter_commands import build, progress_line
from ui.html.filter_page import filter_page

CAPTIONS = ["a man", f"a gay couple {BAD}", BROKEN, "a woman <b>"]


@pytest.fixture(autouse=True)
def _without_models(monkeypatch: pytest.MonkeyPatch) -> None:
    real = filter_run.FilterRun

    def with_words(*arguments: Any, **named: Any) -> filter_run.FilterRun:
        return real(*arguments, **named, pipeline=word_pipeline)

    monkeypatch.setattr(filter_run, "FilterRun", with_words)
    monkeypatch.setattr(filter_commands, "_engine", lambda *_: Here())


def ran(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(build(), [str(each) for each in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_source_is_filtered_and_a_row_explained(tmp_path: Path) -> None:
    source, out = make("csv", tmp_path / "in", CAPTIONS), tmp_path / "out"
    code, said, progress = ran(source, "--out", out)
    assert code == 0, progress
    assert said.splitlines()[0] == "4 rows: 2 kept, 1 removed, 1 failed."
    assert "4 of 4 rows (100%)" in progress
    assert {path.name for path in out.iterdir()} >= {
        "data",
        "quarantine",
        "manifest.parquet",
        "report.json",
        "report.html",
    }
    code, said, _ = ran("explain", "00001", "--out", out)
    assert code == 0 and "removed by the stage word" in said
    code, _, sentence = ran("explain", "nobody", "--out", out)
    assert code == 2 and "has no row nobody" in sentence


def test_the_report_is_printed_as_json_and_is_the_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, said, _ = ran("run", make("jsonl", tmp_path / "in", CAPTIONS), "--out", out, "--dry-run", "--json")
    assert code == 0
    assert json.loads(said) == json.loads((out / "report.json").read_text())
    assert not (out / "data").exists()


def test_a_stage_that_no_set_does_without_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    code, _, said = ran(make("csv", tmp_path / "in", ["a"]), "--out", tmp_path / "out", "--without", "picture")
    assert code == 2 and said.startswith("No set does without the stage 'picture'. These may be left out: quality")


def test_help_shows_the_options_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    code, said, _ = ran("--help")
    assert code == 0 and "--dry-run" in said and "filter explain ID" in said
    code, _, told = ran()
    assert code == 2 and "--help" in told


def test_whoever_stops_a_run_reads_how_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def run(self, *_: object) -> Any:
            raise KeyboardInterrupt

    source = make("csv", tmp_path / "in", CAPTIONS)
    monkeypatch.setattr(filter_commands, "_engine", lambda *_: Interrupted())
    code, _, said = ran(source, "--out", tmp_path / "out")
    assert (code, said) == (130, "What was looked at stays: the same command goes on with --resume.\nStopped.\n")
    monkeypatch.setattr(filter_commands, "_engine", lambda *_: Here())
    assert ran(source, "--out", tmp_path / "out", "--resume")[0] == 0


def test_a_replay_needs_no_look(tmp_path: Path) -> None:
    source = make("csv", tmp_path / "in", CAPTIONS)
    ran(source, "--out", tmp_path / "first")
    code, said, _ = ran(source, "--out", tmp_path / "again", "--replay", tmp_path / "first")
    assert code == 0 and "2 kept, 1 removed" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(("nowhere", "--out", "x"), "There is nothing at nowhere. Name a folder", id="no source"),
        pytest.param(("explain", "a", "--out", "nowhere"), "There is no manifest.parquet in nowhere", id="no manifest"),
    ],
)
def test_bad_input_gets_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, said = ran(*arguments)
    assert code == 2 and said.startswith(sentence) and said.count("\n") == 1


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (FilterProgress(0, 10, 0, 0.0, {}), "0 of 10 rows (0%), 0.0 rows/s; out so far: none"),
        (
            FilterProgress(6000, 50_000, 1000, 100.0, {"picture": 2, "caption": 1200}),
            "6,000 of 50,000 rows (12%), 50.0 rows/s, 15 min left; out so far: caption 1,200, picture 2",
        ),
        (FilterProgress(10, 10, 10, 1.0, {}), "10 of 10 rows (100%), 0.0 rows/s; out so far: none"),
    ],
)
def test_progress_has_rate_time_left_and_counts(progress: FilterProgress, line: str) -> None:
    assert progress_line(progress) == line


class _Tags(HTMLParser):
    """Holds that every tag is closed, and gathers the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("captions", [CAPTIONS, ["a tree"], [BROKEN]], ids=["all", "nothing to say", "broken"])
def test_the_page_is_whole_and_escapes_what_comes_from_outside(tmp_path: Path, captions: list[str]) -> None:
    source, out = make("folder", tmp_path / "in<script>", captions), tmp_path / "out"
    ran(source, "--out", out)
    page = (out / "report.html").read_text("utf-8")
    tags = _Tags()
    tags.feed(page)
    assert tags.open == [] and "<script" not in page and "in<script>" in tags.text
    assert "src=" not in page and "http" not in page


def test_a_picture_stands_within_the_page_with_what_it_is(tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran(make("csv", tmp_path / "in", ["a tree"]), "--out", out)
    report = json.loads((out / "report.json").read_text())
    rows = [("a gay couple <1>", True), ("a gay couple 2", True), ("a gay couple 3", True), ("a tree", False)]
    report["balance"] = balance_facts(count_losses(rows, load_group_terms(PRESETS)))
    shown = {"a gay couple <1>": Thumbnail(b"sharp", False), "a gay couple 2": Thumbnail(b"soft", True)}
    page = str(filter_page(report, shown))
    assert '<img src="data:image/webp;base64,c2hhcnA=" alt="a gay couple &lt;1&gt;">' in page
    assert 'alt="a gay couple 2, blurred: a check of pictures stopped it"' in page
    # Two groups speak of them; the third has no picture that may be shown.
    assert page.count("<img") == page.count("src=") and "<code>a gay couple 3</code>" in page
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []


def test_a_group_that_loses_much_is_marked(tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran(make("csv", tmp_path / "in", ["a tree"]), "--out", out)
    report = json.loads((out / "report.json").read_text())
    assert 'class="warns"' not in str(filter_page(report))
    rows = [("a gay couple", number % 2 == 0) for number in range(20)] + [("a tree", False)] * 100
    report["balance"] = balance_facts(count_losses(rows, load_group_terms(PRESETS)))
    assert str(filter_page(report)).count('class="warns"') == 1
    (line,) = [line for line in filter_commands.summary(report, "out") if line.startswith("Look at this")]
    assert "10 of 20 captions are removed, 6.0 times the average" in line
