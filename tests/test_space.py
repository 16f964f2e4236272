"""A dry run of what a Hugging Face Space does with this repository: its own steps, on this machine.

`make space` runs it in a fresh environment of the Python that README.md names, installed from requirements.txt as a
Space installs it; the suite runs it in its own environment.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PYTHON = os.environ.get("SAFELIGHT_SPACE_PYTHON", sys.executable)
HOST = "somebody-safelight.hf.space"
WAIT = 180  # s

# Starts app.py with every file that it opens for writing, makes, moves or deletes noted in a list.
WATCHED = """
import os, runpy, sys

notes = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
sys.argv = ["app.py"]
MADE = {"os.mkdir": (0,), "os.rename": (0, 1), "os.remove": (0,), "os.rmdir": (0,), "os.symlink": (1,), "os.link": (1,)}
MADE["sqlite3.connect"] = (0,)

def note(event, given):
    if event == "open":
        writes = given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if isinstance(given[2], int) else 0
        paths = given[:1] if writes else ()
    else:
        paths = [given[number] for number in MADE.get(event, ())]
    for path in paths:
        if isinstance(path, (str, bytes, os.PathLike)):
            os.write(notes, os.fsencode(os.path.abspath(os.fsdecode(path))) + b"\\n")

sys.addaudithook(note)
sys.path.insert(0, os.getcwd())
runpy.run_path("app.py", run_name="__main__")
"""


def front_matter() -> dict[str, str]:
    head = (ROOT / "README.md").read_text("utf-8").split("---\n")[1]
    return {name: value.strip().strip('"') for name, _, value in (line.partition(":") for line in head.splitlines())}


def requirements() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    found = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    return {one.name: one for one in found}


def test_the_space_starts_a_file_that_is_there() -> None:
    assert (ROOT / front_matter()["app_file"]).is_file()


def test_the_space_runs_the_gradio_that_is_required() -> None:
    assert front_matter()["sdk"] == "gradio"
    assert Version(front_matter()["sdk_version"]) in requirements()["gradio"].specifier


def test_the_space_runs_a_python_that_the_project_allows() -> None:
    import tomllib

    allowed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert Version(f"{front_matter()['python_version']}.0") in Requirement(f"safelight{allowed}").specifier


def test_a_login_is_asked_for_and_its_package_is_installed() -> None:
    assert front_matter()["hf_oauth"] == "true"
    assert "oauth" in requirements()["gradio"].extras


def test_debian_packages_are_named_one_a_line_and_nothing_else() -> None:
    # A Space hands every line to apt-get: a comment would be a package that does not exist.
    lines = (ROOT / "packages.txt").read_text("utf-8").splitlines()
    assert lines
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", line) for line in lines)


@dataclass(frozen=True)
class Space:
    url: str
    home: Path
    notes: Path

    def post(self, name: str, value: Any) -> Any:
        """Calls an endpoint for programs and returns its answer."""
        info = httpx.get(f"{self.url}/config", headers=self.headers).json()
        number = next(one["id"] for one in info["dependencies"] if one["api_name"] == name)
        session = uuid.uuid4().hex
        call = {"fn_index": number, "session_hash": session, "data": [value]}
        httpx.post(f"{self.url}/gradio_api/queue/join", json=call, headers=self.headers).raise_for_status()
        address = f"{self.url}/gradio_api/queue/data?session_hash={session}"
        with httpx.stream("GET", address, timeout=WAIT, headers=self.headers) as stream:
            for line in stream.iter_lines():
                event = json.loads(line.removeprefix("data:") or "{}") if line.startswith("data:") else {}
                if event.get("msg") == "process_completed":
                    return event["output"]
        raise AssertionError("The Space hung up.")

    @property
    def headers(self) -> dict[str, str]:
        return {"host": HOST, "x-forwarded-for": "203.0.113.9"}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Space]:
    home = tmp_path_factory.mktemp("space")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"SPACE_ID": "somebody/safelight", "SPACE_HOST": HOST, "SYSTEM": "spaces", "HOME": str(home / "user")}
    settings |= {"SAFELIGHT_HOME": str(home / "data"), "SAFELIGHT_PORT": str(port), "TMPDIR": str(home / "tmp")}
    settings |= {"HF_HOME": str(home / "hub"), "PYTHONDONTWRITEBYTECODE": "1", "SAFELIGHT_PROXIES": "127.0.0.1"}
    (home / "tmp").mkdir()
    (home / "user").mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "OMP_NUM_THREADS") if name in os.environ}
    command = [PYTHON, "-c", WATCHED, str(home / "notes")]
    with subprocess.Popen(command, cwd=ROOT, env=kept | settings) as server:
        found = Space(f"http://127.0.0.1:{port}", home, home / "notes")
        try:
            _wait(found, server)
            yield found
        finally:
            server.terminate()


def _wait(space: Space, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + WAIT
    while time.monotonic() < ends:
        assert server.poll() is None, "app.py ended by itself"
        with suppress(httpx.TransportError):
            httpx.get(space.url, headers=space.headers, timeout=5)
            return
        time.sleep(0.2)
    raise AssertionError("app.py does not answer")


@pytest.mark.slow
def test_a_space_makes_a_picture_and_writes_nowhere_but_in_its_own_folders(space: Space) -> None:
    assert httpx.get(space.url, headers=space.headers).status_code == 200
    answer = space.post("create", {"prompt": "a red apple", "seed": 1})
    assert "case" in json.dumps(answer)
    assert list((space.home / "data" / "outputs").rglob("*.png"))
    written = {Path(line) for line in space.notes.read_text("utf-8").splitlines()}
    assert any(path.is_relative_to(space.home / "data") for path in written)  # else nothing was noted
    # At its first start Gradio keeps two files beside its own code, and goes on where it cannot.
    outside = {path for path in written if not any(path.is_relative_to(own) for own in (space.home, "/dev"))}
    assert not {path for path in outside if "site-packages/gradio/" not in str(path)}


@pytest.mark.slow
def test_a_space_is_open_to_everybody_and_keeps_no_prompt(space: Space) -> None:
    space.post("create", {"prompt": "a green pear beside a quiet lake", "seed": 2})
    kept = [path for path in (space.home / "data").rglob("*") if path.is_file() and path.suffix != ".png"]
    assert kept
    assert not [path for path in kept if b"green pear" in path.read_bytes()]


@pytest.mark.slow
def test_a_space_lets_its_own_site_frame_it_and_nobody_else(space: Space) -> None:
    policy = httpx.get(space.url, headers=space.headers).headers["content-security-policy"]
    assert "frame-ancestors 'self' https://huggingface.co" in policy


@pytest.mark.slow
def test_a_call_under_another_name_is_not_answered(space: Space) -> None:
    assert httpx.get(space.url, headers=space.headers | {"host": "elsewhere.example"}).status_code == 421
