"""One case of the case store: what the studio records between its opening and its closing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from safety.audit import serialize
from safety.audit.confirmations import confirm
from safety.audit.hash_chain import CLOSED, EXPORTED, canonical, utc_now
from safety.audit.overrides import redeem, request_digest, restore_redeemed_by
from safety.generation import Delivered, Export, Generation, GenerationRequest, Refused
from safety.records import Decision, Verdict

if TYPE_CHECKING:
    from safety.audit.database import Database, DatabaseReader, DatabaseWriter
    from safety.messages.catalogue import Messages

# Asks, in a transaction, whether something may still be done; raises where not.
Question = Callable[["DatabaseReader"], None]
# Outcomes that a person got: with any other, a redeemed override is restored.
ANSWERED = ("delivered", "refused")
ACTIVITY_OUTCOMES = {"BLOCK": "blocked", "HARD_BLOCK": "hard_line", "WARN": "asked"}


class Case:
    """Records a case. Each method adds a row and returns when it is on disk. Raises AuditError.

    Words are kept only where the settings say so, beside the chain, and when the case is closed: never for a hard
    line, which a picture may still turn out to be, nor for a prompt that nobody has judged.
    """

    def __init__(
        self,
        id_: str,
        database: Database,
        request: GenerationRequest | None,
        keep_words: bool,
        messages: Messages | None = None,
    ) -> None:
        self.id = id_
        self.closed = False
        self._database = database
        self._request = request
        self._messages = messages
        self._keep_words = keep_words and request is not None
        self._judged = False
        self._evidence: list[serialize.Facts] = []

    def record(self, event: str, **facts: object) -> None:
        """Adds a row of any kind that asks nothing of what others write."""
        with self._database.write_transaction(alone=False) as writer:
            writer.append(self.id, event, facts)

    def record_decision(self, decision: Decision) -> None:
        """Records a decision on the prompt or on a picture."""
        if decision.verdict is Verdict.HARD_BLOCK:
            self._keep_words = False
        self._judged = True
        self._evidence += serialize.decision_evidence(decision, self._messages)
        self.record("judged", **serialize.decision_facts(decision, self._messages))

    def redeem_override(self) -> bool:
        """Redeems the override of an overturned appeal against exactly this request; tells whether there was one."""
        if self._request is None:
            return False
        with self._database.write_transaction() as writer:
            digest = request_digest(serialize.request_facts(self._request, writer.keys), writer.keys)
            return bool(redeem(writer, self.id, digest, utc_now()))

    def confirm_warning(self, decision: Decision, since: datetime) -> bool:
        """Uses up the warning that the request names, no older than `since`; tells whether it was about these words."""
        request = self._request
        if request is None or not (request.acknowledged and request.warning):
            return False
        with self._database.write_transaction() as writer:
            opening = serialize.request_facts(request, writer.keys)
            return confirm(writer, request.warning, self.id, opening, decision, since)

    def record_generation(self, generation: Generation) -> None:
        """Records what an engine made."""
        self.record("generated", **serialize.generation_facts(generation))

    def record_export(self, export: Export, ask: Question | None = None) -> None:
        """Records a marked file: from here on the registry finds it.

        `ask` is called first, in the same transaction: what it raises leaves no row.
        """
        with self._database.write_transaction() as writer:
            record_export(writer, self.id, export, ask)

    def close_refused(self, decision: Decision) -> Refused:
        """Closes the case with the decision that refused it; returns the outcome.

        Raises ValueError for a case without a request.
        """
        if self._request is None:
            raise ValueError("a case without a request cannot be refused")
        self.close("refused", serialize.refusal_facts(decision))
        return Refused(self.id, decision, self._request)

    def close_delivered(self, delivered: Delivered) -> Delivered:
        """Closes the case with what is handed out; returns the outcome."""
        self.close("delivered", serialize.delivery_facts(delivered))
        return delivered

    def close(self, outcome: str, facts: Mapping[str, Any] | None = None) -> None:
        """Adds the last row of the case's work; what comes after it is `AuditLog.append`."""
        facts = {"outcome": outcome, **(facts or {})}
        words = self._words()
        with self._database.write_transaction(alone=outcome not in ANSWERED) as writer:
            digests = {"words": writer.keep_content(self.id, "words", words)} if words else {}
            writer.append(self.id, CLOSED, {**facts, **digests})
            writer.activity.set_outcome(self.id, _activity_outcome(facts))
            if outcome not in ANSWERED:
                restore_redeemed_by(writer, self.id)
        self.closed = True

    def _words(self) -> str:
        if not (self._keep_words and self._judged) or self._request is None:
            return ""
        request = self._request
        return canonical(
            {"prompt": request.prompt, "negative_prompt": request.negative_prompt, "reasons": self._evidence}
        )


def record_export(writer: DatabaseWriter, case_id: str, export: Export, ask: Question | None = None) -> None:
    """Adds the row of a marked file, and keeps its manifest beside the chain, unless `ask` raises."""
    if ask:
        ask(writer)
    writer.append(case_id, EXPORTED, serialize.export_facts(export))
    if export.manifest:
        writer.manifests.add(case_id, utc_now(), export.manifest)


def _activity_outcome(facts: Mapping[str, Any]) -> str:
    """Returns how a case ended for rate limits: what a picture turned out to be is not the person's doing."""
    if facts["outcome"] != "refused":
        return str(facts["outcome"])
    return ACTIVITY_OUTCOMES.get(facts.get("verdict", ""), "blocked") if facts.get("stage") == "prompt" else "withheld"
