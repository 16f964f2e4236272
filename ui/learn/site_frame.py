"""The frame of the lessons' and the class's pages: skip link, menu of languages, style sheet. Imports no gradio."""

from __future__ import annotations

import json
from collections.abc import Mapping

from markupsafe import Markup

from ui.html.markup import joined
from ui.texts import Texts


def whole_page(texts: Texts, languages: Mapping[str, str], title: str, body: Markup, base: str = "") -> Markup:
    """Returns a whole page. `languages`: the own name of each by its tag. `base`: leads up to the studio's page."""
    links = joined(
        Markup('<a href="?language={}" hreflang="{}" lang="{}"{}>{}</a>').format(
            tag, tag, tag, Markup(' aria-current="true"') if tag == texts.tag else "", name
        )
        for tag, name in languages.items()
    )
    return Markup(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{} - Safelight</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="{}learn/files/learn.css"></head><body>'
        '<a class="skip" href="#main">{}</a><header class="top"><a href="{}">Safelight</a><a href="{}learn">{}</a>'
        '<nav aria-label="{}">{}</nav></header><main id="main">{}</main></body></html>'
    ).format(
        texts.tag,
        title,
        base,
        texts["learn.skip"],
        base or "./",
        base,
        texts["learn.title"],
        texts["page.choose"],
        links,
        body,
    )


def words_as_json(texts: Texts, *tables: str) -> Markup:
    """Returns the strings of tables such as "learn." by their short keys, for a script element."""
    found = {
        key.removeprefix(table): said
        for table in tables
        for key, said in texts.strings.items()
        if key.startswith(table)
    }
    # Within a script element, only "<" could end it.
    return Markup(json.dumps(found, ensure_ascii=False).replace("<", "\\u003c"))
