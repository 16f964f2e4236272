"""What every server does before it starts, and beside its work."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from safety.errors import RequestError, StudioError
from ui.cli.exit_codes import say

if TYPE_CHECKING:
    from studio import Studio
    from studio.classroom import Classroom

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
PURGE_EVERY = 3600  # seconds
# Somewhat less, so that a round is not left out for being some seconds early.
ROOT_EVERY = timedelta(minutes=55)


def require_free(host: str, port: int) -> None:
    """Raises RequestError where the page cannot be served at this address."""
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        why = f"{host}:{port} cannot be served: {error.strerror or error}."
        raise RequestError(why, "Choose another one with --port or --host.") from error


def say_how_to_teach(classroom: Classroom, host: str, port: int) -> None:
    """Says where the teacher's page is, and what opens it if the operator has set no password.

    Says, too, that learners cannot come, where they cannot.
    """
    here = "127.0.0.1" if host in ("0.0.0.0", "::", "[::]", "") else host
    password = f"; its password is {classroom.password}" if classroom.made_up else ""
    say(f"The teacher's page is http://{here}:{port}/class/teacher{password}")
    if host in LOOPBACK_NAMES:
        say("Only this machine reaches the page. Start with --host 0.0.0.0 so that learners can join.")


def work_beside(studio: Studio) -> None:
    """Starts what goes on while a studio serves: old things are deleted, roots signed, decided cases told."""
    threading.Thread(target=_work_regularly, args=(studio,), daemon=True).start()
    if studio.webhook:
        threading.Thread(target=studio.webhook.run, daemon=True).start()


def _work_regularly(studio: Studio) -> None:
    # At the start, too: over what was done before a studio that never runs for an hour.
    _attempt(partial(studio.audit.sign_root, ROOT_EVERY))
    while True:
        time.sleep(PURGE_EVERY)
        _attempt(studio.purge)
        _attempt(partial(studio.audit.sign_root, ROOT_EVERY))


def _attempt(work: Callable[[], object]) -> None:
    try:
        work()
    except StudioError as error:
        # The next round tries again.
        say(error.sentence)
