"""The folder that ships: no paths of a machine, and a text encoder that loads in full precision."""

import json
from pathlib import Path

import pytest

from training.pocket.export import tidy

pytestmark = pytest.mark.slow


def test_the_configs_name_no_path_and_the_text_encoder_float32(tmp_path: Path) -> None:
    for part in ("unet", "text_encoder"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "config.json").write_text(json.dumps({"_name_or_path": "/a/b", "dtype": "float16", "k": 1}))
    tidy(tmp_path)
    read = {part: json.loads((tmp_path / part / "config.json").read_text()) for part in ("unet", "text_encoder")}
    assert read == {"unet": {"dtype": "float16", "k": 1}, "text_encoder": {"dtype": "float32", "k": 1}}
