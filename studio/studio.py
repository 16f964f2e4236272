"""The whole flow, and no rule of its own: with demonstration.py the only caller of engines, exporter and audit.

preview(prompt, mode)  -> Decision          live checks only; nothing recorded
suggest(prompt, mode)  -> [Suggestion]      other wordings, each judged to pass
warn(request)          -> str               the id of a warning, which create takes as its confirmation
create(request)        -> Outcome           every step on record
enlarge(request)       -> Enlarged          a finished picture of this studio, larger, judged and marked anew
look(image, mode)      -> Decision          the picture checks, on a file from elsewhere
mark(image, path)      -> Export            all marks, on a picture made elsewhere
verify(file)           -> Verification      what the marks of a file say
appeal, report, collect                     a refusal goes to a person, and what comes of it
purge, erase, resume                        what has been kept long enough goes

What may be asked without changing anything is in studio/views.py: statement(refused), health() and others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from PIL import Image

from engines.interface import Preview, Progress, silent
from engines.validation import complete, draw_seeds
from safety.audit import Case
from safety.errors import RequestError
from safety.generation import (
    Delivered,
    Enlarged,
    EnlargeRequest,
    Export,
    GeneratedPicture,
    Generation,
    GenerationRequest,
    Outcome,
    PictureResult,
    Stamp,
)
from safety.guard import Guard
from safety.marks.export import Provenance, remove_unfinished
from safety.marks.generation_settings import FoundSettings, found_settings
from safety.marks.keys import new_mark_key
from safety.marks.verify import Verification
from safety.records import Decision, Suggestion, Verdict
from safety.review.appeals import AppealRequest, AppealStatus
from safety.review.client import LOCAL
from safety.review.rate_limit import GENERATION, LOOKUP, VERIFICATION
from studio import balanced
from studio.enlarging import ENLARGED, Source, find_source, record_of, source_of
from studio.formats import in_format
from studio.handing_out import hand_out, judge_picture, put_on_record, write_marked
from studio.judgement_digest import judgement_digest
from studio.layers import MARKS, MODEL, PICTURE, PROMPT, LayerTimes
from studio.refit.regression_rows import forget_test_rows
from studio.views import StudioViews
from studio.warmup import WarmUp, warm_up_of


@dataclass(frozen=True)
class Studio(StudioViews):
    """Judges, generates, judges again and marks. Its collaborators are those of `StudioViews`; make_studio builds one.

    An unknown mode or language raises RequestError. Where the operator has locked the mode, that one decides.
    """

    @cached_property
    def guard(self) -> Guard:
        """Returns what judges and marks: this studio's policy, checks and marks."""
        checks = self.checks
        return Guard(
            self.policy,
            checks.prompt,
            self.picture_checks,
            marks=self.exporter.marks,
            rewriter=self.rewriter,
            observer=self.observer,
            runner=checks.runner,
        )

    @cached_property
    def judgement_digest(self) -> str:
        """Returns what names all that decides what is found and how it is judged (studio/judgement_digest.py)."""
        return judgement_digest(self)

    @cached_property
    def warm_up(self) -> WarmUp:
        """Returns what loads the models once a server answers."""
        return warm_up_of(self, self.loads_ahead)

    def preview(self, prompt: str, mode: str, negative_prompt: str = "") -> Decision:
        """Judges a prompt while it is typed, with the quick checks only. Nothing is recorded."""
        return self.guard.check_prompt(prompt, self.policy.effective_mode(mode), True, negative_prompt)

    def check(self, prompt: str, mode: str, negative_prompt: str = "") -> Decision:
        """Judges a prompt as `create` does, with all checks. Nothing is recorded."""
        return self.guard.check_prompt(prompt, self.policy.effective_mode(mode), negative_prompt=negative_prompt)

    def check_many(self, prompts: Sequence[str], mode: str, negative_prompt: str = "") -> list[Decision]:
        """Judges many prompts as `check` does, all at once. Nothing is recorded."""
        return self.guard.judge_many(prompts, self.policy.effective_mode(mode), negative_prompt)

    def completed(self, request: GenerationRequest) -> GenerationRequest:
        """Returns a request as `create` judges and draws it: its mode, the words of its style, every setting.

        Raises RequestError.
        """
        request = self.with_style(replace(request, mode=self.policy.effective_mode(request.mode)))
        return complete(request, self.engines)

    def suggest(
        self, prompt: str, mode: str, decision: Decision | None = None, negative_prompt: str = ""
    ) -> tuple[Suggestion, ...]:
        """Returns other wordings of a blocked prompt, each judged by `check` to pass.

        `decision` is the prompt's own, where it is known already.
        """
        return self.guard.suggest(prompt, self.policy.effective_mode(mode), decision, negative_prompt)

    def look(self, image: Image.Image, mode: str, prompt: str = "") -> Decision:
        """Judges a picture from anywhere, with all checks. Nothing is recorded."""
        return self.guard.check_image(image, prompt, self.policy.effective_mode(mode))

    def look_many(self, images: Sequence[Image.Image], mode: str) -> list[Decision]:
        """Judges many pictures as `look` does; only where a score comes from is not looked for. Nothing is recorded."""
        return self.guard.judge_pictures(images, self.policy.effective_mode(mode))

    def create(
        self,
        request: GenerationRequest,
        progress: Progress = silent,
        preview: Preview | None = None,
        client: str = LOCAL,
        person: str = "",
    ) -> Outcome:
        """Judges the prompt, generates, judges the pictures, marks them. Every step is on record.

        `preview` gets blurred pictures while they are drawn: they are not judged yet. `client` is the address of the
        person, and `person` whose library gets the pictures; "" is nobody's. Raises RequestError or LimitError before
        a case is opened; EngineError, ExportError, AuditError after.
        """
        self.policy.messages(request.language)
        request = self.completed(request)

        # 1. Open a case. Without a record there is no picture: this raises before anything is made.
        with self.audit.case(request, self.review.rate_limiter.admission(client, GENERATION)) as case:
            # 2. Judge the prompt. Of the variants of a balanced set, the strictest decision counts.
            progress("judging the prompt", 0, 1)
            seeds = draw_seeds(request)
            variants = balanced.variants(self.demographics, request, seeds)
            times = LayerTimes(traces=self.traces)
            with times.measure(PROMPT):
                prompt_decision = balanced.strictest(self._judge_of(request), request, variants)
            case.record_decision(prompt_decision)
            if not self._may_draw(case, prompt_decision, request):
                refused = case.close_refused(prompt_decision)
                words = (request.prompt, request.mode, prompt_decision, request.negative_prompt)
                return replace(refused, suggestions=self.suggest(*words), seconds=times.seconds)

            # 3. Generate, steered away from what the prompt comes near to.
            steering = self.steering.route(prompt_decision, self.policy, request.steering) if self.steering else None
            generate = partial(self.engines[request.engine].generate, steering=steering, preview=preview)
            with times.traced(MODEL):
                generation = balanced.draw(generate, request, variants, seeds, progress)
            case.record_generation(generation)

            results: list[PictureResult] = []
            count = len(generation.pictures)
            for number, picture in enumerate(generation.pictures):
                # 4. Judge each picture. One that is stopped is withheld, and waits in quarantine for an appeal.
                progress("checking the picture", number, count)
                with times.measure(PICTURE):
                    decision = judge_picture(self, case, generation, picture)
                result = PictureResult(picture, decision, None)
                # 5. Export each of the others: marked, written, read back, put on record.
                if decision.verdict <= Verdict.WARN:
                    progress("marking the picture", number, count)
                    with times.measure(MARKS):
                        result = hand_out(self, case, generation, result)
                results.append(result)

            if all(result.export is None for result in results):
                worst = max((result.decision for result in results), key=lambda decision: decision.verdict)
                refused = case.close_refused(worst)
                return replace(refused, seconds=times.seconds, prompt_decision=prompt_decision, generation=generation)
            delivered = Delivered(case.id, prompt_decision, tuple(results), generation, seconds=times.seconds)
            return self.library.record(person, case.close_delivered(delivered))

    def enlarge(
        self, request: EnlargeRequest, progress: Progress = silent, client: str = LOCAL, person: str = ""
    ) -> Enlarged:
        """Makes a finished picture of this studio larger, judges it anew and marks it anew, in a case of its own.

        Raises RequestError for any other picture, or one in another person's library, and LimitError, before a case is
        opened: it counts as a creation. Raises WeightsError, FileError, ExportError, AuditError after.
        """
        self.policy.messages(request.language)
        if self.enlarger is None:
            raise RequestError("This studio has nothing to enlarge pictures with.")
        record = record_of(self.audit, request.source)
        # First of all: of another person's picture, no error may tell whether it is veiled, or what its words were.
        self.library.require_free(person, record.stamp)
        self.review.removals.require_kept(record.stamp)
        source = find_source(self.audit, self.pictures, request, record)
        asked = replace(source.request, mode=self.policy.effective_mode(source.request.mode))
        with self.audit.case(asked, self.review.rate_limiter.admission(client, GENERATION), "enlarge") as case:
            case.record(ENLARGED, source=source.record.stamp, source_case=source.record.case, times=request.times)
            began = time.perf_counter()
            small, earlier = self.exporter.marks.open_file(source.data)
            image = self.enlarger.enlarge(small, (asked.width or 0, asked.height or 0), progress)
            picture = GeneratedPicture(image, asked.seed or 0, asked.prompt)
            generation = Generation(asked, (picture,), source.model, time.perf_counter() - began)
            case.record_generation(generation)
            result = self._finish_enlarged(case, generation, source, earlier, progress)
            enlarged = Enlarged(case.id, source.record.stamp, request.times, result, generation)
            return self.library.record_enlarged(person, enlarged)

    def _finish_enlarged(
        self, case: Case, generation: Generation, source: Source, earlier: bytes, progress: Progress
    ) -> PictureResult:
        """Judges an enlarged picture, marks it unless it is stopped, and closes its case."""
        (picture,) = generation.pictures
        progress("checking the picture", 0, 1)
        judged = PictureResult(picture, judge_picture(self, case, generation, picture), None)
        progress("marking the picture", 0, 1)
        result = hand_out(self, case, generation, judged, source.record.stamp, earlier)
        if result.export is None:
            case.close_refused(result.decision)
        else:
            case.close("delivered", {"stamps": [str(result.export.stamp)], "withheld": 0})
        return result

    def warn(self, request: GenerationRequest, client: str = LOCAL) -> str:
        """Puts on record that a person is shown the warning about a prompt; returns its id, which `create` takes.

        Returns "" where there is nothing to confirm. Raises as `create` does before a case is opened.
        """
        request = self.completed(request)
        variants = balanced.variants(self.demographics, request, draw_seeds(request))
        decision = balanced.strictest(self._judge_of(request), request, variants)
        if decision.verdict is not Verdict.WARN:
            return ""
        with self.audit.case(request, self.review.rate_limiter.admission(client, GENERATION)) as case:
            case.record_decision(decision)
            return case.close_refused(decision).case

    def _judge_of(self, request: GenerationRequest | AppealRequest) -> Callable[[str, str], Decision]:
        """Returns what judges a prompt in a mode together with the negative prompt of a request."""
        return partial(self.check, negative_prompt=request.negative_prompt)

    def _may_draw(self, case: Case, decision: Decision, request: GenerationRequest) -> bool:
        """Tells whether a prompt may be drawn from, and puts on record what lets it through."""
        if decision.allowed:
            return True
        if decision.verdict is Verdict.WARN:
            # Somebody was shown a warning about these words before, and names it: a tick alone is no reading.
            return case.confirm_warning(decision, self.review.rate_limiter.oldest_warning())
        # A reviewer's override opens a BLOCK, for exactly this request and once; never a hard line.
        return decision.verdict is Verdict.BLOCK and case.redeem_override()

    def appeal(self, request: AppealRequest, client: str = LOCAL) -> AppealStatus:
        """Sends a refused case to a reviewer. Raises RequestError, LimitError."""
        return self.review.appeals.submit(request, self._judge_of(request), client)

    def report(self, request: GenerationRequest, remark: str, client: str = LOCAL) -> AppealStatus:
        """Opens a case for a false block that nobody tried to create, and sends it to a reviewer.

        Raises RequestError, LimitError.
        """
        request = self.completed(request)
        return self.review.appeals.report(request, remark, self._judge_of(request), client)

    def collect(self, case_id: str, client: str = LOCAL, person: str = "") -> tuple[Export, ...]:
        """Marks and writes the withheld pictures of an overturned case, once.

        Raises RequestError, also for another person's case; LimitError, ExportError.
        """
        self.review.rate_limiter.count(client, LOOKUP)
        self.library.require_own_case(person, case_id)
        with self.review.appeals.collection(case_id) as generation:
            self.review.blocked.require_other(*(picture.image for picture in generation.pictures))
            source = source_of(self.audit, case_id)
            exports = tuple(write_marked(self, case_id, generation, one, source) for one in generation.pictures)
            for export, picture in zip(exports, generation.pictures, strict=True):
                put_on_record(self, export, picture.image, partial(self.audit.record_export, case_id))
            self.library.record_reviewed(person, case_id, generation, exports)
        return exports

    def purge(self) -> int:
        """Deletes what has been kept for as long as retention.toml says; returns how many things that were.

        Tries again to delete files of removed pictures that could not be deleted. Of several processes on one record,
        one at a time deletes; the others return 0.
        """
        self.review.removals.finish()
        self.pictures.sweep()
        with self.audit.turn_at("purge") as mine:
            return self._purge() if mine else 0

    def _purge(self) -> int:
        gone = self.review.retention.purge() + len(self.forget_classes()[0])
        return gone + forget_test_rows(self.outputs.parent, self.labelled_cases)

    def close_class(self) -> tuple[list[str], int]:
        """Ends the class that is open, and does as `forget_classes`."""
        if self.classroom:
            self.classroom.close()
        return self.forget_classes()

    def forget_classes(self) -> tuple[list[str], int]:
        """Deletes what is kept of classes that are over; the chain's rows stay. Returns as `Retention.forget`."""
        room = self.classroom.room if self.classroom else None
        return self.class_record.forget(self.review.retention, but=room.network if room else "")

    def erase(self, case: str) -> list[str]:
        """Deletes all that is kept of one case and names it. The audit log's rows stay. Raises RequestError."""
        erased = self.review.retention.erase(case)
        gone = forget_test_rows(self.outputs.parent, self.labelled_cases)
        return [*erased, *["test row"] * gone]

    def resume(self) -> None:
        """Puts in order what a crash left behind, and deletes what has been kept long enough."""
        self.audit.close_interrupted()
        remove_unfinished(self.outputs)
        self.purge()

    def in_format(self, case: str, export: Export, format: str, folder: Path, client: str = LOCAL) -> Export:
        """Writes a finished picture in another format into `folder`, with marks of its own. Raises RequestError,
        LimitError, ExportError.
        """
        self.review.rate_limiter.count(client, LOOKUP)
        self.review.removals.require_kept(export.stamp)
        self.pictures.bring(export.path)
        return in_format(self.exporter, self.audit, case, export, format, folder)

    def reveal(self, case: str, export: Export) -> None:
        """Puts on record that a person chose to see a veiled picture. Raises RequestError for an unknown case.

        Raises it for a removed picture, too.
        """
        self.review.removals.require_kept(export.stamp)
        self.audit.append(case, "revealed", {"stamp": str(export.stamp)})
        self.library.unveil(str(export.stamp))

    def reveal_file(self, case: str) -> Path:
        """Puts on record that a person chose to see the veiled picture of a case, the first one; returns its file.

        Raises RequestError for an unknown case, and for one without such a file.
        """
        for row in self.audit.show(case):
            stamp = str(row["facts"].get("stamp") or "") if row["event"] == "exported" else ""
            files = self.pictures.of_stamp(case, stamp) if stamp else []
            if files and not self.review.removals.removed([str(stamp)]):
                self.audit.append(case, "revealed", {"stamp": stamp})
                return files[0]
        raise RequestError(f"There is no picture of the case {case!r} to reveal.", "Create it again.")

    def new_mark_key(self) -> Path:
        """Makes a key that the invisible mark is written with from now on; returns its file. Raises KeysError."""
        return new_mark_key(self.exporter.marks.keys)

    def fetch_models(self) -> Iterable[str]:
        """Downloads the models that picture checks name; yields the name of each. Raises WeightsError."""
        return self.checks.fetch()

    def mark(self, image: Image.Image | bytes, path: Path) -> Export:
        """Writes a picture made elsewhere with all marks; the caller declares that it is AI-generated.

        Of a file, given as bytes, the credentials that it came with are kept. Raises ExportError, FileError, and, for a
        near-copy of a removed picture, RequestError.
        """
        picture, earlier = self.exporter.marks.open_file(image) if isinstance(image, bytes) else (image, b"")
        self.review.blocked.require_other(picture)
        with self.audit.mark_case() as case:
            reserved = isinstance(image, bytes) and self.exporter.marks.reserves_training(image)
            facts = Provenance(stamp=Stamp.new(), case=case.id, reserved=reserved)
            export = self.exporter.export(picture, facts, path, earlier)
            put_on_record(self, export, picture, case.record_export)
            return export

    def found_settings(self, file: bytes | Path, client: str = LOCAL, person: str = "") -> FoundSettings:
        """Returns what a picture of any maker says it was made with; of a person's own, what the library knows.

        Raises FileError, LimitError, BusyError.
        """
        self.review.rate_limiter.count(client, VERIFICATION)
        found = found_settings(file, client)
        return self.library.completed(person, found)

    def verify(self, file: bytes | Path, client: str = LOCAL) -> Verification:
        """Reads every mark of a file, given as bytes or where it is, and what the audit log knows of it.

        Raises FileError, LimitError; BusyError where this client or all together have too many files read at once.
        """
        self.review.rate_limiter.count(client, VERIFICATION)
        return self.guard.verify(file, self.audit, client)
