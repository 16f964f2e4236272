"""What a browser loads of the page's own scripts and styles stays small."""

from __future__ import annotations

from safety.resources import ASSETS

MOST_BYTES = 80_000


def test_own_scripts_and_styles_stay_under_80_kilobytes() -> None:
    own = [ASSETS / "app.css", ASSETS / "policy.css", *(ASSETS / "page").iterdir()]
    assert sum(path.stat().st_size for path in own) < MOST_BYTES
