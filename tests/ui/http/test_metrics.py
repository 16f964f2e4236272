"""The dashboard under deploy/ asks for figures that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.fakes import fake_studio
from ui.http.metrics import Metrics

DASHBOARD = Path(__file__).parents[3] / "deploy" / "grafana.json"
# Figures that no panel shows, with a reason for each.
NOT_SHOWN: set[str] = set()


def test_every_figure_of_the_dashboard_exists(tmp_path: Path) -> None:
    metrics = Metrics()
    studio = fake_studio(tmp_path)
    metrics.decided(studio.check("gore", "general"), 0.01)
    metrics.calls.labels("/v1/safety/judge", "POST", 200).observe(0.01)
    told = metrics.answer(studio.health(), 0).decode()
    asked = {
        name
        for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]
        for target in panel["targets"]
        for name in re.findall(r"safelight_\w+", target["expr"])
    }
    assert asked
    assert not {name for name in asked if not re.search(rf"^{name}[ {{]", told, re.MULTILINE)}
    studio.audit.close()


def test_every_figure_that_is_told_is_on_the_dashboard() -> None:
    metrics = Metrics()
    shown = json.dumps(json.loads(DASHBOARD.read_text("utf-8"))["panels"])
    told = [family.name for registry in (metrics.registry, metrics.record) for family in registry.collect()]
    hidden = {name for name in told if not re.search(rf"\b{name}(_total|_bucket|_count)?\b", shown)}
    assert len(told) > 10 and hidden == NOT_SHOWN
