"""The picture that Verify has read, small, with what its marks come to in a few plain words. Imports no gradio."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from safety.marks.summary import is_ai
from ui.texts import ENGLISH, page_texts

UNSHOWN = (".tif", ".tiff")  # no browser shows them
OF_AI = ("fully", "partly", "edited")  # what credentials may say of AI that is no mere perhaps
# What the record says of the picture -> which words tell it, and the class with its sign.
MATCHES = {
    "file": ("unchanged", "allow"),
    "picture": ("same", "allow"),
    "edited": ("edited", "note"),
    "excerpt": ("excerpt", "note"),
    "another": ("copied", "block"),
    "unclear": ("unclear", "warn"),
}


def judged_picture(path: Path, row: Mapping[str, Any], language: str = ENGLISH) -> Markup:
    """Returns the picture beside its verdict; `row` is Verification.as_json(), `path` where Gradio serves the file."""
    texts = page_texts(language)
    key, sign = _verdict(row)
    origin = texts["judged.declared" if row["layers"]["registry"].get("declared") else "judged.made"]
    image = Markup('<img src="gradio_api/file={}" alt="{}">').format(quote(str(path)), texts["judged.alt"])
    return Markup('<div class="sl-judged sl-{}">{}<strong class="sl-verdict">{}</strong></div>').format(
        sign, "" if path.suffix.lower() in UNSHOWN else image, texts.say(f"judged.{key}", origin=origin)
    )


def _verdict(row: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the key of the words, and the class with the sign; what speaks against the file comes first."""
    layers = row["layers"]
    if match := layers["registry"].get("match"):
        key, sign = MATCHES[match]
        return ("contradicts", "warn") if row["contradictions"] and sign == "allow" else (key, sign)
    if row["contradictions"]:
        return "contradicts", "warn"
    marked = row["foreign"] or any(layer["found"] or layer.get("damaged") for layer in layers.values())
    if not marked:
        return "nothing", "unknown"
    return "ai" if _says_ai(layers) else "some", "note"


def _says_ai(layers: Mapping[str, Any]) -> bool:
    """Tells whether a mark in the pixels, valid credentials or metadata say that AI made the picture or a part."""
    signed, text = layers["credentials"], layers["metadata"]
    if layers.get("invisible", {}).get("found") or (signed.get("valid") and signed["says_of_ai"] in OF_AI):
        return True
    return bool(text.get("aigc") or text.get("ai_system") or is_ai(text.get("digital_source_type") or ""))
