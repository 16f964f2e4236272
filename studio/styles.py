"""Styles to choose from, presets/styles.toml: words that are appended to a prompt, and judged and drawn with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from safety.config import ADVICE, ConfigModel
from safety.errors import PresetError, RequestError
from safety.generation import GenerationRequest

MAX_SHOWN = 40  # characters of a wrong name in its sentence


class Style(ConfigModel):
    """One style. `embedded`: the embedded model follows its words; what a person reads stands in the page's texts."""

    group: str
    words: str
    negative: str = ""
    embedded: bool = False


class _StylesFile(ConfigModel):
    groups: tuple[str, ...]
    style: dict[str, Style]


def load_styles(folder: Path) -> dict[str, Style]:
    """Returns the styles of a presets folder by name, group by group. Raises PresetError that names file and key."""
    path = folder / "styles.toml"
    file = _StylesFile.load(path)
    for name, style in file.style.items():
        if style.group not in file.groups:
            raise PresetError(f"{path}: style.{name}.group: choose from {', '.join(file.groups)}", ADVICE)
        if not style.words.strip():
            raise PresetError(f"{path}: style.{name}.words: a style without words does nothing", ADVICE)
    return dict(sorted(file.style.items(), key=lambda item: file.groups.index(item[1].group)))


def styled(request: GenerationRequest, styles: Mapping[str, Style]) -> GenerationRequest:
    """Returns the request with the words of its style in both prompts; words that are there already are not repeated.

    Raises RequestError for a style that there is not.
    """
    if not request.style:
        return request
    if request.style not in styles:
        sentence = f"There is no style {request.style[:MAX_SHOWN]!r}."
        raise RequestError(
            sentence, f"Choose from: {', '.join(styles)}." if styles else "This studio has none.", "style"
        )
    style = styles[request.style]
    negative = _joined(request.negative_prompt, style.negative) if request.negative_prompt else style.negative
    return replace(request, prompt=_joined(request.prompt, style.words), negative_prompt=negative)


def unstyled(request: GenerationRequest, styles: Mapping[str, Style]) -> GenerationRequest:
    """Returns a request without the words of its style: as the person wrote it."""
    style = styles.get(request.style)
    if style is None:
        return request
    negative = "" if request.negative_prompt == style.negative else _apart(request.negative_prompt, style.negative)
    return replace(request, prompt=_apart(request.prompt, style.words), negative_prompt=negative)


def _joined(text: str, words: str) -> str:
    """Returns a text with the words at its end. An empty text stays so: a style alone is no prompt."""
    if not text.strip() or not words or text.endswith(words):
        return text
    return f"{text.rstrip()} {words}" if text.rstrip().endswith(",") else f"{text}, {words}"


def _apart(text: str, words: str) -> str:
    """Returns a text without words that were joined to it."""
    return text.removesuffix(f", {words}") if words else text
