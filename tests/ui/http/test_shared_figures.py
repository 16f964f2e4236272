"""Several processes that serve one studio: whichever is asked tells the figures of all, and of none that is gone."""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from studio.api_keys import OPERATE, ApiKeys
from tests.fakes import fake_studio
from ui.http import shared_figures
from ui.http.access import Access
from ui.http.application import make_app
from ui.http.metrics import Metrics
from ui.http.shared_figures import SharedFigures


def judged(metrics: Metrics, times: int, home: Path) -> None:
    studio = fake_studio(home)
    for _ in range(times):
        metrics.decided(studio.check("gore", "general"), 0.01)
    studio.audit.close()


def blocked(told: bytes) -> dict[str, float]:
    """Returns the counted blocks by process."""
    line = r'^safelight_decisions_total\{.*process="([^"]+)".*verdict="BLOCK".*\} (\S+)$'
    return {process: float(number) for process, number in re.findall(line, told.decode(), re.MULTILINE)}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Metrics, Metrics]:
    """Two processes; the first has blocked twice, the second three times."""
    both = Metrics(SharedFigures(tmp_path / "figures", "one")), Metrics(SharedFigures(tmp_path / "figures", "other"))
    for metrics, times in zip(both, (2, 3), strict=True):
        judged(metrics, times, tmp_path)
        assert metrics.shared
        metrics.shared.note(metrics.own(None, times))
    return both


def test_each_process_tells_the_figures_of_all(pair: tuple[Metrics, Metrics]) -> None:
    for metrics in pair:
        told = metrics.answer(None, 7)
        assert blocked(told) == {"one": 2, "other": 3}
        assert told.count(b"# HELP safelight_decisions_total ") == told.count(b"# TYPE safelight_notices_waiting ") == 1


def test_what_one_tells_of_itself_is_as_new_as_its_answer(pair: tuple[Metrics, Metrics], tmp_path: Path) -> None:
    judged(pair[0], 1, tmp_path)
    assert blocked(pair[0].answer(None, 0)) == {"one": 3, "other": 3}


def test_what_is_on_record_is_told_once_and_by_no_process(pair: tuple[Metrics, Metrics]) -> None:
    told = pair[0].answer(None, 0).decode()
    assert re.findall(r"^safelight_removed_files_undeleted.*$", told, re.MULTILINE) == [
        "safelight_removed_files_undeleted NaN"
    ]


def aged(path: Path, seconds: float) -> None:
    when = time.time() - seconds
    os.utime(path, (when, when))


@pytest.mark.parametrize(
    ("seconds", "told", "kept"),
    [
        pytest.param(30, {"one": 2, "other": 3}, True, id="a beat or two are missing"),
        pytest.param(90, {"one": 2}, True, id="gone"),
        pytest.param(2 * shared_figures.KEPT, {"one": 2}, False, id="gone for long"),
    ],
)
def test_a_process_that_is_gone_is_told_no_more(
    pair: tuple[Metrics, Metrics], tmp_path: Path, seconds: float, told: dict[str, float], kept: bool
) -> None:
    other = tmp_path / "figures" / "other.prom"
    aged(other, seconds)
    assert blocked(pair[0].answer(None, 0)) == told
    assert other.exists() is kept


@pytest.mark.parametrize("rubbish", [b"safelight_decisions_total{", b"\xff\xfe", b""], ids=["torn", "no text", "empty"])
def test_a_note_that_cannot_be_read_hides_no_other(
    pair: tuple[Metrics, Metrics], tmp_path: Path, rubbish: bytes
) -> None:
    (tmp_path / "figures" / "broken.prom").write_bytes(rubbish)
    assert blocked(pair[0].answer(None, 0)) == {"one": 2, "other": 3}


def test_a_folder_that_cannot_be_written_leaves_a_process_its_own_figures(tmp_path: Path) -> None:
    (tmp_path / "figures").write_text("a file where the folder should be")
    metrics = Metrics(SharedFigures(tmp_path / "figures", "one"))
    judged(metrics, 2, tmp_path)
    assert blocked(metrics.answer(None, 0)) == {"one": 2}


def test_notes_go_on_after_one_that_could_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, enough, real = [], threading.Event(), SharedFigures.note

    def note(self: SharedFigures, figures: bytes) -> None:
        calls.append(figures)
        if len(calls) == 1:
            raise OSError("full")
        real(self, figures)
        enough.set()

    monkeypatch.setattr(SharedFigures, "note", note)
    SharedFigures(tmp_path / "figures", "one").note_regularly(lambda: b"safelight_memory_bytes 1\n", 0.01)
    assert enough.wait(10) and (tmp_path / "figures" / "one.prom").exists()


def test_a_server_that_is_one_of_several_notes_its_figures_and_tells_them(tmp_path: Path) -> None:
    shared = SharedFigures(tmp_path / "figures", "one")
    metrics = Metrics(shared)
    studio = replace(fake_studio(tmp_path), observer=metrics.decided)
    keys = ApiKeys(tmp_path / "keys")
    app = make_app(studio, Access(keys), b"a secret of 32 bytes for testing", metrics)
    headers = {"Authorization": f"Bearer {keys.make('prometheus', (OPERATE,))[1]}"}
    told = TestClient(app, base_url="http://localhost").get("/metrics", headers=headers).text
    assert re.search(r'^safelight_memory_bytes\{process="one"\} [1-9]', told, re.MULTILINE)
    assert (tmp_path / "figures" / "one.prom").exists()
    studio.audit.close()


def test_what_a_killed_process_left_half_written_goes_after_a_day(tmp_path: Path) -> None:
    shared = SharedFigures(tmp_path, "one")
    shared.note(b"safelight_memory_bytes 1\n")
    old, new = tmp_path / "tmp1.part", tmp_path / "tmp2.part"
    for path, age in ((old, 25 * 3600), (new, 10)):
        path.write_bytes(b"safelight_mem")
        os.utime(path, (time.time() - age, time.time() - age))
    shared.together(b"safelight_memory_bytes 1\n")
    assert (old.exists(), new.exists()) == (False, True)
