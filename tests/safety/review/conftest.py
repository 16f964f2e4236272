"""A studio on every kind of database, and ways to be refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from safety.generation import GenerationRequest, Refused
from safety.review.appeals import AppealRequest
from studio import Studio
from tests.fakes import fake_studio

SMALL = {"width": 256, "height": 256, "steps": 1}
GORE = GenerationRequest("gore", **SMALL)  # refused as a prompt
SPOILT = GenerationRequest("spoilt", seed=7, **SMALL)  # its picture is withheld
REASON = "A film prop, and said to be one."


@pytest.fixture
def studio(place: str | Path, tmp_path: Path) -> Iterator[Studio]:
    studio = fake_studio(tmp_path, place=place)
    yield studio
    assert studio.audit.verify() == []
    studio.audit.close()


def refused(studio: Studio, request: GenerationRequest = GORE) -> str:
    outcome = studio.create(request)
    assert isinstance(outcome, Refused)
    return outcome.case


def appealed(studio: Studio, request: GenerationRequest = GORE, **more: object) -> str:
    case = refused(studio, request)
    studio.appeal(AppealRequest(case, request.prompt, **more))  # type: ignore[arg-type]
    return case


def events(studio: Studio, case: str) -> list[str]:
    return [row["event"] for row in studio.audit.show(case)]
