"""Runs ONNX models. The one file that imports onnxruntime, and only at the first run."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from safety.errors import WeightsError
from safety.weights import Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

THREADS = 2  # per model: more would take the cores from the generator
ERRORS_ONLY = 3  # onnxruntime's log level
ADVICE = "Install Safelight again, or fetch the file anew: git checkout -- assets/models"


class OnnxModel:
    """One model with one input and one output, loaded at the first run and kept. Safe to call from threads."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.sha256 = weights.sha256
        self._session: Any = None
        self._lock = threading.Lock()

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The output for one batch. Raises WeightsError where the weights are missing or not the vendored ones."""
        session = self._loaded()
        output: NDArray[np.float32] = session.run(None, {session.get_inputs()[0].name: batch})[0]
        return output

    def _loaded(self) -> Any:
        with self._lock:
            if self._session is None:
                self._session = open_session(verified(self._weights.path(), self._weights.sha256))
            return self._session


def verified(path: Path, sha256: str) -> bytes:
    """The bytes of the file at `path`, whose SHA-256 is `sha256`. Raises WeightsError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"The weights {path.name} cannot be read: {error.strerror}.", ADVICE) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise WeightsError(f"The weights {path.name} are not the ones that were vendored (SHA-256 differs).", ADVICE)
    return data


def open_session(data: bytes) -> Any:
    """A session on the CPU from the very bytes that were verified: a file could change between two reads."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # builds for Windows report by default
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    # Threads that wait busily take the cores from the generator: half the speed of everything on a small machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = ERRORS_ONLY
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
