"""What stands under a refusal: ask a person to look again, or only report a false block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from safety.generation import Refused
from safety.records import Verdict
from safety.review.appeals import AppealRequest
from ui.html import appeal
from ui.html.markup import about, notice, problem
from ui.placeholders import for_any_reader
from ui.results import Problem, attempt
from ui.texts import page_texts
from ui.web.client_ip import client_ip
from ui.web.labels import label
from ui.web.reader import page_language

if TYPE_CHECKING:
    from studio import Studio

Updates = dict[Any, Any]
Refusal = dict[str, str]  # of a session: case, prompt, negative_prompt of the last refusal
LASTS = 3600  # seconds that a session's last refusal is kept


@dataclass(frozen=True)
class AppealBox:
    """Holds the components of the box, which is hidden until something is refused that a person may look at again."""

    studio: Studio
    box: gr.Accordion
    remark: gr.Textbox
    learn: gr.Checkbox
    send: gr.Button
    report: gr.Button
    answer: gr.HTML
    refusal: gr.State

    @classmethod
    def build(cls, studio: Studio) -> AppealBox:
        """Lays out the box inside the open context and wires it."""
        max_length = studio.retention.appeal.remark_characters
        with gr.Accordion(label("appeal.title"), open=False, visible=False, elem_id="sl-appeal") as box:
            gr.HTML(appeal.terms(studio.retention, for_any_reader()))
            remark = gr.Textbox(
                label=label("appeal.remark"),
                lines=2,
                max_length=max_length,
                elem_id="sl-remark",
                container=True,
            )
            learn = gr.Checkbox(label=label("appeal.learn"), elem_id="sl-learn")
            with gr.Row():
                send = gr.Button(label("appeal.ask"), size="sm", elem_id="sl-ask")
                report = gr.Button(label("appeal.report"), size="sm", elem_id="sl-report-block")
            answer = gr.HTML(elem_id="sl-asked")
        appeal_box = cls(studio, box, remark, learn, send, report, answer, gr.State({}, time_to_live=LASTS))
        appeal_box._wire()
        return appeal_box

    @property
    def parts(self) -> list[Any]:
        """Returns the components that `hide` and `offer` update."""
        return [self.box, self.remark, self.learn, self.send, self.report, self.answer, self.refusal]

    def hide(self) -> Updates:
        """Hides the box and forgets the last refusal."""
        return {self.box: gr.update(visible=False), self.refusal: {}}

    def offer(self, refused: Refused) -> Updates:
        """Shows the box for a BLOCK; hides it otherwise.

        A warning waits for the person's own confirmation, and nobody can lift a hard line.
        """
        if refused.decision.verdict is not Verdict.BLOCK:
            return self.hide()
        request = refused.request
        refusal = {"case": refused.case, "prompt": request.prompt, "negative_prompt": request.negative_prompt}
        return {
            self.box: gr.update(visible=True, open=False),
            self.refusal: refusal,
            self.remark: "",
            self.learn: False,
            self.answer: "",
            self.send: gr.update(visible=True),
            self.report: gr.update(visible=True),
        }

    def _wire(self) -> None:
        inputs, outputs = [self.refusal, self.remark, self.learn], [self.answer, self.send, self.report]
        unseen: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        self.send.click(self._ask, inputs, outputs, **unseen)
        self.report.click(self._report, inputs, outputs, **unseen)

    def _ask(self, refusal: Refusal, remark: str | None, learn: bool | None, request: gr.Request) -> tuple[Any, ...]:
        return self._sent(refusal, {"remark": remark or "", "learn": learn is True}, request)

    def _report(self, refusal: Refusal, remark: str | None, learn: bool | None, request: gr.Request) -> tuple[Any, ...]:
        return self._sent(refusal, {"remark": remark or "", "learn": True, "kind": "report"}, request)

    def _sent(self, refusal: Refusal, options: dict[str, Any], request: gr.Request) -> tuple[Any, ...]:
        # A call without a session in which something was refused has nothing to send.
        language = page_language(request)
        if not refusal:
            return notice(page_texts(language)["appeal.nothing"]), gr.update(), gr.update()
        status = attempt(self.studio.appeal, AppealRequest(**{**refusal, **options}), client_ip(request))
        if isinstance(status, Problem):
            return problem(status, language), gr.update(), gr.update()
        answer = about(
            "", notice(page_texts(language).say("mine.sent", case=status.case)), status.case, has_review=True
        )
        return answer, gr.update(visible=False), gr.update(visible=False)
