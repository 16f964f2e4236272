"""Weights are a small thing that everybody may import; only verified bytes are run."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from safety.errors import WeightsError
from safety.weights import OnnxModel, Weights, read_weights

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "assets" / "models" / "image_safety"


def weights(folder: Path, data: bytes) -> Weights:
    (folder / "model.onnx").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return Weights(folder=folder, file="model.onnx", sha256=digest, source="", licence="MIT", licence_url="")


def test_importing_weights_loads_hardly_anything_of_ours_and_no_runtime() -> None:
    code = (
        "import sys, safety.weights; "
        "print(sum(name.partition('.')[0] == 'safety' for name in sys.modules), 'onnxruntime' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    count, runtime = run.stdout.split()
    assert int(count) <= 5 and runtime == "False"


def test_the_bytes_of_a_file_are_read_only_while_they_are_the_pinned_ones(tmp_path: Path) -> None:
    pinned = weights(tmp_path, b"model")
    assert pinned.read() == b"model"
    (tmp_path / "model.onnx").write_bytes(b"other")
    with pytest.raises(WeightsError, match="SHA-256 differs") as caught:
        pinned.read()
    assert caught.value.advice
    (tmp_path / "model.onnx").unlink()
    with pytest.raises(WeightsError, match=r"model\.onnx cannot be read"):
        pinned.read()


def test_a_model_is_opened_at_its_first_run_and_kept(tmp_path: Path) -> None:
    shipped = read_weights(SHIPPED)["face_age"]
    copied = weights(tmp_path, shipped.read())
    model = OnnxModel(copied)
    first = model.run(np.zeros((1, 112, 112, 3), np.float32))
    copied.path().unlink()
    np.testing.assert_array_equal(model.run(np.zeros((1, 112, 112, 3), np.float32)), first)
