"""What a dropped picture says it was made with. Imports no gradio."""

from __future__ import annotations

from markupsafe import Markup

from safety.marks.generation_settings import FoundSettings
from ui.html.markup import facts, problem
from ui.results import Problem
from ui.texts import Texts

SHOWN = ("prompt", "negative_prompt", "mode", "engine", "model", "seed", "steps", "guidance", "sampler", "size")
MAX_SHOWN = 600  # characters of one value


def report(result: FoundSettings | Problem, texts: Texts) -> Markup:
    """Returns what was found, or that nothing was."""
    if isinstance(result, Problem):
        return problem(result, texts.tag)
    values = dict(result.values)
    if "width" in values and "height" in values:
        # Of the file: the size that was asked for is smaller where the picture was enlarged.
        width, height = result.pixels if all(result.pixels) else (values["width"], values["height"])
        values["size"] = f"{width} × {height}"
    pairs = [(texts[f"library.found_{name}"], _short(values[name])) for name in SHOWN if values.get(name)]
    if not pairs:
        return Markup('<p class="sl-notice">{}</p>').format(texts["library.found_nothing"])
    source = texts.say("library.found_by", tool=result.tool) if result.tool else texts["library.found_by_nobody"]
    return Markup('<div class="sl-lib-says" role="status"><p>{} {}</p>{}</div>').format(
        source, texts["library.found_is_judged"], facts(pairs)
    )


def _short(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
