"""The data that ships is found in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

from safety.resources import ASSETS, MODELS, PRESETS, shipped


def test_the_checkout_has_presets_assets_and_weights() -> None:
    assert (PRESETS / "policy.toml").is_file() and (ASSETS / "app.css").is_file() and MODELS.is_dir()


def test_what_lies_in_the_package_wins_over_the_folder_beside_it(tmp_path: Path) -> None:
    package = tmp_path / "safety"
    package.mkdir()
    assert shipped("presets", package) == tmp_path / "presets"
    (package / "presets").mkdir()
    assert shipped("presets", package) == package / "presets"
