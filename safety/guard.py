"""The safety layer as one object: judges prompts and pictures, explains, marks and verifies.

The studio, the command line, benchmarks and other people's generators all judge through it, so that one prompt gets one
decision everywhere. It imports no page and no generator.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from safety.checks import Check, CheckRunner, joined, run_checks, within
from safety.errors import BusyError, StudioError
from safety.generation import Export
from safety.image_io import open_untrusted, whole_picture
from safety.marks.provenance import Provenance
from safety.messages.grounds import group_reasons
from safety.policy.added_category import added_categories
from safety.policy.decide import decide
from safety.policy.model import BASE_MODE, Policy, load_policy
from safety.prompt.classifier import PromptClassifierCheck
from safety.prompt.example_categories import read_categories
from safety.prompt.negative_prompt import PromptReader, load_prompt_reader
from safety.prompt.request_syntax import prompts_to_draw
from safety.prompt.rewrite import Rewriter, load_rewriter
from safety.prompt.validation import prompt_problem
from safety.records import Assessment, CheckFailure, Decision, Finding, Picture, Prompt, Stage, Suggestion
from safety.resources import MODELS, PRESETS, data_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from safety.marks import Marks
    from safety.marks.similarity import ExportRegistry
    from safety.marks.verify import Verification

# Prompts: who types goes back and forth, and the page asks once more before it generates.
MAX_REMEMBERED = 256
BLOCK = 32  # prompts judged at once: what one check has read of them, the next finds in the classifier's cache
# Whose file it is if nobody says: that of whoever runs this program.
LOCAL_CLIENT = ""

Checks = Sequence[Check[Picture]]
# Called with each decision and the seconds that it took, for figures; it may not raise.
Observer = Callable[[Decision, float], None]


class _CheckFailed(Exception):
    """A check could not look: what it says now is not remembered, since it may look the next time."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment


class Guard:
    """Judges prompts and pictures under one policy. Safe to call from threads, and can be pickled.

    `mode` holds wherever a call names none; `observer` is told of each decision. `image_checks` may be a function that
    builds them, which is then called at the first picture. A check that cannot look blocks; so does having no checks at
    all. Assessments of the last prompts are remembered, and long prompts in part
    (safety/prompt/classifier_model.py): a check that looked sees the same in the same prompt. `runner` lets the checks
    look somewhere else than here.
    """

    def __init__(
        self,
        policy: Policy,
        prompt_checks: Sequence[Check[Prompt]] = (),
        image_checks: Checks | Callable[[], Checks] = (),
        *,
        marks: Marks | None = None,
        rewriter: Rewriter | None = None,
        reader: PromptReader | None = None,
        mode: str = BASE_MODE,
        observer: Observer | None = None,
        runner: CheckRunner = run_checks,
    ) -> None:
        self._policy, self._mode = policy, policy.effective_mode(mode)
        self._prompt_checks = tuple(prompt_checks)
        self.marks, self.rewriter = marks, rewriter or Rewriter()
        self._reader = reader or load_prompt_reader(policy.folder)
        self._image_checks = image_checks
        self._observer, self._runner = observer, runner
        self._live = tuple(check for check in self.prompt_checks if check.live)
        self._recent = lru_cache(maxsize=MAX_REMEMBERED)(self._assess)

    @classmethod
    def load(
        cls,
        mode: str = BASE_MODE,
        presets: str | Path | None = None,
        models: str | Path | None = None,
        keys: str | Path | None = None,
        categories: str | Path | None = None,
    ) -> Guard:
        """Builds the guard that ships, or one from folders of your own laid out alike.

        presets: policy, modes, word lists, texts. models: weights, read at first use. keys: where signing and marking
        keys are, or are made at the first mark; by default the data folder of the person who runs this. categories:
        a folder of categories that an operator has added by examples (`python app.py category add`); by default none.
        Raises PresetError, which names file and key, and RequestError for an unknown mode.
        """
        folders = Path(presets or PRESETS), Path(models or MODELS), Path(keys) if keys else None
        return cls._build(_Sources(mode, *folders, Path(categories) if categories else None))

    @classmethod
    def _build(cls, sources: _Sources) -> Guard:
        from safety.image import picture_checks
        from safety.image.example_pictures import example_picture_checks
        from safety.marks import Marks
        from safety.prompt import load_prompt_checks

        categories = read_categories(sources.categories) if sources.categories else ()
        policy = load_policy(sources.presets).with_categories(added_categories(categories))
        prompts = load_prompt_checks(sources.presets, sources.models, policy, categories)

        def image_checks() -> Checks:
            built = picture_checks(sources.models, sources.presets, prompts).checks
            return (*built, *example_picture_checks(categories))

        guard = cls(
            policy,
            prompts.checks,
            image_checks,
            marks=Marks(keys=sources.keys or data_folder() / "keys"),
            rewriter=load_rewriter(sources.presets),
            mode=sources.mode,
        )
        guard._sources = sources
        return guard

    # How a copy in another process is built: models hold locks and sessions that no pickle carries.
    _sources: _Sources | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        if self._sources is not None:
            return type(self)._build, (self._sources,)
        parts = (self.policy, self.prompt_checks, self._image_checks)
        options: dict[str, Any] = {"reader": self._reader, "mode": self.mode, "runner": self._runner}
        return partial(type(self), marks=self.marks, rewriter=self.rewriter, **options), parts

    # Read-only: a copy in another process is built anew, and would not know of a change.
    @property
    def policy(self) -> Policy:
        """The policy that decides."""
        return self._policy

    @property
    def mode(self) -> str:
        """The mode that holds wherever a call names none."""
        return self._mode

    @property
    def prompt_checks(self) -> tuple[Check[Prompt], ...]:
        """The checks of prompts."""
        return self._prompt_checks

    @cached_property
    def image_checks(self) -> tuple[Check[Picture], ...]:
        """The checks of pictures, built at first use."""
        found = self._image_checks
        return tuple(found() if callable(found) else found)

    def check_prompt(self, text: str, mode: str = "", live: bool = False, negative_prompt: str = "") -> Decision:
        """Judges one prompt, with the words that carry its scores, and what the negative prompt makes of it.

        Where the prompt itself leaves something out ("Negative prompt: ...", "--no ...", "(word:-1)"), that is not
        judged as wanted: a generator must be given the two of `prompts_to_draw`, as the studio gives them.
        `live`: only the checks that are quick enough for every keystroke. Raises RequestError for an unknown mode.
        """
        started, mode = time.perf_counter(), self._mode_for(mode)
        decision = self._check_prompt(text, mode, live, negative_prompt)
        return self._observed(decision, started)

    def _check_prompt(self, text: str, mode: str, live: bool, negative_prompt: str) -> Decision:
        judged, problem = self._read(text, negative_prompt)
        if problem:
            return decide(_unreadable(problem), self.policy, mode)
        try:
            assessment = self._recent(judged, live and len(self._live) < len(self.prompt_checks))
        except _CheckFailed as failed:
            assessment = failed.assessment
        return decide(within(assessment, judged, text), self.policy, mode)

    @staticmethod
    def prompts_to_draw(prompt: str, negative_prompt: str = "") -> tuple[str, str]:
        """Returns the prompt and the negative prompt of a judged request as a generator must be given them."""
        return prompts_to_draw(prompt, negative_prompt)

    def check_prompts(self, prompts: Sequence[str], mode: str = "") -> dict[str, NDArray[np.float32]]:
        """Judges many prompts: columns of shape (len(prompts),), float32.

        "verdict" holds a Verdict's number, "risk" a probability 0..1, and each soft category of the policy its score
        0..1. They are those of `check_prompt`; only the words that carry a score are not looked for.
        Raises RequestError for an unknown mode.
        """
        decisions = self.judge_many(prompts, mode)
        soft = [name for name, category in self.policy.category.items() if not category.hard]
        columns = {name: [each.scores.get(name, 0.0) for each in decisions] for name in soft}
        columns["verdict"] = [float(each.verdict) for each in decisions]
        columns["risk"] = [each.risk for each in decisions]
        return {name: np.asarray(column, dtype=np.float32) for name, column in columns.items()}

    def judge_many(self, prompts: Sequence[str], mode: str = "", negative_prompt: str = "") -> list[Decision]:
        """Judges many prompts at once, each with this negative prompt; decisions are those of `check_prompt`.

        Only the words that carry a model's score are not looked for. Raises RequestError for an unknown mode.
        """
        mode = self._mode_for(mode)
        return [decide(each, self.policy, mode) for each in self.assess_prompts(prompts, negative_prompt)]

    def assess_prompts(self, prompts: Sequence[str], negative_prompt: str = "") -> list[Assessment]:
        """Returns what all checks see in many prompts, without a verdict: `decide` gives it, under any policy and mode.

        As in `judge_many`, the words that carry a model's score are not looked for.
        """
        read = [self._read(text, negative_prompt) for text in prompts]
        texts = [text for text, problem in read if not problem]
        blocks = (texts[start : start + BLOCK] for start in range(0, len(texts), BLOCK))
        readable = (each for block in blocks for each in self._assess_readable(block))
        return [
            _unreadable(problem) if problem else within(next(readable), judged, text)
            for text, (judged, problem) in zip(prompts, read, strict=True)
        ]

    def check_image(self, image: Image | bytes, prompt: str = "", mode: str = "") -> Decision:
        """Judges a picture of any colour mode, or a picture file, given as bytes. `prompt` is what it was made from.

        Give files from outside as bytes: they are decoded in a process under limits of time and memory. A picture that
        cannot be looked at as a whole is blocked: one that is too large, an animation, a damaged file. Raises
        RequestError for an unknown mode, BusyError.
        """
        started, mode = time.perf_counter(), self._mode_for(mode)
        return self._observed(self._check_image(image, prompt, mode), started)

    def _check_image(self, image: Image | bytes, prompt: str, mode: str, regions: bool = True) -> Decision:
        try:
            rgb = open_untrusted(image) if isinstance(image, bytes) else whole_picture(image)
        except BusyError:
            raise
        except Exception as error:  # noqa: BLE001  whatever keeps a picture from being seen, it was not seen
            return decide(_not_seen(_why(error)), self.policy, mode)
        try:
            checks = self.image_checks
        except Exception as error:  # noqa: BLE001  whatever keeps the checks from being built, none of them looks
            return decide(_not_seen(f"The checks of pictures cannot be built: {error}"), self.policy, mode)
        return decide(self._runner(Stage.PICTURE, Picture(rgb, prompt, regions), checks), self.policy, mode)

    def judge_pictures(self, images: Sequence[Image], mode: str = "") -> list[Decision]:
        """Judges many pictures, as `check_image` does each; only where a score comes from is not looked for.

        Raises RequestError for an unknown mode.
        """
        mode = self._mode_for(mode)
        return [self._check_image(image, "", mode, regions=False) for image in images]

    def suggest(
        self, text: str, mode: str = "", decision: Decision | None = None, negative_prompt: str = ""
    ) -> tuple[Suggestion, ...]:
        """Returns other wordings of a blocked prompt, each judged by `check_prompt` to pass; none behind a hard line.

        `decision`: that of the prompt, if it is at hand.
        """
        judge = partial(self.check_prompt, mode=self._mode_for(mode), negative_prompt=negative_prompt)
        return self.rewriter.suggest(text, decision or judge(text), judge)

    def explain(self, decision: Decision, language: str = "") -> str:
        """Returns a decision as text, a line each: the verdict, every reason with code and clause, what would pass.

        language: "en", "de", or with a country for the help lines there, "de-AT"; "" for the policy's own.
        Raises RequestError for a language that there is not.
        """
        messages = self.policy.messages(language)
        verdict = messages.verdict(decision.stage, decision.verdict)
        lines = [f"{verdict.title}. {verdict.possible}"]
        for group in group_reasons(messages.render(decision)):
            first = group.first
            lines.append(f"{first.reason.code} {first.title}: {group.text} ({first.clause})")
            lines += [first.help] if first.help else []
        lines += messages.would_pass(decision, messages.modes_to_offer(decision))
        return "\n".join(lines)

    def mark(self, image: Image | bytes, path: Path | str, provenance: Provenance | None = None) -> Export:
        """Writes a picture as PNG, JPEG or WebP with every mark: label, invisible mark, metadata, signed credentials.

        Of a file, given as bytes, the credentials that it came with are kept, and that it reserves training. All marks
        are read back before the new file gets its name. Without `provenance`, it says that the caller declares the
        picture to be AI-generated. Raises ExportError with nothing written, KeysError, FileError for bytes that are no
        picture.
        """
        from safety.marks.export import Exporter

        marks = self._own_marks()
        picture, earlier = marks.open_file(image) if isinstance(image, bytes) else (image, b"")
        facts = provenance or Provenance()
        if isinstance(image, bytes) and marks.reserves_training(image):
            facts = replace(facts, reserved=True)
        return Exporter(marks).export(picture, facts, Path(path), earlier)

    def verify(
        self, file: bytes | Path, registry: ExportRegistry | None = None, client: str = LOCAL_CLIENT
    ) -> Verification:
        """Reads every mark of a picture file, given as bytes or where it is, in a process under limits.

        `registry` knows earlier exports, as the studio's does. `client` is whose file it is: of each only a few are
        read at a time, of this program's own as many as it likes. Raises FileError for what is no picture or costs too
        much to read, BusyError where too many wait.
        """
        from safety.marks.verify import NoRegistry, verify

        return verify(file, self._own_marks(), registry or NoRegistry(), client)

    def _observed(self, decision: Decision, started: float) -> Decision:
        if self._observer is not None:
            self._observer(decision, time.perf_counter() - started)
        return decision

    def _mode_for(self, mode: str) -> str:
        return self.policy.effective_mode(mode) if mode else self.mode

    def _own_marks(self) -> Marks:
        if self.marks is None:
            raise StudioError("This guard has no marks.", "Give it some: Guard(..., marks=Marks(keys=Path(...))).")
        return self.marks

    def _read(self, text: str, negative_prompt: str = "") -> tuple[str, str]:
        """Returns the text that is judged, and what keeps it from being judged."""
        problem = prompt_problem(text) or (prompt_problem(negative_prompt) if negative_prompt else "")
        if problem:
            return "", problem
        judged = self._reader.read(text, negative_prompt)
        return judged, prompt_problem(judged)

    def _assess(self, text: str, live: bool) -> Assessment:
        assessment = self._runner(Stage.PROMPT, Prompt(text), self._live if live else self.prompt_checks)
        if assessment.failed:
            raise _CheckFailed(assessment)
        return assessment

    def _assess_readable(self, texts: list[str]) -> list[Assessment]:
        classifiers = [check for check in self.prompt_checks if isinstance(check, PromptClassifierCheck)]
        rules = [check for check in self.prompt_checks if not isinstance(check, PromptClassifierCheck)]
        assessments = [self._runner(Stage.PROMPT, Prompt(text), rules) for text in texts]
        for classifier in classifiers:
            try:
                found = classifier.find_batch(texts)
            except Exception:  # noqa: BLE001  one that cannot be read must not spoil the others: each by itself
                # Again without the words that carry it: nothing of an assessment depends on those beside it.
                alone = [run_checks(Stage.PROMPT, Prompt(text), [_WithoutWords(classifier)]) for text in texts]
                assessments = [joined(one, other) for one, other in zip(assessments, alone, strict=True)]
                continue
            found_by_model = [Assessment(Stage.PROMPT, (classifier.name,), findings) for findings in found]
            assessments = [joined(one, other) for one, other in zip(assessments, found_by_model, strict=True)]
        return assessments


@dataclass(frozen=True, slots=True)
class _WithoutWords:
    """A classifier as a check that does not look for the words that carry its scores."""

    classifier: PromptClassifierCheck
    live = False

    @property
    def name(self) -> str:
        return self.classifier.name

    def detect(self, subject: Prompt) -> tuple[Finding, ...]:
        return self.classifier.find_batch([subject.text])[0]


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a guard was loaded from."""

    mode: str
    presets: Path
    models: Path
    keys: Path | None
    categories: Path | None = None


def _why(error: Exception) -> str:
    return error.sentence if isinstance(error, StudioError) else f"The picture cannot be read: {error}"


def _not_seen(why: str) -> Assessment:
    return Assessment(Stage.PICTURE, failed=(CheckFailure("", why),))


def _unreadable(problem: str) -> Assessment:
    return Assessment(Stage.PROMPT, failed=(CheckFailure("", problem),))
