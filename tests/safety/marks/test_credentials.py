from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safety.errors import ExportError
from safety.generation import Stamp
from safety.marks import keys as studio_keys
from safety.marks.claim import manifest
from safety.marks.credentials import read, sign
from safety.marks.keys import SigningKeys, make_signing_keys, signing_keys
from safety.marks.manifest import parse_report
from safety.marks.provenance import ALGORITHMIC_MEDIA, TRAINED_ALGORITHMIC_MEDIA, Provenance
from safety.marks.signals import AiStatement
from tests.fakes_marks import file_of

TIME = datetime(2026, 11, 22, 20, 0, 5, tzinfo=UTC)
PROVENANCE = Provenance(Stamp(0xAB), case="case-1", engine="pocket", model="pocket 1", seed=7, prompt="a secret wish")
PICTURE = Image.new("RGB", (64, 64), "teal")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SigningKeys:
    return signing_keys(tmp_path_factory.mktemp("keys"))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_signed_file_is_valid_and_trusted_here(keys: SigningKeys, format: str) -> None:
    credentials = read(sign(file_of(PICTURE, format), format, PROVENANCE, TIME, keys), keys)

    assert credentials is not None
    assert credentials.valid and credentials.trusted
    assert credentials.stamp == PROVENANCE.stamp
    assert credentials.summary.generator.startswith("Safelight")
    assert credentials.summary.actions == ("c2pa.created", "c2pa.addedText", "c2pa.watermarked.bound")
    assert credentials.summary.sources == (TRAINED_ALGORITHMIC_MEDIA, ALGORITHMIC_MEDIA)
    assert credentials.signals.statement is AiStatement.FULLY
    assert credentials.summary.model == "pocket 1"
    assert credentials.summary.time == "2026-11-22T20:00:05+00:00"
    assert credentials.summary.problems == ()


def test_the_keys_of_another_studio_are_valid_and_not_trusted(keys: SigningKeys, tmp_path: Path) -> None:
    data = sign(file_of(PICTURE), "PNG", PROVENANCE, TIME, signing_keys(tmp_path))

    for known in ((keys,), ()):
        credentials = read(data, *known)
        assert credentials is not None
        assert credentials.valid and not credentials.trusted


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_one_byte_after_the_end_breaks_the_signature(keys: SigningKeys, format: str) -> None:
    credentials = read(sign(file_of(PICTURE, format), format, PROVENANCE, TIME, keys) + b"\0", keys)

    assert credentials is None or not credentials.valid


def test_signing_adds_little(keys: SigningKeys) -> None:
    plain = file_of(PICTURE)

    assert len(sign(plain, "PNG", PROVENANCE, TIME, keys)) - len(plain) < 20_000  # no thumbnail


def test_the_prompt_is_never_signed(keys: SigningKeys) -> None:
    assert "secret wish" not in str(manifest(PROVENANCE, TIME))
    assert b"secret wish" not in sign(file_of(PICTURE), "PNG", PROVENANCE, TIME, keys)


def test_an_expired_certificate_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / studio_keys.SIGNING_FILE).write_bytes(make_signing_keys(lifetime=timedelta(minutes=-30)))
    expired = signing_keys(tmp_path)

    with pytest.raises(ExportError) as caught:
        sign(file_of(PICTURE), "PNG", PROVENANCE, TIME, expired)
    assert "expired" in caught.value.advice


@pytest.mark.parametrize("data", [b"", b"text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", file_of(PICTURE, "WEBP")])
def test_a_file_without_credentials_has_none(data: bytes) -> None:
    assert read(data) is None


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_file_never_validates(keys: SigningKeys, data: st.DataObject) -> None:
    signed = bytearray(sign(file_of(PICTURE, "JPEG"), "JPEG", PROVENANCE, TIME, keys))
    place = data.draw(st.integers(0, len(signed) - 1))
    signed[place] ^= data.draw(st.integers(1, 255))
    credentials = read(bytes(signed), keys)

    # The manifest store itself holds padding, whose bytes nothing hashes.
    assert credentials is None or not credentials.valid or credentials.stamp == PROVENANCE.stamp


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(json_values, json_values, json_values, json_values)
def test_any_report_of_any_maker_is_parsed(
    assertions: object, signature: object, info: object, results: object
) -> None:
    active = {"assertions": assertions, "signature_info": signature, "claim_generator_info": info}
    report = {"active_manifest": "a", "manifests": {"a": active}, "validation_results": results}

    credentials = parse_report(report)

    assert credentials is not None
    assert not credentials.valid and not credentials.trusted


def test_a_foreign_action_list_is_read() -> None:
    action = {"action": "c2pa.created", "digitalSourceType": "http://example.org/digitalCapture"}
    active = {"assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}], "claim_generator": "Cam/1"}
    credentials = parse_report({"active_manifest": "a", "manifests": {"a": active}, "validation_state": "Valid"})

    assert credentials is not None
    assert credentials.stamp is None
    assert credentials.summary.generator == "Cam/1"
    assert credentials.summary.sources == ("http://example.org/digitalCapture",)
