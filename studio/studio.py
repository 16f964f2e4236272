"""The whole flow, and no rule of its own: the only caller of engines, exporter and audit.

preview(prompt, mode)  -> Decision          live checks only; nothing recorded
suggest(prompt, mode)  -> [Suggestion]      other wordings, each judged to pass
create(request)        -> Outcome           every step on record
look(image, mode)      -> Decision          the picture checks, on a file from elsewhere
statement(refused)     -> Statement         why, and what can be done
mark(image, path)      -> Export            all marks, on a picture made elsewhere
verify(data)           -> Verification      what the marks of a file say
appeal, report, collect                     a refusal goes to a person, and what comes of it
health()               -> Health            which checks look, which don't
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from PIL import Image

from engines.diffusion.previews import Preview
from engines.interface import Engine, Progress, silent
from engines.validation import complete, draw_seeds, prompt_problem
from safety.audit import AuditLog, Case
from safety.audit.serialize import of_export
from safety.checks import Check, run_checks
from safety.generation import Delivered, Export, Generation, GenerationRequest, Outcome, PictureResult, Refused, Stamp
from safety.guard import Guard
from safety.health import CheckInfo, Health, examine
from safety.marks.export import Exporter, Provenance, file_name, provenance_of, sweep
from safety.marks.verify import Verification, verify
from safety.policy.decide import decide
from safety.policy.model import Policy
from safety.policy.steering import SteeringPlan
from safety.prompt.demographics import DemographicsCheck
from safety.prompt.rewrite import Rewriter
from safety.records import Assessment, CheckFailure, Decision, Picture, Prompt, Stage, Suggestion, Verdict
from safety.review.appeals import AppealRequest, AppealStatus
from safety.review.client import LOCAL
from safety.review.quarantine import QuarantinedPicture
from safety.review.rate_limit import GENERATION, VERIFICATION
from safety.review.service import ReviewService
from safety.statement import Statement, StatementTerms, build_statement
from studio import balanced


@dataclass(frozen=True)
class Studio:
    """All parts, put together in app.py. `outputs` is the folder for finished files.

    An unknown mode or language raises RequestError. Where the operator has locked the mode, that one decides.
    """

    policy: Policy
    prompt_checks: Sequence[Check[Prompt]]
    image_checks: Sequence[Check[Picture]]
    engines: Mapping[str, Engine]
    exporter: Exporter
    audit: AuditLog
    outputs: Path
    house: ReviewService
    suggester: Rewriter = field(default_factory=lambda: Rewriter({}))
    described: Sequence[CheckInfo] = ()
    fetch: Callable[[], Iterable[str]] = tuple  # downloads the models that picture checks name; yields what it got
    people: DemographicsCheck | None = None  # fills in balanced sets
    steering: SteeringPlan | None = None  # without it, no model is steered

    @cached_property
    def judge(self) -> Guard:
        return Guard(self.prompt_checks, self.policy)

    def preview(self, prompt: str, mode: str) -> Decision:
        """Judges a prompt while it is typed, with the quick checks only. Nothing is recorded."""
        return self._ask(prompt, mode, live=True)

    def check(self, prompt: str, mode: str) -> Decision:
        """Judges a prompt as `create` does, with all checks. Nothing is recorded."""
        return self._ask(prompt, mode)

    def suggest(self, prompt: str, mode: str, asked: Decision | None = None) -> tuple[Suggestion, ...]:
        """Other wordings for a blocked prompt, each judged by `check` to pass. `asked`: its decision, if known."""
        return self.suggester.suggest(prompt, asked or self.check(prompt, mode), lambda other: self.check(other, mode))

    def look(self, image: Image.Image, mode: str, prompt: str = "") -> Decision:
        """Judges a picture from anywhere, with all checks. Nothing is recorded."""
        mode = self.policy.effective_mode(mode)
        return decide(run_checks(Stage.PICTURE, Picture(image, prompt), self.image_checks), self.policy, mode)

    def create(
        self,
        request: GenerationRequest,
        progress: Progress = silent,
        preview: Preview | None = None,
        client: str = LOCAL,
    ) -> Outcome:
        """Judges the prompt, generates, judges the pictures, marks them. Every step is on record.

        `preview` gets blurred pictures while they are drawn: they are not judged yet. `client` is who asks.
        Raises RequestError or LimitError before a case is opened; EngineError, ExportError, AuditError after.
        """
        self.policy.messages(request.language)
        request = complete(replace(request, mode=self.policy.effective_mode(request.mode)), self.engines)
        # No record, no picture: raises before anything is made.
        with self.audit.case(request, self.house.gate.entry(client, GENERATION)) as case:
            progress("judging the prompt", 0, 1)
            seeds = draw_seeds(request)
            variants = balanced.variants(self.people, request, seeds)
            asked = balanced.strictest(self.check, request, variants)
            case.judged(asked)
            # A reviewer's pass opens a BLOCK, for exactly this request and once; never a hard line.
            let = asked.verdict is Verdict.BLOCK and case.let_through()
            if not asked.passes(request.acknowledged) and not let:
                return replace(case.refused(asked), suggestions=self.suggest(request.prompt, request.mode, asked))
            if asked.verdict is Verdict.WARN:
                case.note("acknowledged", stage=Stage.PROMPT)
            steering = self.steering.route(asked, self.policy) if self.steering else None
            generate = partial(self.engines[request.engine].generate, steering=steering, preview=preview)
            generation = balanced.draw(generate, request, variants, seeds, progress)
            case.generated(generation)
            made = tuple(self._finish(case, generation, number, progress) for number in range(len(generation.images)))
            if all(one.export is None for one in made):
                return case.refused(max((one.decision for one in made), key=lambda d: d.verdict))
            return case.delivered(Delivered(case.id, asked, made, generation))

    def _finish(self, case: Case, generation: Generation, number: int, progress: Progress) -> PictureResult:
        """Judges one picture and, unless it is withheld, marks and writes it."""
        image, count = generation.images[number], len(generation.images)
        progress("checking the picture", number, count)
        decision = self.look(image, generation.request.mode, generation.prompt_of(number))
        case.judged(decision)
        if decision.verdict > Verdict.WARN:
            self.house.desk.held.put(case.id, QuarantinedPicture(image, decision, generation, number))
            return PictureResult(decision, None)
        progress("marking the picture", number, count)
        export = self._export(case.id, generation, number)
        case.exported(export)
        return PictureResult(decision, export)

    def _export(self, case_id: str, generation: Generation, number: int) -> Export:
        facts = provenance_of(case_id, generation, number)
        name = file_name(facts, generation.request.format)
        return self.exporter.export(generation.images[number], facts, self.outputs / case_id / name)

    def appeal(self, asking: AppealRequest, client: str = LOCAL) -> AppealStatus:
        """Sends a refused case to a reviewer. Raises RequestError, LimitError."""
        return self.house.desk.appeal(asking, self.check, client)

    def report(self, request: GenerationRequest, remark: str, client: str = LOCAL) -> AppealStatus:
        """A false block that nobody tried to create: makes a case. Raises RequestError, LimitError."""
        request = complete(replace(request, mode=self.policy.effective_mode(request.mode)), self.engines)
        return self.house.desk.report(request, remark, self.check, client)

    def collect(self, case_id: str) -> tuple[Export, ...]:
        """Marks and writes the withheld pictures of an overturned case, once. Raises RequestError, ExportError."""
        with self.house.desk.collecting(case_id) as generation:
            made = tuple(self._export(case_id, generation, number) for number in range(len(generation.images)))
            for one in made:
                self.audit.append(case_id, "exported", of_export(one))
        return made

    def statement(self, refused: Refused, request: GenerationRequest) -> Statement:
        """Why a request was refused, and what can be done, in the request's language. Raises RequestError."""
        terms = StatementTerms(self.house.retention, self.house.roles.open, self.audit.keep_prompts)
        return build_statement(refused, request, self.policy, terms)

    def resume(self) -> None:
        """Puts in order what a crash left behind, and deletes what has been kept long enough."""
        self.audit.close_interrupted()
        sweep(self.outputs)
        self.house.keeper.tidy()

    def reveal(self, case: str, export: Export) -> None:
        """Puts on record that a person chose to see a veiled picture. Raises RequestError for an unknown case."""
        self.audit.append(case, "revealed", {"stamp": str(export.stamp)})

    def mark(self, image: Image.Image, path: Path) -> Export:
        """All marks on a picture made elsewhere, which the caller declares to be AI-generated."""
        with self.audit.marking() as case:
            facts = Provenance(stamp=Stamp.new(), case=case.id, engine="", model="", mode="", seed=None, prompt="")
            export = self.exporter.export(image, facts, path)
            case.exported(export)
            return export

    def verify(self, data: bytes, client: str = LOCAL) -> Verification:
        """Reads every mark of a file and what the audit log knows of it. Raises FileError, LimitError."""
        self.house.gate.count(client, VERIFICATION)
        return verify(data, self.exporter.marks, self.audit)

    def health(self) -> Health:
        """Lets every check look at something harmless. Loads what is not loaded yet: may take seconds."""
        asked = [CheckInfo(one.name, self.policy.messages().check(one.name), "", True) for one in self.prompt_checks]
        return examine(self.prompt_checks, self.image_checks, [*asked, *self.described], Image.new("RGB", (256, 256)))

    def _ask(self, prompt: str, mode: str, live: bool = False) -> Decision:
        mode, problem = self.policy.effective_mode(mode), prompt_problem(prompt)
        if problem:  # what cannot be judged is not passed on
            return decide(Assessment(Stage.PROMPT, failed=(CheckFailure("", problem),)), self.policy, mode)
        return self.judge.judge(prompt, mode, live)
