"""What a person may ask for: to have a refusal reviewed by somebody, and how that went."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from safety.audit.appeal_state import (
    APPEAL,
    APPEALED,
    EXPIRED,
    OVERRIDE_APPLIED,
    OVERTURNED,
    REPORT,
    WAITING,
    AppealState,
    read_appeal_state,
)
from safety.audit.hash_chain import CLOSED, OPENED, Entry, Keys, canonical, utc_now
from safety.audit.log import Admission, AuditLog, unknown_case
from safety.audit.overrides import mark_redeemed, request_digest, restore
from safety.audit.serialize import decision_evidence, parse_content
from safety.errors import RequestError
from safety.generation import Generation, GenerationRequest
from safety.messages.catalogue import Messages
from safety.records import Decision, Verdict
from safety.review import rate_limit, stored_pictures
from safety.review.client import LOCAL
from safety.review.free_text import require_readable
from safety.review.quarantine import Quarantine
from safety.review.rate_limit import RateLimiter
from safety.review.retention import AppealTerms

CASE_ID = re.compile(r"[0-9a-f]{12}")
KINDS = (APPEAL, REPORT)
JudgePrompt = Callable[[str, str], Decision]  # of a prompt in a mode
HARD_LINE_ADVICE = "This rule holds for everybody, and nobody here can lift it."


@dataclass(frozen=True, slots=True)
class AppealRequest:
    """Holds what a person sends.

    `case` is the refused case, `prompt` and `negative_prompt` its words. `kind` is "appeal" or "report". With `learn`
    the person agrees that the case, once decided, serves as a labelled example.
    """

    case: str
    prompt: str
    negative_prompt: str = ""
    remark: str = ""
    kind: str = APPEAL
    learn: bool = False


@dataclass(frozen=True, slots=True)
class AppealStatus:
    """Tells where an appeal stands.

    `outcome` is a state of safety/audit/appeal_state.py, `stage` what was refused ("prompt" or "picture"), `reason` the
    reviewer's, while it is kept, `until` the timestamp until when an overturned appeal can be redeemed.
    """

    case: str
    outcome: str
    kind: str = ""
    stage: str = ""
    reason: str = ""
    until: str = ""


@dataclass(frozen=True)
class Appeals:
    """Takes appeals and reports, and tells how they went. `quarantine` has the pictures that wait for one."""

    audit: AuditLog
    rate_limiter: RateLimiter
    quarantine: Quarantine
    terms: AppealTerms

    def submit(self, request: AppealRequest, judge: JudgePrompt, client: str = LOCAL) -> AppealStatus:
        """Puts a refused case into the queue. `judge` says what the checks find in the prompt now.

        The prompt must be the one that was refused: the case knows its keyed hash. Raises RequestError where there is
        nothing to appeal, LimitError where this client has to wait.
        """
        return self._submit(request, judge, self.rate_limiter.admission(client, rate_limit.APPEAL))

    def _submit(self, request: AppealRequest, judge: JudgePrompt, admission: Admission | None) -> AppealStatus:
        """Puts a refused case into the queue. `admission` counts it; None where its case was counted already."""
        self._require_plausible(request)
        with self.audit.read_transaction() as reader:
            entries = reader.entries_of(request.case)
        self._refused_stage(entries, request)
        decision = judge(request.prompt, str(entries[0].parse_facts()["mode"]))
        if decision.verdict is Verdict.HARD_BLOCK:
            raise RequestError("There is no review for this case.", HARD_LINE_ADVICE)
        with self.audit.write_transaction() as writer:
            # Once more, in the transaction that writes: somebody else may have appealed meanwhile.
            stage = self._refused_stage(writer.entries_of(request.case), request)
            if admission:
                admission(writer, request.case)
            digest = request_digest(entries[0].parse_facts(), writer.keys)
            words = _words(request, decision, self.audit.messages)
            content = {"appeal": writer.keep_content(request.case, "appeal", words)}
            if stage != "prompt" and request.kind == APPEAL:
                content["picture"] = writer.keep_content(request.case, "picture", self._take_picture(request.case))
            facts = {"kind": request.kind, "stage": stage, "ticket": digest, "learn": request.learn, **content}
            writer.append(request.case, APPEALED, facts)
            writer.appeal_queue.add(
                case_id=request.case, time=utc_now(), kind=request.kind, state=WAITING, request_digest=digest
            )
        return self.status(request.case)

    def status(self, case_id: str, client: str = LOCAL) -> AppealStatus:
        """Returns how an appeal went. Raises RequestError for an unknown case, LimitError."""
        self.rate_limiter.count(client, rate_limit.LOOKUP)
        if not CASE_ID.fullmatch(case_id):
            raise unknown_case(case_id)
        with self.audit.read_transaction() as reader:
            entries, content = reader.entries_of(case_id), reader.content_of(case_id)
        if not entries:
            raise unknown_case(case_id)
        appeal = read_appeal_state(entries, self.audit.keys)
        outcome = EXPIRED if appeal.state == OVERTURNED and utc_now() > appeal.until else appeal.state
        reason = parse_content(content["review"]).get("reason", "") if "review" in content else ""
        return AppealStatus(case_id, outcome, appeal.kind, appeal.stage, reason, appeal.until)

    def report(self, request: GenerationRequest, remark: str, judge: JudgePrompt, client: str) -> AppealStatus:
        """Opens a case for a prompt that is refused and that nobody tried to create, and puts it into the queue.

        Overturned, it opens nothing. Raises RequestError where the prompt is not refused, LimitError.
        """
        require_readable(remark=remark, prompt=request.prompt, negative_prompt=request.negative_prompt)
        decision = judge(request.prompt, request.mode)
        if decision.verdict is not Verdict.BLOCK:
            raise RequestError("This prompt is not refused by a rule that could be wrong.", "Report one that is.")
        # Counted before its case is opened: what is over the limit leaves no row.
        with self.audit.case(request, self.rate_limiter.admission(client, rate_limit.APPEAL), "report") as case:
            case.record_decision(decision)
            case.close_refused(decision)
        report = AppealRequest(case.id, request.prompt, request.negative_prompt, remark, REPORT, learn=True)
        return self._submit(report, judge, None)

    @contextmanager
    def collection(self, case_id: str) -> Iterator[Generation]:
        """Hands out the withheld pictures of an overturned case, once; if the block fails, they can be had again.

        Raises RequestError where there are none. Once handed out, what was kept of them is deleted.
        """
        with self.audit.write_transaction() as writer:
            entries = writer.entries_of(case_id) if CASE_ID.fullmatch(case_id) else []
            appeal = read_appeal_state(entries, writer.keys)
            can_redeem = appeal.can_redeem(utc_now(), "picture")
            packed = writer.content_of(case_id).get("picture", "") if can_redeem else ""
            if not packed:
                raise RequestError("There is no picture to collect for this case.", "Look at how its review went.")
            mark_redeemed(writer, case_id, case_id)
        try:
            yield stored_pictures.unpack(packed, entries[0].parse_facts()).to_generation()
        except BaseException:
            with self.audit.write_transaction(patient=True) as writer:
                restore(writer, case_id, case_id)
            raise
        with self.audit.write_transaction(patient=True) as writer:
            writer.erase_content(case_id, "delivery", "picture")
        self.audit.scrub()

    def _take_picture(self, case_id: str) -> str:
        """Takes the withheld picture out of quarantine: at the last moment, so that no mistake before costs it."""
        if pictures := self.quarantine.take(case_id):
            return stored_pictures.pack(pictures, self.audit.messages)
        advice = "Create it again, and ask for the review at once."
        raise RequestError("The withheld picture is no longer held.", advice)

    def _require_plausible(self, request: AppealRequest) -> None:
        """Raises RequestError for what cannot be an appeal of any case."""
        maximum = self.terms.remark_characters
        if request.kind not in KINDS:
            raise RequestError(f"There is no kind {request.kind!r}.", f"Choose one of: {', '.join(KINDS)}.")
        if len(request.remark) > maximum:
            raise RequestError(f"The remark has {len(request.remark):,} characters.", f"Use at most {maximum:,}.")
        require_readable(remark=request.remark, prompt=request.prompt, negative_prompt=request.negative_prompt)
        if not CASE_ID.fullmatch(request.case):
            raise unknown_case(request.case)

    def _refused_stage(self, entries: Sequence[Entry], request: AppealRequest) -> str:
        """Returns the stage that was refused. Raises RequestError where nothing was, or it is somebody else's case."""
        if not entries:
            raise unknown_case(request.case)
        if entries[0].event != OPENED or not _has_words(entries[0].parse_facts(), request, self.audit.keys):
            raise RequestError("These are not the words of this case.", "Send the prompt exactly as it was refused.")
        decisions = [entry.parse_facts() for entry in entries if entry.event == "judged"]
        if any(decision["verdict"] == "HARD_BLOCK" for decision in decisions):
            raise RequestError("There is no review for this case.", HARD_LINE_ADVICE)
        blocked = [str(decision["stage"]) for decision in decisions if decision["verdict"] == "BLOCK"]
        closed = next((entry for entry in entries if entry.event == CLOSED), None)
        if closed is None or not blocked or closed.parse_facts().get("outcome") not in ("refused", "delivered"):
            raise RequestError("Nothing was refused in this case.", "A review is for what was refused or withheld.")
        self._require_in_time(closed, read_appeal_state(entries, self.audit.keys))
        # The last one counts. A prompt that an override let through was refused no longer.
        overridden = any(entry.event == OVERRIDE_APPLIED for entry in entries)
        stages = ["picture" if stage != "prompt" else stage for stage in reversed(blocked)]
        return next((stage for stage in stages if not (overridden and stage == "prompt")), "prompt")

    def _require_in_time(self, closed: Entry, appeal: AppealState) -> None:
        """Raises RequestError for a case that was appealed before, or was closed too long ago."""
        if appeal.state:
            raise RequestError("This case has been sent in already.", "Look at how its review went.")
        age = datetime.fromisoformat(utc_now()) - datetime.fromisoformat(closed.time)
        if age > timedelta(days=self.terms.ask_days):
            raise RequestError(f"The {self.terms.ask_days} days for a review are over.", "Create it again.")


def _has_words(opening: dict[str, Any], request: AppealRequest, keys: Keys) -> bool:
    """Tells whether the prompts are those of the case, by the keyed hashes in its opening row."""
    negative = keys.digest("prompt", request.negative_prompt) if request.negative_prompt else ""
    same_prompt = opening.get("prompt") == keys.digest("prompt", request.prompt)
    return same_prompt and opening.get("negative_prompt") == negative


def _words(request: AppealRequest, decision: Decision, messages: Messages | None) -> str:
    """Returns what is kept of an appeal: the person's words, and what the checks find in them now."""
    return canonical(
        {
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt,
            "remark": request.remark,
            "reasons": decision_evidence(decision, messages),
            "policy_digest": decision.policy_digest,
        }
    )
