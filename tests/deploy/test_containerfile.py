"""The image: its file is sound, and the steps of its first stage give a studio that works.

No container engine runs on most machines that the tests run on, so the steps are taken from the file and run in a
folder: the same commands, in the place of the image's /opt/safelight. What only an image has (Debian's packages, users)
is read.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.sources import ROOT, tracked_files

dockerfile_parse = pytest.importorskip("dockerfile_parse", reason="requirements-dev.txt")

CONTAINERFILE = ROOT / "deploy" / "Containerfile"
IGNORED = ROOT / "deploy" / "Containerfile.dockerignore"
PREFIX = "/opt/safelight"
SECONDS = 900  # that a step may take on the busiest machine


def stages() -> dict[str, list[dict[str, Any]]]:
    """Returns the steps of each stage, by its name; "" is what is built where no target is named."""
    parser = dockerfile_parse.DockerfileParser(fileobj=BytesIO(CONTAINERFILE.read_bytes()))
    found: dict[str, list[dict[str, Any]]] = {}
    name = ""
    for step in parser.structure:
        if step["instruction"] == "FROM":
            name = step["value"].partition(" AS ")[2]
            found[name] = []
        if step["instruction"] != "COMMENT":
            found[name].append(step)
    return found


def steps(stage: str, instruction: str) -> list[str]:
    return [step["value"] for step in stages()[stage] if step["instruction"] == instruction]


def test_a_linter_finds_nothing() -> None:
    hadolint = shutil.which("hadolint") or shutil.which("hadolint", path=sysconfig.get_path("scripts"))
    if hadolint is None:
        pytest.skip("hadolint is not here: requirements-dev.txt")
    done = subprocess.run([hadolint, str(CONTAINERFILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_runs_as_another_user_and_writes_to_its_home_alone() -> None:
    assert steps("runtime", "USER") == ["10001:10001"]
    environment = " ".join(steps("runtime", "ENV"))
    assert "SAFELIGHT_HOME=/data" in environment and "HOME=/data" in environment
    assert "PYTHONDONTWRITEBYTECODE=1" in environment
    assert steps("", "FROM") == ["runtime"] and set(stages()) == {
        "build", "runtime", "with-models", "build-node", "node", "",
    }  # fmt: skip


def test_what_debian_adds_is_what_a_space_has() -> None:
    (install,) = (step for step in steps("runtime", "RUN") if "apt-get" in step)
    asked = re.search(r"--no-install-recommends ([^&]+)", install)
    assert asked and asked[1].split() == (ROOT / "packages.txt").read_text("utf-8").split()


def test_the_image_gets_all_that_is_installed_and_nothing_else() -> None:
    files = tracked_files()
    if not files:
        pytest.skip("This is no clone.")
    kept = {line[1:] for line in IGNORED.read_text("utf-8").splitlines() if line.startswith("!")}
    assert {"app.py", "pyproject.toml", "requirements.txt", "requirements.lock", "deploy"} <= kept
    assert not kept & {"tests", "training", "docs", ".ci", "benchmarks", ".git", ".venv"}
    assert not {name for name in kept - {"models"} if not any(path.split("/")[0] == name for path in files)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs the steps of the first stage in a folder of their own; yields what /opt/safelight is there."""
    index = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", tmp_path_factory.mktemp("index"),
         "pg8000"], capture_output=True, check=False,
    )  # fmt: skip
    if index.returncode:
        pytest.skip("pip has no index.")
    source, prefix = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("opt") / "safelight"
    kept = {line[1:] for line in IGNORED.read_text("utf-8").splitlines() if line.startswith("!")}
    for step in stages()["build"]:
        if step["instruction"] == "COPY":
            copy(step["value"], kept, source)
        if step["instruction"] == "RUN":
            command = (
                step["value"].replace(PREFIX, str(prefix)).replace("python -m venv", f"{sys.executable} -m venv", 1)
            )
            done = subprocess.run(command, shell=True, cwd=source, capture_output=True, text=True, timeout=SECONDS)
            assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            if "-m venv" in step["value"]:
                lend_packages(prefix)
    return prefix


def copy(value: str, kept: set[str], source: Path) -> None:
    """Does a COPY of the build context: of the files of this clone that the image's ignore file keeps."""
    (wanted, _) = value.split()
    for path in tracked_files():
        if path.split("/")[0] in kept and wanted in (".", path):
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, source / path)


def lend_packages(prefix: Path) -> None:
    """Lends an environment the packages of the one that the tests run in: 5 GB need not be installed again.

    Those that the lock file names in another version are still installed, and the studio is in any case.
    """
    (site,) = prefix.glob("lib/python*/site-packages")
    lent = [path for path in sys.path if path.endswith("site-packages")]
    (site / "lent.pth").write_text("\n".join(lent) + "\n", "utf-8")


@pytest.mark.slow
def test_the_steps_give_a_studio_that_makes_a_marked_picture(built: Path, tmp_path: Path) -> None:
    home, outside = tmp_path / "data", tmp_path / "elsewhere"
    home.mkdir()
    outside.mkdir()
    environment = {
        "PATH": f"{built / 'bin'}:{os.environ['PATH']}", "HOME": str(home), "SAFELIGHT_HOME": str(home),
        "SAFELIGHT_OFFLINE": "yes", "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(outside), "LANG": "C.UTF-8",
    }  # fmt: skip
    before = {path for path in built.rglob("*")}
    (program,) = (json.loads(value) for value in steps("runtime", "ENTRYPOINT"))
    picture = home / "apple.png"
    for arguments in (
        ["create", "a red apple", "--seed", "7", "--out", str(picture)],
        ["verify", str(picture), "--json"],
    ):
        done = subprocess.run(
            [*program, *arguments], cwd=home, env=environment, capture_output=True, text=True, timeout=SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)
    # As on a read-only file system: nothing of the installation has changed, and it is not the clone's code that ran.
    assert {path for path in built.rglob("*")} == before
    where = subprocess.run(
        [str(built / "bin" / "python"), "-c", "import studio, pg8000; print(studio.__file__)"],
        cwd=home, env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert str(built) in where
