"""A studio around fakes: the real policy, flow and audit log; words that are flagged, an engine that paints."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from engines.enlarger import load_enlargers
from engines.interface import Engine
from engines.testing import FakeEngine
from safety.audit import AuditLog
from safety.config import read_toml
from safety.errors import ExportError
from safety.generation import Export
from safety.marks.export import FORMATS
from safety.marks.label_rules import LabelDemand
from safety.marks.object_store import ObjectStore
from safety.marks.signed_record import RecordSigner
from safety.prompt.rewrite import PhraseGroup, Rewriter, RewriteRules
from safety.resources import MODELS
from safety.review.rate_limit import RateLimits
from safety.review.retention import load_retention
from safety.review.service import ReviewRules, ReviewService, ReviewSettings, make_review_service
from studio import CheckSuite, Studio
from studio.factory import ENLARGER
from studio.styles import load_styles
from tests.fakes_page import PRESETS, PromptedPictureCheck, WordCheck, policy

SECRET = b"a secret of 32 bytes for testing"


class PlainMarks:
    """Opens a file of its own, and finds no credentials in it. No country's rules hold, and nobody attests a time."""

    demand = LabelDemand()
    time_authority = ""

    def open_file(self, file: bytes) -> tuple[Image.Image, bytes]:
        return Image.open(BytesIO(file)).convert("RGB"), b""

    def reserves_training(self, file: bytes) -> bool:
        return False


@dataclass
class PlainExporter:
    """Writes the picture as it is and calls it marked. `fails` is what it raises instead."""

    fails: Exception | None = None
    marks: Any = field(default_factory=lambda: PlainMarks())
    written: list[Path] = field(default_factory=list)

    def finished(self, image: Image.Image, provenance: Any, path: Path, earlier: bytes = b"") -> tuple[bytes, Export]:
        if self.fails:
            raise self.fails
        file = BytesIO()
        image.save(file, FORMATS[path.suffix])
        data = file.getvalue()
        digest = hashlib.sha256(data).hexdigest()
        return data, Export(path, provenance.stamp, digest, *image.size, ("visible",), source=provenance.source)

    def export(self, image: Image.Image, provenance: Any, path: Path, earlier: bytes = b"") -> Export:
        data, export = self.finished(image, provenance, path, earlier)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            raise ExportError(f"{path} could not be written.") from error
        self.written.append(path)
        return export

    def written_prompt(self, path: Path) -> str:
        return ""

    def reencode(self, file: Path, provenance: Any, path: Path) -> Export:
        with Image.open(file) as image:
            return self.export(image, provenance, path)

    def reveals(self, path: Path) -> tuple[Any, ...]:
        return ()

    def see_mark(self, image: Image.Image, path: Path) -> None:
        """There is no mark to see."""


def limits(**table: Any) -> RateLimits:
    """The shipped limits, each hour without one: a test sets what it is about."""
    shipped = read_toml(PRESETS / "limits.toml") | {
        "hour": dict.fromkeys(("generations", "appeals", "notices", "verifications", "lookups"), 0),
        "blocks": {"free": 10_000, "first_seconds": 0, "most_seconds": 0, "forgotten_hours": 1},
        "hard_lines": {"repeats": 0, "within_hours": 1, "lock_minutes": 0},
    }
    for name, values in table.items():
        shipped[name] = {**shipped[name], **values}
    return RateLimits.model_validate(shipped)


def fake_review(
    audit: AuditLog,
    home: Path,
    rules: RateLimits | None = None,
    settings: ReviewSettings | None = None,
    store: ObjectStore | None = None,
) -> ReviewService:
    data = ReviewRules(rules or limits(), load_retention(PRESETS))
    return make_review_service(audit, data, home / "outputs", settings or ReviewSettings(), store)


FOG = PhraseGroup.model_validate({"for": ["violence"], "phrases": ["gore"], "with": "fog"})


def fake_studio(
    home: Path,
    engine: Engine | None = None,
    exporter: Any = None,
    keep_prompts: bool = False,
    place: str | Path = "",
    store: ObjectStore | None = None,
) -> Studio:
    audit = AuditLog(
        place or home / "audit.sqlite3", SECRET, keep_prompts, policy().messages(), RecordSigner(home / "keys")
    )
    return Studio(
        policy=policy(),
        checks=CheckSuite((WordCheck(),), (PromptedPictureCheck(),)),
        engines={"pocket": engine or FakeEngine()},
        exporter=exporter or PlainExporter(),
        audit=audit,
        outputs=home / "outputs",
        rewriter=Rewriter(RewriteRules(phrase=(FOG,))),
        styles=load_styles(PRESETS),
        review=fake_review(audit, home, store=store),
        store=store,
        enlarger=load_enlargers(MODELS)[ENLARGER],
    )
