"""How much one client may do. Checked in the transaction that does the work, so that no two requests slip through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from safety.audit.activity import Activity, stamp
from safety.audit.log import Admit, AuditLog
from safety.config import ConfigModel, parse, read_toml
from safety.errors import LimitError
from safety.review.client import LOCAL

if TYPE_CHECKING:
    from safety.audit.database import Writer

GENERATION, APPEAL, VERIFICATION, LOOKUP, LOGIN = "generation", "appeal", "verification", "lookup", "login"
SAID = {
    GENERATION: "pictures are made",
    APPEAL: "appeals and reports are taken",
    VERIFICATION: "files are read",
    LOOKUP: "cases are looked up",
}
BLOCKED, HARD, PASSED = ("blocked", "hard_line"), "hard_line", ("delivered", "overturned")
MANY = 10_000  # deeds that are looked at, at most


class Hour(ConfigModel):
    """Deeds of one client in any 60 minutes."""

    generations: int = Field(ge=0)
    appeals: int = Field(ge=0)
    verifications: int = Field(ge=0)
    lookups: int = Field(ge=0)

    def most(self, kind: str) -> int:
        return int(getattr(self, f"{kind}s"))


class Blocks(ConfigModel):
    """Delays after refusals in a row."""

    free: int = Field(ge=0)
    first_seconds: float = Field(ge=0)
    most_seconds: float = Field(ge=0)
    forgotten_hours: float = Field(gt=0)

    def delay(self, in_a_row: int) -> float:
        """Seconds from the last of so many refusals in a row until the next try."""
        over = in_a_row - max(self.free, 0)
        return min(self.first_seconds * 2.0 ** min(over - 1, 60), self.most_seconds) if over > 0 else 0.0


class HardLines(ConfigModel):
    """A time-out after repeated hard lines; `repeats` = 0: never."""

    repeats: int = Field(ge=0)
    within_hours: float = Field(gt=0)
    lock_minutes: float = Field(ge=0)


class Logins(ConfigModel):
    """Tries of one client, and of all together, to log in as a reviewer."""

    tries: int = Field(ge=1)
    within_minutes: float = Field(gt=0)


class RateLimits(ConfigModel):
    """presets/limits.toml."""

    hour: Hour
    blocks: Blocks
    hard_lines: HardLines
    login: Logins


def load_limits(folder: Path) -> RateLimits:
    """Raises PresetError that names the file and the key."""
    path = folder / "limits.toml"
    return parse(RateLimits, read_toml(path), path)


@dataclass(frozen=True)
class RateLimiter:
    """`now` is a clock in UTC."""

    audit: AuditLog
    limits: RateLimits
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def entry(self, client: str, kind: str) -> Admit:
        """For `AuditLog.case` and for `count`: raises LimitError, or puts the deed on the table."""

        def admit(writer: Writer, case_id: str) -> None:
            if client == LOCAL:
                return
            now, who = self.now(), self.audit.client(client)
            if wait := self._wait(writer, who, kind, now):
                raise LimitError(*wait)
            writer.acts.add(who, kind, case_id, stamp(now))

        return admit

    def count(self, client: str, kind: str) -> None:
        """For what opens no case. Raises LimitError."""
        if client != LOCAL:
            with self.audit.writing() as writer:
                self.entry(client, kind)(writer, "")

    def _wait(self, writer: Writer, who: str, kind: str, now: datetime) -> tuple[str, float] | None:
        """What to say and for how many seconds to wait; None where there is nothing to wait for."""
        if kind == GENERATION:
            since = now - timedelta(hours=max(self.limits.blocks.forgotten_hours, self.limits.hard_lines.within_hours))
            acts = writer.acts.of(who, kind, stamp(since), MANY)
            if told := _locked(acts, self.limits.hard_lines, now) or _delayed(acts, self.limits.blocks, now):
                return told
        most = self.limits.hour.most(kind)
        acts = writer.acts.of(who, kind, stamp(now - timedelta(hours=1)), most) if most else []
        if not most or len(acts) < most:
            return None
        left = _seconds(acts[-1].time, now, 3600.0)
        return f"{most} times an hour {SAID[kind]} for one address, and that many have been.", left


def _delayed(acts: Sequence[Activity], blocks: Blocks, now: datetime) -> tuple[str, float] | None:
    """Only refusals count, and only those since something last went through."""
    oldest = stamp(now - timedelta(hours=blocks.forgotten_hours))
    row: list[Activity] = []
    for act in acts:
        if act.outcome in PASSED or act.time < oldest:
            break
        if act.outcome in BLOCKED:
            row.append(act)
    left = _seconds(row[0].time, now, blocks.delay(len(row))) if row else 0.0
    return (f"{len(row)} prompts in a row were refused.", left) if left > 0 else None


def _locked(acts: Sequence[Activity], hard: HardLines, now: datetime) -> tuple[str, float] | None:
    oldest = stamp(now - timedelta(hours=hard.within_hours))
    row = [act for act in acts if act.outcome == HARD and act.time >= oldest]
    if not hard.repeats or len(row) < hard.repeats:
        return None
    left = _seconds(row[0].time, now, 60.0 * hard.lock_minutes)
    return ("Prompts that no mode allows were sent again and again.", left) if left > 0 else None


def _seconds(since: str, now: datetime, lasting: float) -> float:
    return lasting - (now - datetime.fromisoformat(since)).total_seconds()
