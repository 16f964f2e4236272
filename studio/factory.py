"""Builds a studio from its settings. Models, keys and the database are opened at first use."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from engines.cards import read_cards
from engines.diffusion.hub import Hub
from engines.diffusion.model_cache import ModelCache
from engines.diffusion.model_store import ModelStore
from engines.diffusion.zerogpu import gpu_decorator
from engines.enlarger import load_enlargers
from engines.hardware import measure
from engines.interface import Engine
from engines.registry import make_engines
from engines.upstream import upstream_engines
from safety.audit import AuditLog
from safety.errors import PresetError
from safety.image import fetch_models, picture_checks
from safety.image.example_pictures import example_picture_checks
from safety.marks.export import Exporter
from safety.marks.keys import secret
from safety.marks.object_store import ObjectStore
from safety.marks.signed_record import RecordSigner
from safety.messages.catalogue import ENGLISH
from safety.policy.added_category import added_categories
from safety.policy.model import Policy, load_policy
from safety.policy.steering import load_steering
from safety.prompt import PromptChecks, load_prompt_checks
from safety.prompt.example_categories import FOLDER as CATEGORIES
from safety.prompt.example_categories import ExampleCategory, read_categories
from safety.prompt.rewrite import load_rewriter
from safety.resources import MODELS, PRESETS
from safety.review.rate_limit import load_limits
from safety.review.retention import load_retention
from safety.review.service import ReviewRules, ReviewService, make_review_service
from studio.class_record import FILE, ClassRecord
from studio.classroom import Classroom, new_password
from studio.refit.adopted_versions import AdoptedVersions
from studio.refit.guard_set import CorrectedPolicy
from studio.refit.refit_rules import load_refit_rules
from studio.settings import Settings
from studio.studio import Studio
from studio.styles import load_styles
from studio.tracing import make_traces
from studio.views import CheckSuite
from studio.webhook import Webhook, post

# What finished pictures are made larger with (assets/models/enlarger/weights.toml).
ENLARGER = "realesr-animevideov3-x4"


def make_studio(
    settings: Settings, upstream: Upstream | None = None, classroom: bool = False, adopted: bool = True
) -> Studio:
    """Builds the studio of these settings, on the presets and weights that ship; with `upstream`, around its models.

    `classroom`: a teacher may open a class, also where the settings have no password for it: then one is made up.
    Without `adopted`, the shipped policy judges, whatever was adopted: to take back what cannot be used.

    Writes nothing. Raises PresetError for a file under presets/, a category or a setting that is not valid, KeysError
    for a signing certificate that cannot be used, WeightsError for a list of weights that lacks an entry.
    """
    home = settings.home
    categories = read_categories(home / CATEGORIES)
    shipped = load_policy(PRESETS, settings.mode, settings.language)
    judgement = _adopted(home, shipped) if adopted else CorrectedPolicy(shipped)
    policy = judgement.policy.with_categories(added_categories(categories))
    audit = AuditLog(
        settings.store or home / "audit.sqlite3",
        partial(_audit_secret, home),
        settings.keep_prompts,
        policy.messages(ENGLISH),
        RecordSigner(home / "keys"),
    )
    prompt = load_prompt_checks(PRESETS, MODELS, policy, categories, judgement.correction)
    rules = ReviewRules(load_limits(PRESETS), load_retention(PRESETS))
    outputs, store = _outputs(settings)
    review = make_review_service(audit, rules, outputs, settings.review, store)
    return Studio(
        policy=policy,
        checks=_checks(prompt, categories),
        engines=_upstream(settings, upstream) if upstream else _engines(settings),
        exporter=Exporter(settings.marks.marks(home, PRESETS)),
        audit=audit,
        review=review,
        outputs=outputs,
        rewriter=load_rewriter(PRESETS),
        demographics=prompt.demographics,
        steering=load_steering(PRESETS, policy),
        webhook=_webhook(settings, audit),
        traces=make_traces() if settings.traces else None,
        loads_ahead=settings.warm_up,
        enlarger=load_enlargers(MODELS)[ENLARGER],
        styles=load_styles(PRESETS),
        classroom=_classroom(settings, classroom, review, policy),
        store=store,
    )


def _outputs(settings: Settings) -> tuple[Path, ObjectStore | None]:
    """Returns the folder of finished pictures, and the store that they are kept in; then that folder has copies.

    Raises PresetError where a package is missing.
    """
    if not settings.outputs:
        return settings.home / "outputs", None
    if find_spec("s3fs") is None:
        raise PresetError("SAFELIGHT_OUTPUTS needs the package s3fs.", "Run: pip install 'safelight[s3]'")
    # Never the folder of a studio without a store: what lies there is in no store, and would be taken for deleted.
    return settings.home / "copies", ObjectStore(settings.outputs)


def _adopted(home: Path, shipped: Policy) -> CorrectedPolicy:
    """Returns what an operator adopted here, or the shipped policy. Raises PresetError where it cannot be used."""
    versions = AdoptedVersions(home, load_refit_rules(PRESETS).limits.drift)
    return versions.in_force(shipped).judgement


def _classroom(settings: Settings, wanted: bool, review: ReviewService, policy: Policy) -> Classroom | None:
    if not (wanted or settings.teacher_password):
        return None
    password, record = settings.teacher_password or new_password(), ClassRecord(settings.home / FILE)
    made_up = not settings.teacher_password
    return Classroom(password, review.rate_limiter, policy.class_lock, record, made_up=made_up)


@dataclass(frozen=True, slots=True)
class Upstream:
    """Names a server that pictures come from, up to and with /v1, and its models; without any, those that it lists."""

    url: str
    models: tuple[str, ...] = ()


def _upstream(settings: Settings, upstream: Upstream) -> dict[str, Engine]:
    return upstream_engines(upstream.url, upstream.models, settings.server_key)


def _checks(prompt: PromptChecks, categories: Sequence[ExampleCategory]) -> CheckSuite:
    picture = picture_checks(MODELS, PRESETS, prompt)
    checks = (*picture.checks, *example_picture_checks(categories))
    return CheckSuite(prompt.checks, checks, picture.info, partial(fetch_models, PRESETS))


def _engines(settings: Settings) -> dict[str, Engine]:
    cards = read_cards(PRESETS / "engines.toml")
    if settings.engines:
        cards |= read_cards(Path(settings.engines).expanduser().absolute())
    hub = Hub(settings.home / "models", settings.offline, settings.hub_address or None, settings.hub_token or None)
    store = ModelStore(
        MODELS,
        hub,
        partial(measure, settings.zero_gpu),
        ModelCache(settings.keep_models),
        zero_gpu=gpu_decorator() if settings.zero_gpu else None,
    )
    engines = make_engines(cards, store, settings.server_key)
    # Under a name of a card's own, the card stays: it was written for this studio.
    beside = upstream_engines(settings.upstream, key=settings.server_key) if settings.upstream else {}
    return {**engines, **{name: engine for name, engine in beside.items() if name not in engines}}


def _webhook(settings: Settings, audit: AuditLog) -> Webhook | None:
    if not settings.webhook:
        return None
    return Webhook(audit, settings.webhook, settings.webhook_secret.encode(), settings.home, post)


def _audit_secret(home: Path) -> bytes:
    # A folder that cannot be made is reported with a sentence by `secret`, which comes next.
    with suppress(OSError):
        # Pictures and records are for the owner of the home alone.
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return secret(home / "keys", "audit")
