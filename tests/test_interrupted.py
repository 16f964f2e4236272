"""A process killed at any step of a create leaves no unmarked picture and a record that tells of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, UnidentifiedImageError

from safety.audit import AuditLog
from safety.image_io import open_picture
from safety.marks import Marks
from tests.fakes import SECRET

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent

# Runs a real create, and kills itself the moment the named function is reached or has returned.
PROGRAM = """
import importlib, os, signal, sys
from pathlib import Path
from safety.marks.export import Exporter
from safety.marks import Marks
from tests.fakes import fake_studio
from ui.cli.main import build

home, out, when, module, name = Path(sys.argv[1]), sys.argv[2], *sys.argv[3:]
owner = importlib.import_module(module)
*path, last = name.split(".")
for part in path:
    owner = getattr(owner, part)
real = getattr(owner, last)

def killing(*given, **named):
    if when == "after":
        real(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, last, killing)
studio = fake_studio(home, exporter=Exporter(Marks(home / "keys")))
build(lambda: studio, "127.0.0.1", 7860)(["create", "a red apple", "--out", out])
"""

STEPS = [
    pytest.param("before", "tests.fakes_page", "WordCheck.detect", "interrupted", id="before the judgement"),
    pytest.param(
        "before", "safety.audit.case", "Case.record_decision", "interrupted", id="before the judgement is on record"
    ),
    pytest.param("before", "engines.testing", "FakeEngine.generate", "interrupted", id="before generating"),
    pytest.param("before", "engines.testing", "_shapes", "interrupted", id="while generating"),
    pytest.param("after", "engines.testing", "FakeEngine.generate", "interrupted", id="after generating"),
    pytest.param("before", "tests.fakes_page", "PromptedPictureCheck.detect", "interrupted", id="before looking"),
    pytest.param("before", "safety.marks.export", "Exporter.export", "interrupted", id="before the export"),
    pytest.param("after", "safety.marks", "Marks.apply", "interrupted", id="marked and not yet written"),
    pytest.param("before", "os", "fsync", "interrupted", id="while the keys are made"),
    pytest.param("before", "pathlib", "Path.replace", "interrupted", id="written and not yet named"),
    pytest.param("before", "safety.marks.export", "_sync_folder", "interrupted", id="named and not yet safe on disk"),
    pytest.param("after", "safety.marks.export", "Exporter.export", "interrupted", id="after the export"),
    pytest.param("after", "safety.audit.case", "Case.record_export", "interrupted", id="after the export is on record"),
    pytest.param(
        "after", "safety.audit.case", "Case.close_delivered", "delivered", id="after the delivery is on record"
    ),
    pytest.param("before", "ui.cli.create", "write", "delivered", id="before the copy"),
    pytest.param("after", "ui.cli.create", "write", "delivered", id="after the copy"),
]


def unmarked(folder: Path) -> list[Path]:
    """Every file below a folder that shows a picture, whole or in part, and does not carry its marks."""
    marks = Marks(folder / "home" / "keys")
    return [path for path in folder.rglob("*") if path.is_file() and is_picture(path) and not marked(path, marks)]


def is_picture(path: Path) -> bool:
    try:
        with Image.open(path):
            return True
    except UnidentifiedImageError:
        return False


def marked(path: Path, marks: Marks) -> bool:
    return {"credentials", "invisible", "metadata"} <= set(
        marks.read_own(data := path.read_bytes(), open_picture(data)).stamps()
    )


@pytest.mark.parametrize(("when", "module", "name", "outcome"), STEPS)
def test_kill_9_leaves_no_unmarked_picture_and_a_whole_record(
    tmp_path: Path, when: str, module: str, name: str, outcome: str
) -> None:
    home, out = tmp_path / "home", tmp_path / "out" / "apple.png"
    for folder in (out.parent, tmp_path / "tmp"):
        folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, home, out, when, module, name],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert unmarked(tmp_path) == []
    log = AuditLog(home / "audit.sqlite3", SECRET)
    assert log.verify() == []
    assert len(log.close_interrupted()) == (outcome == "interrupted")
    assert [row["outcome"] for row in log.list()] == [outcome]
    assert log.verify() == []
    log.close()


def test_an_unmarked_picture_would_be_found(tmp_path: Path) -> None:
    Image.new("RGB", (256, 256), "red").save(tmp_path / "apple", "PNG")
    assert unmarked(tmp_path) == [tmp_path / "apple"]
