"""A studio made of settings: nothing is opened before it is needed, and what cannot be made is said at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safety.errors import StudioError
from studio.factory import make_studio
from studio.settings import Settings


def test_making_a_studio_touches_no_disk(tmp_path: Path) -> None:
    studio = make_studio(Settings(tmp_path / "home"))
    assert studio.check("a red apple", "general").verdict.name == "ALLOW"
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="folders have no mode here")
def test_the_home_is_for_its_owner_only(tmp_path: Path) -> None:
    studio = make_studio(Settings(tmp_path / "home"))
    assert studio.audit.list() == []
    studio.audit.close()
    for path in [tmp_path / "home", *(tmp_path / "home").iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path


WRONG_MARKS = [
    pytest.param({"LABEL_LANGUAGE": "tlh"}, "one of en, de", id="a language without words"),
    pytest.param({"LABEL_BADGE": "nowhere.svg"}, "cannot be read", id="no badge there"),
    pytest.param({"SIGNING_CERT": "nowhere.pem", "SIGNING_KEY": "k.pem"}, "cannot be read", id="no certificate there"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("variables", "words"), WRONG_MARKS)
def test_marks_that_cannot_be_made_are_named_before_anything_is(
    tmp_path: Path, variables: dict[str, str], words: str
) -> None:
    settings = Settings.read(
        {f"SAFELIGHT_{name}": value for name, value in {"HOME": str(tmp_path), **variables}.items()}
    )
    with pytest.raises(StudioError) as caught:
        make_studio(settings)
    assert words in caught.value.sentence
