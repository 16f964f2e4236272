"""What a person may ask: to have a refusal looked at by somebody, and how that went."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from safety.audit import serialize
from safety.audit.activity import Appeal, now
from safety.audit.appeal_state import APPEAL, APPEALED, EXPIRED, OVERTURNED, REPORT, WAITING, AppealState, standing
from safety.audit.hash_chain import CLOSED, OPENED, Entry, canonical
from safety.audit.log import AuditLog, unknown
from safety.audit.overrides import ticket, unuse, use
from safety.audit.shown import readable
from safety.errors import RequestError
from safety.generation import Generation, GenerationRequest
from safety.messages.catalogue import Messages
from safety.records import Decision, Verdict
from safety.review import stored_pictures
from safety.review.client import LOCAL
from safety.review.quarantine import Quarantine
from safety.review.rate_limit import APPEAL as APPEALING
from safety.review.rate_limit import LOOKUP, RateLimiter
from safety.review.retention import AppealTerms

CASE_ID = re.compile(r"[0-9a-f]{12}")
KINDS_OF_ASKING = (APPEAL, REPORT)
Judge = Callable[[str, str], Decision]  # of a prompt in a mode
HARD_LINE = "This rule holds for everybody, and nobody here can lift it."


@dataclass(frozen=True, slots=True)
class AppealRequest:
    """What a person sends. `learn`: decided, it may serve as a labelled example. `kind`: appeal or report."""

    case: str
    prompt: str
    negative_prompt: str = ""
    remark: str = ""
    kind: str = APPEAL
    learn: bool = False


@dataclass(frozen=True, slots=True)
class AppealStatus:
    """Where an appeal stands. `outcome` is a state of standing.py; `reason` the reviewer's, while it is kept."""

    case: str
    outcome: str
    kind: str = ""
    stage: str = ""
    reason: str = ""
    until: str = ""


@dataclass(frozen=True)
class Appeals:
    """Takes appeals and reports, and says how they went. `held` has the pictures that wait for one."""

    audit: AuditLog
    gate: RateLimiter
    held: Quarantine
    terms: AppealTerms

    def appeal(self, asking: AppealRequest, judge: Judge, client: str = LOCAL) -> AppealStatus:
        """Puts a refused case into the queue. `judge` is asked what the checks say of the prompt now.

        The prompt must be the one that was refused: the case knows its keyed hash. Raises RequestError where there is
        nothing to appeal, LimitError where this client has to wait.
        """
        self._plausible(asking)
        with self.audit.reading() as reader:
            rows = reader.of_case(asking.case)
        self._refused_at(rows, asking)
        decision = judge(asking.prompt, str(rows[0].read()["mode"]))
        if decision.verdict is Verdict.HARD_BLOCK:
            raise RequestError("There is no review for this case.", HARD_LINE)
        with self.audit.writing() as writer:
            stage = self._refused_at(writer.of_case(asking.case), asking)  # again: nobody writes between here and there
            self.gate.entry(client, APPEALING)(writer, asking.case)
            wanted = ticket(rows[0].read(), writer.keys)
            kept = {"appeal": writer.keep(asking.case, "appeal", _words(asking, decision, self.audit.messages))}
            if stage != "prompt" and asking.kind == APPEAL:
                kept["picture"] = writer.keep(asking.case, "picture", self._picture(asking.case))
            noted = {"kind": asking.kind, "stage": stage, "ticket": wanted, "learn": asking.learn, **kept}
            writer.append(asking.case, APPEALED, noted)
            writer.queue.add(Appeal(asking.case, now(), asking.kind, WAITING, wanted))
        return self.answer(asking.case)

    def _picture(self, case_id: str) -> str:
        """Taken at the last moment, so that a mistyped case does not cost the picture."""
        if withheld := self.held.take(case_id):
            return stored_pictures.pack(withheld, self.audit.messages)
        advice = "Create it again, and ask for the review at once."
        raise RequestError("The withheld picture is no longer held.", advice)

    def answer(self, case_id: str, client: str = LOCAL) -> AppealStatus:
        """How an appeal went. Raises RequestError for a case that there is not, LimitError."""
        self.gate.count(client, LOOKUP)
        if not CASE_ID.fullmatch(case_id):
            raise unknown(case_id)
        with self.audit.reading() as reader:
            rows, kept = reader.of_case(case_id), reader.kept(case_id)
            at = standing(rows, self.audit.keys)
        if not rows:
            raise unknown(case_id)
        outcome = EXPIRED if at.state == OVERTURNED and now() > at.until else at.state
        reason = readable(kept["review"]).get("reason", "") if "review" in kept else ""
        return AppealStatus(case_id, outcome, at.kind, at.stage, reason, at.until)

    def report(self, request: GenerationRequest, remark: str, judge: Judge, client: str) -> AppealStatus:
        """A case for a prompt that is refused and that nobody tried to create; an overturn then opens nothing."""
        decision = judge(request.prompt, request.mode)
        if decision.verdict is not Verdict.BLOCK:
            raise RequestError("This prompt is not refused by a rule that could be wrong.", "Report one that is.")
        with self.audit.case(request, kind="report") as case:
            case.judged(decision)
            case.refused(decision)
        asking = AppealRequest(case.id, request.prompt, request.negative_prompt, remark, REPORT, learn=True)
        return self.appeal(asking, judge, client)

    @contextmanager
    def collecting(self, case_id: str) -> Iterator[Generation]:
        """The withheld pictures of an overturned case, once. If the block fails, they can still be collected.

        Raises RequestError where there are none. Once handed out, what was kept of them is deleted.
        """
        with self.audit.writing() as writer:
            rows = writer.of_case(case_id) if CASE_ID.fullmatch(case_id) else []
            at = standing(rows, writer.keys)
            packed = writer.kept(case_id).get("picture", "") if at.opens(now(), "picture") else ""
            if not packed:
                raise RequestError("There is no picture to collect for this case.", "Look at how its review went.")
            use(writer, case_id, case_id)
        try:
            yield stored_pictures.unpack(packed, rows[0].read()).generation()
        except BaseException:
            with self.audit.writing() as writer:
                unuse(writer, case_id, case_id)
            raise
        with self.audit.writing() as writer:
            writer.erase(case_id, "delivery", "picture")
        self.audit.forget()

    def _plausible(self, asking: AppealRequest) -> None:
        most = self.terms.remark_characters
        if asking.kind not in KINDS_OF_ASKING:
            raise RequestError(f"There is no kind {asking.kind!r}.", f"Choose one of: {', '.join(KINDS_OF_ASKING)}.")
        if len(asking.remark) > most:
            raise RequestError(f"The remark has {len(asking.remark):,} characters.", f"Use at most {most:,}.")
        if not CASE_ID.fullmatch(asking.case):
            raise unknown(asking.case)

    def _refused_at(self, rows: list[Entry], asking: AppealRequest) -> str:
        """The stage that was refused. Raises RequestError where nothing was, or it is somebody else's case."""
        if not rows:
            raise unknown(asking.case)
        opening, keys = rows[0].read(), self.audit.keys
        same = opening.get("prompt") == keys.digest("prompt", asking.prompt)
        if rows[0].event != OPENED or not same or not _same_negative(opening, keys, asking):
            raise RequestError("These are not the words of this case.", "Send the prompt exactly as it was refused.")
        judged = [row.read() for row in rows if row.event == "judged"]
        if any(one["verdict"] == "HARD_BLOCK" for one in judged):
            raise RequestError("There is no review for this case.", HARD_LINE)
        blocked = [str(one["stage"]) for one in judged if one["verdict"] == "BLOCK"]
        closed = next((row for row in rows if row.event == CLOSED), None)
        if closed is None or not blocked or closed.read().get("outcome") not in ("refused", "delivered"):
            raise RequestError("Nothing was refused in this case.", "A review is for what was refused or withheld.")
        self._in_time(closed, standing(rows, keys))
        let = any(row.event == "let_through" for row in rows)
        stages = ["picture" if stage != "prompt" else stage for stage in blocked]
        return next((stage for stage in reversed(stages) if not (let and stage == "prompt")), "prompt")

    def _in_time(self, closed: Entry, at: AppealState) -> None:
        if at.state:
            raise RequestError("This case has been sent in already.", "Look at how its review went.")
        if datetime.fromisoformat(now()) - datetime.fromisoformat(closed.time) > timedelta(days=self.terms.ask_days):
            raise RequestError(f"The {self.terms.ask_days} days for a review are over.", "Create it again.")


def _same_negative(opening: dict[str, Any], keys: Any, asking: AppealRequest) -> bool:
    digest = keys.digest("prompt", asking.negative_prompt) if asking.negative_prompt else ""
    return bool(opening.get("negative_prompt") == digest)


def _words(asking: AppealRequest, decision: Decision, messages: Messages | None) -> str:
    words = {"prompt": asking.prompt, "negative_prompt": asking.negative_prompt, "remark": asking.remark}
    return canonical(
        {**words, "reasons": serialize.evidence(decision, messages), "policy_digest": decision.policy_digest}
    )
