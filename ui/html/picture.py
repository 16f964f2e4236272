"""What stands under a picture, and what stands in for a veiled one. Imports no gradio."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup
from PIL import Image, ImageFilter

from safety.generation import Export, PictureResult
from safety.messages.catalogue import Messages
from safety.records import Decision, Stage
from ui.html.helplines import help_box
from ui.html.markup import facts, joined, jpeg_address
from ui.html.reasons import reason_list
from ui.html.regions import boxes

MARKS = {
    "visible": "Visible label",
    "invisible": "Invisible mark",
    "metadata": "Metadata",
    "credentials": "Signed credentials",
}
VEIL_SIDE = 24  # pixels: too few to show what the picture shows
VEIL_BLUR = 2  # pixels, radius
VEIL_QUALITY = 60  # of JPEG


def picture(result: PictureResult, case: str, seed: int, messages: Messages, filled_in: str = "") -> Markup:
    """Returns what stands under one picture: its verdict, what was filled in, its reasons, the marks read back."""
    decision = result.decision
    verdict = Markup('<strong class="sl-verdict">{}</strong>').format(
        messages.verdict(Stage.PICTURE, decision.verdict).title
    )
    people = Markup('<p class="sl-filled">Filled in: <b>{}</b></p>').format(filled_in) if filled_in else ""
    return Markup('<div class="sl-picture sl-{}">{}<div class="sl-head">{}</div>{}{}{}</div>').format(
        decision.verdict.name.lower(),
        help_box(decision, messages),
        verdict,
        people,
        reason_list(decision, messages),
        _file(result.export, case, seed) if result.export else facts([("Case", case)]),
    )


def _file(export: Export, case: str, seed: int) -> Markup:
    marks = joined(Markup("<li>{}</li>").format(MARKS.get(name, name)) for name in export.marks)
    pairs = [
        ("Stamp", str(export.stamp)),
        *([("Taken from", export.source)] if export.source else []),
        ("Case", case),
        ("Seed", str(seed)),
        ("File", f"{export.path.suffix[1:].upper()}, {export.width} × {export.height} px"),
        ("SHA-256", export.sha256[:16] + "…"),
    ]
    return Markup('<ul class="sl-marks" aria-label="Marks read back from the file">{}</ul>{}').format(
        marks, facts(pairs)
    )


def veil(path: Path, decision: Decision) -> Markup:
    """Returns a blurred stand-in for a veiled picture: a few colours as a small JPEG, never written to disk.

    Over it stand the regions that the reasons name.
    """
    with Image.open(path) as image:
        thumbnail = image.convert("RGB")
        thumbnail.thumbnail((VEIL_SIDE, VEIL_SIDE))
        thumbnail = thumbnail.filter(ImageFilter.GaussianBlur(VEIL_BLUR))
    return Markup(
        '<div class="sl-veil"><img alt="Veiled picture" src="{}"><p>Veiled. What it shows may disturb.</p>{}</div>'
    ).format(jpeg_address(thumbnail, VEIL_QUALITY), boxes(decision))
