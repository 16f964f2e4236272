"""A suggested wording as markup: new words marked, those that went struck through beneath. Imports no gradio."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from safety.records import Suggestion


def head(label: str) -> Markup:
    return Markup('<p class="sl-wordings-head">{}</p>').format(label)


def wording(one: Suggestion, prompt: str) -> Markup:
    """The text with its new words in <ins>, then the words of the prompt that it does without in <del>."""
    gone = Markup(" ").join(Markup("<del>{}</del>").format(prompt[span.start : span.end]) for span in one.removed)
    return Markup('<p class="sl-wording-text">{}</p><p class="sl-wording-gone">{}</p>').format(
        Markup("").join(_marked(one)), gone
    )


def _marked(one: Suggestion) -> Iterator[Markup]:
    done = 0
    for span in one.added:
        yield Markup("{}<ins>{}</ins>").format(one.text[done : span.start], one.text[span.start : span.end])
        done = span.end
    yield Markup("{}").format(one.text[done:])
