"""What a studio is made of, and what the page and the command line may ask of it without changing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image

from engines.enlarger import Enlarger
from engines.fidelity import WordUse, word_use
from engines.interface import Availability, Engine, EngineCard
from engines.registry import runnable_engines
from engines.validation import with_quick_steps
from safety.audit import AuditLog
from safety.checks import Check, CheckRunner, run_checks
from safety.errors import RequestError
from safety.generation import Export, GenerationRequest, PictureResult, Refused
from safety.guard import Observer
from safety.health import CheckInfo, Health, examine
from safety.marks.export import Exporter
from safety.marks.finished_pictures import FinishedPictures
from safety.marks.given_back import GivenBack, read_kept
from safety.marks.keys import secret
from safety.marks.mark_view import MarkView
from safety.marks.object_store import ObjectStore
from safety.marks.provenance import parse_stamp
from safety.messages.catalogue import Messages
from safety.messages.schema import ModeMessages
from safety.policy.diff import Replay, replay
from safety.policy.model import BASE_MODE, Policy
from safety.policy.steering import SteeringPlan
from safety.prompt.demographics import DemographicsCheck
from safety.prompt.request_syntax import prompts_to_draw
from safety.prompt.rewrite import Rewriter
from safety.records import Picture, Prompt
from safety.review.appeals import AppealStatus
from safety.review.blocked_pictures import RemovedPictureCheck
from safety.review.client import LOCAL
from safety.review.labelled_cases import labelled_cases
from safety.review.personal_data import personal_data
from safety.review.rate_limit import LOOKUP
from safety.review.removals import REMOVED_AFTER_NOTICE
from safety.review.retention import RetentionRules
from safety.review.service import ReviewService
from safety.review.transparency import Period, transparency_report
from safety.statement import Statement, StatementTerms, build_statement
from studio.api_keys import ApiKeys
from studio.class_record import FILE, ClassRecord
from studio.classroom import Classroom
from studio.examples import Example, Sides, load_examples, load_sides
from studio.lessons import Lesson, load_lessons
from studio.library import OWNER, Library
from studio.styles import Style, styled, unstyled
from studio.tracing import Traces
from studio.webhook import Webhook

Row = dict[str, Any]
REMOVED_INFO = CheckInfo(
    RemovedPictureCheck.name,
    "Near-copies of pictures that were removed after a notice, mirrored and turned ones too.",
    "Removed pictures could come back.",
    required=True,
)
HEALTH_IMAGE_SIZE = (256, 256)  # pixels


@dataclass(frozen=True)
class CheckSuite:
    """Holds the checks of a studio.

    `catalogue` describes every picture check, those included that are not installed. `fetch` downloads the models that
    picture checks name by repository, and yields the name of each. `runner` lets the checks look, here or elsewhere.
    """

    prompt: Sequence[Check[Prompt]]
    picture: Sequence[Check[Picture]]
    catalogue: Sequence[CheckInfo] = ()
    fetch: Callable[[], Iterable[str]] = tuple
    runner: CheckRunner = run_checks


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Says what one engine is and whether this machine can run it."""

    name: str
    card: EngineCard
    availability: Availability


@dataclass(frozen=True)
class StudioViews:
    """Holds the collaborators of a studio and answers questions about them.

    `outputs` is the folder of finished files; with a `store` they are kept there, and this has copies. `review` is
    the reviewers' side: their pages and commands work with it directly. Without `demographics` no balanced set is
    filled in; without `steering` no model is steered; without `enlarger` no finished picture is made larger. `observer`
    is told of each decision, for figures, `webhook` of decided cases while the studio serves; `traces` has a span for
    each layer. Without `classroom` no class can be opened.
    """

    policy: Policy
    checks: CheckSuite
    engines: Mapping[str, Engine]
    exporter: Exporter
    audit: AuditLog
    review: ReviewService
    outputs: Path
    styles: Mapping[str, Style] = field(default_factory=dict)
    rewriter: Rewriter = field(default_factory=Rewriter)
    demographics: DemographicsCheck | None = None
    steering: SteeringPlan | None = None
    # Whether all that the first picture needs is loaded before somebody asks for one.
    loads_ahead: bool = False
    enlarger: Enlarger | None = None
    observer: Observer | None = None
    webhook: Webhook | None = None
    traces: Traces | None = None
    classroom: Classroom | None = None
    store: ObjectStore | None = None

    # ---- policy and languages ----

    @property
    def policy_version(self) -> str:
        """Returns the version that policy.toml names."""
        return self.policy.version

    @property
    def policy_digest(self) -> str:
        """Returns the SHA-256 over all files of the policy, as 64 hex digits."""
        return self.policy.digest

    @property
    def presets(self) -> Path:
        """Returns the folder that the policy was read from."""
        return self.policy.folder

    @property
    def locked_mode(self) -> str:
        """Returns the mode that is set for everybody, by the operator or for a class; "" where each person chooses."""
        return self.policy.locked_mode

    def with_style(self, request: GenerationRequest) -> GenerationRequest:
        """Returns the request with the words of its style, as it is judged. Raises RequestError for an unknown one."""
        return styled(request, self.styles)

    def without_style(self, request: GenerationRequest) -> GenerationRequest:
        """Returns a request as the person wrote it, without the words of its style."""
        return unstyled(request, self.styles)

    def list_modes(self) -> dict[str, ModeMessages]:
        """Returns title and description of each mode that may be chosen, as its file has them; general mode first."""
        names = [self.locked_mode] if self.locked_mode else sorted(self.policy.mode, key=lambda n: (n != BASE_MODE, n))
        return {name: self.policy.mode[name] for name in names}

    def require_mode(self, name: str) -> None:
        """Raises RequestError for a mode that there is not."""
        self.policy.mode_of(name)

    def messages(self, language: str = "") -> Messages:
        """Returns the texts of a language such as "de" or "en-GB"; "" is the operator's choice.

        Raises RequestError for a language that there is not.
        """
        return self.policy.messages(language)

    @property
    def default_language(self) -> str:
        """Returns the tag of the operator's language."""
        return self.policy.catalogue.default

    def nearest_language(self, accept_language: str) -> str:
        """Returns the tag that suits an Accept-Language header (RFC 9110) best."""
        return self.policy.catalogue.nearest(accept_language)

    def list_languages(self, country: str = "") -> list[tuple[str, str]]:
        """Returns name and tag of each language for a reader in `country`; "" is the country of the operator's tag."""
        country = country or self.default_language.partition("-")[2]
        tags = [f"{name}-{country}" if country else name for name in self.policy.catalogue.locales]
        return [(self.messages(tag).locale.language, tag) for tag in tags]

    def replay(self, rows: Iterable[tuple[str, str]], old: Policy, new: Policy, modes: Sequence[str]) -> Replay:
        """Judges (prompt, label) rows with this studio's checks under two policies; returns what changes.

        The categories that the operator has added hold under both.
        """
        before, after = (one if one.added else one.with_categories(self.policy.added) for one in (old, new))
        return replay(rows, self.checks.prompt, before, after, modes)

    @cached_property
    def lessons(self) -> dict[str, Lesson]:
        """Returns all lessons by name, in their order. Raises PresetError."""
        return load_lessons(self.presets)

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """Returns prompts to begin with, by mode. Raises PresetError."""
        return load_examples(self.presets, self.policy.mode)

    @cached_property
    def sides(self) -> dict[str, Sides]:
        """Returns examples of what each category lets through and stops. Raises PresetError."""
        added = {one.name: Sides(passes=(), stopped=one.examples) for one in self.policy.added}
        return load_sides(self.presets, self.policy.shipped_categories) | added

    @property
    def keeps_prompts(self) -> bool:
        """Tells whether the words of requests are kept, by the operator's choice."""
        return self.audit.keep_prompts

    # ---- engines ----

    def engine_cards(self) -> dict[str, EngineCard]:
        """Returns the card of every engine by its name."""
        return {name: engine.card for name, engine in self.engines.items()}

    def list_engines(self) -> Iterator[EngineStatus]:
        """Yields every engine with whether it runs here. Loads nothing."""
        return (self._status(name) for name in self.engines)

    def offered_engines(self) -> list[EngineStatus]:
        """Returns the engines to choose from, the default one first: those that run, else all of them."""
        return [self._status(name) for name in runnable_engines(self.engines)]

    def with_quick_steps(self, request: GenerationRequest) -> GenerationRequest:
        """Returns the request with its engine's quick number of steps. Raises RequestError where there is none."""
        return with_quick_steps(request, self.engines)

    def word_use(self, prompt: str, engine: str) -> WordUse:
        """Returns which words of a prompt an engine can use. Raises RequestError for an unknown engine."""
        if engine not in self.engines:
            raise RequestError(f"There is no engine {engine!r}.", f"Choose one of: {', '.join(sorted(self.engines))}.")
        return word_use(self.engines[engine].card, prompts_to_draw(prompt)[0])

    def file_of(self, export: Export) -> bytes:
        """Returns a finished file that is about to be handed out. Raises RequestError where it was removed."""
        self.review.removals.require_kept(export.stamp)
        return export.path.read_bytes()

    def reveals(self, export: Export) -> list[dict[str, str]]:
        """Returns what a finished file discloses about who made it, as rows of place, name, value and group."""
        return [asdict(field) | {"group": str(field.group)} for field in self.exporter.reveals(export.path)]

    def see_mark(self, result: PictureResult) -> MarkView | None:
        """Returns small views of a picture before and after its invisible mark; None for one that is withheld."""
        return self.exporter.see_mark(result.picture.image, result.export.path) if result.export else None

    def _status(self, name: str) -> EngineStatus:
        engine = self.engines[name]
        return EngineStatus(name, engine.card, engine.availability())

    # ---- checks ----

    @cached_property
    def picture_checks(self) -> Sequence[Check[Picture]]:
        """Returns what looks at every picture: the checks of the suite, and what knows the removed pictures."""
        # Where nothing else looks, this one alone would let pictures pass that nobody judged.
        own = self.checks.picture
        return (*own, RemovedPictureCheck(self.review.blocked)) if own else ()

    def health(self) -> Health:
        """Lets every check look at something harmless. Loads what is not loaded yet: may take seconds."""
        messages = self.messages()
        prompt = [CheckInfo(check.name, messages.check(check.name), "", required=True) for check in self.checks.prompt]
        image = Image.new("RGB", HEALTH_IMAGE_SIZE)
        return examine(self.checks.prompt, self.picture_checks, [*prompt, *self.checks.catalogue, REMOVED_INFO], image)

    # ---- refusals and their review ----

    @property
    def retention(self) -> RetentionRules:
        """Returns how long things are kept, and the terms of appeals."""
        return self.review.retention_rules

    @property
    def has_reviewers(self) -> bool:
        """Tells whether anybody can log in as a reviewer."""
        return self.review.auth.is_enabled

    @property
    def has_hub_reviewers(self) -> bool:
        """Tells whether reviewers log in at Hugging Face."""
        return bool(self.review.auth.hub_users)

    def statement(self, refused: Refused) -> Statement:
        """Says why a request was refused and what can be done, in the request's language. Raises RequestError.

        The refusal of a withheld picture comes from `Delivered.refusal`.
        """
        terms = StatementTerms(self.retention, self.has_reviewers, self.audit.keep_prompts)
        return build_statement(refused, self.policy, terms)

    def labelled_cases(self) -> Iterator[Row]:
        """Yields the decided cases whose persons agreed to it, each a row with the reviewer's label."""
        return labelled_cases(self.audit)

    # ---- finished pictures ----

    @cached_property
    def pictures(self) -> FinishedPictures:
        """Returns the finished pictures: in the folder `outputs`, or in the store with copies there."""
        return FinishedPictures(self.outputs, self.store)

    @cached_property
    def library(self) -> Library:
        """Returns what each person has made here."""
        return Library(self.audit, self.pictures)

    def person_secret(self) -> bytes:
        """Returns the secret that says whose browser it is. Raises KeysError."""
        return secret(self.outputs.parent / "keys", "person")

    @property
    def class_record(self) -> ClassRecord:
        """Returns what says which clients were learners, of a class that may have ended by a crash."""
        return ClassRecord(self.outputs.parent / FILE)

    # ---- the HTTP API ----

    @cached_property
    def api_keys(self) -> ApiKeys:
        """Returns the keys of the HTTP API, kept in the studio's home."""
        return ApiKeys(self.outputs.parent / "keys")

    def api_secret(self) -> bytes:
        """Returns the secret that addresses of finished files are signed with. Raises KeysError."""
        return secret(self.outputs.parent / "keys", "api")

    # ---- the audit log ----

    def kept_credentials(self, stamp: str = "", manifest_id: str = "", client: str = LOCAL) -> GivenBack:
        """Returns the credentials that are kept of a stamp, or by C2PA's identifier; no picture is compared.

        A stamp is 16 hex digits, in upper or lower case. Raises RequestError where none are kept, LimitError.
        """
        self.review.rate_limiter.count(client, LOOKUP)
        stamp = str(parse_stamp(stamp) or "")
        if self.review.removals.removed([stamp]):
            raise RequestError(REMOVED_AFTER_NOTICE, "Its credentials went with it.")
        kept = self.audit.find_manifest(stamp, manifest_id)
        found = read_kept(kept, self.exporter.marks.reading_keys().signing) if kept else None
        if found is None:
            raise RequestError(
                "No credentials are kept here under this name.", "Verify a file: its stamp is named there."
            )
        return found

    def appeal_status(self, case: str, client: str = LOCAL, person: str = OWNER) -> AppealStatus:
        """Says how the review of a case went. Raises RequestError for an unknown or another person's case, LimitError.

        `person` is who asks; whoever has the machine may ask for each.
        """
        status = self.review.appeals.status(case, client)
        self.library.require_own_case(person, case)
        return status

    def list_cases(self, limit: int) -> list[Row]:
        """Returns the newest `limit` cases, newest first."""
        return self.audit.list(limit)

    def show_case(self, case: str) -> list[Row]:
        """Returns every row of a case, oldest first. Raises RequestError for an unknown case."""
        return self.audit.show(case)

    def verify_audit(self) -> list[str]:
        """Returns a sentence for each row of the audit log that was changed, moved or removed."""
        return self.audit.verify()

    def audit_end(self) -> tuple[int, str]:
        """Returns the number of rows in the audit log and the hash of the last one."""
        return self.audit.end()

    def transparency_report(self, period: Period) -> dict[str, Any]:
        """Returns the figures of a transparency report. Raises AuditError where the audit log is not whole."""
        return transparency_report(self.audit, period)

    def personal_data(self, cases: Sequence[str] = (), client: str = "") -> list[Row]:
        """Returns all that is on record of one person (GDPR, Article 15), by cases or by `client_of` an address.

        Raises RequestError for an unknown case.
        """
        return personal_data(self.audit, cases, client)
