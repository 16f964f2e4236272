"""Servers of their own for tests that need a reviewer, limits or proxies."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from engines.testing import FakeEngine
from safety.review.service import ReviewSettings
from studio import Studio
from studio.class_record import ClassRecord
from studio.classroom import Classroom
from tests.fakes import fake_review, fake_studio, limits
from tests.ui.conftest import Served

PASSWORD = "a password for reviewers"


@contextmanager
def serving(
    home: Path,
    settings: ReviewSettings | None = None,
    reach: Any = None,
    teacher: str = "",
    engine: FakeEngine | None = None,
    exporter: Any = None,
    change: Callable[[Studio], Studio] = lambda studio: studio,
    **table: Any,
) -> Iterator[Served]:
    """`table`: parts of limits.toml. `teacher`: the password with which a class can be opened.

    `change` gets the studio before it is served.
    """
    from ui.web import page

    engine = engine or FakeEngine()
    studio = fake_studio(home, engine, exporter)
    studio = replace(studio, review=fake_review(studio.audit, home, limits(**table), settings))
    if teacher:
        limiter, record = studio.review.rate_limiter, ClassRecord(home / "class.txt")
        studio = replace(studio, classroom=Classroom(teacher, limiter, studio.policy.class_lock, record))
    studio = change(studio)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    blocks = page.build(studio)
    page.launch(blocks, studio.review, "127.0.0.1", port, wait=False, reach=reach, studio=studio)
    try:
        yield Served(studio, engine, f"http://127.0.0.1:{port}")
    finally:
        blocks.close(verbose=False)
        studio.audit.close()
