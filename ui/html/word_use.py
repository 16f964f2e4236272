"""Which words of a prompt a model can use: before it draws, and after. Says nothing of safety. Imports no gradio."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from engines.fidelity import WordUse
from engines.interface import EngineCard
from ui.html.markup import joined
from ui.texts import Texts, page_texts


def before(use: WordUse, card: EngineCard, language: str) -> Markup:
    """Returns what a model will make of the words that are typed; where it knows none, things that it can draw."""
    said = page_texts(language)
    lines = [*_known(use, card, said, "words."), *_limits(use, card, said)]
    if use.offers:
        lines.append(_offers(use.offers, said))
    return _section(lines, said["words.title"])


def after(use: WordUse, card: EngineCard, language: str) -> Markup:
    """Returns what a model made of the words of a finished picture."""
    said = page_texts(language)
    return _section([*_known(use, card, said, "drawn."), *_limits(use, card, said)], said["drawn.title"])


def _section(lines: Iterable[Markup], title: str) -> Markup:
    parts = joined(Markup("<p>{}</p>").format(line) for line in lines)
    return Markup('<section class="sl-words" aria-label="{}">{}</section>').format(title, parts) if parts else parts


def _known(use: WordUse, card: EngineCard, said: Texts, table: str) -> list[Markup]:
    if not use.listed:
        return [_said(said, f"{table}unlisted", model=card.title)] if use.tokens else []
    near = Markup(", ").join(
        _said(said, "words.pair", words=Markup("<q>{}</q>").format(words), thing=Markup("<b>{}</b>").format(thing))
        for words, thing in use.near
    )
    rows = {"used": _quotes(use.used, "b"), "near": near, "left_out": _quotes(use.left_out, "q")}
    lines = [_said(said, f"{table}{name}", model=card.title, words=words) for name, words in rows.items() if words]
    return [*lines, _said(said, f"{table}nothing", model=card.title)] if use.offers else lines


def _limits(use: WordUse, card: EngineCard, said: Texts) -> list[Markup]:
    names = {"tokens": use.tokens, "most": card.tokens, "languages": ", ".join(card.languages)}
    return [_said(said, f"limits.{code}", **names) for code in use.limits]


def _offers(offers: Iterable[str], said: Texts) -> Markup:
    buttons = Markup(" ").join(
        Markup('<button type="button" class="sl-offer" data-prompt="{}">{}</button>').format(thing, thing)
        for thing in offers
    )
    return _said(said, "words.offers", things=buttons)


def _quotes(words: Iterable[str], tag: str) -> Markup:
    return Markup(", ").join(Markup(f"<{tag}>{{}}</{tag}>").format(word) for word in words)


def _said(said: Texts, key: str, **names: object) -> Markup:
    """Returns a string of the page with its names filled in, each escaped."""
    return Markup.escape(said[key]).format(**names)
