"""`upscale`, from the command line and over HTTP: pictures of this studio only, with every check anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from studio import Studio
from tests.fakes import fake_studio
from ui.cli import main as command_line
from ui.web.api import Api

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    fake = fake_studio(tmp_path / "home")
    yield fake
    fake.audit.close()


@pytest.fixture
def run(studio: Studio) -> Run:
    def invoke(*arguments: object) -> tuple[int, str, str]:
        cli = command_line.build(lambda: studio, "127.0.0.1", 7860)
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
        assert "Traceback" not in result.stderr
        return result.exit_code, result.stdout, result.stderr

    return invoke


@pytest.fixture
def api(studio: Studio) -> Api:
    return Api(studio, str)


def test_a_file_that_was_created_here_becomes_larger(run: Run, tmp_path: Path) -> None:
    run("create", "a red apple", "--out", tmp_path / "apple.png")
    code, printed, _ = run("upscale", tmp_path / "apple.png", "--out", tmp_path / "large.png", "--json")
    row = json.loads(printed)
    assert (code, row["width"], row["times"], row["picture"]["verdict"]) == (0, 1024, 2, "ALLOW")
    with Image.open(tmp_path / "large.png") as image:
        assert image.size == (1024, 1024)


def test_a_picture_from_elsewhere_is_refused_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    Image.new("RGB", (256, 256)).save(tmp_path / "foreign.png")
    code, _, said = run("upscale", tmp_path / "foreign.png", "--out", tmp_path / "large.png")
    assert code == 2
    assert "has not made such a picture" in said
    assert not (tmp_path / "large.png").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["--out", "large.jpg"], "is a .png file", id="another format"),
        pytest.param(["--out", "large.png", "--times", "3"], "cannot be enlarged 3 times", id="three times"),
        pytest.param(["--out", "large.png", "--language", "xx"], "language", id="no such language"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(run: Run, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    run("create", "a red apple", "--out", tmp_path / "apple.png")
    code, _, said = run("upscale", tmp_path / "apple.png", *arguments)
    assert code == 2
    assert sentence in said


def test_a_veiled_picture_stays_out_of_the_file_system(run: Run, studio: Studio, tmp_path: Path) -> None:
    _, printed, _ = run("create", "a shock", "--out", tmp_path / "shock.png", "--json")
    run("reveal", json.loads(printed)["case"], "--out", tmp_path / "shock.png")
    arguments = ("upscale", tmp_path / "shock.png", "--out", tmp_path / "large.png")
    assert run(*arguments)[0] == 2
    assert run(*arguments, "--prompt", "a shock")[0] == 3
    assert not (tmp_path / "large.png").exists()


def test_over_http_a_stamp_is_enough(api: Api) -> None:
    [small] = api.create({"prompt": "a red apple", "width": 256, "height": 256})["pictures"]
    large = api.upscale({"source": small["stamp"], "times": 4})
    assert (large["refused"], large["veiled"], large["width"]) == (False, False, 1024)
    assert large["source"] == small["stamp"]
    assert Path(large["file"]["path"]).is_file()


def test_over_http_a_veiled_picture_comes_without_its_file(api: Api, studio: Studio) -> None:
    case = api.create({"prompt": "a shock", "width": 256, "height": 256})["case"]
    [stamp] = [row["facts"]["stamp"] for row in studio.show_case(case) if row["event"] == "exported"]
    assert "veiled" in api.upscale({"source": stamp})["error"]
    large = api.upscale({"source": stamp, "prompt": "a shock"})
    assert (large["veiled"], large["file"]) == (True, None)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        pytest.param({}, "named by its stamp", id="nothing"),
        pytest.param(None, "table of settings", id="null"),
        pytest.param({"source": "0" * 16}, "has not made", id="unknown"),
        pytest.param({"source": 7}, "must be text", id="number"),
        pytest.param({"source": "0" * 16, "times": "2"}, "must be a number", id="text for a number"),
        pytest.param({"source": "0" * 16, "times": 2.5}, "must be a whole number", id="half"),
        pytest.param({"source": "0" * 16, "file": "x"}, "no setting 'file'", id="a file"),
    ],
)
def test_a_call_that_is_none_gets_a_sentence(api: Api, call: Any, sentence: str) -> None:
    assert sentence in api.upscale(call)["error"]
