"""The settings whose ranges an engine's card gives: shape, number, seed in sight; the rest folded away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from engines.interface import EngineCard, Range
from engines.shapes import sizes_of
from safety.prompt.validation import MAX_PROMPT
from ui.sentences import in_language
from ui.texts import ENGLISH, page_texts
from ui.web.labels import label

Say = Callable[..., str]  # of a key and its names: what stands for it, or what it says
# Room beyond the limit: a longer text gets the sentence that says so, and is never cut unseen.
MAX_TYPED = 2 * MAX_PROMPT
LASTS = 3600  # seconds that a session's last seed is kept
# In the browser alone: a card sets both sides, and sides that were set otherwise choose their card.
SIDES = "shape => shape ? shape.split('x').map(Number) : [null, null]"
SHAPE = "(width, height) => `${width}x${height}`"


@dataclass(frozen=True)
class EngineSettings:
    """Holds the components, by the field of GenerationRequest; `shape` sets two of them, `drawn` the seed."""

    shape: gr.Radio
    one_size: gr.HTML
    keep_seed: gr.Button
    new_seed: gr.Button
    drawn: gr.State
    components: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def build(cls, card: EngineCard) -> EngineSettings:
        """Lays out what stands in sight: shape, number of pictures, seed."""
        shape = gr.Radio(label=label("form.shape"), elem_id="sl-shape", elem_classes="sl-cards", **_shape(card, label))
        one_size = gr.HTML(elem_id="sl-one-size", **_one_size(card, label))
        with gr.Row(elem_id="sl-number-and-seed"):
            count = gr.Radio(label=label("form.count"), elem_id="sl-count", elem_classes="sl-cards", **_count(card))
            with gr.Row(elem_id="sl-seed-row"):
                seed = gr.Textbox(
                    label=label("form.seed"), placeholder=label("form.seed_new"), max_lines=1, elem_id="sl-seed"
                )
                new_seed = gr.Button(label("form.dice"), size="sm", min_width=60, elem_id="sl-new-seed")
                keep_seed = gr.Button(
                    label("form.keep"), size="sm", min_width=60, interactive=False, elem_id="sl-keep-seed"
                )
        drawn = gr.State("", time_to_live=LASTS)
        return cls(shape, one_size, keep_seed, new_seed, drawn, {"count": count, "seed": seed})

    def build_more(self, card: EngineCard) -> None:
        """Lays out what few people change."""
        self.components["negative_prompt"] = gr.Textbox(
            label=label("form.negative"),
            lines=1,
            max_length=MAX_TYPED,
            elem_id="sl-negative",
            **_negative_prompt(card, label),
        )
        with gr.Row():
            self.components["steps"] = gr.Slider(label=label("form.steps"), elem_id="sl-steps", **_steps(card, label))
            self.components["guidance"] = gr.Slider(
                label=label("form.guidance"), step=0.1, elem_id="sl-guidance", **_guidance(card, label)
            )
        with gr.Row(elem_id="sl-size"):
            for name in ("width", "height"):
                self.components[name] = gr.Slider(label=label(f"form.{name}"), **_range(card.size, card.size_multiple))

    def follow(self, engine: gr.Dropdown, language: gr.Dropdown, cards: Mapping[str, EngineCard]) -> Any:
        """Makes the settings take the ranges of the engine that is chosen; returns the event by which they have."""
        kinds: list[tuple[Any, Callable[[EngineCard, Say], dict[str, Any]]]] = [
            (self.shape, _shape),
            (self.one_size, _one_size),
            (self.components["count"], lambda card, _: _count(card)),
            (self.components["negative_prompt"], _negative_prompt),
            (self.components["steps"], _steps),
            (self.components["guidance"], _guidance),
            (self.components["width"], lambda card, _: _range(card.size, card.size_multiple)),
            (self.components["height"], lambda card, _: _range(card.size, card.size_multiple)),
        ]

        def follow(name: str, language: str | None) -> list[Any]:
            say = page_texts(language or ENGLISH).say
            updates = [gr.update(**kind(cards[name], say)) for _, kind in kinds]
            note = in_language(cards[name].note, language or ENGLISH)
            return [gr.update(info=note or None), *updates]

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        sides, seed = [self.components["width"], self.components["height"]], self.components["seed"]
        self.shape.input(None, [self.shape], sides, js=SIDES, **quiet)
        gr.on([side.change for side in sides], None, sides, [self.shape], js=SHAPE, **quiet)
        self.new_seed.click(None, None, [seed], js="() => ''", **quiet)
        self.keep_seed.click(lambda drawn: drawn, [self.drawn], [seed], **quiet)
        return engine.change(follow, [engine, language], [engine, *(component for component, _ in kinds)], **quiet)

    def show_drawn(self, seed: int, language: str) -> dict[Any, Any]:
        """Offers to keep the seed that a picture was drawn from."""
        text = page_texts(language).say("form.keep_this", seed=seed)
        return {self.drawn: str(seed), self.keep_seed: gr.update(value=text, interactive=True)}


def _shape(card: EngineCard, say: Say) -> dict[str, Any]:
    sizes = sizes_of(card)
    choices = [(say(f"form.{name}"), f"{width}x{height}") for name, (width, height) in sizes.items()]
    return {"choices": choices, "value": choices[0][1], "visible": len(choices) > 1}


def _one_size(card: EngineCard, say: Say) -> dict[str, Any]:
    side = int(max(card.size.default, card.shown_at_least))
    text = say("form.one_size", side=side)
    return {"value": f'<p class="sl-small">{text}</p>', "visible": len(sizes_of(card)) == 1}


def _count(card: EngineCard) -> dict[str, Any]:
    choices = list(range(int(card.count.least), int(card.count.most) + 1))
    return {"choices": choices, "value": int(card.count.default), "visible": len(choices) > 1}


def _range(bounds: Range, step: float = 1) -> dict[str, Any]:
    fixed = bounds.least == bounds.most
    return {
        "minimum": bounds.least,
        # Gradio wants a range even where the slider is not shown.
        "maximum": bounds.most + (step if fixed else 0),
        "value": bounds.default,
        "step": step,
        "visible": not fixed,
    }


def _steps(card: EngineCard, say: Say) -> dict[str, Any]:
    quick = card.steps.quick
    return _range(card.steps) | {"info": say("form.quick", steps=f"{quick:g}") if quick else None}


def _guidance(card: EngineCard, say: Say) -> dict[str, Any]:
    options = _range(card.guidance) | {"interactive": card.guided, "info": _unguided(card, say)}
    return {name: value for name, value in options.items() if name not in ("step", "visible")}


def _negative_prompt(card: EngineCard, say: Say) -> dict[str, Any]:
    return {"interactive": card.guided, "info": _unguided(card, say)}


def _unguided(card: EngineCard, say: Say) -> Any:
    return None if card.guided else say("form.unguided")
