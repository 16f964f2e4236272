"""TrustMark behind a fake of its package: what is fetched, what is trusted, and what is said when it cannot be had."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from safety.errors import WeightsError
from safety.marks import Marks, trustmark
from safety.marks.trustmark import FILES, TrustMarkReader
from safety.marks.verify import verify
from tests.fakes_marks import Memory, file_of

CONTENT = {name: name.encode() for name in FILES}
PICTURE = Image.new("RGB", (300, 300), "teal")


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Installs a package that behaves like trustmark 0.9.2, and returns what it answers and what it loaded."""
    state: dict[str, Any] = {"answer": ("1010", True, 0), "loaded": []}

    class TrustMark:
        class Encoding:
            BCH_SUPER = 0

        def __init__(self, **given: Any) -> None:
            for part, name in (("decoder", "decoder_Q.ckpt"), ("encoder", "encoder_Q.ckpt")):
                self.load_model("inside/trustmark_Q.yaml", f"inside/{name}", "cpu", 100, part=part)

        def check_and_download(self, name: str) -> None:
            raise AssertionError("the package must not download by itself")

        def load_model(self, config: str, weights: str, device: str, length: int, part: str = "all") -> None:
            for name in (config, weights):
                self.check_and_download(name)
                state["loaded"].append(name)

        def decode(self, image: Image.Image, MODE: str) -> Any:
            return state["answer"]

    module = ModuleType("trustmark")
    module.TrustMark = TrustMark  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "trustmark", module)
    hashes = {name: hashlib.md5(data, usedforsecurity=False).hexdigest() for name, data in CONTENT.items()}
    monkeypatch.setattr(trustmark, "FILES", hashes)
    return state


def test_only_the_decoder_is_loaded_from_files_that_were_checked(package: dict[str, Any], tmp_path: Path) -> None:
    found = TrustMarkReader(tmp_path / "m", CONTENT.__getitem__).detect(PICTURE)

    assert [(mark.tool, mark.payload) for mark in found] == [("TrustMark (Adobe)", "1010")]
    assert package["loaded"] == [str(tmp_path / "m" / name) for name in ("trustmark_Q.yaml", "decoder_Q.ckpt")]


@pytest.mark.parametrize(
    "answer", [("", False, -1), ("1", True, 1), ("1", True, 2), ("1", True, 3)], ids=["none", "BCH_5", "BCH_4", "BCH_3"]
)
def test_only_the_strongest_check_is_trusted(package: dict[str, Any], tmp_path: Path, answer: Any) -> None:
    package["answer"] = answer
    assert TrustMarkReader(tmp_path, CONTENT.__getitem__).detect(PICTURE) == ()


def test_files_are_fetched_once(package: dict[str, Any], tmp_path: Path) -> None:
    asked: list[str] = []
    for _ in range(2):
        TrustMarkReader(tmp_path, lambda name: asked.append(name) or CONTENT[name]).detect(PICTURE)  # type: ignore[func-returns-value]
    assert sorted(asked) == sorted(FILES)


def test_another_file_is_refused_fetched_or_found(package: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="not the one that its maker published"):
        TrustMarkReader(tmp_path, lambda name: b"other").detect(PICTURE)
    assert list(tmp_path.iterdir()) == []
    for name in FILES:
        (tmp_path / name).write_bytes(b"other")
    with pytest.raises(WeightsError, match="not the one"):
        TrustMarkReader(tmp_path, CONTENT.__getitem__).detect(PICTURE)
    assert package["loaded"] == []


def test_without_network_or_package_the_other_layers_are_still_told(
    package: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(name: str) -> bytes:
        raise OSError("no network")

    marks = Marks(tmp_path / "keys", trustmark=TrustMarkReader(tmp_path, unreachable))
    assert "no network" in verify(file_of(PICTURE), marks, Memory()).readings.failures[0]
    monkeypatch.setitem(sys.modules, "trustmark", None)
    verification = verify(file_of(PICTURE), marks, Memory())
    assert "pip install trustmark" in verification.readings.failures[0] and verification.summary.startswith(
        "No mark was found"
    )
