"""A studio around fakes: the real policy, flow and audit log; words that are flagged, an engine that paints."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from engines.interface import Engine
from safety.audit import AuditLog
from safety.errors import ExportError
from safety.prompt.suggest import Suggester
from safety.works import Export
from studio import Studio
from tests.fakes_page import PaintEngine, PromptedPictureCheck, WordCheck, policy

SECRET = b"a secret of 32 bytes for testing"


@dataclass
class PlainExporter:
    """Writes the picture as it is and calls it marked. `fails` is what it raises instead."""

    fails: Exception | None = None
    marks: tuple[Any, ...] = ()
    written: list[Path] = field(default_factory=list)

    def export(self, image: Image.Image, facts: Any, path: Path) -> Export:
        if self.fails:
            raise self.fails
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            image.save(path)
        except OSError as error:
            raise ExportError(f"{path} could not be written.") from error
        self.written.append(path)
        return Export(path, facts.stamp, hashlib.sha256(path.read_bytes()).hexdigest(), *image.size, ("visible",))


def fake_studio(home: Path, engine: Engine | None = None, exporter: Any = None, keep_prompts: bool = False) -> Studio:
    return Studio(
        policy=policy(),
        prompt_checks=(WordCheck(),),
        image_checks=(PromptedPictureCheck(),),
        engines={"pocket": engine or PaintEngine()},
        exporter=exporter or PlainExporter(),
        audit=AuditLog(home / "audit.sqlite3", SECRET, keep_prompts),
        outputs=home / "outputs",
        suggester=Suggester({"gore": "fog"}),
    )
