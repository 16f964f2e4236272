"""What the marks of a file say, layer by layer, and what the file discloses about its maker.

Imports no gradio. Every string that comes from outside passes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ui.html.markup import facts, joined, problem
from ui.results import Problem

INTRO = Markup(
    '<div class="sl-intro"><h2>Where is this picture from?</h2><p>Safelight marks a picture in several ways. '
    "Drop a file here to see which marks are still there, its own and those of other makers, what each one proves, "
    "and what the file reveals about whoever made it. The file stays on this machine, for an hour at most.</p></div>"
)
EMPTY = Markup('<div class="sl-empty"><span class="sl-glow"></span><p>What the marks say appears here.</p></div>')
HONEST = Markup(
    '<p class="sl-honest">A mark that is found says something. A mark that is missing proves nothing: marks can be '
    "removed, and most pictures, real or made, never had one.</p>"
)


@dataclass(frozen=True, slots=True)
class Layer:
    """Holds the texts of one layer: its name, what finding it proves and what not, what its absence may mean."""

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
THIRD_PARTY = Layer(
    "Marks of other makers",
    "Known patterns that other generators write into the pixels. A hint: no bound on false alarms is proven, and "
    "anybody can write them.",
    "None of those that are known here. They do not survive JPEG, a new size or a crop, so most copies have lost them.",
)
DAMAGED = "The file has a C2PA manifest that is damaged or cut off: what it says cannot be read."
# Name in the JSON -> name on the page. What is not listed here stands in the JSON alone.
FACTS = {
    "generator": "Written by",
    "issuer": "Says it is by",
    "provider": "Provider",
    "time": "Time",
    "time_authority": "Time attested",
    "created": "Time",
    "tool": "Looks like",
    "model": "Model",
    "source": "Enlarged from",
    "sources": "Source type",
    "earlier": "Builds on",
    "digital_source_type": "Source type",
    "ai_system": "AI system",
    "credit": "Credit",
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
DISCLOSURE_GROUPS = {
    "who": "Who",
    "where": "Where",
    "when": "When",
    "tool": "With what",
    "words": "In what words",
    "other": "Other fields",
}
PERSONAL = ("who", "where", "words")
NOTHING_DISCLOSED = "Nothing: no field of the file says anything about its maker."
INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?(?:Z|\+00:00)")

Row = Mapping[str, Any]


def report(result: Row | Problem | None) -> Markup:
    """Returns what all marks of a file say; `result` is Verification.as_json()."""
    if result is None:
        return EMPTY
    if isinstance(result, Problem):
        return problem(result)
    layers = joined(_layer(layer, result["layers"][name]) for name, layer in LAYERS.items())
    return Markup(
        '<section class="sl-report" aria-label="What the marks say"><h3>{}</h3>{}<div class="sl-layers">{}{}</div>'
        "{}{}</section>"
    ).format(
        _plain_times(result["summary"]),
        _contradictions(result["contradictions"]),
        layers,
        _third_party(result["foreign"], result["unread"]),
        disclosures(result["reveals"]),
        HONEST,
    )


def _contradictions(sentences: Sequence[str]) -> Markup:
    if not sentences:
        return Markup("")
    items = joined(Markup("<li>{}</li>").format(_plain_times(sentence)) for sentence in sentences)
    box = Markup('<div class="sl-contradictions" role="alert"><b>The marks contradict each other</b><ul>{}</ul></div>')
    return box.format(items)


def _layer(layer: Layer, row: Row) -> Markup:
    damaged = bool(row.get("damaged"))
    broken = damaged or (row["found"] and (row.get("valid") is False or row.get("match") == "another"))
    unsure = row["found"] and row.get("match") == "unclear"
    state = "broken" if broken else "found" if row["found"] and not unsure else "none"
    text = DAMAGED if damaged else layer.proves if row["found"] else layer.absent
    return _article(state, layer.title, _finding(row), text, _details(row))


def _article(state: str, title: str, finding: str, text: str, details: Markup) -> Markup:
    return Markup(
        '<article class="sl-layer sl-{}"><header><h4>{}</h4><strong>{}</strong></header><p>{}</p>{}</article>'
    ).format(state, title, finding, text, details)


def _third_party(marks: Sequence[Row], unread: Sequence[str]) -> Markup:
    """Returns the marks of other makers, never in green: they are the weakest evidence of all."""
    details = joined(
        facts([("Looks like", mark["tool"]), ("Method", mark["method"]), ("Certainty", _certainty(mark))])
        for mark in marks
    )
    notes = joined(Markup("<p>{}</p>").format(why) for why in unread)
    finding = "A hint" if marks else "Not all read" if unread else "Not found"
    text = THIRD_PARTY.proves if marks else THIRD_PARTY.absent
    return _article("none", THIRD_PARTY.title, finding, text, details + notes)


def _certainty(mark: Row) -> str:
    return f"payload {mark['payload']}" if mark["payload"] else f"{mark['score']:.1f} standard deviations"


def _finding(row: Row) -> str:
    if row.get("damaged"):
        return "There, and damaged"
    if not row["found"]:
        return "Not found"
    if "match" in row:
        return MATCHES[row["match"]]
    if "valid" not in row:
        return "Found"
    if not row["valid"]:
        return "Changed since signing"
    return "Valid" if row["trusted"] else "Valid, signer unknown"


def _details(row: Row) -> Markup:
    if not row["found"]:
        return Markup("")
    pairs = {"Stamp": str(row["stamp"] or "none")}
    if row.get("valid"):
        pairs["Signer"] = "this studio" if row["trusted"] else "not known here"
    for name, value in row.items():
        inner = value if isinstance(value, Mapping) else {name: value}
        pairs |= {FACTS[key]: _text(fact) for key, fact in inner.items() if key in FACTS and _text(fact)}
    return facts(pairs.items())


def _plain_times(text: str) -> str:
    return INSTANT.sub(r"\1 \2 UTC", text)


def _text(value: Any) -> str:
    """Returns a fact in few words; "" for one that says nothing. Of a vocabulary's address, the last part."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value)
    text = "" if value is None else str(value)
    return text.rstrip("/").rpartition("/")[2] if "/digitalsourcetype/" in text else _plain_times(text)


def disclosures(rows: Sequence[Row]) -> Markup:
    """Returns everything that a file discloses about its maker, as a table by kind.

    `rows` are those of Verification.as_json()["reveals"].
    """
    if not rows:
        return Markup('<p class="sl-honest">What the file reveals about its maker: {}</p>').format(NOTHING_DISCLOSED)
    tables = joined(
        _disclosure_table(title, [row for row in rows if row["group"] == group])
        for group, title in DISCLOSURE_GROUPS.items()
    )
    return Markup('<details class="sl-reveals"><summary>{}</summary>{}</details>').format(
        _disclosure_title(rows), tables
    )


def _disclosure_title(rows: Sequence[Row]) -> str:
    personal = sum(row["group"] in PERSONAL for row in rows)
    fields = f"What the file reveals about its maker: {len(rows)} field{'s' * (len(rows) != 1)}"
    return f"{fields}, {personal} of them on who, where or in what words" if personal else fields


def _disclosure_table(title: str, rows: Sequence[Row]) -> Markup:
    cells = joined(
        Markup("<tr><td>{}</td><th>{}</th><td>{}</td></tr>").format(row["place"], row["name"], row["value"])
        for row in rows
    )
    return Markup("<table><caption>{}</caption><tbody>{}</tbody></table>").format(title, cells) if rows else Markup("")
