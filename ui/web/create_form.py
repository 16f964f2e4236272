"""The components that a request is read from, and the judgement that stands beneath the prompt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr

from engines.validation import FORMATS, STEERING
from safety.policy.model import BASE_MODE
from ui.html import decision
from ui.html.markup import about
from ui.placeholders import for_any_reader
from ui.sentences import in_language
from ui.texts import page_texts
from ui.web import handlers
from ui.web.engine_settings import MAX_TYPED, EngineSettings
from ui.web.example_chips import ExampleChips
from ui.web.labels import label
from ui.web.mode_offer import ModeOffer
from ui.web.style_picker import StylePicker

if TYPE_CHECKING:
    from studio import Studio
    from studio.views import EngineStatus

LASTS = 3600  # seconds that a session's warning and its veiled files are kept


@dataclass(frozen=True)
class CreateFields:
    """Holds the form. `components` has one for every field of GenerationRequest, by its name.

    `settle` is a button that no person sees: the page presses it once typing rests.
    """

    judgement: gr.HTML
    settle: gr.Button
    modes: ModeOffer
    style: StylePicker
    examples: ExampleChips
    components: dict[str, Any] = field(default_factory=dict)

    @property
    def judged(self) -> list[Any]:
        """Returns the components that a judgement changes, in order."""
        names = ("acknowledged", "mode", "warning")
        changed = [self.components[name] for name in names]
        return [self.judgement, *changed, self.style.words, self.examples.chips, *self.modes.parts]

    @classmethod
    def build(cls, studio: Studio) -> CreateFields:
        """Lays out prompt, mode and judgement inside the open context."""
        components: dict[str, Any] = {}
        components["prompt"] = gr.Textbox(
            label=label("create.prompt"),
            placeholder=label("create.placeholder"),
            lines=3,
            max_lines=10,
            max_length=MAX_TYPED,
            elem_id="sl-prompt",
        )
        examples = ExampleChips.build(studio)
        style = StylePicker.build(studio)
        components["style"] = style.field
        components["mode"] = _mode_choice(studio)
        nothing = about(handlers.checksum_of("", BASE_MODE), decision.idle(for_any_reader()))
        judgement = gr.HTML(nothing, elem_id="sl-judgement")
        settle = gr.Button(visible="hidden", elem_id="sl-settle")
        modes = ModeOffer.build(studio)
        components["acknowledged"] = gr.Checkbox(
            label=label("create.acknowledged"), visible=False, elem_id="sl-acknowledged"
        )
        # What the session was shown a warning about: kept at the server, so that no call can claim to have read one.
        # In a list, from which one call takes it.
        components["warning"] = gr.State([], time_to_live=LASTS)
        return cls(judgement, settle, modes, style, examples, components)

    def build_settings(self, studio: Studio) -> tuple[EngineSettings, Any]:
        """Lays out the rest of the request; returns the settings and the event by which they followed a new engine."""
        engines = studio.offered_engines()
        card = engines[0].card
        self.components["engine"] = gr.Dropdown(
            [(_title(engine), engine.name) for engine in engines],
            value=engines[0].name,
            label=label("form.engine"),
            info=card.note or None,
            elem_id="sl-engine",
        )
        settings = EngineSettings.build(card)
        with gr.Accordion(label("form.more"), open=False, elem_id="sl-settings"):
            settings.build_more(card)
            self._build_rest(studio)
        self.components.update(settings.components)
        return settings, settings.follow(self.components["engine"], self.components["language"], studio.engine_cards())

    def _build_rest(self, studio: Studio) -> None:
        """Lays out what no engine's card says anything about."""
        self.components["format"] = gr.Radio(
            [(name.upper(), name) for name in FORMATS],
            value=FORMATS[0],
            label=label("form.format"),
            elem_id="sl-format",
            elem_classes="sl-cards",
        )
        self.components["balanced"] = gr.Checkbox(
            label=label("form.balanced"), info=label("form.balanced_info"), elem_id="sl-balanced"
        )
        strengths = [(label("form.steering_mode"), "")]
        strengths += [(label(f"form.steering_{name}"), name) for name in STEERING]
        self.components["steering"] = gr.Dropdown(
            strengths,
            value="",
            label=label("form.steering"),
            info=label("form.steering_info"),
            visible=studio.steering is not None,
            elem_id="sl-steering",
        )
        self.components["keep_prompt"] = gr.Checkbox(label=label("form.keep_prompt"), value=False)
        self.components["language"] = gr.Dropdown(
            studio.list_languages(),
            value=studio.default_language,
            label=label("form.language"),
            # The browser names a tag with a country, which is not in the list; the studio judges it.
            allow_custom_value=True,
            elem_id="sl-language",
        )


def _mode_choice(studio: Studio) -> gr.Radio:
    modes = studio.list_modes()
    first = next(iter(modes))
    return gr.Radio(
        [(mode.title, name) for name, mode in modes.items()],
        value=first,
        label=label("create.mode"),
        info=label("policy.locked") if studio.locked_mode else modes[first].description,
        interactive=not studio.locked_mode,
        elem_id="sl-mode",
    )


def greeting(studio: Studio, accept_language: str) -> tuple[Any, Any, Any]:
    """Returns updates of the language, the mode and the engine for a browser with this Accept-Language header."""
    tag = studio.nearest_language(accept_language)
    choices = studio.list_languages(tag.partition("-")[2])
    info = mode_info(studio, studio.locked_mode or BASE_MODE, tag)
    modes = [(studio.messages(tag).mode(name).title, name) for name in studio.list_modes()]
    note = in_language(studio.offered_engines()[0].card.note, tag)
    # A class may have set the mode since the page was built.
    lock = {"value": studio.locked_mode, "interactive": False} if studio.locked_mode else {"interactive": True}
    return (
        gr.update(choices=choices, value=tag),
        gr.update(choices=modes, info=info, **lock),
        gr.update(info=note or None),
    )


def mode_info(studio: Studio, mode: str, language: str) -> str:
    """Says what a mode is for, or that the operator has set it. Raises RequestError for an unknown language."""
    return (
        page_texts(language)["policy.locked"]
        if studio.locked_mode
        else studio.messages(language).mode(mode).description
    )


def _title(engine: EngineStatus) -> str:
    download = 0.0 if engine.availability.installed else engine.card.download_gb
    return label("create.downloads", model=engine.card.title, size=f"{download:g}") if download else engine.card.title
