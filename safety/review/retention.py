"""How long things are kept, as data; and their deletion, which leaves the chain whole."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import Field

from safety.audit.activity import stamp
from safety.audit.appeal_state import EXPIRED, WAITING, standing
from safety.audit.hash_chain import KINDS
from safety.audit.log import AuditLog, unknown
from safety.config import ConfigModel, parse, read_toml


class Days(ConfigModel):
    """0: for ever."""

    words: float = Field(ge=0)
    appeal: float = Field(ge=0)
    picture: float = Field(ge=0)
    review: float = Field(ge=0)
    clients: float = Field(ge=0)
    finished: float = Field(ge=0)


class AppealTerms(ConfigModel):
    """What holds for appeals."""

    ask_days: int = Field(ge=1)
    withheld_minutes: float = Field(ge=0)
    pass_days: float = Field(gt=0)
    remark_characters: int = Field(ge=1)


class RetentionRules(ConfigModel):
    """presets/retention.toml."""

    days: Days
    appeal: AppealTerms


def load_retention(folder: Path) -> RetentionRules:
    """Raises PresetError that names the file and the key."""
    path = folder / "retention.toml"
    return parse(RetentionRules, read_toml(path), path)


@dataclass(frozen=True)
class Retention_:
    """Deletes what is due. `outputs` is the folder of finished pictures."""

    audit: AuditLog
    days: Days
    outputs: Path

    def tidy(self, now: datetime | None = None) -> int:
        """Deletes what is older than the days allow; how many things that were. Each is on record."""
        now = now or datetime.now(UTC)
        done = 0
        with self.audit.writing() as writer:
            for kind in KINDS:
                if lasting := getattr(self.days, kind):
                    for case_id in writer.kept_before(kind, stamp(now - timedelta(days=lasting))):
                        done += len(writer.erase(case_id, "retention", kind))
            for one in writer.queue.all(WAITING):
                if standing(writer.of_case(one.case_id), writer.keys).state == EXPIRED:
                    writer.queue.set(one.case_id, EXPIRED)
            if self.days.clients:
                done += writer.acts.forget_before(stamp(now - timedelta(days=self.days.clients)))
        done += self._old_files(now)
        if done:
            self.audit.forget()
        return done

    def erase(self, case_id: str) -> list[str]:
        """Deletes all that is kept of one case, finished pictures too; what that was, in plain words.

        Raises RequestError for an unknown case. Rows of the chain stay: they hold numbers, codes and keyed hashes.
        """
        with self.audit.writing() as writer:
            if not writer.of_case(case_id):
                raise unknown(case_id)
            gone = [*writer.erase(case_id, "operator")]
            if (at := standing(writer.of_case(case_id), writer.keys).state) == EXPIRED:
                writer.queue.set(case_id, at)
            gone += ["client"] if writer.acts.forget(case_id) else []
        folder = self.outputs / case_id
        if folder.is_dir():
            gone += sorted(path.name for path in folder.iterdir())
            shutil.rmtree(folder)
        self.audit.forget()
        return gone

    def _old_files(self, now: datetime) -> int:
        if not self.days.finished or not self.outputs.is_dir():
            return 0
        oldest = (now - timedelta(days=self.days.finished)).timestamp()
        old = [folder for folder in self.outputs.iterdir() if folder.is_dir() and folder.stat().st_mtime < oldest]
        for folder in old:
            shutil.rmtree(folder)
        return len(old)
