"""What the marks of a file say, layer by layer. Imports no gradio; every string is escaped by `Markup.format`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ui.html.decision import facts, joined, problem
from ui.html.reveals import reveals
from ui.web.handlers import Problem

INTRO = Markup(
    '<div class="sl-intro"><h2>Where is this picture from?</h2><p>Safelight marks a picture in several ways. '
    "Drop a file here to see which marks are still there, its own and those of other makers, what each one proves, "
    "and what the file reveals about whoever made it. The file stays on this machine, for an hour at most.</p></div>"
)
EMPTY = Markup('<div class="sl-empty"><span class="sl-lamp"></span><p>What the marks say appears here.</p></div>')
HONEST = Markup(
    '<p class="sl-honest">A mark that is found says something. A mark that is missing proves nothing: marks can be '
    "removed, and most pictures, real or made, never had one.</p>"
)


@dataclass(frozen=True, slots=True)
class Layer:
    """How one layer is told: its name, what finding it proves and what not, what its absence may mean."""

    title: str
    proves: str
    absent: str


LAYERS = {
    "credentials": Layer(
        "Signed credentials",
        "A signature over the whole file: any changed byte breaks it. It proves that whoever holds the key said this, "
        "not that it is true.",
        "No C2PA manifest. Most sites strip it when a picture is uploaded.",
    ),
    "invisible": Layer(
        "Invisible mark",
        "Carried by the pixels: it outlives new files and moderate edits. It can be copied onto another picture, so "
        "ask the record below.",
        "No mark of a Safelight studio in the pixels.",
    ),
    "metadata": Layer(
        "Metadata",
        "Plain text in the file: anybody can write it or take it out.",
        "Nothing in the file says that AI made it.",
    ),
    "registry": Layer(
        "This studio's record",
        "The studio's own log. It keeps a fingerprint of what each picture looks like, which tells the picture itself "
        "from one that its mark was copied to.",
        "This studio has no record of the file or of its stamp.",
    ),
}
FOREIGN = Layer(
    "Marks of other makers",
    "Known patterns that other generators write into the pixels. A hint: no bound on false alarms is proven, and "
    "anybody can write them.",
    "None of those that are known here. They do not survive JPEG, a new size or a crop, so most copies have lost them.",
)
# Name in the JSON -> name on the page. The rest is told by the JSON alone.
FACTS = {
    "generator": "Written by",
    "issuer": "Says it is by",
    "provider": "Provider",
    "time": "Time",
    "time_authority": "Time attested",
    "created": "Time",
    "tool": "Looks like",
    "model": "Model",
    "sources": "Source type",
    "earlier": "Builds on",
    "digital_source_type": "Source type",
    "ai_system": "AI system",
    "credit": "Credit",
    "verify": "To verify",
    "score": "Certainty",
    "case": "Case",
    "distance": "Bits that differ",
}
MATCHES = {
    "file": "This very file",
    "picture": "The same picture",
    "edited": "The same picture, edited",
    "another": "Another picture",
    "unclear": "Cannot tell",
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
        '<section class="sl-report" aria-label="What the marks say"><h3>{}</h3>{}<div class="sl-layers">{}{}</div>'
        "{}{}</section>"
    ).format(
        _plain_times(seen["summary"]), _contradictions(seen), cards, _foreign(seen), reveals(seen["reveals"]), HONEST
    )


def _contradictions(seen: Mapping[str, Any]) -> Markup:
    told = joined(Markup("<li>{}</li>").format(_plain_times(text)) for text in seen["contradictions"])
    title = "The marks contradict each other"
    box = Markup('<div class="sl-contradictions" role="alert"><b>{}</b><ul>{}</ul></div>')
    return box.format(title, told) if told else Markup("")


def _card(layer: Layer, seen: Mapping[str, Any]) -> Markup:
    broken = seen["found"] and (seen.get("valid") is False or seen.get("match") == "another")
    unsure = seen["found"] and seen.get("match") == "unclear"
    state = "broken" if broken else "found" if seen["found"] and not unsure else "none"
    return _article(state, layer.title, _word(seen), layer.proves if seen["found"] else layer.absent, _details(seen))


def _article(state: str, title: str, word: str, text: str, details: Markup) -> Markup:
    return Markup(
        '<article class="sl-layer sl-{}"><header><h4>{}</h4><strong>{}</strong></header><p>{}</p>{}</article>'
    ).format(state, title, word, text, details)


def _foreign(seen: Mapping[str, Any]) -> Markup:
    """Never green: these marks are the weakest evidence of all."""
    found, unread = seen["foreign"], seen["unread"]
    told = joined(
        facts({"Looks like": mark["tool"], "Method": mark["method"], "Certainty": _certainty(mark)}) for mark in found
    )
    notes = joined(Markup("<p>{}</p>").format(why) for why in unread)
    word = "A hint" if found else "Not all read" if unread else "Not found"
    return _article("none", FOREIGN.title, word, FOREIGN.proves if found else FOREIGN.absent, told + notes)


def _certainty(mark: Mapping[str, Any]) -> str:
    return f"payload {mark['payload']}" if mark["payload"] else f"{mark['score']:.1f} standard deviations"


def _word(seen: Mapping[str, Any]) -> str:
    if not seen["found"]:
        return "Not found"
    if "match" in seen:
        return MATCHES[seen["match"]]
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
    """Short words for a fact; empty for what says nothing. Of a vocabulary's address, the last part."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list | tuple):
        return ", ".join(_text(each) for each in value)
    text = "" if value is None else str(value)
    return text.rstrip("/").rpartition("/")[2] if "/digitalsourcetype/" in text else _plain_times(text)
