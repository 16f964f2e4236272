"""What is installed is what is here: the packages, the data and the licences in a wheel, the versions in the locks."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.sources import PACKAGES, ROOT, tracked_files

# Folders of data, and where a wheel has them: inside the package, since their names are anybody's.
DATA = {"presets": "safety/presets", "assets": "safety/assets"}
LOCKS = {"requirements.txt": "requirements.lock", "requirements-dev.txt": "requirements-dev.lock"}
PIN = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+)(.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def shipped() -> dict[str, str]:
    """Returns where a wheel has each file that it should have, by the file's path here."""
    files = tracked_files()
    if not files:
        pytest.skip("This is no clone: which files belong to the repository is not known.")
    found = {"app.py": "app.py"}
    for path in files:
        top, _, below = path.partition("/")
        if top in PACKAGES:
            found[path] = path
        elif top in DATA:
            found[path] = f"{DATA[top]}/{below}"
    return found


def test_every_package_is_listed(project: dict[str, Any]) -> None:
    folders = {str(PurePosixPath(path).parent) for path in shipped().values() if "/" in path and path.endswith(".py")}
    listed = project["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(folder.replace("/", ".") for folder in folders | {*DATA.values()})


def test_all_data_beside_the_code_is_shipped(project: dict[str, Any]) -> None:
    patterns = project["tool"]["setuptools"]["package-data"]
    left_out = []
    for path in (path for path in shipped() if path.startswith(PACKAGES) and not path.endswith(".py")):
        folder, _, name = path.rpartition("/")
        if not any(fnmatchcase(name, pattern) for pattern in patterns.get(folder.replace("/", "."), [])):
            left_out.append(path)
    assert not left_out, "\n" + "\n".join(left_out)


def test_the_licence_is_one_and_is_there(project: dict[str, Any]) -> None:
    assert project["project"]["license"] == "Apache-2.0"
    assert (ROOT / "LICENSE").read_text() == (ROOT / "assets/licences/Apache-2.0.txt").read_text()
    unmatched = [glob for glob in project["project"]["license-files"] if not list(ROOT.glob(glob))]
    assert unmatched == []


@pytest.mark.slow
def test_a_wheel_holds_the_program_and_all_its_data(tmp_path: Path) -> None:
    source, wheels = tmp_path / "source", tmp_path / "wheels"
    for path in [*shipped(), "pyproject.toml", "requirements.txt", "README.md", "LICENSE", "MANIFEST.in"]:
        target = source / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, target)
    wheels.mkdir()
    code = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, wheels], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = wheels.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == set(shipped().values())


def required(path: str) -> list[Requirement]:
    """Returns what a requirements file asks for, with what the files ask for that it includes."""
    found = []
    for line in (ROOT / path).read_text("utf-8").splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if line.startswith("-r "):
            found += required(line.removeprefix("-r ").strip())
        elif line:
            found.append(Requirement(line))
    return found


def pins(path: str) -> dict[str, str]:
    found = PIN.findall((ROOT / path).read_text("utf-8"))
    return {canonicalize_name(name): version for name, version, _ in found}


@pytest.mark.parametrize(("asked", "lock"), LOCKS.items())
def test_a_lock_holds_what_is_required(asked: str, lock: str) -> None:
    locked = pins(lock)
    unmet = [
        f"{wanted}: {locked.get(canonicalize_name(wanted.name), 'nothing')} in {lock}. Run: make lock"
        for wanted in required(asked)
        if not wanted.specifier.contains(locked.get(canonicalize_name(wanted.name), "0.dev0"), prereleases=True)
    ]
    assert not unmet, "\n" + "\n".join(unmet)


@pytest.mark.parametrize("lock", LOCKS.values())
def test_a_lock_names_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert not re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host", text)
    # A pin's line goes on, and the next one begins with a hash.
    assert len(re.findall(r"==\S+(?: ;.*)? \\\n    --hash=sha256:[0-9a-f]{64}", text)) == len(pins(lock)) > 50


def test_both_locks_agree() -> None:
    run, dev = (pins(lock) for lock in LOCKS.values())
    assert run.items() <= dev.items()
