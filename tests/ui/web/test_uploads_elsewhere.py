"""Pictures from outside go into Verify, and the library's drop zone: no other handler takes a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fakes import fake_studio
from ui.web.list_wishes import LIST, make_run, wish_of

page = pytest.importorskip("ui.web.page")

# Every component that a browser may upload into.
TAKES_FILES = {"file", "image", "gallery", "uploadbutton", "multimodaltextbox", "imageeditor", "video", "audio"}
TAKES_FILES |= {"chatbot", "imageslider", "model3d", "annotatedimage"}
ALLOWED = {"sl-file", "sl-lib-file"}


def test_no_handler_reads_a_file_outside_of_verify_and_the_library(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    config = page.build(studio).get_config_file()
    parts = {part["id"]: part for part in config["components"]}
    inputs = [parts[number] for one in config["dependencies"] for number in one["inputs"] if number in parts]
    taking = {part["props"].get("elem_id") for part in inputs if part["type"] in TAKES_FILES}
    assert taking <= ALLOWED
    studio.audit.close()


@pytest.mark.parametrize("place", ["prompt", "negative_prompt", "format", "seed", "mode"])
def test_a_file_in_place_of_a_setting_makes_no_list(tmp_path: Path, place: str) -> None:
    studio = fake_studio(tmp_path)
    file: dict[str, Any] = {"path": str(tmp_path / "in.png"), "meta": {"_type": "gradio.FileData"}}
    values = {"mode": "general"} | {place: file}
    if place == "prompt":
        run = make_run(studio, wish_of(LIST, "a cat", values), "")
        assert [line.request.prompt for line in run.lines] == ["a cat"]
    else:
        from safety.errors import RequestError

        with pytest.raises(RequestError):
            make_run(studio, wish_of(LIST, "a cat", values), "")
    studio.audit.close()
