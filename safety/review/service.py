"""The review service: appeals, reviewers, rate limits and retention, put together once for a studio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from safety.audit.log import AuditLog
from safety.errors import PresetError
from safety.marks.finished_pictures import FinishedPictures
from safety.marks.object_store import ObjectStore
from safety.review.appeals import Appeals
from safety.review.auth import ReviewerAuth, strong_password
from safety.review.blocked_pictures import BlockedPictures
from safety.review.decisions import ReviewDecisions
from safety.review.feedback import Feedback
from safety.review.notice_decisions import NoticeDecisions
from safety.review.notices import Notices
from safety.review.quarantine import Quarantine
from safety.review.rate_limit import RateLimiter, RateLimits
from safety.review.removals import Removals
from safety.review.retention import Retention, RetentionRules


@dataclass(frozen=True)
class ReviewSettings:
    """Holds what an operator sets.

    `password` is the reviewers', `reviewers` are user names at Hugging Face, `proxies` the addresses or networks whose
    X-Forwarded-For is believed. `hub_login`: people can log in at Hugging Face here. `feedback`: it is taken of whoever
    agrees. `annotator_password` opens the annotators' page; without it, the reviewers' does.
    """

    password: str = field(default="", repr=False)
    reviewers: Sequence[str] = ()
    proxies: Sequence[str] = ()
    hub_login: bool = False
    feedback: bool = False
    annotator_password: str = field(default="", repr=False)


def read_review_settings(password: str, reviewers: str, proxies: str, hub_login: bool) -> ReviewSettings:
    """Returns the settings from the values of environment variables; names and networks with commas or spaces between.

    `hub_login`: Hugging Face itself says who is logged in here. Raises PresetError for what cannot be.
    """
    if reviewers.strip() and not hub_login:
        what = "SAFELIGHT_REVIEWERS names people at Hugging Face, who can log in only on a Space with `hf_oauth: true`."
        raise PresetError(what, "Set SAFELIGHT_REVIEW_PASSWORD instead, or that line in the Space's README.md.")
    networks = tuple(proxies.replace(",", " ").split())
    for network in networks:
        try:
            ip_network(network)
        except ValueError:
            what = f"SAFELIGHT_PROXIES is {network!r}."
            raise PresetError(what, "Set it to addresses or networks such as 10.0.0.0/8, or leave it unset.") from None
    return ReviewSettings(strong_password(password), tuple(reviewers.replace(",", " ").split()), networks, hub_login)


@dataclass(frozen=True)
class ReviewService:
    """Holds the parts of the review service. `proxies` and `hub_login` are as in `ReviewSettings`.

    `annotators` tells who may compare pictures of others who agreed.
    """

    rate_limiter: RateLimiter
    appeals: Appeals
    decisions: ReviewDecisions
    notices: Notices
    notice_decisions: NoticeDecisions
    removals: Removals
    blocked: BlockedPictures
    retention: Retention
    auth: ReviewerAuth
    proxies: Sequence[str]
    retention_rules: RetentionRules
    feedback: Feedback
    annotators: ReviewerAuth
    hub_login: bool = False


@dataclass(frozen=True)
class ReviewRules:
    """Holds the rules that are data: limits.toml and retention.toml."""

    limits: RateLimits
    retention: RetentionRules


def make_review_service(
    audit: AuditLog, rules: ReviewRules, outputs: Path, settings: ReviewSettings, store: ObjectStore | None = None
) -> ReviewService:
    """Builds the review service of a studio. `outputs` is the folder of finished pictures, `store` has them, if any."""
    pictures = FinishedPictures(outputs, store)
    rate_limiter, terms = RateLimiter(audit, rules.limits), rules.retention.appeal
    quarantine = Quarantine(terms.withheld_minutes)
    removals = Removals(audit, pictures, quarantine)
    return ReviewService(
        rate_limiter=rate_limiter,
        appeals=Appeals(audit, rate_limiter, quarantine, terms),
        decisions=ReviewDecisions(audit, terms),
        notices=Notices(audit, rate_limiter, rules.retention.notice),
        notice_decisions=NoticeDecisions(audit, pictures, removals),
        removals=removals,
        blocked=BlockedPictures(audit),
        retention=Retention(audit, rules.retention.days, pictures),
        auth=ReviewerAuth(rate_limiter, settings.password, settings.reviewers),
        proxies=settings.proxies,
        retention_rules=rules.retention,
        feedback=Feedback(audit, rate_limiter, settings.feedback),
        annotators=ReviewerAuth(rate_limiter, settings.annotator_password or settings.password, settings.reviewers),
        hub_login=settings.hub_login,
    )
