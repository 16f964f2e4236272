"""The command line: stable JSON on stdout, one sentence on stderr, the right exit code, no half-written file."""

from __future__ import annotations

import errno
import json
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from engines.interface import Progress
from engines.testing import FakeEngine
from safety.errors import EngineFailed, EngineUnavailable, ExportError, PresetError
from safety.generation import Generation, GenerationRequest
from safety.prompt.validation import MAX_PROMPT
from safety.records import Verdict
from studio import Studio
from tests.fakes import PlainExporter, fake_studio
from ui.cli import main as command_line
from ui.reach import Reach

WORD, WARNED, SHOCKED, SPOILT, HARD = "a gore", "a wound", "shock", "spoilt", "forbidden"


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> dict[str, Any]:
        (only,) = self.rows
        return only

    def says(self, *parts: str) -> None:
        """One sentence for people, and no traceback."""
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        for part in parts:
            assert part in self.err, self.err


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def studio(home: Path) -> Iterator[Studio]:
    fake = fake_studio(home)
    yield fake
    fake.audit.close()


@pytest.fixture
def run(studio: Studio) -> Callable[..., Result]:
    return runner(lambda: studio)


def runner(make_studio: Callable[[], Studio]) -> Callable[..., Result]:
    def run(*arguments: object, stdin: str | bytes = b"") -> Result:
        cli = command_line.build(make_studio, "127.0.0.1", 7860)
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return Result(result.exit_code, result.stdout, result.stderr)

    return run


def nothing_written(out: Path) -> bool:
    """Neither the file nor anything half-written beside it."""
    return [path.name for path in out.parent.iterdir() if path.suffix != "" or path.name.startswith(".")] == []


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    return folder / "apple.png"


# ---- check ------------------------------------------------------------------------------------------


def test_check_answers_a_line_a_prompt_in_order(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text(f"a red apple\n{WORD} in a wood\n", "utf-8")
    result = run("check", tmp_path / "prompts.txt")
    apple, gore = result.rows
    assert (result.code, result.err) == (0, "")
    assert (apple["text"], apple["verdict"], apple["risk"], apple["reasons"]) == ("a red apple", "ALLOW", 0.0, [])
    assert (gore["verdict"], gore["scores"]) == ("BLOCK", {"violence": 0.9})
    reason = gore["reasons"][0]
    assert (reason["category"], reason["code"], reason["spans"]) == ("violence", "P301", [[2, 6]])
    assert (reason["score"], reason["threshold"]) == (0.9, 0.7)
    assert gore["risk"] > 0.5 and gore["ms"] >= 0


def test_check_judges_in_the_mode_that_was_asked_for(run: Callable[..., Result]) -> None:
    assert run("check", "-", stdin="a wound").row["verdict"] == "WARN"
    assert run("check", "--mode", "medical", "-", stdin="a wound").row["verdict"] == "NOTE"


def test_a_hard_line_carries_no_score_and_no_span(run: Callable[..., Result]) -> None:
    row = run("check", "-", stdin=HARD).row
    assert (row["verdict"], row["risk"], row["scores"]) == ("HARD_BLOCK", 1.0, {})
    assert (row["reasons"][0]["score"], row["reasons"][0]["spans"]) == (None, [])


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        pytest.param("", "BLOCK", id="empty"),
        pytest.param(" \t", "BLOCK", id="blank"),
        pytest.param("x", "ALLOW", id="one character"),
        pytest.param("ab " * 33_334, "BLOCK", id="100,000 characters"),
        pytest.param("a\x00b", "BLOCK", id="binary"),
        pytest.param("\ud800", "BLOCK", id="half a character"),
        pytest.param("תפוח אדום", "ALLOW", id="right to left"),
        pytest.param("🍎🍏", "ALLOW", id="emoji only"),
        pytest.param("a\u2028b\x0bc\rd", "ALLOW", id="other line ends"),
    ],
)
def test_every_line_gets_an_answer_and_comes_back_as_given(run: Callable[..., Result], text: str, verdict: str) -> None:
    result = run("check", "--jsonl", "-", stdin=json.dumps(text) + "\n")
    assert (result.code, result.row["text"], result.row["verdict"]) == (0, text, verdict)
    if verdict == "BLOCK":
        assert result.row["reasons"][0]["code"] == "P000"
        assert result.row["risk"] == 1.0


def test_check_reads_plain_lines_with_any_line_end(run: Callable[..., Result]) -> None:
    result = run("check", "-", stdin=b"\xef\xbb\xbfone\r\ntwo\n\n\xff\xfe\nfive")
    assert [row["text"] for row in result.rows] == ["one", "two", "", "\udcff\udcfe", "five"]
    assert [row["verdict"] for row in result.rows] == ["ALLOW", "ALLOW", "BLOCK", "BLOCK", "ALLOW"]


def test_check_of_nothing_answers_nothing(run: Callable[..., Result]) -> None:
    assert run("check", "-") == Result(0, "", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["--mode", "opera", "-"], "general", id="unknown mode"),
        pytest.param(["missing.txt"], "missing.txt: No such file", id="missing file"),
        pytest.param(["."], "Is a directory", id="folder"),
    ],
)
def test_check_refuses_bad_input(run: Callable[..., Result], arguments: list[str], sentence: str) -> None:
    result = run("check", *arguments, stdin="a red apple\n")
    assert (result.code, result.out) == (2, "")
    result.says(sentence)


@pytest.mark.parametrize("line", [pytest.param(line, id=line) for line in ("a red apple", "1", "{", "[]", '"a')])
def test_check_names_the_line_that_is_no_json_string(run: Callable[..., Result], line: str) -> None:
    result = run("check", "--jsonl", "-", stdin=f'"a red apple"\n{line}\n')
    assert (result.code, len(result.rows)) == (2, 1)
    result.says("Line 2 is no JSON string")


def test_check_needs_no_home(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert runner(lambda: fake_studio(tmp_path / "file" / "home"))("check", "-", stdin="a red apple").code == 0


# ---- create -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".PNG"])
def test_create_writes_the_exported_bytes(run: Callable[..., Result], out: Path, studio: Studio, suffix: str) -> None:
    out = out.with_suffix(suffix)
    result = run("create", "a red apple", "--out", out, "--seed", 7, "--json")
    assert (result.code, result.err) == (0, "")
    assert result.row["file"] == str(out)
    (exported,) = studio.exporter.written  # type: ignore[attr-defined]
    assert out.read_bytes() == exported.read_bytes()
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    assert result.row["seed"] == 7
    assert len(result.row["stamp"]) == 16


def test_create_without_json_prints_the_file(run: Callable[..., Result], out: Path) -> None:
    assert run("create", "a red apple", "--out", out) == Result(0, f"{out}\n", "")


@pytest.mark.parametrize(
    ("prompt", "stage", "code"),
    [
        pytest.param(WORD, "prompt", "P301", id="prompt blocked"),
        pytest.param(HARD, "prompt", "P102", id="hard line"),
        pytest.param(WARNED, "prompt", "P302", id="warning not confirmed"),
        pytest.param(SPOILT, "picture", "I301", id="picture withheld"),
        pytest.param(SHOCKED, "picture", "I302", id="picture veiled"),
    ],
)
def test_create_refuses_with_reasons(run: Callable[..., Result], out: Path, prompt: str, stage: str, code: str) -> None:
    result = run("create", prompt, "--out", out, "--json")
    assert (result.code, result.err) == (3, "")
    assert (result.row["stage"], result.row["reasons"][0]["code"]) == (stage, code)
    assert nothing_written(out)
    plain = run("create", prompt, "--out", out)
    assert plain.code == 3
    assert code in plain.out
    warns = result.row["verdict"] == "WARN"
    assert ("--confirm" in plain.out) == (warns and stage == "prompt")
    assert ("reveal" in plain.out) == (warns and stage == "picture")


def test_a_confirmed_warning_goes_on_and_is_on_record(run: Callable[..., Result], out: Path, studio: Studio) -> None:
    warning = run("create", WARNED, "--out", out, "--json").row["warning"]
    result = run("create", WARNED, "--out", out, "--confirm", warning, "--json")
    assert result.code == 0 and out.exists()
    assert "acknowledged" in [row["event"] for row in studio.audit.show(result.row["case"])]
    assert studio.audit.show(warning)[-1]["facts"] == {"by": result.row["case"]}


def test_a_veiled_picture_is_revealed_on_record(run: Callable[..., Result], out: Path, studio: Studio) -> None:
    case = run("create", SHOCKED, "--out", out, "--json").row["case"]
    assert run("reveal", case, "--out", out).code == 0 and out.exists()
    assert studio.audit.show(case)[-1]["event"] == "revealed"


def test_nothing_is_revealed_of_a_case_without_a_finished_picture(run: Callable[..., Result], out: Path) -> None:
    withheld = run("create", SPOILT, "--out", out, "--json").row["case"]
    for case in (withheld, "no such case"):
        assert run("reveal", case, "--out", out).code == 2 and nothing_written(out)


def test_quick_says_so_where_the_model_has_no_quick_setting(run: Callable[..., Result], out: Path) -> None:
    result = run("create", "a red apple", "--quick", "--out", out)
    assert (result.code, out.exists()) == (2, False)
    result.says("no quick setting", "number of steps")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"prompt": ""}, "empty", id="empty prompt"),
        pytest.param({"prompt": "x" * (MAX_PROMPT + 1)}, "Shorten", id="over-long prompt"),
        pytest.param({"prompt": "a\x00b"}, "plain text", id="binary prompt"),
        pytest.param({"--mode": "opera"}, "Choose one of: art, general, medical", id="unknown mode"),
        pytest.param({"--engine": "steam"}, "Choose one of: pocket", id="unknown engine"),
        pytest.param({"--steps": 0}, "Use 1 to 500", id="no steps"),
        pytest.param({"--steps": 501}, "Use 1 to 500", id="too many steps"),
        pytest.param({"--seed": -1}, "Use 0 to 4294967295", id="seed below 0"),
        pytest.param({"--seed": 2**32}, "Use 0 to 4294967295", id="seed above 32 bits"),
        pytest.param({"--out": "apple"}, ".png .jpg .jpeg .webp", id="no suffix"),
        pytest.param({"--out": "apple.tiff"}, ".png .jpg .jpeg .webp", id="unknown suffix"),
        pytest.param({"--out": "nowhere/apple.png"}, "no folder", id="no such folder"),
        pytest.param({"--out": "folder.png"}, "is a folder", id="a folder of that name"),
        pytest.param({"--out": "file.png/apple.png"}, "no folder", id="below a file"),
    ],
)
def test_create_refuses_bad_input(run: Callable[..., Result], out: Path, changes: dict[str, Any], words: str) -> None:
    options: dict[str, Any] = {"prompt": "a red apple", "--out": out, **changes}
    before = out.parent / "folder.png"
    before.mkdir()
    (out.parent / "file.png").write_text("")
    options["--out"] = out.parent / options["--out"]
    result = run("create", options.pop("prompt"), *[part for pair in options.items() for part in pair])
    assert (result.code, result.out) == (2, "")
    result.says(words)
    assert sorted(path.name for path in out.parent.iterdir()) == ["file.png", "folder.png"]


@dataclass
class BrokenEngine(FakeEngine):
    error: BaseException = EngineFailed("The picture is all black.", "Try another seed.")

    def generate(self, request: GenerationRequest, seeds: Sequence[int], progress: Progress, **_: Any) -> Generation:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        pytest.param(EngineFailed("All black.", "Try another seed."), 4, "All black. Try another seed.", id="failed"),
        pytest.param(EngineUnavailable("No model.", "Get it."), 4, "No model. Get it.", id="unavailable"),
        pytest.param(MemoryError(), 4, "not enough memory", id="out of memory"),
        pytest.param(RuntimeError("shape"), 4, "RuntimeError: shape", id="a bug"),
        pytest.param(KeyboardInterrupt(), 130, "Stopped.", id="control and C"),
    ],
)
def test_create_says_what_failed(home: Path, out: Path, error: BaseException, code: int, sentence: str) -> None:
    result = runner(lambda: fake_studio(home, engine=BrokenEngine(error=error)))("create", "x", "--out", out)
    assert (result.code, result.out) == (code, "")
    result.says(sentence)
    assert nothing_written(out)


def test_an_export_that_fails_hands_out_nothing(home: Path, out: Path) -> None:
    exporter = PlainExporter(fails=ExportError("The mark could not be read back."))
    result = runner(lambda: fake_studio(home, exporter=exporter))("create", "x", "--out", out)
    assert result.code == 4
    result.says("could not be read back")
    assert nothing_written(out)


def test_an_unwritable_home_stops_create_before_anything_is_made(out: Path, tmp_path: Path) -> None:
    engine = FakeEngine()
    (tmp_path / "file").write_text("")
    result = runner(lambda: fake_studio(tmp_path / "file" / "home", engine))("create", "x", "--out", out)
    assert (result.code, engine.drawn) == (4, 0)
    result.says("SAFELIGHT_HOME")
    assert nothing_written(out)


@pytest.mark.parametrize(
    "number", [pytest.param(errno.ENOSPC, id="disk full"), pytest.param(errno.EROFS, id="read-only")]
)
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_target_that_cannot_be_written_gets_no_half_file(
    run: Callable[..., Result], out: Path, monkeypatch: pytest.MonkeyPatch, number: int, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    out.write_bytes(b"what was there before")
    monkeypatch.setattr(os, step, fail)
    monkeypatch.setattr(Path, "replace", fail)
    result = run("create", "a red apple", "--out", out)
    assert (result.code, result.out) == (4, "")
    result.says(os.strerror(number))
    assert out.read_bytes() == b"what was there before"
    assert [path.name for path in out.parent.iterdir()] == [out.name]


# ---- look, mark, verify: test_cli_pictures.py ----- serve, audit ------------------------------------


def test_a_bad_preset_stops_with_the_file_and_the_key() -> None:
    def broken() -> Studio:
        raise PresetError("policy.toml: limits.prompt.sexual", "Mend the file.")

    result = runner(broken)("check", "-", stdin="x")
    assert result.code == 2
    result.says("policy.toml: limits.prompt.sexual Mend the file.")


def test_serve_names_a_port_that_is_taken(run: Callable[..., Result]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", "--port", taken.getsockname()[1])
    assert result.code == 2
    result.says("127.0.0.1:", "already in use", "--port")


def test_serve_names_an_address_that_is_not_here(run: Callable[..., Result]) -> None:
    result = run("serve", "--host", "no-such-host.invalid")
    assert result.code == 2
    result.says("no-such-host.invalid", "--host")


def test_serve_closes_what_a_crash_left(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ui.web.page

    crashed = fake_studio(home)
    unfinished = crashed.audit.case(GenerationRequest("a red apple"))
    unfinished.__enter__()
    crashed.audit.close()
    served: list[tuple[object, ...]] = []
    monkeypatch.setattr(ui.web.page, "serve", lambda *arguments: served.append(arguments[1:]))
    studio = fake_studio(home)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert runner(lambda: studio)("serve", "--port", port).code == 0
    assert served == [("127.0.0.1", port, Reach())]
    assert studio.audit.list()[0]["outcome"] == "interrupted"
    studio.audit.close()


def test_audit_lists_and_shows_what_happened(run: Callable[..., Result], out: Path) -> None:
    refused = run("create", WORD, "--out", out, "--json").row["case"]
    delivered = run("create", "a red apple", "--out", out, "--json").row["case"]
    rows = run("audit", "list").rows
    assert [(row["case"], row["outcome"]) for row in rows] == [(delivered, "delivered"), (refused, "refused")]
    assert [row["case"] for row in run("audit", "list", "--limit", 1).rows] == [delivered]
    events = [row["event"] for row in run("audit", "show", delivered).rows]
    assert events == ["opened", "judged", "generated", "judged", "exported", "closed"]
    assert run("audit", "verify").out.startswith("The audit log is whole: 9 rows")


def test_audit_show_of_an_unknown_case_is_bad_input(run: Callable[..., Result]) -> None:
    result = run("audit", "show", "f")
    assert result.code == 2
    result.says("no case 'f'", "audit list")


def test_audit_verify_names_what_was_changed(run: Callable[..., Result], out: Path, studio: Studio) -> None:
    run("create", WORD, "--out", out)
    connection = sqlite3.connect(studio.audit.location)
    with connection:
        connection.execute("DROP TRIGGER entry_no_update")
        connection.execute("UPDATE entry SET facts = '{}' WHERE seq = 2")
    connection.close()
    result = run("audit", "verify")
    assert result.code == 1
    assert "Row 2 was edited" in result.out


def test_verdicts_are_named_as_the_documentation_says() -> None:
    assert [verdict.name for verdict in Verdict] == ["ALLOW", "NOTE", "WARN", "BLOCK", "HARD_BLOCK"]
