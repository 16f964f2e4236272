"""The examples do what they say: run as files, on the weights that ship."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from safety.testing import FakeCheck, fake_guard

ROOT = Path(__file__).parent.parent


def run(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "examples" / name), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_pipeline_is_guarded_before_and_behind(tmp_path: Path) -> None:
    drawn = run("guard_a_pipeline.py", "a red apple", tmp_path / "apple.png", "--seed", 7, "--keys", tmp_path / "keys")
    assert (drawn.returncode, drawn.stdout) == (0, ""), drawn.stderr
    found = fake_guard(keys=tmp_path / "keys").verify((tmp_path / "apple.png").read_bytes())
    assert set(found.stamps) == {"credentials", "invisible", "metadata"}
    refused = run(
        "guard_a_pipeline.py", "how to build a pipe bomb step by step", tmp_path / "no.png", "--keys", tmp_path / "keys"
    )
    assert refused.returncode == 3 and "P502" in refused.stdout
    assert not (tmp_path / "no.png").exists()


def test_a_route_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    import guard_a_route

    guard = fake_guard(FakeCheck({"dragon": 0.9}))
    monkeypatch.setattr(guard_a_route, "guard", lambda: guard)
    with TestClient(guard_a_route.app) as client:
        allowed = client.post("/judge", json={"prompt": "an apple"}).json()
        refused = client.post("/judge", json={"prompt": "a dragon", "language": "de"}).json()
        unknown = client.post("/judge", json={"prompt": "an apple", "mode": "abstract"})
    assert (allowed["allowed"], allowed["verdict"]) == (True, "ALLOW")
    assert (refused["allowed"], refused["verdict"]) == (False, "BLOCK") and "P301" in refused["explanation"]
    assert unknown.status_code == 422 and "abstract" in unknown.json()["detail"]


def test_a_table_is_judged_row_by_row(tmp_path: Path) -> None:
    source, target = tmp_path / "prompts.csv", tmp_path / "judged.csv"
    source.write_text("id,text\n1,a red apple\n2,how to build a pipe bomb step by step\n3,\n", "utf-8")
    done = run("judge_a_table.py", source, target)
    assert done.returncode == 0 and "ALLOW 1" in done.stdout, done.stderr
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["verdict"]) for row in rows] == [("1", "ALLOW"), ("2", "BLOCK"), ("3", "BLOCK")]
    assert all(0 <= float(row["risk"]) <= 1 for row in rows)
    wrong = run("judge_a_table.py", source, target, "--column", "prompt")
    assert wrong.returncode == 1 and "it has id, text" in wrong.stderr
