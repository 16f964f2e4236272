"""The network that tells photographs from drawings: what is written is what was trained, and its list is whole."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training only")
pytest.importorskip("onnx", reason="training only")

from training.picture_checks import photo_or_drawing as training  # noqa: E402  torch may be missing


def pictures(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 64, 48, 3), dtype=np.uint8)


def test_what_is_written_gives_what_the_network_gives() -> None:
    import onnxruntime

    torch.manual_seed(0)
    network = training.Network()
    session = onnxruntime.InferenceSession(training.exported(network).SerializeToString())
    batch = pictures(1, 1).transpose(0, 3, 1, 2).astype(np.float32)
    (score,) = session.run(None, {"picture": batch})
    assert score == pytest.approx(torch.sigmoid(network(torch.tensor(batch))).detach().numpy(), abs=1e-5)


def test_no_picture_of_the_list_is_both_a_photograph_and_a_drawing() -> None:
    lists = tomllib.loads((training.HERE / "photo_or_drawing.toml").read_text("utf-8"))
    assert not set(lists["photographs"]) & set(lists["drawings"])
    assert all(len(set(lists[name])) == len(lists[name]) for name in ("photographs", "samples", "drawings"))
