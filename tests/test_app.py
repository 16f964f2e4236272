"""The program as other programs run it: a process with arguments, pipes and an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_a_wrong_setting_stops_the_start_with_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, "SAFELIGHT_PORT": "http"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "SAFELIGHT_PORT" in done.stderr


@pytest.mark.slow
def test_another_program_can_ask_and_wait_for_each_answer(tmp_path: Path) -> None:
    command = [sys.executable, "app.py", "check", "-"]
    environment = {**os.environ, "SAFELIGHT_HOME": str(tmp_path)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin and program.stdout
        for prompt in ("a red apple", "a blue background"):
            program.stdin.write(f"{prompt}\n")
            program.stdin.flush()
            assert f'"text": "{prompt}"' in program.stdout.readline()
        program.stdin.close()
    assert program.returncode == 0


@pytest.mark.slow
def test_a_reader_that_goes_away_gets_no_traceback(tmp_path: Path) -> None:
    command = f"yes 'a red apple' | head -n 20000 | {sys.executable} app.py check - | head -n 1"
    environment = {**os.environ, "SAFELIGHT_HOME": str(tmp_path)}
    done = subprocess.run(command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize(("started_as", "name"), [("/x/bin/safelight", "safelight"), ("app.py", "python app.py")])
def test_the_help_names_the_program_as_it_was_started(started_as: str, name: str) -> None:
    code = f"import sys; sys.argv = [{started_as!r}, '--help']; import app; app.main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"Usage: {name} " in done.stdout
