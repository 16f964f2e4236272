"""The components that a request is read from, and the judgement that stands beneath the prompt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr

from engines.interface import Engine, EngineCard, Range
from engines.registry import offer_of, offered
from engines.validation import FORMATS, MAX_PROMPT
from safety.policy.model import BASE_MODE, Policy
from ui.html import decision

if TYPE_CHECKING:
    from studio import Studio

LOCKED = "The operator of this studio has set the mode."
BALANCED = "Where you leave open who a person is, each picture fills it in, in turn, and says what."
QUICK = "{:g} steps are quicker and nearly as good."
UNGUIDED = "This model runs without guidance: this setting does nothing here."


@dataclass(frozen=True)
class CreateFields:
    """`of` has one component for every field of GenerationRequest."""

    judgement: gr.HTML
    marked: gr.HighlightedText
    of: dict[str, Any] = field(default_factory=dict)

    @property
    def judged(self) -> list[Any]:
        """What a judgement changes, in order."""
        return [self.judgement, self.marked, self.of["acknowledged"], self.of["mode"]]

    @classmethod
    def build(cls, studio: Studio) -> CreateFields:
        """Prompt, mode and judgement, inside the open context."""
        of: dict[str, Any] = {}
        of["prompt"] = gr.Textbox(
            label="What should the picture show?",
            placeholder="A red apple on a blue background",
            lines=3,
            max_lines=10,
            # Room beyond the limit: a longer text gets the sentence that says so, and is never cut unseen.
            max_length=2 * MAX_PROMPT,
            elem_id="sl-prompt",
            autofocus=True,
        )
        of["mode"] = _modes(studio.policy)
        judgement = gr.HTML(decision.IDLE, elem_id="sl-judgement")
        marked = gr.HighlightedText(
            label="Your words", visible=False, show_legend=False, elem_id="sl-marked", interactive=False
        )
        of["acknowledged"] = gr.Checkbox(
            label="I have read this and want to go on", visible=False, elem_id="sl-acknowledged"
        )
        return cls(judgement, marked, of)

    def build_settings(self, studio: Studio) -> None:
        """The rest of the request, folded away."""
        names = offered(studio.engines)
        card = studio.engines[names[0]].card
        with gr.Accordion("Settings", open=False, elem_id="sl-settings"):
            self.of["language"] = gr.Dropdown(
                languages(studio.policy),
                value=studio.policy.catalogue.default,
                label="Language of the reasons",
                allow_custom_value=True,  # a tag with a country, which the browser names: the studio judges it
                elem_id="sl-language",
            )
            titles = [(_title(studio.engines[name]), name) for name in names]
            self.of["engine"] = gr.Dropdown(titles, value=names[0], label="Model", info=card.note or None)
            with gr.Row():
                self.of["seed"] = gr.Textbox(label="Seed", placeholder="drawn by chance", max_lines=1)
                self.of["count"] = _slider("Pictures", card.count)
            with gr.Row():
                self.of["steps"] = gr.Slider(label="Steps", **_steps(card.steps))
                self.of["guidance"] = gr.Slider(label="Guidance", step=0.1, **_guidance(card))
            self.of["negative_prompt"] = gr.Textbox(
                label="What should not be in it?", lines=1, max_length=2 * MAX_PROMPT, **_negative(card)
            )
            with gr.Row(elem_id="sl-size"):
                self.of["width"] = _slider("Width", card.size, card.size_multiple)
                self.of["height"] = _slider("Height", card.size, card.size_multiple)
            self.of["format"] = gr.Radio(
                [(name.upper(), name) for name in FORMATS], value=FORMATS[0], label="File format"
            )
            self.of["balanced"] = gr.Checkbox(label="Balanced set", info=BALANCED, elem_id="sl-balanced")
            self.of["keep_prompt"] = gr.Checkbox(label="Write the prompt into the file", value=False)
        self._follow_engine(studio)

    def _follow_engine(self, studio: Studio) -> None:
        moved = [
            self.of[name] for name in ("engine", "count", "steps", "guidance", "negative_prompt", "width", "height")
        ]

        def follow(name: str) -> list[Any]:
            card = studio.engines[name].card
            size = _bounds(card.size, card.size_multiple)
            return [
                gr.update(info=card.note or None),
                gr.update(**_bounds(card.count)),
                gr.update(**_steps(card.steps)),
                gr.update(**_guidance(card)),
                gr.update(**_negative(card)),
                gr.update(**size),
                gr.update(**size),
            ]

        self.of["engine"].change(
            follow, [self.of["engine"]], moved, queue=False, show_progress="hidden", api_visibility="private"
        )


def _modes(policy: Policy) -> gr.Radio:
    """All modes, general first; the one that the operator has set, where that is so."""
    names = [policy.locked] if policy.locked else sorted(policy.mode, key=lambda name: (name != BASE_MODE, name))
    return gr.Radio(
        [(policy.mode[name].title, name) for name in names],
        value=names[0],
        label="What is it for?",
        info=LOCKED if policy.locked else policy.mode[names[0]].description,
        interactive=not policy.locked,
        elem_id="sl-mode",
    )


def languages(policy: Policy, country: str = "") -> list[tuple[str, str]]:
    """Name and tag of each language, for a reader in a country."""
    country = country or policy.catalogue.default.partition("-")[2]
    tags = [f"{name}-{country}" if country else name for name in policy.catalogue.locales]
    return [(policy.messages(tag).locale.language, tag) for tag in tags]


def _title(engine: Engine) -> str:
    size = 0.0 if offer_of(engine).here else engine.card.download_gb
    return f"{engine.card.title} (downloads {size:g} GB first)" if size else engine.card.title


def greeting(policy: Policy, header: str) -> tuple[Any, Any]:
    """The choice of languages and what is said of the mode, for a browser with this Accept-Language header."""
    tag = policy.catalogue.nearest(header)
    choices = languages(policy, tag.partition("-")[2])
    said = told_of(policy, policy.locked or BASE_MODE, tag)
    return gr.update(choices=choices, value=tag), gr.update(info=said)


def told_of(policy: Policy, mode: str, language: str) -> str:
    """What a mode is for, or that the operator has set it."""
    return LOCKED if policy.locked else policy.messages(language).mode(mode).description


def _bounds(bounds: Range, step: float = 1) -> dict[str, Any]:
    fixed = bounds.least == bounds.most
    return {
        "minimum": bounds.least,
        "maximum": bounds.most + (step if fixed else 0),  # Gradio wants a range; a fixed one is not shown
        "value": bounds.default,
        "step": step,
        "visible": not fixed,
    }


def _steps(bounds: Range) -> dict[str, Any]:
    return _bounds(bounds) | {"info": QUICK.format(bounds.quick) if bounds.quick else None}


def _slider(label: str, bounds: Range, step: float = 1) -> gr.Slider:
    return gr.Slider(label=label, **_bounds(bounds, step))


def _guidance(card: EngineCard) -> dict[str, Any]:
    bounds = _bounds(card.guidance) | {"interactive": card.guided, "info": None if card.guided else UNGUIDED}
    return {name: value for name, value in bounds.items() if name not in ("step", "visible")}


def _negative(card: EngineCard) -> dict[str, Any]:
    return {"interactive": card.guided, "info": None if card.guided else UNGUIDED}
