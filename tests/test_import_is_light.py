"""The page and the command line are up before torch is: heavy libraries are imported at first use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "diffusers", "transformers", "onnxruntime", "cv2", "c2pa"}
LATER = {"gradio", "sqlalchemy", "scipy", "alembic", "pg8000"}


def loaded_after(code: str) -> set[str]:
    report = "import sys, json; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("code", "never"),
    [
        pytest.param("import app", HEAVY | LATER, id="app"),
        pytest.param("import app, ui.cli.main", HEAVY | LATER, id="command line"),
        pytest.param(
            "import app, pathlib\n"
            "app.make_studio(app.Settings(pathlib.Path('nowhere'))).check('a red apple', 'general')",
            (HEAVY | LATER) - {"onnxruntime"},  # the check that judges meaning runs on it
            id="a prompt judged",
        ),
        pytest.param("import app, ui.web.page", HEAVY, id="page"),
    ],
)
def test_nothing_heavy_is_imported(code: str, never: set[str]) -> None:
    assert not loaded_after(code) & never
