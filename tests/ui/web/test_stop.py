"""Stop: what the page says last is that the work has been stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from engines.testing import FakeEngine
from tests.fakes import fake_studio
from ui import forms
from ui.web import create_tab


@pytest.fixture
def tab(tmp_path: Path) -> create_tab.CreateTab:
    with gr.Blocks():
        return create_tab.build(fake_studio(tmp_path, FakeEngine()))


def asked(session: str) -> Any:
    return gr.Request(headers={}, session_hash=session, client=None)


def values(tab: create_tab.CreateTab) -> list[Any]:
    form = {name: component.value for name, component in tab.fields.components.items()}
    return [{**form, "prompt": "a red apple"}[name] for name in forms.FIELDS]


def test_after_stop_no_step_is_shown(tab: create_tab.CreateTab) -> None:
    steps = tab.make(asked("one"), *values(tab))
    assert "sl-progress" in next(steps)[tab.status]
    tab.stop(asked("one"))
    assert not [shown for shown in steps if "sl-progress" in str(shown.get(tab.status))]


def test_what_comes_after_stop_says_it_again_but_not_over_new_work(tab: create_tab.CreateTab) -> None:
    assert "Stopped" in tab.say_stopped(asked("one"))
    steps = tab.make(asked("one"), *values(tab))
    next(steps)
    assert "Stopped" not in str(tab.say_stopped(asked("one")))
    assert "Stopped" in tab.say_stopped(asked("two"))
    steps.close()
