"""Downloads against a small hub on this machine: resumed, checked, stopped, and one clear sentence for what fails."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engines.diffusion import hub as hub_module
from engines.diffusion.engine import DiffusionEngine
from engines.diffusion.hub import Hub, required_files
from engines.diffusion.model_store import ModelStore
from engines.hardware import Hardware
from engines.interface import silent
from safety.errors import Cancelled, EngineUnavailable
from tests.engines.conftest import REQUEST, card
from tests.http_server import running

pytestmark = pytest.mark.slow  # a real server, and downloads that break

REPO, COMMIT = "maker/tiny", "0123456789abcdef0123456789abcdef01234567"
TINY = card(REPO, kind="hub")


@dataclass
class FakeHub:
    """Serves one repository. `drops`: how many answers break off in the middle; `gate`: consent is asked for."""

    files: dict[str, bytes]
    drops: int = 0
    gate: bool = False
    lies: bool = False  # the listed hash is not that of the file
    down: bool = False  # from now on nothing is answered
    ranges: Counter[str] = field(default_factory=Counter)

    def listing(self) -> dict[str, Any]:
        rows = []
        for name, data in self.files.items():
            row: dict[str, Any] = {"rfilename": name, "size": len(data)}
            if name.endswith(".safetensors"):
                digest = "0" * 64 if self.lies else hashlib.sha256(data).hexdigest()
                row["lfs"] = {"size": len(data), "sha256": digest, "pointerSize": 130}
            rows.append(row)
        return {"id": REPO, "modelId": REPO, "sha": COMMIT, "siblings": rows, "tags": [], "downloads": 0}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: FakeHub

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.hub.down:
            self.close_connection = True
            return
        if self.path.startswith("/api/models/"):
            self._answer(200, json.dumps(self.hub.listing()).encode(), {"Content-Type": "application/json"})
            return
        name = self.path.partition(f"/resolve/{COMMIT}/")[2]
        if self.hub.gate:
            self._answer(403, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted"})
        elif name in self.hub.files:
            self._file(name, self.hub.files[name])
        else:
            self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})

    def _file(self, name: str, data: bytes) -> None:
        partial = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(partial[1]) if partial else 0
        if start:
            self.hub.ranges[name] += 1
        rest, code = data[start:], 206 if partial else 200
        more = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if partial else {}
        if self.hub.drops and len(rest) > 2000:
            self.hub.drops -= 1
            self._answer(code, rest[: len(rest) // 2], more, says=len(rest))
            self.close_connection = True
        else:
            self._answer(code, rest, more)

    def _answer(self, code: int, body: bytes, headers: dict[str, str], says: int | None = None) -> None:
        self.send_response(code)
        for key, value in {**headers, "Content-Length": str(says or len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def served(tiny_pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeHub, str]]:
    monkeypatch.setattr(hub_module, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(hub_module, "MIN_FREE_BYTES", 0.0)
    monkeypatch.setattr("huggingface_hub.file_download.time", SimpleNamespace(sleep=lambda _: None, time=lambda: 0.0))
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 4096)  # what came in part of one is lost
    folder = tiny_pipeline
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    files |= {"unet/diffusion_pytorch_model.bin": b"pickled", "whole.safetensors": b"x" * 50, "run.py": b"evil"}
    hub = FakeHub(files)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    with running(server) as address:
        yield hub, address


def test_a_model_is_fetched_pinned_and_drawn_with(served: tuple[FakeHub, str], tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    hub = Hub(tmp_path, endpoint=served[1])
    engine = DiffusionEngine("tiny", TINY, ModelStore(tmp_path, hub))
    assert not engine.availability().installed
    generation = engine.generate(REQUEST, [1], lambda *step: steps.append(step))
    assert generation.model == f"{REPO}@{COMMIT}"
    assert engine.availability().installed and hub.pinned(REPO) == COMMIT
    record = json.loads((hub.folder(REPO) / hub_module.MANIFEST).read_text())
    assert all(len(digest) == 64 for digest in record["sha256"].values()) and record["sha256"]
    assert not [path for path in hub.folder(REPO).rglob("*") if path.suffix in (".bin", ".py", ".part")]
    assert "downloading the model (MB)" in {stage for stage, _, _ in steps}


def test_dropped_connections_are_gone_on_from_where_they_broke(served: tuple[FakeHub, str], tmp_path: Path) -> None:
    hub, address = served
    hub.drops = 6
    folder = Hub(tmp_path, endpoint=address).fetch(TINY, silent)
    assert sum(hub.ranges.values()) >= 6 - 1
    for name in ("unet/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.safetensors"):
        assert (folder / name).read_bytes() == hub.files[name]


def test_a_download_that_was_killed_goes_on_at_the_next_start(served: tuple[FakeHub, str], tmp_path: Path) -> None:
    hub, address = served
    weights = "unet/diffusion_pytorch_model.safetensors"

    def kill(_stage: str, _done: int, _total: int, /) -> None:
        if (parts := list(tmp_path.rglob("*.part"))) and parts[0].stat().st_size:
            raise Cancelled("Stopped.")

    hub.files = {weights: hub.files[weights] * 40, "model_index.json": b"{}"}  # several chunks
    hub.drops = 1
    with pytest.raises(Cancelled):
        Hub(tmp_path, endpoint=address).fetch(TINY, kill)
    assert not Hub(tmp_path).has(REPO)
    before = hub.ranges[weights]
    folder = Hub(tmp_path, endpoint=address).fetch(TINY, silent)
    assert hub.ranges[weights] > before
    assert (folder / weights).read_bytes() == hub.files[weights]


def fails(hub: Hub, **changes: Any) -> EngineUnavailable:
    with pytest.raises(EngineUnavailable) as caught:
        hub.fetch(TINY.model_copy(update=changes), silent)
    assert "\n" not in caught.value.sentence and caught.value.advice
    return caught.value


def test_a_network_that_stays_away_is_one_sentence(served: tuple[FakeHub, str], tmp_path: Path) -> None:
    hub, address = served
    hub.down = True
    assert "broke off" in str(fails(Hub(tmp_path, endpoint=address)))


def test_a_wrong_hash_is_thrown_away(served: tuple[FakeHub, str], tmp_path: Path) -> None:
    hub, address = served
    hub.lies = True
    assert "SHA-256 differs" in str(fails(Hub(tmp_path, endpoint=address)))
    assert not list(tmp_path.rglob("*.safetensors")) and not list(tmp_path.rglob("*.safetensors.*.part"))


def test_a_full_disk_is_seen_before_anything_is_fetched(
    served: tuple[FakeHub, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    error = fails(Hub(tmp_path, endpoint=served[1]))
    assert "disk is too full" in str(error) and "SAFELIGHT_HOME" in error.advice
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_disk_that_fills_up_on_the_way_is_one_sentence(
    served: tuple[FakeHub, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Hub, "_stream", full)
    assert "No space left on device" in str(fails(Hub(tmp_path, endpoint=served[1])))


def test_a_missing_consent_names_the_page_and_the_token(served: tuple[FakeHub, str], tmp_path: Path) -> None:
    hub, address = served
    hub.gate = True
    error = fails(Hub(tmp_path, endpoint=address), gated=True)
    assert "consent" in str(error) and REPO in error.advice and "HF_TOKEN" in error.advice


def test_offline_nothing_is_asked_for(tmp_path: Path) -> None:
    error = fails(Hub(tmp_path, offline=True, endpoint="http://127.0.0.1:9"))
    assert "SAFELIGHT_OFFLINE" in str(error)


def test_offline_what_is_here_is_used(served: tuple[FakeHub, str], tmp_path: Path) -> None:
    folder = Hub(tmp_path, endpoint=served[1]).fetch(TINY, silent)
    assert Hub(tmp_path, offline=True).fetch(TINY, silent) == folder
    other = TINY.model_copy(update={"revision": "f" * 40})
    with pytest.raises(EngineUnavailable):
        Hub(tmp_path, offline=True).fetch(other, silent)


def test_too_little_memory_is_said_before_the_download(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, Hub(tmp_path, endpoint="http://127.0.0.1:9"), lambda: Hardware(4, 8))
    engine = DiffusionEngine("tiny", TINY.model_copy(update={"memory_gb": 20.0, "title": "Large"}), store)
    with pytest.raises(EngineUnavailable, match="Large does not run here. Too little memory: 42 GB") as caught:
        engine.generate(REQUEST, [1], silent)
    assert "app.py engines" in caught.value.advice


INDEX = ["model_index.json", "scheduler/scheduler_config.json"]


@pytest.mark.parametrize(
    ("names", "variant", "kept"),
    [
        pytest.param(["unet/m.safetensors", "unet/m.bin"], "", ["unet/m.safetensors"], id="no pickles"),
        pytest.param(
            ["unet/m.safetensors", "unet/m.fp16.safetensors"], "fp16", ["unet/m.fp16.safetensors"], id="variant"
        ),
        pytest.param(["unet/m.safetensors", "unet/m.fp16.safetensors"], "", ["unet/m.safetensors"], id="no variant"),
        pytest.param(["vae/m.safetensors", "unet/m.fp16.safetensors"], "fp16", None, id="a part without the variant"),
        pytest.param(["t/m-00001-of-00002.safetensors", "t/m-00002-of-00002.safetensors"], "", None, id="shards"),
        pytest.param(["whole.safetensors", "unet/m.py", "README.md", "a/b/c.json"], "", [], id="beside and below"),
        pytest.param(["safety_checker/m.safetensors", "safety_checker/config.json"], "", [], id="its own checker"),
        pytest.param(["tokenizer/merges.txt", "tokenizer/chat_template.jinja"], "", None, id="words"),
    ],
)
def test_only_what_a_pipeline_is_loaded_from_is_fetched(names: list[str], variant: str, kept: list[str] | None) -> None:
    assert list(required_files([*INDEX, *names], variant)) == [*INDEX, *(names if kept is None else kept)]


def test_a_repository_in_another_layout_is_named(served: tuple[FakeHub, str], tmp_path: Path) -> None:
    served[0].files = {"model.gguf": b"x"}
    assert "has no model_index.json" in str(fails(Hub(tmp_path, endpoint=served[1])))
