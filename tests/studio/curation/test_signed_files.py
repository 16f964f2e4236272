"""What the filter makes of signed files whose credentials say for what they may be used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PIL import Image

from safety.marks.credentials import read_earlier, sign
from safety.marks.keys import SigningKeys, signing_keys
from safety.marks.provenance import Operator, Provenance
from safety.marks.training_permission import TrainingPermission
from safety.resources import PRESETS
from studio.curation.filter_config import load_filter_config
from studio.curation.observation import Observation
from studio.curation.rows import Row
from studio.curation.stages import Subject
from studio.curation.stages_of_files import Decoding, Permission
from tests.fakes_marks import file_of

TIME = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)
CONFIG = load_filter_config(PRESETS)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SigningKeys:
    """Of a studio that the filter knows nothing of."""
    return signing_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def decoding() -> Iterator[Decoding]:
    stage = Decoding()
    yield stage
    if stage._pool is not None:
        stage._pool.close()


def signed(keys: SigningKeys, format: str, setting: str, earlier: bytes = b"") -> bytes:
    """A file whose credentials alone say something: no metadata beside them."""
    made = Provenance(engine="pocket", operator=Operator(training=TrainingPermission.parse(setting)))
    return sign(file_of(Image.new("RGB", (96, 80), "teal"), format), format, made, TIME, keys, earlier)


def taken_out(decoding: Decoding, data: bytes) -> tuple[str, ...]:
    """Returns the categories that the filter takes a file out for."""
    found = Subject(Row("id", 0, "", data, {}), Observation("id", "shard", 0, caption=""))
    permission = Permission(CONFIG.permission)
    decoding.look([found])
    permission.look([found])
    assert found.seen.problem == ""
    ruling = permission.rule(found.seen)
    return ruling.categories if ruling else ()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("setting", "categories"),
    [
        pytest.param("notAllowed", ("opt-out",), id="not allowed"),
        pytest.param("constrained", ("opt-out",), id="on conditions"),
        pytest.param("ai_generative_training=notAllowed", ("opt-out",), id="not for generating"),
        pytest.param("allowed", (), id="allowed"),
        pytest.param("ai_inference=notAllowed", (), id="not as input alone"),
        pytest.param("", (), id="nothing said"),
    ],
)
def test_a_signed_reservation_is_honoured(
    decoding: Decoding, keys: SigningKeys, format: str, setting: str, categories: tuple[str, ...]
) -> None:
    assert taken_out(decoding, signed(keys, format, setting)) == categories


def test_a_reservation_of_an_earlier_file_is_honoured(decoding: Decoding, keys: SigningKeys) -> None:
    earlier, _ = read_earlier(signed(keys, "JPEG", "notAllowed"))
    assert taken_out(decoding, signed(keys, "PNG", "", earlier)) == ("opt-out",)


def test_a_reserved_file_whose_bytes_were_changed_is_still_left_out(decoding: Decoding, keys: SigningKeys) -> None:
    data = bytearray(signed(keys, "JPEG", "notAllowed"))
    data[-4] ^= 1
    assert taken_out(decoding, bytes(data)) == ("opt-out",)


def test_credentials_that_cannot_be_read_reserve(decoding: Decoding, keys: SigningKeys) -> None:
    # The outermost box of the manifest has another kind.
    assert taken_out(decoding, signed(keys, "PNG", "allowed").replace(b"jumb", b"jumP", 1)) == ("opt-out",)
