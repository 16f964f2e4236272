"""Everything that a file reveals about its maker, as a table by kind. Imports no gradio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ui.html.decision import joined

Row = Mapping[str, Any]
GROUPS = {
    "who": "Who",
    "where": "Where",
    "when": "When",
    "tool": "With what",
    "words": "In what words",
    "other": "Other fields",
}
PERSONAL = ("who", "where", "words")
NOTHING = "Nothing: no field of the file says anything about its maker."


def reveals(rows: Sequence[Row]) -> Markup:
    """`rows` are those of Verification.as_json()["reveals"]."""
    if not rows:
        return Markup('<p class="sl-honest">What the file reveals about its maker: {}</p>').format(NOTHING)
    tables = joined(_table(title, [row for row in rows if row["group"] == group]) for group, title in GROUPS.items())
    return Markup('<details class="sl-reveals"><summary>{}</summary>{}</details>').format(_title(rows), tables)


def _title(rows: Sequence[Row]) -> str:
    personal = sum(row["group"] in PERSONAL for row in rows)
    fields = f"What the file reveals about its maker: {len(rows)} field{'s' * (len(rows) != 1)}"
    return f"{fields}, {personal} of them on who, where or in what words" if personal else fields


def _table(title: str, rows: Sequence[Row]) -> Markup:
    cells = joined(
        Markup("<tr><td>{}</td><th>{}</th><td>{}</td></tr>").format(row["place"], row["name"], row["value"])
        for row in rows
    )
    return Markup("<table><caption>{}</caption><tbody>{}</tbody></table>").format(title, cells) if rows else Markup("")
