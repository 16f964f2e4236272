"""What each stage of the filter has against a row, and what is kept of what it saw."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from safety.errors import FileError
from safety.guard import Guard
from safety.policy.model import load_policy
from safety.records import Assessment, Finding, Prompt, Stage, Verdict
from safety.resources import PRESETS
from studio.curation import stages_of_content
from studio.curation.balance import load_group_terms
from studio.curation.filter_config import FilterConfig, load_filter_config
from studio.curation.looking import FilterRules, make_pipeline
from studio.curation.near_copies import NearCopies
from studio.curation.observation import Observation
from studio.curation.rows import Fate, Row
from studio.curation.stages import Subject
from studio.curation.stages_of_content import Captions, HardLines, RowJudgement, context_terms
from studio.curation.stages_of_files import Decoding, Duplicates, ListedHashes, Permission, Quality, WatermarkHint
from tests.training_data import picture

POLICY = load_policy(PRESETS)
CONFIG: FilterConfig = load_filter_config(PRESETS)


def subject(data: bytes | None = None, caption: str = "", **fields: str) -> Subject:
    row = Row("id", 0, caption, data, fields)
    return Subject(row, Observation("id", "shard", 0, caption=caption))


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def decoded(data: bytes) -> Subject:
    found = subject(data)
    DECODING.look([found])
    return found


DECODING = Decoding()
BOMB = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0" + b"\0" * 4


@pytest.fixture(scope="module", autouse=True)
def _close_pool() -> Iterator[None]:
    yield
    close_pool(DECODING)


def close_pool(stage: object) -> None:
    assert isinstance(stage, Decoding)
    if stage._pool is not None:
        stage._pool.close()


# ---- files ----


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"", "The file is empty.", id="empty"),
        pytest.param(b"text", "no picture", id="no picture"),
        pytest.param(picture()[:200], "damaged", id="cut off"),
        pytest.param(
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0" + b"\0" * 4,
            "",
            id="a bomb by its header",
        ),
    ],
)
def test_what_cannot_be_decoded_has_failed(data: bytes, problem: str) -> None:
    seen = decoded(data).seen
    assert problem in seen.problem and seen.problem and seen.problem_stage == "decode"
    ruling = DECODING.rule(seen)
    assert ruling is not None and ruling.fate is Fate.LEAVE


def test_what_is_decoded_has_size_format_and_hashes() -> None:
    found = decoded(picture(1))
    assert (found.seen.width, found.seen.height, found.seen.format) == (96, 80, "PNG")
    assert found.seen.sha256 == hashlib.sha256(picture(1)).hexdigest()
    assert len(found.seen.pdq) == 64 and found.image is not None
    assert DECODING.rule(found.seen) is None


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256", "pdq", "mirrored"])
def test_a_listed_picture_is_found_by_any_hash_and_copied_nowhere(tmp_path: Path, kind: str) -> None:
    found = decoded(picture(3, (300, 200)))
    assert found.image is not None
    mirrored = Image.fromarray(np.asarray(found.image)[:, ::-1])
    digits = {"pdq": found.seen.pdq, "mirrored": decoded(png(mirrored)).seen.pdq}
    listed = digits.get(kind) or hashlib.new(kind, picture(3, (300, 200))).hexdigest()
    (tmp_path / "ours.txt").write_text(f"# a list\n\n{listed} a name\n")
    stage = ListedHashes([tmp_path / "ours.txt"])
    other = decoded(picture(9, (300, 200)))
    found.seen.caption = other.seen.caption = "words"
    stage.look([found, other])
    assert (found.seen.listed, other.seen.listed) == ("ours", "")
    assert "words" not in found.seen.as_line() and other.seen.caption == "words"
    ruling = stage.rule(found.seen)
    assert ruling is not None and ruling.fate is Fate.LEAVE and not found.is_open


@pytest.mark.parametrize("line", ["xyz", "12345", "g" * 64])
def test_a_list_with_a_line_that_is_no_hash_names_it(tmp_path: Path, line: str) -> None:
    (tmp_path / "list.txt").write_text(f"{'0' * 64}\n{line}\n")
    with pytest.raises(FileError, match="line 2: no hash"):
        ListedHashes([tmp_path / "list.txt"])


@pytest.mark.parametrize(
    ("fields", "reserved"),
    [
        ({"tdm-reservation": "1"}, True),
        ({"TDM_Reservation": "0"}, False),
        ({"x_robots_tag": "noai, noimageai"}, True),
        ({"x_robots_tag": "all"}, False),
        ({"ai_txt": "Disallow"}, True),
        ({"opt_out": "true"}, True),
        ({"opt_out": ""}, False),
        ({"allow_training": "no"}, True),
        ({"robots": "index, noai"}, True),
        ({"robots": "all"}, False),
        ({"ai.txt": "Disallow: /"}, True),
        ({"ai.txt": "allow"}, False),
        ({"TDM Reservation": "1.0"}, True),
        ({"tdm_reservation": "0.0"}, False),
        ({"tdm_reservation": "nan"}, False),
        ({"tdm_reservation": "see policy"}, True),
        ({"NoAI": "True"}, True),
        ({"opt-out": "None"}, False),
        ({}, False),
    ],
)
def test_a_reservation_in_a_column_is_honoured(fields: dict[str, str], reserved: bool) -> None:
    stage, found = Permission(CONFIG.permission), subject(**fields)
    stage.look([found])
    ruling = stage.rule(found.seen)
    assert (ruling is not None) is reserved
    assert ruling is None or ruling.categories == ("opt-out",)


@pytest.mark.parametrize(("licence", "passes"), [("CC0", True), ("cc0", True), ("CC BY-NC", False), ("", False)])
def test_only_licences_that_are_named_are_taken(licence: str, passes: bool) -> None:
    stage, found = Permission(CONFIG.permission, ["CC0"]), subject(license=licence)
    stage.look([found])
    assert (stage.rule(found.seen) is None) is passes


def test_an_agency_is_a_hint_and_takes_nothing_out() -> None:
    stage, found = WatermarkHint(CONFIG.watermarks), subject(caption="A Getty Images photo", url="https://alamy.com/1")
    stage.look([found])
    assert found.seen.watermarks == ("getty images", "alamy")
    assert stage.rule(found.seen) is None


def flat() -> Image.Image:
    return Image.new("RGB", (200, 200), "grey")


def noisy(width: int = 300, height: int = 200) -> Image.Image:
    pixels = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        pytest.param(noisy(), "", id="sound"),
        pytest.param(noisy(40, 300), "40 pixels", id="small"),
        pytest.param(noisy(1000, 100), "10.0 times", id="long"),
        pytest.param(flat(), "next to nothing", id="empty"),
        pytest.param(noisy().filter(ImageFilter.GaussianBlur(12)), "blurred", id="blurred"),
        pytest.param(noisy(1, 1), "1 pixels", id="one pixel"),
    ],
)
def test_quality_is_measured(image: Image.Image, reason: str) -> None:
    stage, found = Quality(CONFIG.quality), subject()
    found.image, found.seen.has_picture = image, True
    found.seen.width, found.seen.height = image.size
    stage.look([found])
    ruling = stage.rule(found.seen)
    assert (ruling is None) is (not reason)
    assert ruling is None or any(reason in each for each in ruling.reasons)


# ---- copies ----


def test_the_first_of_several_copies_stays() -> None:
    stage = Duplicates(CONFIG.duplicates)
    first, same, near, other = (decoded(picture(1, (400, 300))).seen for _ in range(4))
    for name, seen in (("first", first), ("same", same), ("near", near), ("other", other)):
        seen.id = name
    near.sha256, other.sha256 = "1" * 64, "2" * 64
    near.pdq = f"{int(first.pdq, 16) ^ (1 << 7 | 1 << 99 | 1 << 200):064x}"
    other.pdq = f"{int(first.pdq, 16) ^ ((1 << 40) - 1):064x}"
    assert stage.rule(first) is None
    rulings = [stage.rule(each) for each in (same, near, other)]
    assert [ruling.reasons[0] if ruling else "" for ruling in rulings] == [
        "The same file as first.",
        "Nearly the same picture as first.",
        "",
    ]


hashes = st.integers(0, 2**256 - 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(hashes, max_size=8), st.data(), st.integers(0, 31))
def test_near_copies_are_those_of_a_comparison_with_all(known: list[int], data: st.DataObject, distance: int) -> None:
    copies = NearCopies(distance)
    for number, each in enumerate(known):
        copies.add(f"{each:064x}", str(number))
    near = st.sampled_from(known) if known else hashes
    flips = data.draw(st.lists(st.integers(0, 255), max_size=40))
    asked = data.draw(st.one_of(near, hashes))
    for flip in flips:
        asked ^= 1 << flip
    expected = [number for number, each in enumerate(known) if (each ^ asked).bit_count() <= distance]
    assert copies.find(f"{asked:064x}") == (str(expected[0]) if expected else "")


# ---- content ----


def seen_with(prompt: list[Finding], shown: list[Finding] = (), **facts: bool) -> Observation:  # type: ignore[assignment]
    seen = Observation("id", "shard", 0, caption="words", **facts)  # type: ignore[arg-type]
    seen.prompt = Assessment(Stage.PROMPT, ("test",), tuple(prompt))
    seen.picture = Assessment(Stage.PICTURE, ("test",), tuple(shown))
    return seen


@pytest.mark.parametrize(
    ("seen", "crossed"),
    [
        pytest.param(seen_with([Finding("x", "child_safety", 0.3)]), "child_safety", id="below the policy's limit"),
        pytest.param(seen_with([Finding("x", "child_safety", 0.1)]), "", id="next to nothing"),
        pytest.param(seen_with([], [Finding("x", "intimate_imagery", 0.4)]), "intimate_imagery", id="a picture"),
        pytest.param(seen_with([Finding("x", "sexual", 0.3)]), "", id="adults"),
        pytest.param(seen_with([Finding("x", "sexual", 0.3)], speaks_of_minors=True), "child_safety", id="words"),
        pytest.param(
            seen_with([], [Finding("x", "sexual", 0.3, subcategory="median")], speaks_of_minors=True),
            "child_safety",
            id="a picture beside words",
        ),
        pytest.param(
            seen_with([], [Finding("x", "nudity", 0.9, subcategory="any")], speaks_of_minors=True),
            "",
            id="one model alone",
        ),
        pytest.param(seen_with([], speaks_of_minors=True), "", id="a child at play"),
        pytest.param(
            seen_with([], [Finding("x", "sexual", 0.3, subcategory="young_face")]), "child_safety", id="a young face"
        ),
    ],
)
def test_hard_lines_favour_recall(seen: Observation, crossed: str) -> None:
    stage = HardLines(POLICY, CONFIG.hard_lines)
    assert stage.crossed(seen) == crossed
    found = Subject(Row("id", 0), seen)
    stage.look([found])
    if crossed:
        assert "words" not in found.seen.as_line() and "0.3" not in found.seen.as_line()
        # What is left is enough to decide alike, under whatever policy.
        again = Observation.of_line(found.seen.as_line())
        ruling = stage.rule(again)
        assert ruling is not None and re.match(r"Hard line 1\.[12], (Child safety|Intimate)", ruling.reasons[0])
        assert ruling is not None and ruling.fate is Fate.LEAVE and ruling.verdict == "HARD_BLOCK"
    else:
        assert found.seen is seen and stage.rule(seen) is None


def judged(score: float, contexts: tuple[str, ...] = (), belongs_to: tuple[str, ...] = ()) -> str | None:
    judgement = RowJudgement(POLICY, "general", Verdict.WARN, contexts)
    assessment = Assessment(Stage.PICTURE, ("test",), (Finding("x", "nudity", score, subcategory="median"),))
    ruling = judgement.rule("picture", assessment, belongs_to)
    return None if ruling is None else ruling.context


@pytest.mark.parametrize(
    ("score", "contexts", "belongs_to", "expected"),
    [
        pytest.param(0.0, (), (), None, id="nothing"),
        pytest.param(0.8, (), ("medical",), "", id="a context that nobody asked for"),
        pytest.param(0.8, ("art",), ("medical",), "", id="another context"),
        pytest.param(0.8, ("medical", "art"), ("art",), "art", id="its context"),
    ],
)
def test_a_context_keeps_what_its_mode_lets_pass(
    score: float, contexts: tuple[str, ...], belongs_to: tuple[str, ...], expected: str | None
) -> None:
    assert judged(score, contexts, belongs_to) == expected


class _CountingCheck:
    """Fails as often as it is told to, and counts how often it looks at each text."""

    name, live = "counting", True

    def __init__(self, failures: int = 0) -> None:
        self.failures, self.looked = failures, list[str]()

    def detect(self, prompt: Prompt) -> list[Finding]:
        self.looked.append(prompt.text)
        if len(self.looked) <= self.failures:
            raise RuntimeError("not now")
        return [Finding(self.name, "hate", len(prompt.text) / 100)]


def captions_stage(check: _CountingCheck) -> Captions:
    judgement = RowJudgement(POLICY, "general", Verdict.WARN)
    guard = Guard(POLICY, (check,))
    return Captions(guard, judgement, lambda text: "child" in text, load_group_terms(PRESETS), context_terms(CONFIG))


def test_a_caption_that_repeats_is_judged_once_and_alike() -> None:
    check = _CountingCheck()
    stage = captions_stage(check)
    captions = ["a child", "a statue of a woman", "a child", "a pear"]
    rows = [subject(caption=caption) for caption in captions]
    stage.look(rows[:3])
    stage.look(rows[3:])
    again = [subject(caption=caption) for caption in captions]
    stage.look(again)
    assert sorted(check.looked) == sorted(set(captions))
    assert [row.seen for row in again] == [row.seen for row in rows]
    alone = [subject(caption=caption) for caption in captions]
    for row in alone:
        captions_stage(_CountingCheck()).look([row])
    assert [row.seen for row in alone] == [row.seen for row in rows]
    assert rows[0].seen.speaks_of_minors and rows[0].seen.prompt != rows[1].seen.prompt


def test_a_caption_that_a_check_could_not_look_at_is_looked_at_again() -> None:
    check = _CountingCheck(failures=1)
    stage, (first, second) = captions_stage(check), (subject(caption="a pear"), subject(caption="a pear"))
    stage.look([first])
    stage.look([second])
    assert first.seen.prompt is not None and first.seen.prompt.failed
    assert second.seen.prompt is not None and not second.seen.prompt.failed


def test_only_so_many_captions_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages_of_content, "CAPTIONS_REMEMBERED", 3)
    check = _CountingCheck()
    stage = captions_stage(check)
    stage.look([subject(caption=str(number)) for number in range(5)])
    stage.look([subject(caption="4"), subject(caption="0")])
    assert check.looked == ["0", "1", "2", "3", "4", "0"]


def test_words_say_which_context_a_caption_belongs_to() -> None:
    terms = context_terms(CONFIG)
    assert [group.name for group in terms.find("Marble statue, museum")] == ["art"]
    assert [group.name for group in terms.find("mammogram of a patient")] == ["medical"]
    assert not terms.find("a woman at the beach")


def test_what_was_seen_is_read_back_as_it_was() -> None:
    seen = seen_with([Finding("x", "hate", 0.25, "word", "slur", probability=0.1)], [Finding("y", "sexual", 0.5)])
    seen.groups, seen.notes, seen.ms = (("age", "children"),), ("odd",), {"caption": 1.5}
    assert Observation.of_line(seen.as_line()) == seen


@pytest.mark.slow
def test_the_stages_that_ship_look_at_real_files() -> None:
    pipeline = make_pipeline(FilterRules())
    rows = [
        subject(png(noisy()), "a red apple on a table"),
        subject(png(noisy()), "hardcore porn, explicit sex"),
        subject(b"no picture", "a pear"),
        subject(None, "a picture nobody has fetched yet"),
    ]
    pipeline.look(rows)
    rulings = [pipeline.rule(row.seen) for row in rows]
    close_pool(pipeline.looking[0])
    assert [ruling.stage if ruling else "" for ruling in rulings] == ["", "caption", "decode", ""]
    assert rulings[1] is not None and "sexual" in rulings[1].categories and rulings[1].reasons[0].startswith("P201")
    assert rows[0].seen.picture is not None and set(rows[0].seen.picture.ran) >= {"nudity", "gore", "minors", "copies"}
    assert any("not judged" in each for each in pipeline.not_looked)
