"""The whole flow, and no rule of its own: the only caller of engines, exporter and audit.

preview(prompt, mode)  -> Decision          live checks only; nothing recorded
suggest(prompt, mode)  -> [Suggestion]      other wordings, each judged to pass
create(request)        -> Outcome           every step on record
look(image, mode)      -> Decision          the picture checks, on a file from elsewhere
statement(refused)     -> Statement         why, and what can be done
mark(image, path)      -> Export            all marks, on a picture made elsewhere
verify(data)           -> Verification      what the marks of a file say
health()               -> Health            which checks look, which don't
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PIL import Image

from engines import balanced
from engines.interface import Engine, Progress, silent
from engines.request import MAX_SEED, complete, prompt_problem
from safety.audit import AuditLog, Case
from safety.checks import Check, assess
from safety.decide import decide
from safety.export import Exporter, Facts, sweep
from safety.health import Described, Health, examine
from safety.policy import Policy
from safety.prompt.open_people import OpenPeople, Wording
from safety.prompt.suggest import Suggester
from safety.records import Assessment, Decision, Picture, Prompt, Skipped, Stage, Suggestion, Verdict
from safety.statement import Statement, state
from safety.steering import SteeringPlan
from safety.verify import Verification, verify
from safety.works import Delivered, Export, Generation, GenerationRequest, Made, Outcome, Refused, Stamp

if TYPE_CHECKING:
    from engines.previews import Preview

Subject = TypeVar("Subject")
EXTENSION = {"png": "png", "jpeg": "jpg", "webp": "webp"}


@dataclass(frozen=True)
class Studio:
    """All parts, put together in app.py. `outputs` is the folder for finished files.

    A mode or language that the policy does not know raises RequestError, whatever is asked. Where the operator has
    locked the mode, that one decides, whichever was asked for.
    """

    policy: Policy
    prompt_checks: Sequence[Check[Prompt]]
    image_checks: Sequence[Check[Picture]]
    engines: Mapping[str, Engine]
    exporter: Exporter
    audit: AuditLog
    outputs: Path
    suggester: Suggester = field(default_factory=lambda: Suggester({}))
    described: Sequence[Described] = ()
    fetch: Callable[[], Iterable[str]] = tuple  # downloads the models that picture checks name; yields what it got
    people: OpenPeople | None = None  # fills in balanced sets
    steering: SteeringPlan | None = None  # without it, no model is steered

    def preview(self, prompt: str, mode: str) -> Decision:
        """Judges a prompt while it is typed, with the quick checks only. Nothing is recorded."""
        return self._ask(prompt, [check for check in self.prompt_checks if check.live], mode)

    def check(self, prompt: str, mode: str) -> Decision:
        """Judges a prompt as `create` does, with all checks. Nothing is recorded."""
        return self._ask(prompt, self.prompt_checks, mode)

    def suggest(self, prompt: str, mode: str, asked: Decision | None = None) -> tuple[Suggestion, ...]:
        """Other wordings for a blocked prompt, each judged by `check` to pass. `asked`: its decision, if known."""
        return self.suggester.suggest(prompt, asked or self.check(prompt, mode), lambda other: self.check(other, mode))

    def look(self, image: Image.Image, mode: str, prompt: str = "") -> Decision:
        """Judges a picture from anywhere, with all checks. Nothing is recorded."""
        mode = self.policy.in_force(mode)
        return self._judge(Stage.PICTURE, Picture(image, prompt), self.image_checks, mode)

    def create(
        self, request: GenerationRequest, progress: Progress = silent, preview: Preview | None = None
    ) -> Outcome:
        """Judges the prompt, generates, judges the pictures, marks them. Every step is on record.

        `preview` gets blurred pictures while they are drawn: they are not judged yet.
        Raises RequestError before a case is opened; EngineError, ExportError, AuditError after.
        """
        self.policy.words(request.language)
        request = complete(replace(request, mode=self.policy.in_force(request.mode)), self.engines)
        with self.audit.case(request) as case:  # no record, no picture: raises before anything is made
            progress("judging the prompt", 0, 1)
            seeds = draw_seeds(request)
            wordings = self._wordings(request, seeds)
            asked = self._check_all(request, wordings)
            case.judged(asked)
            if not asked.passes(request.acknowledged):
                return replace(case.refused(asked), suggestions=self.suggest(request.prompt, request.mode, asked))
            if asked.verdict is Verdict.WARN:
                case.note("acknowledged", stage=Stage.PROMPT)
            steering = self.steering.route(asked, self.policy) if self.steering else None
            generate = partial(self.engines[request.engine].generate, steering=steering, preview=preview)
            generation = balanced.draw(generate, request, wordings, seeds, progress)
            case.generated(generation)
            made = tuple(self._finish(case, generation, number, progress) for number in range(len(generation.images)))
            if all(one.export is None for one in made):
                return case.refused(max((one.decision for one in made), key=lambda d: d.verdict))
            return case.delivered(Delivered(case.id, asked, made, generation))

    def _wordings(self, request: GenerationRequest, seeds: Sequence[int]) -> tuple[Wording, ...]:
        """What each picture is drawn from: the prompt as asked, or with people filled in where that was asked for."""
        if request.balanced and self.people is not None:
            return self.people.wordings(request.prompt, seeds)
        return tuple(Wording(request.prompt) for _ in seeds)

    def _check_all(self, request: GenerationRequest, wordings: Sequence[Wording]) -> Decision:
        """The judgement of the prompt as asked; or of a filled-in wording, where that is judged more strictly."""
        prompts = dict.fromkeys((request.prompt, *(wording.prompt for wording in wordings)))
        return max((self.check(prompt, request.mode) for prompt in prompts), key=lambda decision: decision.verdict)

    def _finish(self, case: Case, generation: Generation, number: int, progress: Progress) -> Made:
        """Judges one picture and, unless it is withheld, marks and writes it."""
        request, count = generation.request, len(generation.images)
        progress("checking the picture", number, count)
        prompt = generation.prompt_of(number)
        decision = self.look(generation.images[number], request.mode, prompt)
        case.judged(decision)
        if decision.verdict > Verdict.WARN:
            return Made(decision, None)
        progress("marking the picture", number, count)
        facts = Facts(
            stamp=new_stamp(),
            case=case.id,
            engine=request.engine,
            model=generation.model,
            mode=request.mode,
            seed=generation.seeds[number],
            prompt=prompt if request.keep_prompt else "",
        )
        path = self.outputs / case.id / f"{facts.stamp}.{EXTENSION[request.format]}"
        export = self.exporter.export(generation.images[number], facts, path)
        case.exported(export)
        return Made(decision, export)

    def statement(self, refused: Refused, request: GenerationRequest) -> Statement:
        """Why a request was refused, and what can be done, in the request's language. Raises RequestError."""
        return state(refused, request, self.policy, self.audit.keep_prompts)

    def resume(self) -> None:
        """Puts in order what a crash left behind: open cases are closed, unfinished files removed."""
        self.audit.close_interrupted()
        sweep(self.outputs)

    def reveal(self, case: str, export: Export) -> None:
        """Puts on record that a person chose to see a veiled picture. Raises RequestError for an unknown case."""
        self.audit.append(case, "revealed", {"stamp": str(export.stamp)})

    def mark(self, image: Image.Image, path: Path) -> Export:
        """All marks on a picture made elsewhere, which the caller declares to be AI-generated."""
        with self.audit.marking() as case:
            facts = Facts(stamp=new_stamp(), case=case.id, engine="", model="", mode="", seed=None, prompt="")
            export = self.exporter.export(image, facts, path)
            case.exported(export)
            return export

    def verify(self, data: bytes) -> Verification:
        """Reads every mark of a file and what the audit log knows of it. Raises FileError."""
        return verify(data, self.exporter.marks, self.audit)

    def health(self) -> Health:
        """Lets every check look at something harmless. Loads what is not loaded yet: may take seconds."""
        words = self.policy.words()
        asked = [Described(check.name, words.check(check.name), "", required=True) for check in self.prompt_checks]
        grey = Image.new("RGB", (256, 256), "grey")
        return examine(self.prompt_checks, self.image_checks, [*asked, *self.described], grey)

    def _ask(self, prompt: str, checks: Sequence[Check[Prompt]], mode: str) -> Decision:
        mode = self.policy.in_force(mode)
        if problem := prompt_problem(prompt):  # what cannot be judged is not passed on
            return decide(Assessment(Stage.PROMPT, skipped=(Skipped("", problem),)), self.policy, mode)
        return self._judge(Stage.PROMPT, Prompt(prompt), checks, mode)

    def _judge(self, stage: Stage, subject: Subject, checks: Sequence[Check[Subject]], mode: str) -> Decision:
        return decide(assess(stage, subject, checks), self.policy, mode)


def new_stamp() -> Stamp:
    """64 random bits: nothing about the picture or its maker can be read from them."""
    return Stamp(secrets.randbits(64))


def draw_seeds(request: GenerationRequest) -> tuple[int, ...]:
    """One seed a picture: the given one and those after it, else random ones."""
    first = secrets.randbelow(MAX_SEED + 1) if request.seed is None else request.seed
    return tuple((first + number) % (MAX_SEED + 1) for number in range(request.count))
