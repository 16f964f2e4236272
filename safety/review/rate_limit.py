"""How much one client may do.

Limits are checked in the transaction that opens a case, so that no two requests slip through at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from safety.audit.hash_chain import timestamp
from safety.audit.log import Admission, AuditLog
from safety.config import ConfigModel
from safety.errors import LimitError, RequestError
from safety.review.client import LOCAL

if TYPE_CHECKING:
    from safety.audit.activity import Activity
    from safety.audit.database import DatabaseWriter

# Kinds of activity.
GENERATION, APPEAL, VERIFICATION, LOOKUP, LOGIN = "generation", "appeal", "verification", "lookup", "login"
NOTICE, FEEDBACK = "notice", "feedback"
# How the sentence of a limit names them.
DESCRIPTIONS = {
    GENERATION: "pictures are made",
    APPEAL: "appeals and reports are taken",
    NOTICE: "notices are taken",
    FEEDBACK: "feedback is taken",
    VERIFICATION: "files are read",
    LOOKUP: "cases are looked up",
}
# Outcomes of an activity that count as a refusal, and those that end a row of refusals.
REFUSED, HARD_LINE, PASSED = ("blocked", "hard_line"), "hard_line", ("delivered", "overturned")
OVER, OVER_ADVICE = "This class is over.", "Open the page anew."
# Activities of one client that are looked at.
MAX_ACTIVITIES = 10_000


class HourlyLimits(ConfigModel):
    """Says how often one client may do something in any 60 minutes; 0: no limit."""

    generations: int = Field(ge=0)
    appeals: int = Field(ge=0)
    notices: int = Field(ge=0)
    verifications: int = Field(ge=0)
    lookups: int = Field(ge=0)
    feedbacks: int = Field(ge=0, default=0, alias="feedback")

    def limit(self, kind: str) -> int:
        """Returns the limit for a kind of activity."""
        return int(getattr(self, f"{kind}s"))


class ApiHour(ConfigModel):
    """Says how many calls that open no case one caller of the HTTP API has in an hour; 0: no limit."""

    judges: int = Field(ge=0)
    looks: int = Field(ge=0)
    marks: int = Field(ge=0)

    def limit(self, group: str) -> int:
        """Returns the limit of a group: judge, look or mark."""
        return int(getattr(self, f"{group}s"))


class RefusalDelays(ConfigModel):
    """Says how long a client waits after refused prompts in a row: nothing for the first `free`, then ever longer.

    The delay starts with `first_seconds` and doubles up to `max_seconds`; refusals older than `forgotten_hours` do not
    count.
    """

    free: int = Field(ge=0)
    first_seconds: float = Field(ge=0)
    max_seconds: float = Field(ge=0, alias="most_seconds")
    forgotten_hours: float = Field(gt=0)

    def delay(self, refusals: int) -> float:
        """Returns the seconds from the last of so many refusals in a row until the next try."""
        over = refusals - max(self.free, 0)
        return min(self.first_seconds * 2.0 ** min(over - 1, 60), self.max_seconds) if over > 0 else 0.0


class HardLineTimeout(ConfigModel):
    """Says how many hard lines within which time lock a client out, and for how long; `repeats` = 0: never."""

    repeats: int = Field(ge=0)
    within_hours: float = Field(gt=0)
    lock_minutes: float = Field(ge=0)


class LoginLimits(ConfigModel):
    """Says how often one client may fail to log in as a reviewer within some minutes, and how it is slowed down then.

    The delay starts with `first_seconds` and doubles up to `max_seconds`: nobody is locked out.
    """

    tries: int = Field(ge=1)
    within_minutes: float = Field(gt=0)
    first_seconds: float = Field(gt=0)
    max_seconds: float = Field(gt=0, alias="most_seconds")

    def delay(self, wrong: int) -> float:
        """Returns the seconds from the last of so many wrong tries until the next one."""
        over = wrong - self.tries
        return min(self.first_seconds * 2.0 ** min(over, 60), self.max_seconds) if over >= 0 else 0.0


class WarningTerms(ConfigModel):
    """Says for how many minutes a warning can be confirmed."""

    minutes: float = Field(gt=0)


class CallsAtOnce(ConfigModel):
    """Says how many calls of one client may wait or run at once: those that create, and of each other sort."""

    create: int = Field(ge=1)
    others: int = Field(ge=1)

    def limit(self, group: str) -> int:
        """Returns the limit for a group of handlers."""
        return self.create if group == "create" else self.others


class ClassLimits(ConfigModel):
    """Says what holds while a class runs.

    `learners`: at most of one class. `free_refusals`: of a learner, in place of `RefusalDelays.free`. `code_tries`:
    wrong join codes of one address `within_minutes`, ten times as many of all. `hours`: after which a class ends by
    itself. `show_from`: a chart is drawn from so many answers on.
    """

    learners: int = Field(ge=1, le=1000)
    free_refusals: int = Field(ge=0)
    code_tries: int = Field(ge=1)
    within_minutes: float = Field(gt=0)
    hours: float = Field(gt=0)
    show_from: int = Field(ge=1)


class UploadLimits(ConfigModel):
    """Says how much may be uploaded.

    `megabytes` and `files`: in one call. `client_megabytes`, `total_megabytes`: within `minutes`, after which uploads
    are deleted.
    """

    megabytes: int = Field(ge=1)
    files: int = Field(ge=1)
    client_megabytes: int = Field(ge=1)
    total_megabytes: int = Field(ge=1)
    minutes: float = Field(gt=0)


class RateLimits(ConfigModel):
    """Holds presets/limits.toml."""

    hour: HourlyLimits
    api: ApiHour
    blocks: RefusalDelays
    hard_lines: HardLineTimeout
    login: LoginLimits
    warnings: WarningTerms
    at_once: CallsAtOnce
    classroom: ClassLimits
    uploads: UploadLimits


def load_limits(folder: Path) -> RateLimits:
    """Reads limits.toml of a folder of presets. Raises PresetError that names the file and the key."""
    return RateLimits.load(folder / "limits.toml")


@dataclass(frozen=True)
class RateLimiter:
    """Counts what clients do, and refuses what is over a limit. `now` is a clock in UTC.

    `learners` are the clients who are in a class just now, `former` those who were in one that is over.
    """

    audit: AuditLog
    limits: RateLimits
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    learners: set[str] = field(default_factory=set)
    former: set[str] = field(default_factory=set)

    def oldest_warning(self) -> datetime:
        """Returns since when a warning can still be confirmed."""
        return self.now() - timedelta(minutes=self.limits.warnings.minutes)

    def admission(self, client: str, kind: str) -> Admission:
        """Returns what `AuditLog.case` calls to open a case: it counts the activity, or raises LimitError."""

        def admit(writer: DatabaseWriter, case_id: str) -> None:
            if client == LOCAL:
                return
            if client in self.former:
                # What waited in a queue meanwhile: nothing may be opened once all of the class is deleted.
                raise RequestError(OVER, OVER_ADVICE)
            now, digest = self.now(), self.audit.client_digest(client)
            if wait := self._wait(writer, digest, kind, now, self._delays(client)):
                raise LimitError(*wait)
            writer.activity.add(digest, kind, case_id, timestamp(now))

        return admit

    def count(self, client: str, kind: str) -> None:
        """Counts an activity that opens no case. Raises LimitError."""
        if client != LOCAL:
            with self.audit.write_transaction() as writer:
                self.admission(client, kind)(writer, "")

    def opened(self, client: str, case_id: str) -> bool:
        """Tells whether a client opened a case, as far as what it did is kept (`clients` in retention.toml)."""
        with self.audit.read_transaction() as reader:
            return reader.activity.has(self.audit.client_digest(client), case_id)

    def _delays(self, client: str) -> RefusalDelays:
        blocks = self.limits.blocks
        if client not in self.learners:
            return blocks
        return blocks.model_copy(update={"free": self.limits.classroom.free_refusals})

    def _wait(
        self, writer: DatabaseWriter, client: str, kind: str, now: datetime, delays: RefusalDelays
    ) -> tuple[str, float] | None:
        """Returns a sentence and the seconds to wait; None where there is nothing to wait for."""
        if kind == GENERATION:
            hours = max(self.limits.blocks.forgotten_hours, self.limits.hard_lines.within_hours)
            recent = writer.activity.newest(client, kind, timestamp(now - timedelta(hours=hours)), MAX_ACTIVITIES)
            wait = _timeout(recent, self.limits.hard_lines, now) or _delay(recent, delays, now)
            if wait:
                return wait
        limit = self.limits.hour.limit(kind)
        since = timestamp(now - timedelta(hours=1))
        last_hour = writer.activity.newest(client, kind, since, limit) if limit else []
        if not limit or len(last_hour) < limit:
            return None
        left = _seconds_left(last_hour[-1].time, now, 3600.0)
        return f"{limit} times an hour {DESCRIPTIONS[kind]} for one address, and that many have been.", left


def _delay(recent: Sequence[Activity], delays: RefusalDelays, now: datetime) -> tuple[str, float] | None:
    """Counts refusals only, and only those since something last went through; `recent` comes newest first."""
    oldest = timestamp(now - timedelta(hours=delays.forgotten_hours))
    refused: list[Activity] = []
    for activity in recent:
        if activity.outcome in PASSED or activity.time < oldest:
            break
        if activity.outcome in REFUSED:
            refused.append(activity)
    left = _seconds_left(refused[0].time, now, delays.delay(len(refused))) if refused else 0.0
    return (f"{len(refused)} prompts in a row were refused.", left) if left > 0 else None


def _timeout(recent: Sequence[Activity], timeout: HardLineTimeout, now: datetime) -> tuple[str, float] | None:
    """Counts hard lines within the time of the rule; `recent` comes newest first."""
    oldest = timestamp(now - timedelta(hours=timeout.within_hours))
    hard = [activity for activity in recent if activity.outcome == HARD_LINE and activity.time >= oldest]
    if not timeout.repeats or len(hard) < timeout.repeats:
        return None
    left = _seconds_left(hard[0].time, now, 60.0 * timeout.lock_minutes)
    return ("Prompts that no mode allows were sent again and again.", left) if left > 0 else None


def _seconds_left(since: str, now: datetime, duration: float) -> float:
    return duration - (now - datetime.fromisoformat(since)).total_seconds()
