"""Gradio starts without what no server needs, and is whole all the same."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import ModuleSpec

import pytest

from ui.web.gradio_start import MODULE, WRITER, NoStubs, applications_unmade

STUBS = f"""
import pathlib, sys
import {{first}}
written = []
write = pathlib.Path.write_text
pathlib.Path.write_text = lambda self, *given, **more: written.append(str(self)) or len(given[0])
read = pathlib.Path.read_text
pathlib.Path.read_text = lambda self, *given, **more: written.append(str(self)) or read(self, *given, **more)
import gradio
from {MODULE} import {WRITER}
assert gradio.Textbox("a").value == "a"
print(sum(one.endswith(".pyi") for one in written), {WRITER}.__module__)
"""


@pytest.mark.parametrize(
    ("first", "touched", "home"),
    [("ui.web", False, "ui.web.gradio_start"), ("ui", True, MODULE)],
    ids=["with the page", "as it comes"],
)
def test_the_page_has_gradio_import_without_its_stubs(first: str, touched: bool, home: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUBS.format(first=first)], capture_output=True, text=True, check=True, timeout=120
    )
    stubs, module = done.stdout.split()
    assert (int(stubs) > 0, module) == (touched, home)


def test_every_other_module_is_found_by_others() -> None:
    assert NoStubs().find_spec("gradio", None) is None
    assert NoStubs().find_spec("gradio.component_meta_other", None) is None
    assert isinstance(NoStubs().find_spec(MODULE, __import__("gradio").__path__), ModuleSpec)


def test_a_page_that_is_laid_out_makes_no_application_and_launch_makes_a_whole_one() -> None:
    gradio = pytest.importorskip("gradio")
    from gradio.routes import App

    make = App.create_app
    with applications_unmade(), gradio.Blocks() as page:
        gradio.Textbox()
    bare, whole = len(page.app.routes), len(make(page).routes)
    assert App.create_app is make
    assert bare + 15 < whole
