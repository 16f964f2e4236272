"""A finished picture in another format: every mark reads back, the stamp is the same, and it is on record."""

from __future__ import annotations

from pathlib import Path

import pytest

from safety.errors import RequestError
from safety.generation import Delivered, GenerationRequest
from safety.marks import Marks
from safety.marks.export import Exporter
from tests.fakes import fake_studio


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    home = tmp_path_factory.mktemp("home")
    studio = fake_studio(home, exporter=Exporter(Marks(home / "keys")))
    delivered = studio.create(GenerationRequest("a red apple", seed=7))
    assert isinstance(delivered, Delivered) and delivered.pictures[0].export
    yield studio, delivered.case, delivered.pictures[0].export
    studio.audit.close()


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_another_format_has_all_marks_and_the_same_stamp(made, format: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio, case, export = made
    other = studio.in_format(case, export, format, tmp_path)
    assert other.stamp == export.stamp and set(other.marks) == set(export.marks)
    read = studio.verify(other.path).as_json()
    assert read["layers"]["registry"]["case"] == case and read["layers"]["credentials"]["found"]
    assert studio.reveals(other) and studio.show_case(case)[-1]["event"] == "formatted"


def test_its_own_format_is_the_file_itself(made, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio, case, export = made
    assert studio.in_format(case, export, "png", tmp_path) == export


def test_an_unknown_format_is_refused(made, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio, case, export = made
    with pytest.raises(RequestError, match="gif"):
        studio.in_format(case, export, "gif", tmp_path)


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "not kept"])
def test_words_stand_in_the_other_format_only_where_the_person_had_them_written(tmp_path: Path, kept: bool) -> None:
    studio = fake_studio(tmp_path, exporter=Exporter(Marks(tmp_path / "keys")))
    delivered = studio.create(GenerationRequest("a red apple", seed=7, keep_prompt=kept))
    assert isinstance(delivered, Delivered) and delivered.pictures[0].export
    other = studio.in_format(delivered.case, delivered.pictures[0].export, "webp", tmp_path)
    shown = [row["value"] for row in studio.reveals(other)]
    assert any("a red apple" in value for value in shown) is kept
    studio.audit.close()
