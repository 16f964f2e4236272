"""What stands under a refusal: ask a person to look again, or only report a false block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from safety.generation import GenerationRequest
from safety.records import Decision, Verdict
from safety.review.appeals import AppealRequest
from ui.html import appeal
from ui.html import decision as present
from ui.web import handlers
from ui.web.client_ip import caller

if TYPE_CHECKING:
    from studio import Studio

Updates = dict[Any, Any]
Refusal = dict[str, str]  # per session: case, prompt, negative_prompt of the last refusal
LABEL = "Ask a person to look again"  # as the statements of reasons name it (presets/locales)


@dataclass(frozen=True)
class AppealBox:
    """Hidden until something is refused that a person may look at again."""

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
        with gr.Accordion(LABEL, open=False, visible=False, elem_id="sl-appeal") as box:
            gr.HTML(appeal.told(studio.house.retention))
            most = studio.house.desk.terms.remark_characters
            remark = gr.Textbox(
                label="What should the reviewer know?", lines=2, max_length=most, elem_id="sl-remark", container=True
            )
            learn = gr.Checkbox(label="My words may serve as an example to make the checks better", elem_id="sl-learn")
            with gr.Row():
                send = gr.Button("Ask for a review", size="sm", elem_id="sl-ask")
                report = gr.Button("Only report a false block", size="sm", elem_id="sl-report-block")
            answer = gr.HTML(elem_id="sl-asked")
        made = cls(studio, box, remark, learn, send, report, answer, gr.State({}, time_to_live=3600))
        made._wire()
        return made

    @property
    def parts(self) -> list[Any]:
        return [self.box, self.remark, self.learn, self.send, self.report, self.answer, self.refusal]

    def hide(self) -> Updates:
        return {self.box: gr.update(visible=False), self.refusal: {}}

    def offer(self, case: str, decision: Decision, asked: GenerationRequest) -> Updates:
        """For a BLOCK only: a warning waits for the person's own word, a hard line for nobody's."""
        if decision.verdict is not Verdict.BLOCK:
            return self.hide()
        refusal = {"case": case, "prompt": asked.prompt, "negative_prompt": asked.negative_prompt}
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
        given, shown = [self.refusal, self.remark, self.learn], [self.answer, self.send, self.report]
        hidden: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        self.send.click(self._ask, given, shown, **hidden)
        self.report.click(self._report, given, shown, **hidden)

    def _ask(self, refusal: Refusal, remark: str | None, learn: bool | None, request: gr.Request) -> tuple[Any, ...]:
        return self._sent(refusal, {"remark": remark or "", "learn": learn is True}, request)

    def _report(self, refusal: Refusal, remark: str | None, learn: bool | None, request: gr.Request) -> tuple[Any, ...]:
        return self._sent(refusal, {"remark": remark or "", "learn": True, "kind": "report"}, request)

    def _sent(self, refusal: Refusal, more: dict[str, Any], request: gr.Request) -> tuple[Any, ...]:
        if not refusal:  # a call without a session in which something was refused
            return present.notice("There is nothing to ask about here."), gr.update(), gr.update()
        try:
            answer = self.studio.appeal(AppealRequest(**{**refusal, **more}), caller(request))
        except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
            return present.problem(handlers.Problem(handlers.sentence(error))), gr.update(), gr.update()
        told = f"Sent. Look for the answer under Cases, with the case id {answer.case}."
        return present.notice(told), gr.update(visible=False), gr.update(visible=False)
