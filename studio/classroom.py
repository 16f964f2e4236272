"""A class: a teacher opens it, learners join by a code, and when it is closed all that was gathered is deleted.

In memory, one class at a time. A learner is a number behind a signed cookie, without an account or a name; for limits
and libraries each counts as a client and a person of its own, whatever address the class shares.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from safety.errors import LimitError, RequestError
from safety.policy.mode_lock import ModeLock
from safety.policy.model import BASE_MODE
from safety.review.client import client_of
from safety.review.rate_limit import OVER, OVER_ADVICE, RateLimiter
from studio.class_answers import AskedOf, ClassAnswers, Value
from studio.class_record import ClassRecord, address_of, new_network

# Letters that are told apart by eye, and without vowels no words: 18 to the power of 6 are 34 million codes.
LETTERS = "BCDFGHJKMNPQRTVWXZ"
CODE_LETTERS = 6
ALL_ADDRESSES_FACTOR = 10  # times the wrong codes of one address
HERE_SECONDS = 15.0  # a learner whose page asked within this time is here
_COOKIE = re.compile(r"([1-9]\d{0,3})\.([0-9a-f]{64})")
NO_CLASS, NO_CLASS_ADVICE = "There is no class open here.", "Ask your teacher."
WRONG_CODE, WRONG_CODE_ADVICE = (
    "This is not the code of the class.",
    "Type the six letters again as the board shows them.",
)


def new_code(letters: int = CODE_LETTERS) -> str:
    """Returns a random code of unambiguous letters."""
    return "".join(secrets.choice(LETTERS) for _ in range(letters))


def new_password() -> str:
    """Returns a password for the teacher: 16 letters in four groups, 66 bits."""
    return "-".join(new_code(4) for _ in range(4))


@dataclass
class Room:
    """Holds the class that is open. `places`: so many may join. `lesson`: the one that is open, "" for all of them.

    `steps`: how many of its steps are open, 0 for all. `joined`: so many have come; `seen`: when each was heard of.
    """

    places: int
    opened: float
    lesson: str = ""
    steps: int = 0
    joined: int = 0
    # Tells one class from the next one, in the browsers of learners.
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    code: str = field(default_factory=new_code)
    network: str = field(default_factory=new_network)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    seen: dict[int, float] = field(default_factory=dict)
    answers: ClassAnswers = field(default_factory=ClassAnswers)

    def cookie(self, number: int) -> str:
        """Returns the value of a learner's cookie, which only this class knows."""
        signature = hmac.digest(self.key, f"learner {number}".encode(), hashlib.sha256).hex()
        return f"{number}.{signature}"

    def number(self, cookie: str) -> int:
        """Returns the learner behind a cookie; 0 where this class has not signed it."""
        match = _COOKIE.fullmatch(cookie)
        genuine = match is not None and hmac.compare_digest(cookie, self.cookie(int(match[1])))
        return int(match[1]) if match and genuine else 0

    def is_open(self, lesson: str, step: int = 1) -> bool:
        """Tells whether learners may see a step, counted from 1, of a lesson."""
        return self.lesson in ("", lesson) and (not self.steps or not self.lesson or step <= self.steps)


@dataclass
class Classroom:
    """Opens a class, lets learners in, gathers what they answer, and ends it. Safe to use from threads.

    `password` is the teacher's, `made_up` by this program where the operator set none. `limiter` counts each learner as
    a client of its own, `mode_lock` holds while the class wants one mode for everybody, `record` remembers what to
    delete, and `when_closed` are told the clients of a class that is over. `clock` counts seconds.
    """

    password: str = field(repr=False)
    limiter: RateLimiter
    mode_lock: ModeLock
    record: ClassRecord
    clock: Callable[[], float] = time.monotonic
    made_up: bool = False
    when_closed: list[Callable[[set[str]], None]] = field(default_factory=list)
    _room: Room | None = None
    # When, and from which address, a wrong code was tried.
    _wrong: deque[tuple[float, str]] = field(default_factory=deque)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def room(self) -> Room | None:
        """Returns the class that is open; None where there is none. One whose time is over ends here."""
        room = self._room
        if room and self.clock() - room.opened >= self.limiter.limits.classroom.hours * 3600:
            self.close()
        return self._room

    # ---- the teacher ----

    def open(self, places: int, locked: bool = True) -> Room:
        """Opens a class for so many learners; `locked`: everybody works in general mode. Raises RequestError."""
        with self._lock:
            if self.room:
                raise RequestError("A class is open already.", "Close it first.")
            self._require_places(places)
            room = Room(places, self.clock())
            self.record.add(room.network, self.limiter.limits.classroom.learners)
            self._room = room
            self.lock_mode(locked)
            return room

    def change(self, lesson: str, steps: int, locked: bool, places: int) -> None:
        """Opens a lesson (or all, "") and so many of its steps (or all, 0), and sets the rest. Raises RequestError."""
        with self._lock:
            room = self.require_room()
            self._require_places(places)
            room.lesson, room.steps, room.places = lesson, steps, places
            self.lock_mode(locked)

    def renew_code(self) -> None:
        """Gives the class another code, and forgets the wrong ones: they were guesses at the old one."""
        with self._lock:
            self.require_room().code = new_code()
            self._wrong.clear()

    def lock_mode(self, locked: bool) -> None:
        """Lets everybody at this studio work in general mode, or choose again."""
        self.mode_lock.mode = BASE_MODE if locked else ""

    @property
    def is_mode_locked(self) -> bool:
        """Tells whether the class has set the mode."""
        return bool(self.mode_lock.mode)

    def close(self) -> None:
        """Ends the class: its answers are deleted, its cookies are nobody's. `Studio.close_class` deletes the rest."""
        with self._lock:
            room, self._room = self._room, None
            self.lock_mode(False)
            self._wrong.clear()
            if room:
                room.answers.clear()
                clients = {self.client(room, number) for number in range(1, room.joined + 1)}
                self.limiter.former.update(clients)
                self.limiter.learners.difference_update(clients)
                for tell in self.when_closed:
                    tell(clients)

    # ---- learners ----

    def join(self, code: str, client: str) -> str:
        """Returns the cookie of a new learner. Raises RequestError for a wrong code or a full class, LimitError."""
        typed = "".join(letter for letter in code.upper() if letter.isalpha())[: 2 * CODE_LETTERS]
        with self._lock:
            room = self.require_room()
            # Counted first, so that who guesses too often does not learn that a guess was right.
            self._require_tries(client)
            if not hmac.compare_digest(typed.encode(), room.code.encode()):
                self._wrong.append((self.clock(), client))
                raise RequestError(WRONG_CODE, WRONG_CODE_ADVICE)
            if room.joined >= room.places:
                raise RequestError(f"The class is full: {room.places} learners have joined.", "Tell your teacher.")
            room.joined += 1
            self.limiter.learners.add(self.client(room, room.joined))
            room.seen[room.joined] = self.clock()
            return room.cookie(room.joined)

    def address(self, cookie: str) -> str:
        """Returns the address that stands for a learner; "" for a cookie of no class that is open."""
        room = self.room
        number = room.number(cookie) if room and cookie else 0
        return address_of(room.network, number) if room and number else ""

    def here(self, cookie: str) -> Room:
        """Notes that a learner's page is open; returns the class. Raises RequestError once it is over."""
        room = self.room
        number = room.number(cookie) if room else 0
        if not room or not number:
            raise RequestError(OVER, OVER_ADVICE)
        room.seen[number] = self.clock()
        return room

    def answer(self, cookie: str, asked: AskedOf, value: Value) -> None:
        """Takes what a learner has answered. Raises RequestError once the class is over."""
        with self._lock:
            room = self.here(cookie)
            room.answers.put(asked, cookie, value)

    # ---- what the teacher sees ----

    def present(self, room: Room) -> int:
        """Returns how many learners have their page open."""
        return sum(self.clock() - seen < HERE_SECONDS for seen in list(room.seen.values()))

    def values_for(self, cookie: str, asked: AskedOf) -> list[Value]:
        """Returns the same to a learner who has answered, too. Raises RequestError once the class is over."""
        with self._lock:
            room = self.here(cookie)
            return self.values(asked) if room.answers.has(asked, cookie) else []

    def values(self, asked: AskedOf) -> list[Value]:
        """Returns the answers to a question, in no order of persons; none before there are enough of them."""
        with self._lock:
            room = self.room
            found = room.answers.values(asked) if room else []
        return found if len(found) >= self.limiter.limits.classroom.show_from else []

    def counts(self) -> dict[AskedOf, int]:
        """Returns how many have answered each question."""
        with self._lock:
            return self.room.answers.counts() if self.room else {}

    def require_room(self) -> Room:
        """Returns the class that is open. Raises RequestError where there is none."""
        if self.room is None:
            raise RequestError(NO_CLASS, NO_CLASS_ADVICE)
        return self.room

    @staticmethod
    def client(room: Room, number: int) -> str:
        """Returns the client that a learner counts as."""
        return client_of(address_of(room.network, number))

    def _require_places(self, places: int) -> None:
        most = self.limiter.limits.classroom.learners
        if not 1 <= places <= most:
            raise RequestError(f"A class has 1 to {most} learners.", "Choose another number.")

    def _require_tries(self, client: str) -> None:
        limits, now = self.limiter.limits.classroom, self.clock()
        window = limits.within_minutes * 60
        while self._wrong and now - self._wrong[0][0] >= window:
            self._wrong.popleft()
        own = [when for when, who in self._wrong if who == client]
        for times, most in (
            (own, limits.code_tries),
            ([when for when, _ in self._wrong], limits.code_tries * ALL_ADDRESSES_FACTOR),
        ):
            if len(times) >= most:
                raise LimitError("Too many wrong codes were tried.", window - (now - times[-most]))
