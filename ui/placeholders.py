"""Placeholders for strings in a page that is built once for readers of every language; filled in for each request."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Mapping

from markupsafe import Markup

from ui.texts import ENGLISH, Texts, all_texts

# None of these characters is escaped in HTML or in JSON.
_PLACEHOLDER = re.compile(r"@@(text|html|part):([a-z0-9_.]+):([A-Za-z0-9_=-]*)@@")


class Placeholders(Texts):
    """Stands for the strings of whatever language a reader has, in HTML that is made before there is a reader."""

    def __getitem__(self, key: str) -> str:
        super().__getitem__(key)
        return Markup(_placeholder("html", key, {}))

    def say(self, key: str, **names: object) -> str:
        """Returns a placeholder. Raises KeyError for an unknown key or name, here and not before a reader."""
        super().say(key, **names)
        return Markup(_placeholder("html", key, names))


def for_any_reader() -> Placeholders:
    """Returns what stands for every string of the page."""
    return Placeholders(ENGLISH, all_texts()[ENGLISH].strings)


def plain(key: str, **names: object) -> str:
    """Returns a placeholder for what is no HTML, as the label of a component. Raises KeyError for an unknown key."""
    all_texts()[ENGLISH].say(key, **names)
    return _placeholder("text", key, names)


def part(name: str) -> Markup:
    """Returns a placeholder for a part of the page that is more than strings, and that differs by language."""
    return Markup(_placeholder("part", name, {}))


def fill(body: str, texts: Texts, parts: Mapping[str, Markup] | None = None) -> str:
    """Returns a page or its JSON with every placeholder filled in; the strings stand in JSON in both.

    `parts` are the HTML of parts by their names; one that is not there leaves nothing.
    """

    def filled(found: re.Match[str]) -> str:
        kind, key, names = found.groups()
        if kind == "part":
            return _in_json((parts or {}).get(key, ""))
        if key not in texts.strings:
            return ""
        said = texts.say(key, **json.loads(base64.urlsafe_b64decode(names))) if names else texts[key]
        return _in_json(html.escape(said) if kind == "html" else said)

    return _PLACEHOLDER.sub(filled, body)


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1].replace("<", "\\u003c")


def _placeholder(kind: str, key: str, names: dict[str, object]) -> str:
    told = {name: str(value) for name, value in names.items()}
    carried = base64.urlsafe_b64encode(json.dumps(told).encode()).decode() if told else ""
    return f"@@{kind}:{key}:{carried}@@"
