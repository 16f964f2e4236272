"""What the marks of a file say, layer by layer. Imports no gradio; every string is escaped by `Markup.format`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ui.flow import Problem
from ui.present import facts, joined, problem

INTRO = Markup(
    '<div class="sl-intro"><h2>Where is this picture from?</h2><p>Safelight marks a picture in several ways. '
    "Drop a file here to see which of its marks are still there, and what each one proves.</p></div>"
)
EMPTY = Markup('<div class="sl-empty"><span class="sl-lamp"></span><p>What the marks say appears here.</p></div>')
HONEST = Markup(
    '<p class="sl-honest">A mark that is found says something. A mark that is missing proves nothing: marks can be '
    "removed, and most pictures, real or made, never had one.</p>"
)


@dataclass(frozen=True, slots=True)
class Layer:
    """How one layer is told: its name, what finding it proves, what its absence may mean."""

    title: str
    proves: str
    absent: str


LAYERS = {
    "credentials": Layer(
        "Signed credentials",
        "A signature over the whole file: any changed byte breaks it.",
        "No C2PA manifest. Most sites strip it when a picture is uploaded.",
    ),
    "invisible": Layer(
        "Invisible mark",
        "Carried by the pixels: it outlives new files and moderate edits.",
        "No mark of this studio in the pixels.",
    ),
    "metadata": Layer(
        "Metadata",
        "Plain text in the file: anybody can write it or take it out.",
        "Nothing in the file says that AI made it.",
    ),
    "registry": Layer(
        "This studio's record",
        "The studio's own log, which shows every later change.",
        "This studio has no record of the file or of its stamp.",
    ),
}
# Name in the JSON -> name on the page. The rest is told by the JSON alone.
FACTS = {
    "issuer": "Says it is by",
    "time": "Time",
    "created": "Time",
    "model": "Model",
    "sources": "Source type",
    "digital_source_type": "Source type",
    "score": "Certainty",
    "case": "Case",
    "unchanged": "Unchanged",
}
INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?(?:Z|\+00:00)")


def report(seen: Mapping[str, Any] | Problem | None) -> Markup:
    """`seen` is Verification.as_json()."""
    if seen is None:
        return EMPTY
    if isinstance(seen, Problem):
        return problem(seen)
    cards = joined(_card(layer, seen["layers"][name]) for name, layer in LAYERS.items())
    return Markup(
        '<section class="sl-report" aria-label="What the marks say"><h3>{}</h3>{}<div class="sl-layers">{}</div>'
        "{}</section>"
    ).format(_plain_times(seen["summary"]), _contradictions(seen), cards, HONEST)


def _contradictions(seen: Mapping[str, Any]) -> Markup:
    told = joined(Markup("<li>{}</li>").format(text) for text in seen["contradictions"])
    title = "The marks contradict each other"
    box = Markup('<div class="sl-contradictions" role="alert"><b>{}</b><ul>{}</ul></div>')
    return box.format(title, told) if told else Markup("")


def _card(layer: Layer, seen: Mapping[str, Any]) -> Markup:
    broken = seen["found"] and seen.get("valid") is False
    state = "broken" if broken else "found" if seen["found"] else "none"
    return Markup(
        '<article class="sl-layer sl-{}"><header><h4>{}</h4><strong>{}</strong></header><p>{}</p>{}</article>'
    ).format(state, layer.title, _word(seen), layer.proves if seen["found"] else layer.absent, _details(seen))


def _word(seen: Mapping[str, Any]) -> str:
    if not seen["found"]:
        return "Not found"
    if "valid" not in seen:
        return "Found"
    if not seen["valid"]:
        return "Changed since signing"
    return "Valid" if seen["trusted"] else "Valid, signer unknown"


def _details(seen: Mapping[str, Any]) -> Markup:
    if not seen["found"]:
        return Markup("")
    pairs = {"Stamp": str(seen["stamp"] or "none")}
    if seen.get("valid"):
        pairs["Signer"] = "this studio" if seen["trusted"] else "not known here"
    for name, value in seen.items():
        inner = value if isinstance(value, Mapping) else {name: value}
        pairs |= {FACTS[key]: _text(each) for key, each in inner.items() if key in FACTS and _text(each)}
    return facts(pairs)


def _plain_times(text: str) -> str:
    return INSTANT.sub(r"\1 \2 UTC", text)


def _text(value: Any) -> str:
    """Short words for a fact; empty for what says nothing. Of an address, the last part."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list | tuple):
        return ", ".join(_text(each) for each in value)
    text = "" if value is None else str(value)
    return text.rstrip("/").rpartition("/")[2] if text.startswith(("http://", "https://")) else _plain_times(text)
