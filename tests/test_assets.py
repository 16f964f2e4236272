"""What a browser loads of the page's own scripts and styles stays small."""

from __future__ import annotations

from safety.resources import ASSETS

MOST_BYTES = 80_000


def test_own_scripts_and_styles_stay_under_80_kilobytes() -> None:
    own = [ASSETS / "app.css", ASSETS / "policy.css", *(ASSETS / "page").iterdir()]
    assert sum(path.stat().st_size for path in own) < MOST_BYTES


def test_a_reset_of_styles_weighs_less_than_any_rule() -> None:
    """Gradio puts its own classes before each part of a list in :is(), which then outweighs every rule of ours."""
    rules = (ASSETS / "app.css").read_text("utf-8").splitlines()
    (reset,) = [
        rule for rule in rules if rule.startswith(".prose.prose") and "h1, h2, h3" in rule and "padding: 0 }" in rule
    ]
    assert ":where(" in reset and ":is(" not in reset


def test_a_theme_names_only_colours_that_there_are() -> None:
    from ui.web.theme import COLOURS

    styles = (ASSETS / "app.css").read_text("utf-8")
    assert not [colour for colour in COLOURS.values() if f"--sl-{colour}:" not in styles]
