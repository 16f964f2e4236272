"""What is measured at a threshold stands behind it; nothing else of the file changes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from safety.policy.model import load_policy
from safety.records import Finding, Verdict
from training.policy.judged_rows import Seen
from training.policy.measure import Measured, annotated, costs, outside, report
from training.policy.signs import with_signs

PRESETS = Path(__file__).parents[2] / "presets"


def seen(source: str, harmful: bool, *findings: Finding, named: tuple[str, ...] = ()) -> Seen:
    return Seen(source, harmful, named, "kind", findings)


ROWS = (
    seen("art", False),
    seen("art", False, Finding("x", "violence", 0.65)),
    seen("art", False, Finding("x", "hate", 0.65, subcategory="propaganda")),
    seen("jdb", True, Finding("x", "violence", 0.9), named=("violence",)),
    seen("jdb", True, Finding("x", "violence", 0.2), named=("violence",)),
    seen("jdb", True, Finding("x", "dangerous", 0.5), Finding("x", "violence", 0.9), named=("dangerous",)),
)
MEASURED = Measured(load_policy(PRESETS), ROWS)


def test_the_figures_stand_behind_every_number_for_prompts_and_replace_the_old_ones() -> None:
    text = "[limits.prompt.violence]\nwarn = 0.6 # old\n[limits.picture.violence]\nwarn = 0.7 # kept\n"
    told = annotated(text, MEASURED, "art", "2026-11-25")
    assert "warn = 0.6 # 33.3 % of 3 harmless, 50 % of 2 harmful; 2026-11-25\n" in told
    assert "warn = 0.7 # kept" in told and tomllib.loads(told) == tomllib.loads(text)
    assert annotated(told, MEASURED, "art", "2026-11-25") == told


@pytest.mark.parametrize("file", ["policy.toml", "modes/art.toml", "modes/medical.toml"])
def test_every_threshold_that_ships_for_prompts_has_its_figures(file: str) -> None:
    text, table = (PRESETS / file).read_text("utf-8"), ""
    for line in text.splitlines():
        table = line if line.startswith("[") else table
        if table.startswith("[limits.prompt") and line.startswith(("note =", "warn =", "block =", "hard =")):
            assert "harmless" in line and "; 2026-" in line, f"{table} {line}: run training.policy.measure --write"


def test_an_aspect_with_limits_of_its_own_is_measured_by_itself() -> None:
    benign = MEASURED.benign("art")
    assert MEASURED.reached("hate.propaganda", 0.5, benign) == pytest.approx(1 / 3)
    assert MEASURED.reached("hate", 0.5, benign) == 0


def test_outside_is_what_a_mode_may_not_relax() -> None:
    assert outside(MEASURED, "art") == [ROWS[5]]
    assert any("all that may not relax (1)" in line for line in costs(MEASURED))
    assert any(line.startswith("| harmless, art (3) | blocked |") for line in report(MEASURED))


def test_a_sign_of_contradiction_makes_a_mode_as_strict_as_general() -> None:
    free = Measured(with_signs(MEASURED.policy, "art", {"dangerous": 1.0}), ROWS)
    bound = Measured(with_signs(MEASURED.policy, "art", {"dangerous": 0.4}), ROWS)
    assert free.stopped("art", Verdict.BLOCK, [ROWS[5]]) == 0.0
    assert bound.stopped("art", Verdict.BLOCK, [ROWS[5]]) == 1.0
