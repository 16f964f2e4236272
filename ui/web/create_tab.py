"""The Create tab: components, and handlers that call the studio once and show its answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr

from safety.generation import GenerationRequest, Outcome, Refused
from safety.policy.model import BASE_MODE
from safety.records import Verdict
from ui import forms
from ui.html import decision, statement
from ui.html.progress import remarks
from ui.web import handlers
from ui.web.appeal_box import AppealBox
from ui.web.client_ip import caller
from ui.web.create_form import CreateFields, greeting, told_of
from ui.web.jobs import Step
from ui.web.picture_slot import PictureSlot, Updates, VeiledExports, veiled
from ui.web.suggestions import Suggestions

if TYPE_CHECKING:
    from studio import Studio

AT_ONCE = 16  # people whose work is under way; those who wait for the engine hear how many are before them


@dataclass(frozen=True)
class CreateTab:
    """Components and their handlers. Holds no request: what a session keeps is in `held`.

    `stops` has the stop signal of each session that is drawing just now.
    """

    studio: Studio
    fields: CreateFields
    create: gr.Button
    cancel: gr.Button
    status: gr.HTML
    slots: tuple[PictureSlot, ...]
    held: gr.State
    wordings: Suggestions
    appeal: AppealBox
    stops: dict[str, threading.Event] = field(default_factory=dict)

    def wire(self) -> None:
        self._wire_judgement()
        self._wire_making()
        for number, slot in enumerate(self.slots):
            slot.reveal.click(
                partial(self.reveal, number),
                [self.held],
                [self.status, *slot.parts],
                api_name=f"reveal_{number}",
                api_visibility="private",
            )

    def _wire_judgement(self) -> None:
        typed = [self.fields.of[name] for name in ("prompt", "mode", "language")]
        # .change and not .input, which a paste, a cut and an undo do not fire; unqueued, or all wait for one.
        gr.on(
            [one.change for one in typed],
            self.judge,
            typed,
            [*self.fields.judged, *self.wordings.parts],
            queue=False,
            trigger_mode="always_last",
            show_progress="hidden",
            api_visibility="private",
        )

    def _wire_making(self) -> None:
        pictures = [part for slot in self.slots for part in slot.parts]
        stopped = [self.create, self.cancel, self.status]
        made = gr.on(
            [self.create.click, self.fields.of["prompt"].submit],
            self.make,
            [self.fields.of[name] for name in forms.FIELDS],
            [*stopped, self.fields.of["acknowledged"], self.held, *pictures, *self.appeal.parts],
            concurrency_limit=AT_ONCE,
            concurrency_id="create",
            show_progress="hidden",
            scroll_to_output=False,
            api_visibility="private",
        )
        self.cancel.click(self.stop, None, stopped, cancels=[made], queue=False, api_visibility="private")

    def greet(self, request: gr.Request) -> tuple[Any, Any]:
        """The reader's own language, and the country whose help comes first, as the browser names them."""
        return greeting(self.studio.policy, request.headers.get("accept-language", ""))

    def judge(self, prompt: str | None, mode: str | None, language: str | None) -> tuple[Any, ...]:
        prompt, mode = prompt or "", mode or BASE_MODE  # a program may send null
        seen = handlers.preview(self.studio, prompt, mode, language or "")
        pieces, verdict = None, None
        if isinstance(seen, handlers.Judged):
            pieces, verdict = decision.highlights(prompt, seen.decision, seen.words), seen.decision.verdict
        marked = any(label for _, label in pieces or [])
        # A confirmation holds for the words that it was given for: every change takes it back.
        return (
            decision.judgement(seen),
            gr.update(value=pieces if marked else None, visible=marked),
            gr.update(value=False, visible=verdict is Verdict.WARN),
            gr.update(info=told_of(self.studio.policy, mode, language or "")),
            *self.wordings.none(wait=verdict is Verdict.BLOCK),
        )

    def make(self, request: gr.Request, *values: Any) -> Iterator[Updates]:
        given = dict(zip(forms.FIELDS, values, strict=True))
        session, stop = request.session_hash or "", threading.Event()
        if session:  # a program's call without a session cannot be stopped by another one
            self.stops[session] = stop
        cleared = {part: change for slot in self.slots for part, change in slot.empty().items()} | self.appeal.hide()
        yield {**self._busy(True), self.status: decision.progress(Step()), self.held: {}, **cleared}
        with closing(handlers.create(self.studio, given, stop, caller(request))) as steps:
            for seen in steps:
                yield self._told(seen, given)
        self.stops.pop(session, None)

    def _told(self, seen: Step | handlers.Problem | Outcome, given: dict[str, Any]) -> Updates:
        if isinstance(seen, Step):
            return {self.status: decision.progress(seen)}
        try:
            if isinstance(seen, handlers.Problem):
                shown: Updates = {self.status: decision.problem(seen)}
            else:
                shown = self._outcome(seen, forms.read(given))
        except Exception as error:  # noqa: BLE001  the disk may be full: the page must not stay busy
            shown = {self.status: decision.problem(handlers.Problem(handlers.sentence(error)))}
        return {**self._busy(False), **shown}

    def stop(self, request: gr.Request) -> tuple[Any, ...]:
        # Gradio closes the generator only between two of its steps, and may miss it: the work is told as well.
        if stop := self.stops.pop(request.session_hash or "", None):
            stop.set()
        return gr.update(visible=True), gr.update(visible=False), decision.notice("Stopped. No picture was handed out.")

    def reveal(self, number: int, held: VeiledExports) -> Updates:
        slot = self.slots[number]
        if number not in held:  # a call without a session that made the picture
            return {self.status: decision.notice("There is no veiled picture here.")}
        case, export = held[number]
        try:
            self.studio.reveal(case, export)
        except Exception as error:  # noqa: BLE001  not on record, not revealed
            return {self.status: decision.problem(handlers.Problem(handlers.sentence(error)))}
        return slot.unveil(export)

    def _busy(self, busy: bool) -> Updates:
        return {self.create: gr.update(visible=not busy), self.cancel: gr.update(visible=busy)}

    def _outcome(self, outcome: Outcome, asked: GenerationRequest) -> Updates:
        if isinstance(outcome, Refused):
            waits = outcome.decision.verdict is Verdict.WARN
            return {
                self.status: statement.section(self.studio.statement(outcome, asked)),
                self.fields.of["acknowledged"]: gr.update(visible=waits),
                **self.appeal.offer(outcome.case, outcome.decision, asked),
            }
        words = self.studio.policy.messages(asked.language)
        updates: Updates = {self.status: remarks(outcome.generation), self.held: veiled(outcome)}
        drawn = outcome.generation
        for number, (slot, made, seed) in enumerate(zip(self.slots, outcome.made, drawn.seeds, strict=False)):
            updates |= slot.show(made, outcome.case, seed, words, drawn.filled_in(number))
            if made.export is None:
                withheld = self.studio.statement(Refused(outcome.case, made.decision), asked)
                updates[slot.text] = statement.section(withheld)
                updates |= self.appeal.offer(outcome.case, made.decision, asked)
        return updates


def build(studio: Studio) -> CreateTab:
    """Lays out the tab inside the open Blocks context and wires it."""
    most = max(int(engine.card.count.most) for engine in studio.engines.values())
    with gr.Row(elem_id="sl-create", equal_height=False):
        with gr.Column(elem_id="sl-desk", scale=5, min_width=320):
            fields = CreateFields.build(studio)
            wordings = Suggestions.build(studio)
            create = gr.Button("Create", variant="primary", elem_id="sl-go")
            cancel = gr.Button("Stop", variant="stop", visible=False, elem_id="sl-stop")
            fields.build_settings(studio)
        with gr.Column(elem_id="sl-tray", scale=6, min_width=320):
            status = gr.HTML(decision.EMPTY, elem_id="sl-status")
            appeal = AppealBox.build(studio)
            with gr.Row(elem_id="sl-pictures"):
                slots = tuple(PictureSlot.build(number) for number in range(most))
    held = gr.State({}, time_to_live=3600)
    tab = CreateTab(studio, fields, create, cancel, status, slots, held, wordings, appeal)
    tab.wire()
    wordings.wire(*(fields.of[name] for name in ("prompt", "mode", "language")))
    return tab
