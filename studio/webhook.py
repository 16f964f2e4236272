"""Tells an operator's own program of decided cases: signed calls, in order, none lost.

The form is that of Standard Webhooks (standardwebhooks.com): the headers webhook-id, webhook-timestamp and
webhook-signature, an HMAC-SHA256 over "id.timestamp.body". What has been told is known by the number of the last row
in the chain: a restart goes on there. A call that fails for a day goes to a file of dead letters, and the rest goes on.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safety.audit import AuditLog
from safety.audit.appeal_state import APPEALED, REVIEWED
from safety.audit.hash_chain import CLOSED, Entry
from safety.audit.notice_state import ANSWERED, DECIDED, NOTICED
from safety.audit.partitions import partition_of
from safety.errors import AuditError

EVENTS = (CLOSED, APPEALED, REVIEWED, NOTICED, DECIDED, ANSWERED)
# Facts that leave the machine: none of them holds words of a person.
TOLD = ("outcome", "verdict", "codes", "stage", "stamps", "withheld", "kind", "until", "error", "due", "late")
BATCH = 100  # rows read at once
POLL = 2.0  # seconds between two looks
TIMEOUT = 10.0  # seconds for one call
WAITS = (5, 30, 120, 600, 1800, 3600)  # seconds between tries; the last one again and again
DEAD_AFTER = 24 * 3600.0  # seconds of failing
log = logging.getLogger(__name__)
Send = Callable[[str, bytes, Mapping[str, str]], int]


@dataclass
class Webhook:
    """Tells `url` of cases of `audit`. `folder` keeps how far it got; `send` returns the status of one call."""

    audit: AuditLog
    url: str
    secret: bytes
    folder: Path
    send: Send
    clock: Callable[[], float] = time.time
    _failing_since: float = 0.0
    _tries: int = 0
    _next: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Tells what is new until `stop`: the work of a thread of its own."""
        while not self._stop.wait(POLL):
            try:
                # Of several processes on one record, one at a time tells it.
                with self.audit.turn_at("webhook") as mine:
                    if mine:
                        self.step()
            except (AuditError, OSError) as error:
                log.warning("webhook: %s", type(error).__name__)

    def stop(self) -> None:
        """Ends `run` at its next look."""
        self._stop.set()

    def step(self) -> int:
        """Tells what is new, in order, up to the first call that fails; returns how many were told."""
        told = 0
        if self.clock() < self._next:
            return told
        while rows := self._new():
            for row in rows:
                if not self._tell(row):
                    return told
                self._keep(self._reached() | {partition_of(row.seq): row.seq})
                told += 1
        return told

    def _new(self) -> list[Entry]:
        with self.audit.read_transaction() as reader:
            return reader.entries_after(self._reached(), EVENTS, BATCH)

    def _tell(self, row: Entry) -> bool:
        """Tells one row; returns whether the next one's turn has come."""
        body = json.dumps(message(row)).encode()
        name, now = f"case-{row.seq}", str(int(self.clock()))
        signature = base64.b64encode(hmac.new(self.secret, f"{name}.{now}.".encode() + body, hashlib.sha256).digest())
        headers = {"content-type": "application/json", "webhook-id": name, "webhook-timestamp": now}
        status = self.send(self.url, body, {**headers, "webhook-signature": f"v1,{signature.decode()}"})
        if 200 <= status < 300:
            self._tries, self._failing_since, self._next = 0, 0.0, 0.0
            return True
        now_failing = self.clock()
        self._failing_since = self._failing_since or now_failing
        if now_failing - self._failing_since > DEAD_AFTER or status == 410:
            self._bury(body)
            self._tries, self._failing_since, self._next = 0, 0.0, 0.0
            return True
        self._next = now_failing + WAITS[min(self._tries, len(WAITS) - 1)]
        self._tries += 1
        return False

    def _reached(self) -> dict[int, int]:
        """Returns the number of the last row that was told, by partition. A new webhook begins with what comes now."""
        path = self.folder / "webhook.json"
        try:
            kept = json.loads(path.read_text("utf-8"))[self.url]
            # One number is from before there were partitions.
            return {0: kept} if isinstance(kept, int) else {int(one): int(seq) for one, seq in kept.items()}
        except (FileNotFoundError, KeyError, ValueError, TypeError, AttributeError):
            with self.audit.read_transaction() as reader:
                ends = {partition: head.seq for partition, head in reader.chain_heads().items()}
            self._keep(ends)
            return ends

    def _keep(self, reached: Mapping[int, int]) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / "webhook.json.part"
        part.write_text(json.dumps({self.url: reached}), "utf-8")
        os.replace(part, self.folder / "webhook.json")

    def _bury(self, body: bytes) -> None:
        with (self.folder / "webhook-dead.jsonl").open("ab") as file:
            file.write(body + b"\n")


def message(row: Entry) -> dict[str, Any]:
    """Returns what is told of a row: the case, what happened, and facts without words of a person."""
    facts = row.parse_facts()
    told = {name: facts[name] for name in TOLD if name in facts}
    return {"type": f"case.{row.event}", "timestamp": row.time, "data": {"case": row.case_id, **told}}


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Sends one call; returns its status, 0 where nobody answers. Follows no redirect."""
    import httpx

    try:
        return httpx.post(url, content=body, headers=dict(headers), timeout=TIMEOUT).status_code
    except httpx.HTTPError:
        return 0
