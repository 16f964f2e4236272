"""What tests in several folders need."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import postgres

settings.register_profile("any machine", deadline=None)  # machines under load are slow, not wrong
settings.load_profile("any machine")


class Loggers(dict[str, Any]):
    """The table of all loggers, whose values may be walked while another thread adds one.

    pytest 9.2 walks it before each test, and a page that still serves imports modules, each with a logger of its own.
    """

    def values(self) -> list[Any]:  # type: ignore[override]
        return list(super().values())


logging.root.manager.loggerDict = Loggers(logging.root.manager.loggerDict)

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SLOW_FILE = re.compile(r"^pytestmark = .*\bpytest\.mark\.slow\b", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Passes over the files of which every test is slow, where slow ones are left out: torch alone takes seconds to
    import.
    """
    fast = config.option.markexpr == "not slow" and collection_path.suffix == ".py"
    return True if fast and SLOW_FILE.search(collection_path.read_text("utf-8")) else None


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[postgres.Cluster]:
    programs = postgres.programs()
    if programs is None:
        pytest.skip(postgres.MISSING)
    with postgres.cluster(programs) as cluster:
        yield cluster


@pytest.fixture
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str | Path]:
    """A new place for an audit log, by the kind of database."""

    def make(kind: str) -> str | Path:
        if kind == SQLITE:
            return tmp_path / "audit.sqlite3"
        cluster: postgres.Cluster = request.getfixturevalue("postgres_cluster")
        return cluster.new_database()

    return make


@pytest.fixture(params=[SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest, new_place: Callable[[str], str | Path]) -> str | Path:
    """Each test that asks for it runs once on every kind of database."""
    return new_place(request.param)
