"""What the page says of the words that a model can use: asked of the studio, worded by ui/html/word_use.py."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from engines.fidelity import WordUse
from safety.generation import Delivered
from ui.html import word_use
from ui.results import Judged, Problem, attempt

if TYPE_CHECKING:
    from studio import Studio


def words_before(studio: Studio, result: Judged | Problem | None, engine: str, typed: str) -> Markup:
    """Returns what stands under the judgement of a prompt, for the engine that is chosen; "" is the first one.

    `typed` is the prompt without the words of a style.
    """
    if not isinstance(result, Judged):
        return Markup("")
    name = engine or next(iter(studio.engines))
    use = attempt(_use, studio, result.prompt, typed, name)
    if isinstance(use, Problem):
        return Markup("")
    return word_use.before(use, studio.engines[name].card, result.messages.tag)


def words_after(studio: Studio, outcome: Delivered) -> Markup:
    """Returns what stands under a finished picture."""
    request = outcome.request
    use = attempt(_use, studio, request.prompt, studio.without_style(request).prompt, request.engine)
    if isinstance(use, Problem):
        return Markup("")
    return word_use.after(use, studio.engines[request.engine].card, studio.messages(request.language).tag)


def _use(studio: Studio, prompt: str, typed: str, engine: str) -> WordUse:
    """Returns what a model makes of typed words. What comes of a style's words is said beside, of them all."""
    whole = studio.word_use(prompt, engine)
    return replace(studio.word_use(typed, engine), limits=whole.limits, tokens=whole.tokens)
