"""One and two guards side by side, in miniature: its rates say nothing there, that everything is counted does."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.server.guard_scaling import Turn, held_to, main, row, texts
from tests.benchmarks.test_cluster_load import STUDIO
from tests.sources import ROOT


@pytest.mark.ray
@pytest.mark.slow
def test_one_and_two_guards_are_measured_in_turns() -> None:
    pytest.importorskip("ray", reason="the extra `serve`")
    arguments = ["--rounds", "1", "--seconds", "2", "--words", "5", "--studio", STUDIO]
    command = [sys.executable, "-m", "benchmarks.server.guard_scaling", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=580, check=False)
    found = re.search(r"^\| 5 \| ([\d.]+) \| ([\d.]+) \| .* \| ([\d.]+) / ([\d.]+) / ", done.stdout, re.MULTILINE)
    assert found and all(float(each) > 0 for each in found.groups()), done.stdout + done.stderr[-3000:]
    assert done.returncode in (0, 1) and "times as much as one" in done.stdout


@pytest.mark.parametrize("words", [3, 12, 200])
def test_prompts_have_their_length_and_none_comes_twice(words: int) -> None:
    told = list(islice(texts(words), 50))
    assert {len(text.split()) for text in told} == {words} and len(set(told)) == 50


def test_the_ratio_is_the_median_of_those_of_the_rounds() -> None:
    cpu = {"prompt-guard": 0.05, "callers": 0.002, "ray beside": 0.001}
    told = {"one": [Turn(10, cpu), Turn(20, cpu), Turn(10, cpu)], "two": [Turn(19, cpu), Turn(30, cpu), Turn(20, cpu)]}
    line, middle = row(200, told)
    assert middle == pytest.approx(1.9)
    assert line == "| 200 | 10.0 | 20.0 | 1.90 (1.50 to 2.00) | 50.0 / 2.0 / 1.0 |"


def test_what_cannot_be_measured_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--words", "2"])
    assert "3 words at least" in capsys.readouterr().err


def test_a_process_is_held_to_a_share_of_a_core_and_let_go(tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cgroup.procs").touch()
    with held_to(7, 0.4, tmp_path):
        group = tmp_path / "cpu/safelight-7"
        told = {path.name: path.read_text() for path in group.iterdir()}
    assert told == {"cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": "8000", "cgroup.procs": "7"}
    assert (tmp_path / "cpu/cgroup.procs").read_text() == "7"


def test_without_control_groups_a_share_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="root"), held_to(7, 0.4, tmp_path / "none"):
        pass
