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
from ui.texts import Texts, page_texts

MARKS = ("visible", "invisible", "metadata", "credentials")
VEIL_SIDE = 24  # pixels: too few to show what the picture shows
VEIL_BLUR = 2  # pixels, radius
VEIL_QUALITY = 60  # of JPEG


def mark_name(name: str, texts: Texts) -> str:
    """Returns what the page calls a mark."""
    return texts[f"marks.{name}"] if name in MARKS else name


def picture(result: PictureResult, case: str, seed: int, messages: Messages, filled_in: str = "") -> Markup:
    """Returns what stands under one picture: its verdict, what was filled in, its reasons, the marks read back."""
    decision, texts = result.decision, page_texts(messages.tag)
    verdict = Markup('<strong class="sl-verdict">{}</strong>').format(
        messages.verdict(Stage.PICTURE, decision.verdict).title
    )
    filled = Markup('<p class="sl-filled">{} <b>{}</b></p>').format(texts["picture.filled"], filled_in)
    return Markup('<div class="sl-picture sl-{}">{}<div class="sl-head">{}</div>{}{}{}</div>').format(
        decision.verdict.name.lower(),
        help_box(decision, messages),
        verdict,
        filled if filled_in else "",
        reason_list(decision, messages),
        _file(result.export, case, seed, texts) if result.export else facts([(texts["picture.case"], case)]),
    )


def _file(export: Export, case: str, seed: int, texts: Texts) -> Markup:
    marks = joined(Markup("<li>{}</li>").format(mark_name(name, texts)) for name in export.marks)
    pairs = [
        (texts["picture.stamp"], str(export.stamp)),
        *([("Taken from", export.source)] if export.source else []),
        (texts["picture.case"], case),
        (texts["picture.seed"], str(seed)),
        (texts["picture.file"], f"{export.path.suffix[1:].upper()}, {export.width} × {export.height} px"),
        ("SHA-256", export.sha256[:16] + "…"),
    ]
    return Markup('<ul class="sl-marks" aria-label="{}">{}</ul>{}').format(texts["picture.marks"], marks, facts(pairs))


def veil(path: Path, decision: Decision, texts: Texts) -> Markup:
    """Returns a blurred stand-in for a veiled picture: a few colours as a small JPEG, never written to disk.

    Over it stand the regions that the reasons name.
    """
    with Image.open(path) as image:
        thumbnail = image.convert("RGB")
        thumbnail.thumbnail((VEIL_SIDE, VEIL_SIDE))
        thumbnail = thumbnail.filter(ImageFilter.GaussianBlur(VEIL_BLUR))
    return Markup('<div class="sl-veil"><img alt="{}" src="{}"><p>{}</p>{}</div>').format(
        texts["picture.veiled"], jpeg_address(thumbnail, VEIL_QUALITY), texts["picture.veil"], boxes(decision)
    )
