"""All that lets people turn to people, put together once for a studio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from safety.audit.log import AuditLog
from safety.errors import PresetError
from safety.review.appeals import Appeals
from safety.review.auth import ReviewerAuth, checked_password
from safety.review.decisions import ReviewDecisions
from safety.review.quarantine import Quarantine
from safety.review.rate_limit import RateLimiter, RateLimits
from safety.review.retention import Retention_, RetentionRules


@dataclass(frozen=True)
class ReviewSettings:
    """What an operator sets. `proxies`: addresses or networks whose X-Forwarded-For is believed."""

    password: str = field(default="", repr=False)
    reviewers: Sequence[str] = ()
    proxies: Sequence[str] = ()


def reviewing(password: str, reviewers: str, proxies: str, vouched: bool) -> ReviewSettings:
    """From what the environment says; names and networks with commas or spaces between.

    `vouched`: Hugging Face itself says who is logged in here. Raises PresetError.
    """
    if reviewers.strip() and not vouched:
        what = "SAFELIGHT_REVIEWERS names people at Hugging Face, who can log in only on a Space with `hf_oauth: true`."
        raise PresetError(what, "Set SAFELIGHT_REVIEW_PASSWORD instead, or that line in the Space's README.md.")
    networks = tuple(proxies.replace(",", " ").split())
    for one in networks:
        try:
            ip_network(one)
        except ValueError:
            what = f"SAFELIGHT_PROXIES is {one!r}."
            raise PresetError(what, "Set it to addresses or networks such as 10.0.0.0/8, or leave it unset.") from None
    return ReviewSettings(checked_password(password), tuple(reviewers.replace(",", " ").split()), networks)


@dataclass(frozen=True)
class ReviewService:
    gate: RateLimiter
    desk: Appeals
    bench: ReviewDecisions
    keeper: Retention_
    roles: ReviewerAuth
    proxies: Sequence[str]
    retention: RetentionRules


@dataclass(frozen=True)
class Rules:
    """The data: limits.toml and retention.toml."""

    limits: RateLimits
    retention: RetentionRules


def make_review_service(audit: AuditLog, rules: Rules, outputs: Path, settings: ReviewSettings) -> ReviewService:
    """`outputs` is the folder of finished pictures."""
    gate, terms = RateLimiter(audit, rules.limits), rules.retention.appeal
    return ReviewService(
        gate=gate,
        desk=Appeals(audit, gate, Quarantine(terms.withheld_minutes), terms),
        bench=ReviewDecisions(audit, terms),
        keeper=Retention_(audit, rules.retention.days, outputs),
        roles=ReviewerAuth(gate, settings.password, settings.reviewers),
        proxies=settings.proxies,
        retention=rules.retention,
    )
