"""What the page says of the words that a model can use: asked of the studio, worded by ui/html/word_use.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from safety.generation import Delivered
from ui.html import word_use
from ui.results import Judged, Problem, attempt

if TYPE_CHECKING:
    from studio import Studio


def words_before(studio: Studio, result: Judged | Problem | None, engine: str) -> Markup:
    """Returns what stands under the judgement of a prompt, for the engine that is chosen; "" is the first one."""
    if not isinstance(result, Judged):
        return Markup("")
    name = engine or next(iter(studio.engines))
    use = attempt(studio.word_use, result.prompt, name)
    if isinstance(use, Problem):
        return Markup("")
    return word_use.before(use, studio.engines[name].card, result.messages.tag)


def words_after(studio: Studio, outcome: Delivered) -> Markup:
    """Returns what stands under a finished picture."""
    request = outcome.request
    use = attempt(studio.word_use, request.prompt, request.engine)
    if isinstance(use, Problem):
        return Markup("")
    return word_use.after(use, studio.engines[request.engine].card, studio.messages(request.language).tag)
