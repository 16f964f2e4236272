"""One case: what the studio notes between opening and closing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from safety.audit import serialize
from safety.audit.activity import answered, now
from safety.audit.hash_chain import CLOSED, canonical
from safety.audit.overrides import give_back, take, ticket
from safety.generation import Delivered, Export, Generation, GenerationRequest, Refused
from safety.records import Decision, Verdict

if TYPE_CHECKING:
    from safety.audit.database import Store
    from safety.messages.catalogue import Messages

DONE = ("delivered", "refused")


class Case:
    """Each method adds a row and returns when it is on disk. Raises AuditError.

    Words are kept only where the settings say so, beside the chain, and when the case is closed: never
    for a hard line, which a picture may still turn out to be, nor for a prompt that nobody has judged.
    """

    def __init__(
        self,
        id_: str,
        store: Store,
        request: GenerationRequest | None,
        keep_words: bool,
        messages: Messages | None = None,
    ) -> None:
        self.id = id_
        self.closed = False
        self._store = store
        self._request = request
        self._messages = messages
        self._keep_words = keep_words and request is not None
        self._judged = False
        self._evidence: list[serialize.Facts] = []

    def note(self, event: str, **noted: object) -> None:
        with self._store.writing() as writer:
            writer.append(self.id, event, noted)

    def judged(self, decision: Decision) -> None:
        if decision.verdict is Verdict.HARD_BLOCK:
            self._keep_words = False
        self._judged = True
        self._evidence += serialize.evidence(decision, self._messages)
        self.note("judged", **serialize.of_decision(decision, self._messages))

    def let_through(self) -> bool:
        """Uses up the pass of an overturned appeal against exactly this request, if there is one."""
        if self._request is None:
            return False
        with self._store.writing() as writer:
            wanted = ticket(serialize.of_request(self._request, self._store.keys), self._store.keys)
            return bool(take(writer, self.id, wanted, now()))

    def generated(self, generation: Generation) -> None:
        self.note("generated", **serialize.of_generation(generation))

    def exported(self, export: Export) -> None:
        self.note("exported", **serialize.of_export(export))

    def refused(self, decision: Decision) -> Refused:
        if self._request is None:
            raise ValueError("a case without a request cannot be refused")
        self.close("refused", serialize.of_refusal(decision))
        return Refused(self.id, decision, self._request)

    def delivered(self, delivered: Delivered) -> Delivered:
        self.close("delivered", serialize.of_delivery(delivered))
        return delivered

    def close(self, outcome: str, more: Mapping[str, Any] | None = None) -> None:
        """The last row of the case's work; what comes after it is `AuditLog.append`."""
        content = self._words()
        facts_ = {"outcome": outcome, **(more or {})}
        with self._store.writing() as writer:
            kept = {"words": writer.keep(self.id, "words", content)} if content else {}
            writer.append(self.id, CLOSED, {**facts_, **kept})
            writer.acts.settle(self.id, answered(outcome, facts_.get("stage", ""), facts_.get("verdict", "")))
            if outcome not in DONE:
                give_back(writer, self.id)
        self.closed = True

    def _words(self) -> str:
        if not (self._keep_words and self._judged) or self._request is None:
            return ""
        request = self._request
        return canonical(
            {"prompt": request.prompt, "negative_prompt": request.negative_prompt, "reasons": self._evidence}
        )
