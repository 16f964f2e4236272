"""What the page keeps and says by itself, in the reader's own browser: assets/page/honest.js fills these parts in.

Imports no gradio.
"""

from __future__ import annotations

from markupsafe import Markup

from ui.texts import Texts


def connection(said: Texts) -> Markup:
    """Returns what is said where a judgement is late, and where the studio does not answer; hidden until then."""
    return Markup(
        '<div class="sl-connection" role="status"><p class="sl-slow">{}</p><p class="sl-lost"><b>{}</b> {}</p></div>'
    ).format(said["connection.judging"], said["connection.unjudged"], said["connection.lost"])


def lost(said: Texts) -> Markup:
    """Returns what is said in another tab than Create where the studio does not answer; hidden until then."""
    return Markup('<div class="sl-connection" role="status"><p class="sl-lost">{}</p></div>').format(
        said["connection.lost"]
    )


def kept_here(said: Texts) -> Markup:
    """Returns where words and settings are kept, and the button that forgets them."""
    return Markup('<p class="sl-kept">{} <button type="button" class="sl-start-over sl-act">{}</button></p>').format(
        said["kept.where"], said["kept.start_over"]
    )


def strip(said: Texts) -> Markup:
    """Returns the strip of this tab's finished pictures, without any yet, and the place where one is shown large."""
    return Markup(
        '<section class="sl-strip" aria-label="{}" data-alt="{}" hidden><h2>{}</h2><ul></ul>'
        '<dialog aria-label="{}"><img alt=""><p></p><div class="sl-acts"><a class="sl-act">{}</a>'
        '<button type="button" class="sl-act sl-close">{}</button></div></dialog></section>'
    ).format(*(said[f"strip.{name}"] for name in ("title", "alt", "title", "alt", "download", "close")))


def my_cases(said: Texts) -> Markup:
    """Returns the list of this browser's own cases, without any yet."""
    return Markup(
        '<section class="sl-mine" data-review="{}" hidden><h2>{}</h2><p>{}</p><ul></ul>'
        '<button type="button" class="sl-act sl-forget">{}</button></section>'
    ).format(*(said[f"mine.{name}"] for name in ("review", "title", "where", "forget")))


def create_again(case: str, said: Texts) -> Markup:
    """Returns the button that creates a case again as it was, and what is said where its words are gone."""
    return Markup(
        '<p><button type="button" class="sl-act" data-again="{}">{}</button><span hidden>{}</span></p>'
    ).format(case, said["mine.again"], said["mine.gone"])


def earlier_words(said: Texts) -> Markup:
    """Returns the line above what was said about words that have changed since; hidden until they have."""
    return Markup('<p class="sl-earlier">{}</p>').format(said["outcome.earlier"])
