"""What stands under a picture, and what stands in for a veiled one. Imports no gradio."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from markupsafe import Markup
from PIL import Image, ImageFilter

from safety.generation import Export, PictureResult
from safety.messages.catalogue import Messages
from safety.records import Decision, Stage
from ui.html.decision import facts, joined, reason_list
from ui.html.helplines import help_box
from ui.html.regions import boxes

MARKS = {
    "visible": "Visible label",
    "invisible": "Invisible mark",
    "metadata": "Metadata",
    "credentials": "Signed credentials",
}
VEIL_SIDE = 24  # pixels: too few to show what the picture shows


def picture(made: PictureResult, case: str, seed: int, words: Messages, filled: str = "") -> Markup:
    """What stands under one picture: its verdict, what was filled in, its reasons, and the marks read back."""
    badge = Markup('<strong class="sl-verdict">{}</strong>').format(
        words.verdict(Stage.PICTURE, made.decision.verdict).title
    )
    shows = Markup('<p class="sl-filled">Filled in: <b>{}</b></p>').format(filled) if filled else ""
    return Markup('<div class="sl-picture sl-{}">{}<div class="sl-head">{}</div>{}{}{}</div>').format(
        made.decision.verdict.name.lower(),
        help_box(made.decision, words),
        badge,
        shows,
        reason_list(made.decision, words),
        _file(made.export, case, seed) if made.export else facts({"Case": case}),
    )


def _file(export: Export, case: str, seed: int) -> Markup:
    marks = joined(Markup("<li>{}</li>").format(MARKS.get(name, name)) for name in export.marks)
    pairs = {
        "Stamp": str(export.stamp),
        "Case": case,
        "Seed": str(seed),
        "File": f"{export.path.suffix[1:].upper()}, {export.width} × {export.height} px",
        "SHA-256": export.sha256[:16] + "…",
    }
    return Markup('<ul class="sl-marks" aria-label="Marks read back from the file">{}</ul>{}').format(
        marks, facts(pairs)
    )


def veil(path: Path, decision: Decision) -> Markup:
    """A blurred stand-in for a veiled picture: a few colours as a small JPEG, never written to disk.

    Over it stand the regions that the reasons name.
    """
    with Image.open(path) as image:
        small = image.convert("RGB")
        small.thumbnail((VEIL_SIDE, VEIL_SIDE))
        small = small.filter(ImageFilter.GaussianBlur(2))
    memory = io.BytesIO()
    small.save(memory, "JPEG", quality=60)
    data = base64.b64encode(memory.getvalue()).decode()
    return Markup(
        '<div class="sl-veil"><img alt="Veiled picture" src="data:image/jpeg;base64,{}">'
        "<p>Veiled. What it shows may disturb.</p>{}</div>"
    ).format(data, boxes(decision))
