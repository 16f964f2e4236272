"""What is done to a marked file afterwards: it changes what it says it changes, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safety.errors import RequestError
from safety.image_io import open_picture
from safety.marks import Marks, credentials, metadata_reader
from safety.marks.export import Exporter, Provenance
from safety.marks.tampering import painted, resaved, stripped, with_pixels
from tests.fakes_marks import file_of, flat_art


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("tampering")
    exporter = Exporter(Marks(folder / "keys"))
    return exporter.export(flat_art(1), Provenance(engine="pocket", model="pocket"), folder / "a.png").path.read_bytes()


def pixels(file: bytes) -> np.ndarray:
    return np.asarray(open_picture(file))


@settings(max_examples=15, deadline=None)
@given(many=st.integers(1, 200_000))
def test_as_many_pixels_change_as_were_painted(file: bytes, many: int) -> None:
    changed = (pixels(file) != pixels(painted(file, many))).any(-1)
    side = int(many**0.5)
    assert changed.sum() <= side * side and (changed.sum() > 0)
    rows, columns = np.nonzero(changed)
    assert np.ptp(rows) < side and np.ptp(columns) < side


def test_one_painted_pixel_is_one_changed_pixel(file: bytes) -> None:
    assert (pixels(file) != pixels(painted(file, 1))).any(-1).sum() == 1


def test_credentials_and_metadata_stay_when_the_pixels_are_replaced(file: bytes) -> None:
    other = flat_art(4)
    swapped = with_pixels(file, other)
    assert np.array_equal(pixels(swapped), np.asarray(other))
    assert metadata_reader.read(swapped) == metadata_reader.read(file)
    read = credentials.read(swapped)
    assert read is not None and not read.valid
    assert "assertion.dataHash.mismatch" in read.summary.problems


def test_a_stripped_file_keeps_its_pixels_and_nothing_else(file: bytes) -> None:
    bare = stripped(file)
    assert np.array_equal(pixels(bare), pixels(file))
    assert credentials.read(bare) is None
    assert not metadata_reader.interpret(metadata_reader.read(bare)).found


def test_a_file_that_is_saved_again_is_a_smaller_jpeg_without_metadata(file: bytes) -> None:
    again = resaved(file, 70, 0.75)
    assert again.startswith(b"\xff\xd8") and open_picture(again).size == (384, 384)
    assert credentials.read(again) is None


WRONG = {
    "another size": lambda file: with_pixels(file, Image.new("RGB", (64, 64))),
    "another format": lambda file: with_pixels(file_of(flat_art(1), "JPEG"), flat_art(1)),
}


@pytest.mark.parametrize("act", WRONG.values(), ids=WRONG)
def test_pixels_that_do_not_fit_are_refused(file: bytes, act: object) -> None:
    with pytest.raises(RequestError, match="Only a PNG"):
        act(file)  # type: ignore[operator]


def test_what_was_checked_and_fits_is_named(file: bytes) -> None:
    whole, broken = credentials.read(file), credentials.read(painted(file, 1))
    assert whole is not None and broken is not None
    assert {"claimSignature.validated", "assertion.dataHash.match"} <= set(whole.summary.passed)
    assert "assertion.dataHash.match" not in broken.summary.passed
    assert "claimSignature.validated" in broken.summary.passed
    assert whole.summary.signer.startswith("Safelight studio") and whole.summary.algorithm == "Es256"
