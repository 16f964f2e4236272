"""The Lists tab: many prompts, or a grid of one, judged line by line before any is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from ui import forms
from ui.html import list_table, own_browser, progress
from ui.html.markup import notice, problem
from ui.placeholders import for_any_reader
from ui.results import Problem, attempt
from ui.texts import Texts, page_texts
from ui.web.admission import is_gone
from ui.web.client_ip import client_ip
from ui.web.concurrency import LISTING, LISTS
from ui.web.labels import label
from ui.web.list_runs import FAILED, WAITING, Place, Run, Runs, draw
from ui.web.list_wishes import COUNTS, GRIDS, LIST, NEAR, STRENGTHS, Wish, make_run, read_kept, run_again, wish_of
from ui.web.next_steps import MadePictures, grid_values
from ui.web.person import person_of
from ui.web.picture_slot import PictureSlot, Updates
from ui.web.presence import Stop
from ui.web.reader import page_language

if TYPE_CHECKING:
    from studio import Studio

DRAWING = "drawing"  # the state of the line that is drawn just now
LASTS = 24 * 3600  # seconds that a session's list is kept
# Prompts are written in English here as everywhere: the model that ships reads no other language.
EXAMPLE = "a red apple on a plate\na {black|white} cat on a {chair|roof}"
READ_KEPT = "() => [sessionStorage.getItem('sl-list') || '']"


@dataclass(frozen=True)
class ListsTab:
    """Holds the components of the tab and their handlers. `settings` are those of the Create tab, by name."""

    studio: Studio
    settings: dict[str, Any]
    text: gr.Textbox
    check: gr.Button
    kind: gr.Radio
    count: gr.Radio
    check_grid: gr.Button
    status: gr.HTML
    table: gr.HTML
    ticks: gr.CheckboxGroup
    go: gr.Button
    stop: gr.Button
    pictures: gr.HTML
    kept: gr.HTML
    name: gr.State
    saved: gr.Textbox
    runs: Runs = field(default_factory=Runs)

    def wire(self, page: gr.Blocks) -> None:
        """Connects the components with their handlers."""
        form = [self.settings[name] for name in forms.FIELDS]
        shown = [self.status, self.table, self.ticks, self.go, self.stop, self.pictures, self.kept, self.name]
        unseen: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        self.check.click(self.make_list, [self.text, *form], shown, **unseen, **LISTING)
        self.check_grid.click(self.make_grid, [self.kind, self.count, *form], shown, **unseen, **LISTING)
        self.go.click(self.draw, [self.name, self.text, self.ticks], shown, **unseen, **LISTS)
        self.stop.click(self.halt, [self.name], [self.status], **unseen)
        page.load(self.restore, [self.saved], [self.text, *shown], js=READ_KEPT, **unseen, **LISTING)

    def make_list(self, text: str | None, request: gr.Request, *values: Any) -> Iterator[Updates]:
        """Judges every prompt of the list and shows the table; nothing is drawn or recorded."""
        yield self._judging(request)
        yield self._make(LIST, text or "", _form(values), 0, request)

    def make_grid(self, kind: str | None, count: int | None, request: gr.Request, *values: Any) -> Iterator[Updates]:
        """Judges every picture of a grid of the prompt in the Create tab, and shows the table."""
        form = _form(values)
        yield self._judging(request)
        yield self._make(kind or "", str(form.get("prompt") or ""), form, count or 0, request)

    def wire_grids(self, slots: Sequence[PictureSlot], made: gr.State, tabs: gr.Tabs) -> None:
        """Lets the button under each picture make a grid of it: judged here first, as every list."""
        shown = [self.status, self.table, self.ticks, self.go, self.stop, self.pictures, self.kept, self.name]
        unseen: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        for number, slot in enumerate(slots):
            slot.next.grid.click(self._grid_of(number, tabs), [made], [tabs, *shown], **unseen, **LISTING)

    def _grid_of(self, number: int, tabs: gr.Tabs) -> Callable[..., Updates]:
        def grid(made: MadePictures, request: gr.Request) -> Updates:
            here = {tabs: gr.update(selected="lists")}
            # A call without a session that made the picture has nothing to make a grid of.
            if number not in made:
                return here | {self.status: notice(page_texts(page_language(request))["next.gone"])}
            values = grid_values(made[number])
            kind = STRENGTHS if self.studio.steering else NEAR
            return here | self._make(kind, str(values["prompt"]), values, COUNTS[0], request)

        return grid

    def _judging(self, request: gr.Request) -> Updates:
        return {self.status: notice(page_texts(page_language(request))["lists.judging"])}

    def _make(self, kind: str, text: str, form: Wish, count: int, request: gr.Request) -> Updates:
        person = person_of(request)

        def made() -> Run:
            return self.runs.add(make_run(self.studio, wish_of(kind, text, form, count), person))

        result = attempt(made)
        # What was shown before stays: it may be half drawn.
        return (
            {self.status: problem(result, page_language(request))}
            if isinstance(result, Problem)
            else self._show(result)
        )

    def draw(self, name: str, text: str | None, ticks: list[str] | None, request: gr.Request) -> Iterator[Updates]:
        """Draws what may be drawn and what was confirmed, one after the other."""
        person, language = person_of(request), page_language(request)
        run = self.runs.get(name, person)
        if run is None or (run.wish["kind"] == LIST and run.wish["text"] != (text or "")):
            yield {self.status: notice(page_texts(language)["lists.changed"])}
            return
        # Only what asks can be confirmed, and only by whom the table was shown: the name of a list is kept here.
        ticked = {int(tick) for tick in ticks or [] if str(tick).isdecimal()}
        run.confirmed = frozenset(line.number for line in run.lines if line.asks and line.number in ticked)
        stop, end, now = Stop(is_gone(request)), "", 0
        yield {self.go: gr.update(visible=False), self.stop: gr.update(visible=True)}
        with closing(draw(self.studio, run, stop, client_ip(request), person)) as events:
            for event in events:
                if isinstance(event, Place):
                    begun, now = event.line.number != now, event.line.number
                    yield {self.status: self._place(run, event)} | (self._lines(run, now) if begun else {})
                elif isinstance(event, Problem):
                    end = problem(event, language)
                else:
                    yield self._lines(run)
        updates = self._show(run)
        yield updates | {self.status: (end or Markup("")) + self._ended(run)}

    def halt(self, name: str, request: gr.Request) -> Markup:
        """Stops the list at its next step. What is finished stays."""
        if run := self.runs.get(name, person_of(request)):
            run.stop.set()
        return notice(page_texts(page_language(request))["lists.stopping"])

    def restore(self, saved: str | None, request: gr.Request) -> Updates:
        """Shows the list again that the tab kept: as the server knows it, or made anew."""
        if not saved:
            return {self.name: ""}
        person = person_of(request)

        def found() -> Run:
            kept = read_kept(saved)
            if run := self.runs.get(kept.get("name"), person):
                # The window that drew it has gone, or will say that it was stopped.
                run.stop.set()
                return run
            return self.runs.add(run_again(self.studio, kept, person))

        run = attempt(found)
        if isinstance(run, Problem):
            return {self.status: problem(run, page_language(request))}
        words = {self.text: run.wish["text"]} if run.wish["kind"] == LIST else {}
        return words | self._show(run) | {self.status: self._ended(run)}

    # ---- what is shown ----

    def _show(self, run: Run) -> Updates:
        """Returns all that there is to see of a list that is not drawn just now."""
        texts, messages = self._texts(run), self.studio.messages(self._language(run))
        asking = [line for line in run.lines if line.asks and line.number not in run.results]
        ticks = [(list_table.question(line, messages), str(line.number)) for line in asking]
        ticked = [str(line.number) for line in asking if line.number in run.confirmed]
        begun = bool(run.results)
        return {
            self.status: list_table.summary(run.lines, texts),
            **self._lines(run),
            self.ticks: gr.update(choices=ticks, value=ticked, visible=bool(ticks)),
            self.go: gr.update(
                value=texts["lists.resume" if begun else "lists.go"], visible=bool(run.left() or asking)
            ),
            self.stop: gr.update(visible=False),
            self.kept: list_table.kept(run.name, run.wish, texts),
            self.name: run.name,
        }

    def _lines(self, run: Run, now: int = 0) -> Updates:
        """Returns the table and the pictures; `now` is the number of the line that is being drawn."""
        states, texts = _states(run) | ({now: DRAWING} if now else {}), self._texts(run)
        return {
            self.table: list_table.table(run.lines, states, self.studio.messages(self._language(run)), texts),
            self.pictures: list_table.pictures(run.lines, states, run.stamps(), texts),
        }

    def _place(self, run: Run, place: Place) -> Markup:
        head = list_table.place(place.done + 1, place.of, place.line.request.prompt, place.left, self._texts(run))
        return head + progress.progress(place.step, self._language(run))

    def _ended(self, run: Run) -> Markup:
        said = self._texts(run).say("lists.ended", made=len(run.finished()), left=run.count(WAITING, FAILED))
        return notice(said)

    def _texts(self, run: Run) -> Texts:
        return page_texts(self._language(run))

    def _language(self, run: Run) -> str:
        return run.lines[0].request.language


def _form(values: tuple[Any, ...]) -> Wish:
    return dict(zip(forms.FIELDS, values, strict=True))


def _states(run: Run) -> dict[int, str]:
    return {line.number: run.state(line) for line in run.lines}


def build(studio: Studio, page: gr.Blocks, settings: dict[str, Any]) -> ListsTab:
    """Lays out the tab inside the open Blocks context and wires it."""
    with gr.Row(elem_id="sl-lists", equal_height=False):
        with gr.Column(elem_id="sl-list-form", scale=5, min_width=320):
            text = gr.Textbox(
                label=label("lists.prompts"),
                info=label("lists.info"),
                placeholder=EXAMPLE,
                lines=8,
                max_lines=16,
                elem_id="sl-list",
            )
            check = gr.Button(label("lists.check"), variant="primary", elem_id="sl-list-check")
            with gr.Accordion(label("lists.grid"), open=False, elem_id="sl-list-grid"):
                kinds = [(label(f"lists.kind_{kind}"), kind) for kind in GRIDS]
                kind = gr.Radio(kinds, value=GRIDS[0], label=label("lists.kind"), info=label("lists.kind_info"))
                count = gr.Radio(list(COUNTS), value=COUNTS[0], label=label("lists.count"))
                check_grid = gr.Button(label("lists.check_grid"), elem_id="sl-list-check-grid")
        with gr.Column(elem_id="sl-list-result", scale=7, min_width=320):
            gr.HTML(own_browser.lost(for_any_reader()), elem_id="sl-list-lost")
            status = gr.HTML(notice(for_any_reader()["lists.empty"]), elem_id="sl-list-status")
            stop = gr.Button(label("lists.stop"), variant="stop", visible=False, elem_id="sl-list-stop")
            pictures = gr.HTML(elem_id="sl-list-pictures")
            table = gr.HTML(elem_id="sl-list-lines")
            ticks = gr.CheckboxGroup(
                [], label=label("lists.ticks"), info=label("lists.ticks_info"), visible=False, elem_id="sl-list-ticks"
            )
            go = gr.Button(label("lists.go"), variant="primary", visible=False, elem_id="sl-list-go")
            kept = gr.HTML(elem_id="sl-list-kept")
    name = gr.State("", time_to_live=LASTS)
    saved = gr.Textbox(visible=False)
    parts = (text, check, kind, count, check_grid, status, table, ticks, go, stop, pictures, kept, name, saved)
    tab = ListsTab(studio, settings, *parts)
    if studio.classroom:
        studio.classroom.when_closed.append(tab.runs.forget)
    tab.wire(page)
    return tab
