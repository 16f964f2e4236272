"""The components that a request is read from, and the judgement that stands beneath the prompt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr

from engines.interface import EngineCard, Range
from engines.validation import FORMATS
from safety.policy.model import BASE_MODE
from safety.prompt.validation import MAX_PROMPT
from ui.html import decision
from ui.web.mode_offer import ModeOffer

if TYPE_CHECKING:
    from studio import Studio
    from studio.views import EngineStatus

LASTS = 3600  # seconds that a session's warning and its veiled files are kept
LOCKED = "The operator of this studio has set the mode."
BALANCED = "Where you leave open who a person is, each picture fills it in, in turn, and says what."
QUICK = "{:g} steps are quicker and nearly as good."
UNGUIDED = "This model runs without guidance: this setting does nothing here."
# Room beyond the limit: a longer text gets the sentence that says so, and is never cut unseen.
MAX_TYPED = 2 * MAX_PROMPT
SET_BY_ENGINE = ("count", "steps", "guidance", "negative_prompt", "width", "height")


@dataclass(frozen=True)
class CreateFields:
    """Holds the form. `components` has one for every field of GenerationRequest, by its name."""

    judgement: gr.HTML
    modes: ModeOffer
    components: dict[str, Any] = field(default_factory=dict)

    @property
    def judged(self) -> list[Any]:
        """Returns the components that a judgement changes, in order."""
        names = ("acknowledged", "mode", "warning")
        return [self.judgement, *(self.components[name] for name in names), *self.modes.parts]

    @classmethod
    def build(cls, studio: Studio) -> CreateFields:
        """Lays out prompt, mode and judgement inside the open context."""
        components: dict[str, Any] = {}
        components["prompt"] = gr.Textbox(
            label="What should the picture show?",
            placeholder="A red apple on a blue background",
            lines=3,
            max_lines=10,
            max_length=MAX_TYPED,
            elem_id="sl-prompt",
            autofocus=True,
        )
        components["mode"] = _mode_choice(studio)
        judgement = gr.HTML(decision.IDLE, elem_id="sl-judgement")
        modes = ModeOffer.build(studio)
        components["acknowledged"] = gr.Checkbox(
            label="I have read this and want to go on", visible=False, elem_id="sl-acknowledged"
        )
        # What the session was shown a warning about: kept at the server, so that no call can claim to have read one.
        # In a list, from which one call takes it.
        components["warning"] = gr.State([], time_to_live=LASTS)
        return cls(judgement, modes, components)

    def build_settings(self, studio: Studio) -> Any:
        """Lays out the rest of the request, folded away; returns the event by which it has followed a new engine."""
        engines = studio.offered_engines()
        card = engines[0].card
        with gr.Accordion("Settings", open=False, elem_id="sl-settings"):
            self.components["language"] = gr.Dropdown(
                studio.list_languages(),
                value=studio.default_language,
                label="Language of the reasons",
                # The browser names a tag with a country, which is not in the list; the studio judges it.
                allow_custom_value=True,
                elem_id="sl-language",
            )
            self.components["engine"] = gr.Dropdown(
                [(_title(engine), engine.name) for engine in engines],
                value=engines[0].name,
                label="Model",
                info=card.note or None,
            )
            self._build_engine_settings(card)
            self.components["format"] = gr.Radio(
                [(name.upper(), name) for name in FORMATS], value=FORMATS[0], label="File format"
            )
            self.components["balanced"] = gr.Checkbox(label="Balanced set", info=BALANCED, elem_id="sl-balanced")
            self.components["keep_prompt"] = gr.Checkbox(label="Write the prompt into the file", value=False)
        return self._follow_engine(studio)

    def _build_engine_settings(self, card: EngineCard) -> None:
        """Lays out the settings whose ranges the engine's card gives."""
        with gr.Row():
            self.components["seed"] = gr.Textbox(label="Seed", placeholder="drawn by chance", max_lines=1)
            self.components["count"] = _slider("Pictures", card.count)
        with gr.Row():
            self.components["steps"] = gr.Slider(label="Steps", **_steps(card.steps))
            self.components["guidance"] = gr.Slider(label="Guidance", step=0.1, **_guidance(card))
        self.components["negative_prompt"] = gr.Textbox(
            label="What should not be in it?",
            lines=1,
            max_length=MAX_TYPED,
            elem_id="sl-negative",
            **_negative_prompt(card),
        )
        with gr.Row(elem_id="sl-size"):
            self.components["width"] = _slider("Width", card.size, card.size_multiple)
            self.components["height"] = _slider("Height", card.size, card.size_multiple)

    def _follow_engine(self, studio: Studio) -> Any:
        """Makes the settings take the ranges of the engine that is chosen."""
        cards = studio.engine_cards()

        def follow(name: str) -> list[Any]:
            card = cards[name]
            size = _range(card.size, card.size_multiple)
            return [
                gr.update(info=card.note or None),
                gr.update(**_range(card.count)),
                gr.update(**_steps(card.steps)),
                gr.update(**_guidance(card)),
                gr.update(**_negative_prompt(card)),
                gr.update(**size),
                gr.update(**size),
            ]

        engine = self.components["engine"]
        outputs = [engine, *(self.components[name] for name in SET_BY_ENGINE)]
        return engine.change(follow, [engine], outputs, show_progress="hidden", api_visibility="private")


def _mode_choice(studio: Studio) -> gr.Radio:
    modes = studio.list_modes()
    first = next(iter(modes))
    return gr.Radio(
        [(mode.title, name) for name, mode in modes.items()],
        value=first,
        label="What is it for?",
        info=LOCKED if studio.locked_mode else modes[first].description,
        interactive=not studio.locked_mode,
        elem_id="sl-mode",
    )


def greeting(studio: Studio, accept_language: str) -> tuple[Any, Any]:
    """Returns updates of the language and the mode for a browser with this Accept-Language header."""
    tag = studio.nearest_language(accept_language)
    choices = studio.list_languages(tag.partition("-")[2])
    info = mode_info(studio, studio.locked_mode or BASE_MODE, tag)
    return gr.update(choices=choices, value=tag), gr.update(info=info)


def mode_info(studio: Studio, mode: str, language: str) -> str:
    """Says what a mode is for, or that the operator has set it. Raises RequestError for an unknown language."""
    return LOCKED if studio.locked_mode else studio.messages(language).mode(mode).description


def _title(engine: EngineStatus) -> str:
    download = 0.0 if engine.availability.installed else engine.card.download_gb
    return f"{engine.card.title} (downloads {download:g} GB first)" if download else engine.card.title


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


def _steps(bounds: Range) -> dict[str, Any]:
    return _range(bounds) | {"info": QUICK.format(bounds.quick) if bounds.quick else None}


def _slider(label: str, bounds: Range, step: float = 1) -> gr.Slider:
    return gr.Slider(label=label, **_range(bounds, step))


def _guidance(card: EngineCard) -> dict[str, Any]:
    options = _range(card.guidance) | {"interactive": card.guided, "info": None if card.guided else UNGUIDED}
    return {name: value for name, value in options.items() if name not in ("step", "visible")}


def _negative_prompt(card: EngineCard) -> dict[str, Any]:
    return {"interactive": card.guided, "info": None if card.guided else UNGUIDED}
