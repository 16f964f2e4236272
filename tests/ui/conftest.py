"""One real server for the page's tests: real prompt checks, policy and audit, an engine that paints and counts."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from engines.testing import FakeEngine
from safety.checks import Check
from safety.image import picture_checks
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.prompt import classifier, load_prompt_checks
from safety.records import Picture
from safety.resources import MODELS
from studio import Studio
from tests.fakes import fake_studio
from tests.fakes_page import PRESETS, WordCheck


@dataclass(frozen=True)
class Served:
    studio: Studio
    engine: FakeEngine
    url: str

    def files(self) -> list[Path]:
        return [path for path in self.studio.outputs.rglob("*") if path.is_file()]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from _served(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same, with all real marks: its pictures can be verified."""
    home = tmp_path_factory.mktemp("marked")
    yield from _served(home, Exporter(Marks(keys=home / "keys")))


@pytest.fixture(scope="session")
def looking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same, with all real marks and the real checks of pictures."""
    home = tmp_path_factory.mktemp("looking")
    checks = picture_checks(MODELS, PRESETS, load_prompt_checks(PRESETS)).checks
    yield from _served(home, Exporter(Marks(keys=home / "keys")), checks)


@pytest.fixture(scope="session")
def weighed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same, with the model that reads prompts: lessons say what it does."""
    if not (MODELS / classifier.FOLDER / "model.onnx").exists():
        pytest.skip("the weights are not here")
    yield from _served(tmp_path_factory.mktemp("weighed"), models=MODELS)


def _served(
    home: Path,
    exporter: Exporter | None = None,
    picture: Sequence[Check[Picture]] = (),
    models: Path | None = None,
) -> Iterator[Served]:
    page = pytest.importorskip("ui.web.page")
    engine = FakeEngine()
    studio = fake_studio(home, engine, exporter)
    prompt = load_prompt_checks(PRESETS, models)
    checks = replace(studio.checks, prompt=(*prompt.checks, WordCheck()), picture=picture or studio.checks.picture)
    studio = replace(studio, checks=checks, demographics=prompt.demographics)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    blocks = page.build(studio)
    page.launch(blocks, studio.review, "127.0.0.1", port, wait=False, studio=studio)
    yield Served(studio, engine, f"http://127.0.0.1:{port}")
    blocks.close(verbose=False)
