"""The Create tab: components, and handlers that call the studio once and show its answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from safety.generation import Delivered, Enlarged, GenerationRequest, Outcome, Refused
from safety.policy.model import BASE_MODE
from safety.policy.steering import let_through
from safety.records import Verdict
from studio.enlarging import TIMES
from ui import forms
from ui.html import feedback_bar, own_browser, progress, statement
from ui.html.greeting import first_visit
from ui.html.markup import about, notice, problem
from ui.placeholders import for_any_reader
from ui.results import Judged, Problem, Step, attempt
from ui.texts import page_texts
from ui.web import format_choice, handlers
from ui.web.admission import is_gone
from ui.web.appeal_box import AppealBox
from ui.web.client_ip import client_ip
from ui.web.concurrency import CREATING, JUDGING
from ui.web.create_form import LASTS, CreateFields, greeting, mode_info
from ui.web.engine_settings import EngineSettings
from ui.web.kept_form import KeptForm
from ui.web.labels import label
from ui.web.layer_chips import of_enlarged, of_picture, of_refusal
from ui.web.live_judgement import live_judgement, with_style
from ui.web.next_steps import MadePictures, enlarged_picture, form_values, made_pictures
from ui.web.person import person_of
from ui.web.picture_slot import PictureSlot, Updates, VeiledExports
from ui.web.presence import Stop
from ui.web.reader import accepted, page_language
from ui.web.suggestions import Suggestions
from ui.web.wish_queue import WishQueue
from ui.web.word_notes import words_after

if TYPE_CHECKING:
    from studio import Studio

# What a judgement is read from.
JUDGED = ("prompt", "mode", "language", "negative_prompt")
COMPOSED = (*JUDGED, "engine", "style")
TYPED = ("prompt", "negative_prompt")


@dataclass(frozen=True)
class CreateTab:
    """Holds the components of the tab and their handlers.

    It holds no request: what a session keeps is in `veiled` and `made`. `stops` has the stop signal of each session
    that is drawing just now.
    """

    studio: Studio
    fields: CreateFields
    settings: EngineSettings
    engine_followed: Any
    kept: KeptForm
    create: gr.Button
    cancel: gr.Button
    wishes: WishQueue
    status: gr.HTML
    slots: tuple[PictureSlot, ...]
    veiled: gr.State
    made: gr.State
    suggestions: Suggestions
    appeal: AppealBox
    stops: dict[str, threading.Event] = field(default_factory=dict)

    def wire(self) -> None:
        """Connects the components with their handlers."""
        # First: what one event calls runs in this order, and what is sent is kept before it is drawn.
        self.kept.wire(self.create.click, self.engine_followed)
        self._wire_judgement()
        self._wire_making()
        for number, slot in enumerate(self.slots):
            format_choice.wire(self.studio, slot)
            slot.reveal.click(
                partial(self.reveal, number),
                [self.veiled, self.fields.components["language"]],
                [self.status, *slot.parts],
                api_name=f"reveal_{number}",
                api_visibility="private",
            )
        self.fields.modes.wire(self.fields.components["mode"])
        self.suggestions.wire(*(self.fields.components[name] for name in JUDGED))

    def _wire_judgement(self) -> None:
        components = self.fields.components
        inputs = [components[name] for name in COMPOSED]
        # Words are judged as they are typed by ui/web/live_judgement.py; honest.js asks for the rest once typing rests.
        gr.on(
            [self.fields.settle.click, *(components[name].change for name in COMPOSED if name not in TYPED)],
            self.judge,
            inputs,
            [*self.fields.judged, *self.suggestions.parts],
            trigger_mode="always_last",
            show_progress="hidden",
            api_visibility="private",
            **JUDGING,
        )

    def _wire_making(self) -> None:
        pictures = [part for slot in self.slots for part in slot.parts]
        buttons = [self.create, self.cancel, self.wishes.add, self.status]
        drawn = [self.settings.drawn, self.settings.keep_seed]
        confirmation = [self.fields.components[name] for name in ("acknowledged", "warning")]
        making: dict[str, Any] = {
            "fn": self.make,
            "inputs": [self.fields.components[name] for name in forms.FIELDS],
            "outputs": [*buttons, *confirmation, *drawn, self.veiled, self.made, *pictures, *self.appeal.parts],
            "show_progress": "hidden",
            "scroll_to_output": False,
            "api_visibility": "private",
            **CREATING,
        }
        running: list[Any] = [self.create.click(**making), self.wishes.send.click(**making, js=self.wishes.take)]
        running += [event for number in range(len(self.slots)) for event in self._wire_next_steps(number)]
        stopped = self.cancel.click(self.stop, None, buttons, cancels=running, api_visibility="private")
        stopped.then(self.say_stopped, None, self.status, show_progress="hidden", api_visibility="private")
        self.wishes.wire(self.fields.components)

    def _wire_next_steps(self, number: int) -> list[Any]:
        """Connects the buttons under a picture; returns the events that Stop ends."""
        slot = self.slots[number]
        unseen: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        form = [self.status, *self.fields.components.values()]
        kept = [self.made, self.fields.components["language"]]
        for button, other_seed in ((slot.next.again, True), (slot.next.words, False)):
            filled = button.click(partial(self.fill, number, other_seed), kept, form, **unseen)
            filled.then(None, None, None, js="() => document.querySelector('#sl-prompt textarea').focus()", **unseen)
        kept, buttons = [self.veiled, self.made], [self.create, self.cancel, self.wishes.add, self.status]
        return [
            button.click(
                self._enlarging(number, times),
                kept,
                [*buttons, *kept, *slot.parts, *self.appeal.parts],
                api_name=f"enlarge_{number}_{times}",
                **unseen,
                **CREATING,
            )
            for times, button in zip(TIMES, slot.next.larger, strict=True)
        ]

    def greet(self, request: gr.Request) -> tuple[Any, Any, Any]:
        """Chooses the reader's language, and the country whose help comes first, as the browser names them."""
        return greeting(self.studio, accepted(request))

    def judge(
        self,
        prompt: str | None,
        mode: str | None,
        language: str | None,
        negative_prompt: str | None = None,
        engine: str | None = None,
        style: str | None = None,
    ) -> tuple[Any, ...]:
        """Shows the judgement of a prompt, marks its words that count, and what follows. A program may send null."""
        prompt, mode, language = prompt or "", mode or BASE_MODE, language or ""
        words = (prompt, mode, language, negative_prompt or "", engine or "", style or "")
        result, shown = live_judgement(self.studio, *words)
        judged, negative = with_style(self.studio, prompt, negative_prompt or "", style or "")
        verdict = result.decision.verdict if isinstance(result, Judged) else None
        # A confirmation holds for the words that it was given for: every change takes it back.
        return (
            shown,
            gr.update(value=False, visible=verdict is Verdict.WARN),
            gr.update(info=mode_info(self.studio, mode, language)),
            [handlers.words_of(judged, mode, negative)] if verdict is Verdict.WARN else [],
            self.fields.style.show(prompt, style or "", engine or "", language),
            self.fields.examples.show(prompt, mode, engine or "", language),
            *self.fields.modes.show(result),
            *self.suggestions.hide(wait=verdict is Verdict.BLOCK),
        )

    def make(self, request: gr.Request, *values: Any) -> Iterator[Updates]:
        """Shows how far the work is, then its outcome."""
        form = dict(zip(forms.FIELDS, values, strict=True))
        shown: list[str] = form.pop("warning")
        language = str(form["language"] or "")
        still_shown = list(shown)
        session, stop = request.session_hash or "", Stop(is_gone(request))
        # A program's call without a session cannot be stopped by another one.
        if session:
            self.stops[session] = stop
        yield {**self._busy(True), self.status: progress.progress(Step(), language), **self.appeal.hide()}
        with closing(
            handlers.create(self.studio, form, stop, client_ip(request), shown, person_of(request))
        ) as results:
            cleared = False
            for result in results:
                if isinstance(result, Step):
                    if stop.is_set():
                        continue
                    # Not before something is drawn: a wrong setting leaves the last pictures where they are.
                    clear, cleared = bool(result.previews) and not cleared, cleared or bool(result.previews)
                    yield {self.status: progress.progress(result, language), **(self._clear() if clear else {})}
                else:
                    # A confirmation holds for one picture; the warning still stands there to be confirmed anew.
                    taken_back = {self.fields.components["acknowledged"]: gr.update(value=False)}
                    taken_back |= {self.fields.components["warning"]: still_shown}
                    yield {**self._busy(False), **taken_back, **self._end(result, language)}
        self.stops.pop(session, None)

    def _enlarging(self, number: int, times: int) -> Callable[..., Iterator[Updates]]:
        """Returns the handler of one button, in a form in which Gradio sees that it takes the request."""

        def enlarge(veiled: VeiledExports, made: MadePictures, request: gr.Request) -> Iterator[Updates]:
            yield from self.enlarge(number, times, veiled, made, request)

        return enlarge

    def enlarge(
        self, number: int, times: int, veiled: VeiledExports, made: MadePictures, request: gr.Request
    ) -> Iterator[Updates]:
        """Shows how far the work is, then the larger picture in the place of the smaller one."""
        language = page_language(request)
        # A call without a session that made the picture has nothing to enlarge.
        if number not in made:
            yield {self.status: notice(page_texts(language)["next.gone"])}
            return
        session, stop = request.session_hash or "", Stop(is_gone(request))
        if session:
            self.stops[session] = stop
        yield {**self._busy(True), self.status: progress.progress(Step(), language), **self.appeal.hide()}
        asked = made[number].larger(times)
        with closing(handlers.enlarge(self.studio, asked, stop, client_ip(request), person_of(request))) as results:
            for result in results:
                if isinstance(result, Step):
                    yield {self.status: progress.progress(result, language)}
                else:
                    ended = attempt(self._larger, number, result, veiled, made, language)
                    shown = {self.status: problem(ended, language)} if isinstance(ended, Problem) else ended
                    yield self._busy(False) | shown
        self.stops.pop(session, None)

    def _larger(
        self, number: int, result: Problem | Enlarged, veiled: VeiledExports, made: MadePictures, language: str
    ) -> Updates:
        if isinstance(result, Problem):
            return {self.status: problem(result, language)}
        picture, export = result.result, result.result.export
        if export is None:
            # The smaller picture stays where it is.
            return {self.status: self._statement(result.refusal()), **self.appeal.offer(result.refusal())}
        messages = self.studio.messages(result.generation.request.language)
        others = {slot: one for slot, one in veiled.items() if slot != number}
        slot = self.slots[number]
        updates = slot.show(picture, result.case, picture.picture.seed, messages, picture.picture.filled)
        text = updates[slot.text]
        updates[slot.text] = text + of_enlarged(self.studio, result)
        seen = (result.case, export, text + of_enlarged(self.studio, result, True)) if picture.veiled else None
        return updates | {
            self.status: "",
            self.veiled: others | ({number: seen} if seen else {}),
            self.made: made | {number: enlarged_picture(made[number], result)},
        }

    def fill(self, number: int, other_seed: bool, made: MadePictures, language: str | None) -> Updates:
        """Fills the form in as it was for a picture."""
        if number not in made:
            return {self.status: notice(page_texts(language or "")["next.gone"])}
        return {
            self.status: notice(page_texts(language or "")["next.filled"]),
            **form_values(made[number], other_seed, self.fields.components),
        }

    def stop(self, request: gr.Request) -> tuple[Any, ...]:
        """Stops the work of the session.

        Gradio closes the generator only between two of its steps, and may miss it: the work gets the signal as well.
        """
        if stop := self.stops.pop(request.session_hash or "", None):
            stop.set()
        return *self._busy(False).values(), self.say_stopped(request)

    def say_stopped(self, request: gr.Request) -> Any:
        """Says so last, even where a step was still on its way; not where other work of the session has begun."""
        if request.session_hash in self.stops:
            return gr.skip()
        return notice(page_texts(page_language(request))["create.stopped"])

    def reveal(self, number: int, veiled: VeiledExports, language: str | None) -> Updates:
        """Shows a veiled picture once that is on record."""
        # A call without a session that made the picture has nothing to reveal.
        if number not in veiled:
            return {self.status: notice(page_texts(language or "")["picture.none_veiled"])}
        case, export, text = veiled[number]
        result = attempt(self.studio.reveal, case, export)
        if isinstance(result, Problem):
            return {self.status: problem(result, language or "")}
        slot = self.slots[number]
        return slot.unveil(case, export) | {slot.text: text}

    def _busy(self, busy: bool) -> Updates:
        shown = {self.create: not busy, self.cancel: busy, self.wishes.add: busy}
        return {button: gr.update(visible=visible) for button, visible in shown.items()}

    def _end(self, result: Problem | Outcome, language: str) -> Updates:
        """Shows how the work ended. The disk may be full just now: the page must not stay busy."""
        updates = result if isinstance(result, Problem) else attempt(self._outcome, result)
        return {self.status: problem(updates, language)} if isinstance(updates, Problem) else updates

    def _outcome(self, outcome: Outcome) -> Updates:
        return self._refusal(outcome) if isinstance(outcome, Refused) else self._delivery(outcome)

    def _clear(self) -> Updates:
        """Takes the last pictures away; the strip of this tab's pictures still has them."""
        changes = dict(change for slot in self.slots for change in slot.clear().items())
        return {self.veiled: {}, self.made: {}} | changes

    def _refusal(self, outcome: Refused) -> Updates:
        waits = outcome.decision.verdict is Verdict.WARN
        request = outcome.request
        words = handlers.words_of(request.prompt, request.mode, request.negative_prompt)
        return {
            **self._clear(),
            self.status: self._statement(outcome) + feedback_bar.under_refusal(self.studio.review.feedback, outcome),
            self.fields.components["acknowledged"]: gr.update(visible=waits, value=False),
            self.fields.components["warning"]: [words] if waits else [],
            **self.appeal.offer(outcome),
        }

    def _statement(self, refused: Refused) -> Markup:
        words, open_to_appeal = self._checksum(refused.request), refused.decision.verdict is Verdict.BLOCK
        one = self.studio.statement(refused)
        earlier = own_browser.earlier_words(page_texts(one.messages.tag))
        section = earlier + statement.section(one) + of_refusal(self.studio, refused)
        return about(words, section, refused.case if open_to_appeal else "")

    def _checksum(self, request: GenerationRequest) -> str:
        own = self.studio.without_style(request)
        return handlers.checksum_of(own.prompt, own.mode, own.negative_prompt, own.style)

    def _delivery(self, outcome: Delivered) -> Updates:
        messages = self.studio.messages(outcome.request.language)
        allowed = let_through(outcome.prompt_decision)
        remarks = progress.allowed_by(outcome.prompt_decision, messages)
        remarks += progress.remarks(outcome.generation, messages, allowed)
        updates: Updates = self._clear() | {
            self.status: about(self._checksum(outcome.request), remarks) if remarks else "",
            self.made: made_pictures(outcome),
            **self.settings.show_drawn(outcome.pictures[0].picture.seed, outcome.request.language),
        }
        veiled: VeiledExports = {}
        for number, (slot, result) in enumerate(zip(self.slots, outcome.pictures, strict=False)):
            updates |= slot.show(result, outcome.case, result.picture.seed, messages, result.picture.filled)
            text = updates[slot.text] + words_after(self.studio, outcome)
            rated = feedback_bar.under_picture(self.studio.review.feedback, outcome, result)
            updates[slot.text] = text + of_picture(self.studio, outcome, result) + (rated if not result.veiled else "")
            if result.export and result.veiled:
                seen = text + of_picture(self.studio, outcome, result, True) + rated
                veiled[number] = (outcome.case, result.export, seen)
            if result.export is None:
                refusal = outcome.refusal(result)
                updates[slot.text] = self._statement(refusal)
                updates |= self.appeal.offer(refusal)
        return updates | {self.veiled: veiled}


def build(studio: Studio) -> CreateTab:
    """Lays out the tab inside the open Blocks context and wires it."""
    max_count = max(int(card.count.most) for card in studio.engine_cards().values())
    texts = for_any_reader()
    with gr.Row(elem_id="sl-create", equal_height=False):
        with gr.Column(elem_id="sl-request", scale=5, min_width=320):
            fields = CreateFields.build(studio)
            gr.HTML(own_browser.connection(texts), elem_id="sl-connection")
            suggestions = Suggestions.build(studio)
            create = gr.Button(label("create.go"), variant="primary", elem_id="sl-go")
            wishes = WishQueue.build()
            cancel = gr.Button(label("create.stop"), variant="stop", visible=False, elem_id="sl-stop")
            gr.HTML(Markup('<p class="sl-small">{}</p>').format(texts["form.keys"]), elem_id="sl-keys")
            wishes.build_list()
            settings, engine_followed = fields.build_settings(studio)
            gr.HTML(own_browser.kept_here(texts), elem_id="sl-kept")
            kept = KeptForm.build(fields.components)
        with gr.Column(elem_id="sl-result", scale=6, min_width=320):
            status = gr.HTML(first_visit(texts), elem_id="sl-status")
            appeal = AppealBox.build(studio)
            with gr.Row(elem_id="sl-pictures"):
                slots = tuple(PictureSlot.build(number) for number in range(max_count))
            gr.HTML(own_browser.strip(texts), elem_id="sl-strip")
    veiled = gr.State({}, time_to_live=LASTS)
    made = gr.State({}, time_to_live=LASTS)
    form = (fields, settings, engine_followed, kept)
    tab = CreateTab(studio, *form, create, cancel, wishes, status, slots, veiled, made, suggestions, appeal)
    tab.wire()
    return tab
