"""A finished picture of this studio, larger: judged and marked anew, on record, and no picture from anywhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from safety.errors import LimitError, RequestError, StudioError
from safety.generation import Delivered, Enlarged, EnlargeRequest, Export, GenerationRequest, Refused
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.records import Verdict
from studio import Studio
from tests.fakes import fake_review, fake_studio, limits

SMALL = GenerationRequest("a red apple", width=256, height=256, seed=7)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = fake_studio(tmp_path)
    yield studio
    studio.audit.close()


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, Export, Enlarged]]:
    """A studio with real marks, a picture of it, and the same picture twice as large."""
    home = tmp_path_factory.mktemp("marked")
    studio = fake_studio(home, exporter=Exporter(Marks(home / "keys")))
    small = made(studio)
    yield studio, small, studio.enlarge(EnlargeRequest(str(small.stamp)))
    studio.audit.close()


def made(studio: Studio, request: GenerationRequest = SMALL) -> Export:
    outcome = studio.create(request)
    assert isinstance(outcome, Delivered)
    export = outcome.pictures[0].export
    assert export
    return export


def events(studio: Studio, case: str) -> list[str]:
    return [row["event"] for row in studio.show_case(case)]


@pytest.mark.parametrize("times", [2, 4])
def test_it_is_so_many_times_larger(studio: Studio, times: int) -> None:
    small = made(studio)
    enlarged = studio.enlarge(EnlargeRequest(str(small.stamp), times))
    assert enlarged.result.export
    with Image.open(enlarged.result.export.path) as image:
        assert image.size == (256 * times, 256 * times)
    assert enlarged.source == str(small.stamp)
    assert enlarged.result.export.stamp != small.stamp


def test_it_is_found_by_the_hash_of_its_file(studio: Studio) -> None:
    small = made(studio)
    assert studio.enlarge(EnlargeRequest(small.sha256)).source == str(small.stamp)


def test_it_has_a_case_of_its_own_that_says_where_it_came_from(studio: Studio) -> None:
    small = made(studio)
    enlarged = studio.enlarge(EnlargeRequest(str(small.stamp)))
    rows = {row["event"]: row["facts"] for row in studio.show_case(enlarged.case)}
    assert list(rows) == ["opened", "enlarged", "generated", "judged", "exported", "closed"]
    assert rows["opened"]["kind"] == "enlarge"
    assert rows["enlarged"] == {"source": str(small.stamp), "source_case": small.path.parent.name, "times": 2}
    assert rows["generated"]["seeds"] == [7]
    assert rows["exported"]["source"] == str(small.stamp)
    assert rows["closed"]["outcome"] == "delivered"
    assert studio.verify_audit() == []


def test_an_enlarged_picture_can_be_enlarged_again(studio: Studio) -> None:
    once = studio.enlarge(EnlargeRequest(str(made(studio).stamp))).result.export
    assert once
    twice = studio.enlarge(EnlargeRequest(str(once.stamp)))
    assert twice.result.export
    assert (twice.result.export.width, twice.source) == (1024, str(once.stamp))


def test_each_picture_of_a_set_keeps_its_own_seed(studio: Studio) -> None:
    outcome = studio.create(replace(SMALL, count=3))
    assert isinstance(outcome, Delivered)
    for result in outcome.pictures:
        assert result.export
        enlarged = studio.enlarge(EnlargeRequest(str(result.export.stamp)))
        assert enlarged.result.picture.seed == result.picture.seed


def test_it_is_judged_by_the_words_it_was_made_from_and_by_no_others(studio: Studio) -> None:
    small = str(made(studio).stamp)
    assert studio.enlarge(EnlargeRequest(small, prompt=SMALL.prompt)).result.picture.prompt == SMALL.prompt
    assert studio.enlarge(EnlargeRequest(small, prompt="a harmless thing")).result.picture.prompt == ""


def test_what_the_picture_checks_stop_now_is_withheld_and_waits_for_an_appeal(studio: Studio) -> None:
    small = made(studio)
    stopped = studio.look(Image.new("RGB", (256, 256)), "general", "a spoilt picture")
    assert stopped.verdict is Verdict.BLOCK
    studio.__dict__["guard"] = _Guard(stopped)
    enlarged = studio.enlarge(EnlargeRequest(str(small.stamp)))
    assert enlarged.result.export is None
    assert enlarged.refusal().decision is stopped
    assert events(studio, enlarged.case)[-2:] == ["judged", "closed"]
    assert len(studio.review.appeals.quarantine.take(enlarged.case)) == 1
    assert not (studio.outputs / enlarged.case).exists()


class _Guard:
    """Finds in every picture what it was given."""

    def __init__(self, decision: object) -> None:
        self.check_image = lambda *_: decision


def test_a_withheld_picture_has_nothing_to_enlarge_until_a_reviewer_lets_it_through(studio: Studio) -> None:
    refused = studio.create(replace(SMALL, prompt="a spoilt apple"))
    assert isinstance(refused, Refused)
    assert "exported" not in events(studio, refused.case)
    assert not (studio.outputs / refused.case).exists()


def test_what_was_veiled_by_its_words_stays_veiled(studio: Studio) -> None:
    shock = replace(SMALL, prompt="a shock")
    stamp = str(made(studio, shock).stamp)
    for words in ("", "a red apple"):
        with pytest.raises(RequestError, match="veiled"):
            studio.enlarge(EnlargeRequest(stamp, prompt=words))
    assert studio.enlarge(EnlargeRequest(stamp, prompt="a shock")).result.veiled


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        pytest.param(lambda stamp: EnlargeRequest("0" * 16), "has not made such a picture", id="stamp of nobody"),
        pytest.param(lambda stamp: EnlargeRequest("0" * 64), "has not made such a picture", id="another file"),
        pytest.param(lambda stamp: EnlargeRequest("../../etc"), "named by its stamp", id="no name of a picture"),
        pytest.param(lambda stamp: EnlargeRequest(stamp.upper() + " "), "named by its stamp", id="no stamp"),
        pytest.param(lambda stamp: EnlargeRequest(stamp, 3), "cannot be enlarged 3 times", id="three times"),
        pytest.param(lambda stamp: EnlargeRequest(stamp, 400), "cannot be enlarged 400 times", id="400 times"),
        pytest.param(lambda stamp: EnlargeRequest(stamp, language="xx"), "language", id="no such language"),
    ],
)
def test_what_cannot_be_enlarged_is_refused_in_a_sentence_and_leaves_no_case(
    studio: Studio, asked: Callable[[str], EnlargeRequest], sentence: str
) -> None:
    stamp = str(made(studio).stamp)
    with pytest.raises(RequestError, match=sentence):
        studio.enlarge(asked(stamp))
    assert len(studio.list_cases(10)) == 1


def test_no_side_has_more_than_2048_pixels(studio: Studio) -> None:
    large = made(studio, replace(SMALL, width=640, height=320))
    with pytest.raises(RequestError, match="2560 x 1280 pixels are too many"):
        studio.enlarge(EnlargeRequest(str(large.stamp), 4))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.unlink(), id="deleted"),
        pytest.param(lambda path: Image.new("RGB", (256, 256)).save(path), id="another in its place"),
    ],
)
def test_a_file_that_is_gone_or_was_changed_is_not_enlarged(studio: Studio, spoil: Callable[[Path], None]) -> None:
    small = made(studio)
    spoil(small.path)
    with pytest.raises(RequestError, match="not kept here any more"):
        studio.enlarge(EnlargeRequest(str(small.stamp)))


def test_a_picture_that_was_only_marked_here_is_not_enlarged(studio: Studio, tmp_path: Path) -> None:
    export = studio.mark(Image.new("RGB", (256, 256)), tmp_path / "foreign.png")
    with pytest.raises(RequestError, match="has not made such a picture"):
        studio.enlarge(EnlargeRequest(str(export.stamp)))


def test_it_counts_as_a_creation(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    studio = replace(studio, review=fake_review(studio.audit, tmp_path, limits(hour={"generations": 2})))
    stamp, stranger = str(made(studio).stamp), "203.0.113.9"
    for _ in range(2):
        studio.enlarge(EnlargeRequest(stamp), client=stranger)
    with pytest.raises(LimitError):
        studio.enlarge(EnlargeRequest(stamp), client=stranger)
    studio.audit.close()


def test_without_an_enlarger_it_says_so(studio: Studio) -> None:
    with pytest.raises(StudioError, match="nothing to enlarge"):
        replace(studio, enlarger=None).enlarge(EnlargeRequest("0" * 16))


def test_every_mark_names_the_new_stamp_and_the_one_it_came_from(marked: tuple[Studio, Export, Enlarged]) -> None:
    studio, small, enlarged = marked
    assert enlarged.result.export
    found = studio.verify(enlarged.result.export.path)
    assert set(found.stamps.values()) == {str(enlarged.result.export.stamp)}
    assert len(found.stamps) == 4
    assert found.contradictions == ()
    layers = found.as_json()["layers"]
    assert layers["metadata"]["source"] == str(small.stamp)
    assert layers["credentials"]["claims"]["source"] == str(small.stamp)
    assert layers["registry"]["source"] == str(small.stamp)
    assert f"enlarged from the picture {small.stamp}" in found.summary


def test_its_credentials_build_on_those_of_the_smaller_picture(marked: tuple[Studio, Export, Enlarged]) -> None:
    studio, _, enlarged = marked
    assert enlarged.result.export
    claims = studio.verify(enlarged.result.export.path).as_json()["layers"]["credentials"]["claims"]
    assert claims["actions"] == ("c2pa.opened", "c2pa.resized", "c2pa.watermarked.bound")
    assert claims["earlier"] == ("Safelight 0.1.0",)


def test_the_visible_label_is_not_drawn_over_the_one_that_is_there(marked: tuple[Studio, Export, Enlarged]) -> None:
    _, small, enlarged = marked
    assert enlarged.result.export
    corner = (128, 0, 256, 64)
    before = Image.open(small.path).convert("L").crop(corner)
    after = Image.open(enlarged.result.export.path).convert("L").resize((256, 256), Image.Resampling.BOX).crop(corner)
    differences = [abs(a - b) for a, b in zip(before.tobytes(), after.tobytes(), strict=True)]
    assert sum(differences) / len(differences) < 6


def test_the_smaller_file_stays_as_it_was(marked: tuple[Studio, Export, Enlarged]) -> None:
    _, small, _ = marked
    assert hashlib.sha256(small.path.read_bytes()).hexdigest() == small.sha256


def test_the_larger_picture_is_in_the_library_of_whoever_asked_and_of_nobody_else(studio: Studio) -> None:
    stamp = str(made(studio).stamp)
    enlarged = studio.enlarge(EnlargeRequest(stamp), person="ann")
    assert enlarged.result.export
    assert studio.library.entry("ann", str(enlarged.result.export.stamp)).width == 512
    with pytest.raises(RequestError):
        studio.library.entry("bob", str(enlarged.result.export.stamp))
