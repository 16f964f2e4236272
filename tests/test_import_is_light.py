"""The page and the command line are up before torch is, and the layer is cheap to build on: what is heavy is
imported at first use.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.sources import PACKAGES, ROOT

HEAVY = {"torch", "diffusers", "transformers", "onnxruntime", "cv2", "c2pa"}
LATER = {"gradio", "sqlalchemy", "scipy", "alembic", "pg8000"}
MAX_MODULES_WITH_WEIGHTS = 5
MAX_SECONDS_TO_IMPORT_SAFETY = 0.3
TRIES = 5


def after(code: str, report: str) -> object:
    """Returns what `report`, an expression, is worth after `code`, in a process of its own that sees no pytest."""
    program = f"import json, sys, time\n{code}\nprint(json.dumps({report}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def loaded_after(code: str) -> set[str]:
    names = after(code, "sorted(sys.modules)")
    assert isinstance(names, list)
    return set(names)


def libraries(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize(
    ("code", "never"),
    [
        pytest.param("import safety", HEAVY | LATER, id="the layer"),
        pytest.param("from safety import Guard", HEAVY | LATER, id="the guard"),
        pytest.param("import app", HEAVY | LATER, id="app"),
        pytest.param("import app, ui.cli.main", HEAVY | LATER, id="command line"),
        pytest.param(
            "import app, pathlib\n"
            "app.make_studio(app.Settings(pathlib.Path('nowhere'))).check('a red apple', 'general')",
            (HEAVY | LATER) - {"onnxruntime"},  # the check that judges meaning runs on it
            id="a prompt judged",
        ),
        pytest.param("import app, ui.web.page", HEAVY, id="page", marks=pytest.mark.slow),
    ],
)
def test_nothing_heavy_is_imported(code: str, never: set[str]) -> None:
    assert not libraries(loaded_after(code)) & never


def test_weights_bring_hardly_anything_else_of_ours() -> None:
    ours = {name for name in loaded_after("import safety.weights") if name.partition(".")[0] in {*PACKAGES, "app"}}
    assert len(ours) <= MAX_MODULES_WITH_WEIGHTS, sorted(ours)


def test_the_layer_is_imported_in_no_time() -> None:
    """The best of several tries: a busy machine makes some slow, and none fast."""
    clocked = "begun = time.perf_counter(); import safety; taken = time.perf_counter() - begun"
    seconds = [after(clocked, "taken") for _ in range(TRIES)]
    assert all(isinstance(taken, float) for taken in seconds)
    assert min(seconds) < MAX_SECONDS_TO_IMPORT_SAFETY, seconds
