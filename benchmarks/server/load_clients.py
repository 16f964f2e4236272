"""Clients of the HTTP API that want pictures: each waits for its answer, and as long as it is told to come again."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

PATH = "/v1/images/generations"
PICTURE, REFUSED, WITHHELD, TURNED_AWAY, ERROR, UNCLEAR = (
    "picture",
    "refused",
    "withheld",
    "turned away",
    "error",
    "unclear",
)
SAID_NO = {"moderation_blocked", "confirmation_required"}
CLEAR = {409, 502, 503}  # what a call may be answered with beside a picture, a refusal and 429
NO_TIME = 5.0  # seconds that a client waits which was told to come again, but not when
MOST_SENTENCE = 160  # characters


@dataclass(frozen=True, slots=True)
class Call:
    """One call and its answer. Times are seconds since the load began; `status` is 0 where no answer came.

    `wait`: how long it was told to wait; `case`, `stamp` and `marks` of a picture or a refusal; `file`: where it lies.
    """

    client: int
    began: float
    ended: float
    status: int
    kind: str
    sentence: str = ""
    wait: float | None = None
    case: str = ""
    stamp: str = ""
    marks: tuple[str, ...] = ()
    file: Path | None = None

    @property
    def seconds(self) -> float:
        """Returns how long the answer took."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Wish:
    """A picture that a client wants: from its first call to the answer that it got, or until its patience was over."""

    began: float
    ended: float
    calls: int
    kind: str


@dataclass
class Load:
    """What all clients want, and what became of it. `share_harmful`: of the wishes; `patience`: seconds for a wish."""

    url: str
    keys: Sequence[str]
    folder: Path
    harmless: Sequence[str]
    harmful: Sequence[str]
    share_harmful: float = 0.1
    patience: float = 120.0
    steps: int | None = None
    timeout: float = 150.0
    started: float = field(default_factory=time.monotonic)
    calls: list[Call] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)

    def now(self) -> float:
        """Returns the seconds since the load began."""
        return time.monotonic() - self.started

    def run(self, seconds: float) -> None:
        """Lets all clients ask for so many seconds; calls that are under way then are waited for."""
        asyncio.run(self._run(seconds))

    async def _run(self, seconds: float) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(base_url=self.url, timeout=self.timeout, limits=limits) as http:
            until = self.now() + seconds  # from here on: to open a client takes its time
            await asyncio.gather(*(self._client(http, number, until) for number in range(len(self.keys))))

    async def _client(self, http: httpx.AsyncClient, number: int, until: float) -> None:
        wishes = self._prompts(number)
        while self.now() < until:
            began, prompt, calls = self.now(), next(wishes), 0
            while True:
                call = await self._ask(http, number, prompt)
                self.calls.append(call)
                calls += 1
                if call.kind not in (TURNED_AWAY, ERROR):
                    break
                wait = NO_TIME if call.wait is None else call.wait
                if self.now() + wait > min(until, began + self.patience):
                    break
                await asyncio.sleep(wait)
            self.wishes.append(Wish(began, self.now(), calls, call.kind))
            if call.kind == UNCLEAR:
                await asyncio.sleep(1)  # a server that is gone is not called in a tight loop

    def _prompts(self, number: int) -> Iterator[str]:
        dice = random.Random(number)
        while True:
            words = self.harmful if dice.random() < self.share_harmful else self.harmless
            yield dice.choice(words)

    async def _ask(self, http: httpx.AsyncClient, number: int, prompt: str) -> Call:
        body = {"prompt": prompt, "n": 1, "response_format": "b64_json"}
        body |= {} if self.steps is None else {"steps": self.steps}
        headers, began = {"Authorization": f"Bearer {self.keys[number]}"}, self.now()
        try:
            answer = await http.post(PATH, json=body, headers=headers)
        except httpx.HTTPError as error:
            return Call(number, began, self.now(), 0, UNCLEAR, f"{type(error).__name__}: {error}"[:MOST_SENTENCE])
        return self._read(answer, number, began, self.now())

    def _read(self, answer: httpx.Response, number: int, began: float, ended: float) -> Call:
        told: Any = None
        try:
            told = answer.json()
        except json.JSONDecodeError:
            told = {}
        if answer.status_code == 200:
            return self._picture(told, number, began, ended)
        error = told.get("error", {}) if isinstance(told, dict) else {}
        sentence = str(error.get("message") or answer.text)[:MOST_SENTENCE]
        safety = error.get("safety") or {}
        wait = _seconds(answer.headers.get("retry-after"))
        kind = _kind(answer.status_code, str(error.get("code")), sentence, wait)
        return Call(number, began, ended, answer.status_code, kind, sentence, wait, str(safety.get("case", "")))

    def _picture(self, told: Any, number: int, began: float, ended: float) -> Call:
        try:
            case, data = told["safety"]["case"], told["data"]
            if not data:
                return Call(number, began, ended, 200, WITHHELD, case=case)
            about = data[0]["safety"]
            file = self.folder / f"{case}.png"
            file.write_bytes(base64.b64decode(data[0]["b64_json"]))
            marks = tuple(about["marks"])
            return Call(number, began, ended, 200, PICTURE, "", None, case, str(about["stamp"]), marks, file)
        except (KeyError, TypeError, IndexError, ValueError) as error:
            return Call(number, began, ended, 200, UNCLEAR, f"An answer of another form: {error!r}."[:MOST_SENTENCE])


def _kind(status: int, code: str, sentence: str, wait: float | None) -> str:
    if status == 400 and code in SAID_NO:
        return REFUSED
    if status in (429, 503) and wait is not None and sentence:
        return TURNED_AWAY
    return ERROR if status in CLEAR and sentence else UNCLEAR


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
