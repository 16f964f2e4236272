"""What a person may do next with a finished picture: enlarge it, draw it with another seed, change its words."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from engines.validation import MAX_SEED
from safety.generation import Delivered, Enlarged, EnlargeRequest, Export, GenerationRequest
from studio.enlarging import MAX_SIDE, TIMES
from ui.web.labels import label

Updates = dict[Any, Any]
# What a form takes over from a picture. Its model stays as it is: another one would put its own settings into the form.
TAKEN_OVER = (
    *("prompt", "negative_prompt", "mode", "steps", "guidance", "width", "height", "seed", "format", "balanced"),
    "steering",
)


@dataclass(frozen=True, slots=True)
class Made:
    """Holds what a session keeps of a finished picture: its stamp, and the request that it was made for."""

    stamp: str
    request: GenerationRequest

    def larger(self, times: int) -> EnlargeRequest:
        """Returns the request for the picture so many times as large, with the words that it was made from."""
        return EnlargeRequest(self.stamp, times, self.request.prompt, self.request.language)


MadePictures = dict[int, Made]  # of a session, by slot


@dataclass(frozen=True)
class NextSteps:
    """Holds the buttons under one picture."""

    box: gr.Row
    larger: tuple[gr.Button, ...]
    again: gr.Button
    words: gr.Button
    grid: gr.Button

    @classmethod
    def build(cls) -> NextSteps:
        """Lays out the buttons inside the open context, hidden until there is a picture."""
        with gr.Row(visible=False, elem_classes="sl-next") as box:
            larger = tuple(
                gr.Button(label(f"next.larger_{times}"), size="sm", elem_classes=f"sl-larger-{times}")
                for times in TIMES
            )
            again = gr.Button(label("next.again"), size="sm", elem_classes="sl-again")
            words = gr.Button(label("next.words"), size="sm", elem_classes="sl-change-words")
            grid = gr.Button(label("next.grid"), size="sm", elem_classes="sl-make-grid")
        return cls(box, larger, again, words, grid)

    @property
    def parts(self) -> list[Any]:
        """Returns the components that the updates name."""
        return [self.box, *self.larger]

    def offer(self, export: Export) -> Updates:
        """Shows the buttons, those for enlarging as far as the result is not too large."""
        side = max(export.width, export.height)
        fits = {
            button: gr.update(visible=side * times <= MAX_SIDE)
            for button, times in zip(self.larger, TIMES, strict=True)
        }
        return {self.box: gr.update(visible=True), **fits}

    def hide(self) -> Updates:
        """Hides the buttons."""
        return {self.box: gr.update(visible=False)}


def made_pictures(outcome: Delivered) -> MadePictures:
    """Returns what the session keeps of a delivery, by slot; withheld pictures have no next step."""
    return {
        slot: Made(str(result.export.stamp), replace(outcome.request, seed=result.picture.seed))
        for slot, result in enumerate(outcome.pictures)
        if result.export
    }


def enlarged_picture(before: Made, outcome: Enlarged) -> Made:
    """Returns what the session keeps once a picture was enlarged: the same request, the new stamp."""
    export = outcome.result.export
    return replace(before, stamp=str(export.stamp)) if export else before


def form_values(made: Made, other_seed: bool, fields: Mapping[str, Any]) -> Updates:
    """Returns the form as it was for a picture, if asked for with another seed."""
    request = made.request
    if other_seed:
        request = replace(request, seed=secrets.randbelow(MAX_SEED + 1))
    values = {name: getattr(request, name) for name in TAKEN_OVER} | {"seed": str(request.seed), "count": 1}
    return {fields[name]: gr.update(value=value) for name, value in values.items() if name in fields}


def grid_values(made: Made) -> dict[str, Any]:
    """Returns the values of a form for a grid of a picture: its words and settings, of the same model."""
    request = made.request
    values = {name: getattr(request, name) for name in (*TAKEN_OVER, "engine", "language")}
    return values | {"seed": str(request.seed)}
