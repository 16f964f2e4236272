"""All that lets people turn to people, put together once for a studio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from safety.audit.log import AuditLog
from safety.errors import PresetError
from safety.review.appeals import Desk
from safety.review.auth import Roles, checked_password
from safety.review.decisions import Bench
from safety.review.quarantine import Held
from safety.review.rate_limit import Gate, Limits
from safety.review.retention import Keeper, Retention


@dataclass(frozen=True)
class Settings:
    """What an operator sets. `proxies`: addresses or networks whose X-Forwarded-For is believed."""

    password: str = field(default="", repr=False)
    reviewers: Sequence[str] = ()
    proxies: Sequence[str] = ()


def reviewing(password: str, reviewers: str, proxies: str, vouched: bool) -> Settings:
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
    return Settings(checked_password(password), tuple(reviewers.replace(",", " ").split()), networks)


@dataclass(frozen=True)
class House:
    gate: Gate
    desk: Desk
    bench: Bench
    keeper: Keeper
    roles: Roles
    proxies: Sequence[str]
    retention: Retention


@dataclass(frozen=True)
class Rules:
    """The data: limits.toml and retention.toml."""

    limits: Limits
    retention: Retention


def make_house(audit: AuditLog, rules: Rules, outputs: Path, settings: Settings) -> House:
    """`outputs` is the folder of finished pictures."""
    gate, terms = Gate(audit, rules.limits), rules.retention.appeal
    return House(
        gate=gate,
        desk=Desk(audit, gate, Held(terms.withheld_minutes), terms),
        bench=Bench(audit, terms),
        keeper=Keeper(audit, rules.retention.days, outputs),
        roles=Roles(gate, settings.password, settings.reviewers),
        proxies=settings.proxies,
        retention=rules.retention,
    )
