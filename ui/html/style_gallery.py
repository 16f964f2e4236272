"""The gallery of styles as HTML: folded, grouped, with a picture or a swatch each. Imports no gradio."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup

from safety.resources import ASSETS
from ui.html.markup import joined
from ui.texts import Texts

if TYPE_CHECKING:
    from studio.styles import Style

PICTURES = ASSETS / "styles"


def gallery(styles: Mapping[str, Style], texts: Texts) -> Markup:
    """Returns the gallery. What a button means to the form stands in assets/page/styles.js."""
    groups = groupby(styles.items(), key=lambda item: item[1].group)
    return Markup(
        '<details class="sl-styles"><summary>{}</summary>'
        '<input type="search" class="sl-style-search" placeholder="{}" aria-label="{}" autocomplete="off">'
        '<div class="sl-style-groups">{}</div><p class="sl-style-none" hidden>{}</p>'
        '<p class="sl-style-note">{}</p></details>'
    ).format(
        texts["styles.head"],
        texts["styles.search"],
        texts["styles.search"],
        joined(_group(group, dict(items), texts) for group, items in groups),
        texts["styles.none"],
        texts["styles.note"],
    )


def _group(group: str, styles: Mapping[str, Style], texts: Texts) -> Markup:
    title = texts[f"style_group.{group}"]
    buttons = joined(_button(name, style, texts) for name, style in styles.items())
    return Markup('<div class="sl-style-group" role="group" aria-label="{}"><h2>{}</h2><div>{}</div></div>').format(
        title, title, buttons
    )


def _button(name: str, style: Style, texts: Texts) -> Markup:
    title = texts[f"style.{name}"]
    picture = (
        Markup('<img src="style-pictures/{}.webp" alt="" width="72" height="72" loading="lazy">').format(name)
        if (PICTURES / f"{name}.webp").is_file()
        else ""
    )
    drawn = texts["styles.drawn"] if style.embedded else texts["styles.swatch"]
    return Markup(
        '<button type="button" class="sl-style" data-style="{}" aria-pressed="false" title="{} ({})"{}>'
        "{}<span>{}</span></button>"
    ).format(name, style.words, drawn, Markup(" data-embedded") if style.embedded else "", picture, title)


def composed(prompt: str, words: str, title: str, followed: bool, texts: Texts) -> Markup:
    """Returns what is judged and drawn: the person's words and the style's, with a button that removes the style."""
    own, _, style = prompt.rpartition(words) if prompt.endswith(words) else ("", "", words)
    own_words = own.rstrip(", ")
    left_out = Markup('<p class="sl-style-left-out">{}</p>').format(texts["styles.not_followed"])
    return Markup(
        '<div class="sl-composed" data-chosen><p><b>{}</b> {}</p><button type="button" class="sl-style-remove" '
        'data-style="">{}</button>{}</div>'
    ).format(
        texts["styles.composed"],
        Markup("{}<span>, {}</span>").format(own_words, words)
        if own_words
        else Markup("<span>{}</span>").format(words),
        texts.say("styles.remove", style=title),
        "" if followed else left_out,
    )
