"""Which clients were learners of a class: kept while it runs, so that a crash leaves nothing of it behind.

One line a class, its network and how many learners it may have. Random numbers, no names; the line goes with the class.
"""

from __future__ import annotations

import ipaddress
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from safety.errors import KeysError
from safety.review.client import client_of
from safety.review.retention import Retention

FILE = "class.txt"


def new_network() -> str:
    """Returns the first three groups of a random network of unique local addresses (RFC 4193), for one class."""
    digits = f"fd{secrets.token_hex(5)}"
    return ":".join((digits[:4], digits[4:8], digits[8:]))


def address_of(network: str, number: int) -> str:
    """Returns the address of a learner in the network of a class: each has a /64, as a subscriber has."""
    return str(ipaddress.IPv6Address(f"{network}:{number:x}::1"))


def person_of_learner(client: str) -> str:
    """Returns whose library it is that a learner fills while the class runs."""
    return f"class:{client}"


@dataclass(frozen=True)
class ClassRecord:
    """Reads and writes the file."""

    path: Path

    def add(self, network: str, learners: int) -> None:
        """Notes a class, before anybody can join. Raises KeysError where the file cannot be written."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.path.open("a", encoding="ascii") as file:
                file.write(f"{network} {learners}\n")
        except OSError as error:
            raise KeysError(
                f"{self.path} cannot be written: {error.strerror or error}.", "Free it, then try again."
            ) from error

    def people(self, but: str = "") -> list[tuple[str, str]]:
        """Returns client and person of every learner there may have been; not of the class in the network `but`."""
        clients = [
            client_of(address_of(network, number))
            for network, learners in self._classes()
            if network != but
            for number in range(1, learners + 1)
        ]
        return [(client, person_of_learner(client)) for client in dict.fromkeys(clients)]

    def forget(self, retention: Retention, but: str = "") -> tuple[list[str], int]:
        """Deletes all that is kept of classes that are over: files, words, libraries, what limits count.

        Returns what was deleted, files by their names, and how many of their cases are still open: a later call
        deletes those.
        """
        people = self.people(but)
        if not people:
            return [], 0
        deleted, left = retention.forget(people)
        if not left:
            self.keep(but)
        return deleted, left

    def keep(self, network: str = "") -> None:
        """Forgets all classes but the one in this network."""
        kept = [f"{one} {learners}\n" for one, learners in self._classes() if one == network]
        if kept:
            self.path.write_text("".join(kept), "ascii")
        else:
            self.path.unlink(missing_ok=True)

    def _classes(self) -> list[tuple[str, int]]:
        with suppress(OSError, ValueError):
            lines = self.path.read_text("ascii").splitlines()
            return [(network, int(learners)) for network, _, learners in (line.partition(" ") for line in lines)]
        return []
