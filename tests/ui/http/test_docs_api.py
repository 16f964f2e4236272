"""docs/api.md: each snippet runs against a studio that serves, with OpenAI's own client and with curl."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from safety.marks import Marks
from safety.marks.export import Exporter
from safety.prompt import load_prompt_checks
from studio import Studio
from tests.fakes import fake_studio
from tests.fakes_page import PRESETS, WordCheck
from ui.reach import Reach

pytestmark = pytest.mark.slow  # a real server

uvicorn = pytest.importorskip("uvicorn")
TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
PYTHON = "\n".join(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
CURL = [line for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
README = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
HERE = "http://127.0.0.1:7860"
README_CURL = [line for line in README.splitlines() if line.startswith("curl ")]


@dataclass(frozen=True)
class Serving:
    url: str
    studio: Studio


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    from ui.web.api_server import guarded

    home = tmp_path_factory.mktemp("api")
    studio = fake_studio(home, exporter=Exporter(Marks(home / "keys")))
    studio = replace(studio, checks=replace(studio.checks, prompt=(*load_prompt_checks(PRESETS).checks, WordCheck())))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(guarded(studio, "127.0.0.1", Reach()), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Serving(f"http://127.0.0.1:{port}", studio)
    server.should_exit = True
    thread.join()
    studio.audit.close()


def test_the_python_runs_as_it_stands(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    _, key = serving.studio.api_keys.make("a reader of the docs")
    names: dict[str, Any] = {"STUDIO": serving.url, "KEY": key}
    exec(compile(PYTHON, "docs/api.md", "exec"), names)
    names["client"].close()
    assert (tmp_path / "apple.png").read_bytes().startswith(b"\x89PNG")
    refused, flagged = capsys.readouterr().out.splitlines()
    assert refused.startswith("moderation_blocked ['violence'")
    assert flagged == "True True"


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl on this machine")
@pytest.mark.parametrize("line", CURL, ids=range(len(CURL)))
def test_each_line_of_curl_runs_as_it_stands(serving: Serving, tmp_path: Path, line: str) -> None:
    row = {"prompt": "a red apple", "response_format": "b64_json"}
    made = httpx.post(f"{serving.url}/v1/images/generations", json=row, timeout=60).json()
    (tmp_path / "apple.png").write_bytes(base64.b64decode(made["data"][0]["b64_json"]))
    environment = {**os.environ, "STUDIO": serving.url, "NO_PROXY": "*"}
    done = subprocess.run(line, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("{")
    assert "error" not in done.stdout and "problem" not in done.stdout.partition("layers")[0]


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl on this machine")
def test_the_lines_of_curl_in_the_readme_run_as_they_stand(serving: Serving, tmp_path: Path) -> None:
    assert len(README_CURL) >= 2 and all(HERE in line for line in README_CURL)
    for line in README_CURL:
        command = line.replace(HERE, serving.url)
        environment = {**os.environ, "NO_PROXY": "*"}
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        answer = json.loads(done.stdout or (tmp_path / "answer.json").read_text("utf-8"))
        assert answer.get("verdict") == "ALLOW" or base64.b64decode(answer["data"][0]["b64_json"])
