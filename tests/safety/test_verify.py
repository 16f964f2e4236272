from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safety.errors import FileError
from safety.export import Exporter, Facts
from safety.files import open_picture
from safety.keys import signing_keys
from safety.marks import Layers, Marks, credentials, metadata
from safety.marks.credentials import Claims, Credentials
from safety.marks.facts import DIGITAL_SOURCE_TYPE, TRAINED_ALGORITHMIC_MEDIA
from safety.marks.invisible.detect import Reading
from safety.marks.invisible.embed import embed
from safety.marks.invisible.sync import Geometry
from safety.marks.metadata import Metadata
from safety.verify import Verification, contradictions, verify
from safety.works import Registered, Stamp
from tests.fakes_marks import Memory, file_of, flat_art

STAMP, OTHER = Stamp(0x5AFE), Stamp(0xBAD)
LAYERS = ("credentials", "invisible", "metadata", "registry")
TIME = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Marks:
    return Marks(tmp_path_factory.mktemp("studio") / "keys")


@pytest.fixture(scope="module", params=["png", "jpg", "webp"])
def exported(request: pytest.FixtureRequest, marks: Marks, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("out") / f"a.{request.param}"
    return Exporter(marks).export(flat_art(1), Facts(STAMP, engine="pocket", model="pocket"), path).path.read_bytes()


@pytest.fixture
def registry(exported: bytes) -> Memory:
    return Memory([Registered(str(STAMP), "case-1", hashlib.sha256(exported).hexdigest(), "2026-11-22T20:00:00Z")])


def reread(one: Verification) -> dict[str, object]:
    return dict(json.loads(json.dumps(one.as_json())))


def test_an_exported_file_is_named_by_all_four_layers(exported: bytes, marks: Marks, registry: Memory) -> None:
    said = verify(exported, marks, registry)
    layers = reread(said)["layers"]

    assert tuple(layers) == LAYERS  # type: ignore[arg-type]
    assert all(layer["found"] and layer["stamp"] == "0000000000005afe" for layer in layers.values())  # type: ignore[attr-defined]
    assert said.contradictions == ()
    assert "Made here" in said.summary and "case-1" in said.summary


def test_one_changed_pixel_breaks_the_credentials_and_not_the_mark(
    exported: bytes, marks: Marks, registry: Memory
) -> None:
    edited = bytearray(exported)
    edited[-60] ^= 1
    try:
        said = verify(bytes(edited), marks, registry)
    except FileError:  # PNG notices by itself: its chunks have checksums
        edited = bytearray(exported + b"\0")
        said = verify(bytes(edited), marks, registry)

    assert not said.as_json()["layers"]["credentials"]["valid"]
    assert said.stamps["invisible"] == said.stamps["registry"] == str(STAMP)
    assert any("edited after signing" in sentence for sentence in said.contradictions)
    assert not said.summary.startswith("Made here")


def test_stripped_of_all_metadata_the_pixels_still_name_the_case(
    exported: bytes, marks: Marks, registry: Memory
) -> None:
    stripped = file_of(open_picture(exported), "JPEG", quality=85)
    said = verify(stripped, marks, registry)

    assert said.stamps == {"invisible": str(STAMP), "registry": str(STAMP)}
    assert said.registered is not None and said.registered.case == "case-1"
    assert "the file is another" in said.summary
    assert said.as_json()["layers"]["registry"]["unchanged"] is False


def test_two_stamps_in_one_file_contradict_each_other(marks: Marks) -> None:
    picture = embed(flat_art(2), OTHER)
    data = metadata.encode(picture, "PNG", Facts(STAMP, engine="pocket"), TIME)
    said = verify(data, marks, Memory())

    assert said.stamps == {"invisible": str(OTHER), "metadata": str(STAMP)}
    assert "different stamps" in said.contradictions[0]


def test_an_unknown_stamp_comes_from_elsewhere_or_was_copied(marks: Marks, tmp_path: Path) -> None:
    elsewhere = Exporter(Marks(tmp_path / "keys")).export(flat_art(1), Facts(STAMP, engine="e"), tmp_path / "a.png")
    said = verify(elsewhere.path.read_bytes(), marks, Memory())
    told = said.as_json()["layers"]["credentials"]

    assert (told["valid"], told["trusted"]) == (True, False)
    assert any("another studio" in sentence for sentence in said.contradictions)


def test_nothing_found_proves_nothing_and_says_so(marks: Marks) -> None:
    said = verify(file_of(flat_art(1)), marks, Memory())
    layers = said.as_json()["layers"]

    assert not any(layers[name]["found"] for name in LAYERS)
    assert all(layers[name]["stamp"] is None for name in LAYERS)
    assert said.contradictions == ()
    assert "says nothing about where" in said.summary


def test_verifying_makes_no_keys(tmp_path: Path) -> None:
    verify(file_of(flat_art(1)), Marks(tmp_path / "keys"), Memory())

    assert list(tmp_path.iterdir()) == []


CAMERA = DIGITAL_SOURCE_TYPE + "digitalCapture"
MARK = Reading(STAMP, 0.9, Geometry())


def signed(source: str, valid: bool = True) -> Credentials:
    return Credentials(None, valid, False, Claims(sources=(source,), problems=() if valid else ("dataHash.mismatch",)))


CASES = [
    pytest.param(Layers(None, None, Metadata()), None, [], id="nothing"),
    pytest.param(Layers(signed(CAMERA), None, Metadata()), None, [], id="a camera's credentials alone"),
    pytest.param(Layers(signed(CAMERA), MARK, Metadata()), None, ["digitalCapture", "no record"], id="camera, AI mark"),
    pytest.param(
        Layers(None, MARK, Metadata(digital_source_type=CAMERA)), None, ["digitalCapture", "no record"], id="XMP too"
    ),
    pytest.param(
        Layers(signed(TRAINED_ALGORITHMIC_MEDIA), MARK, Metadata()), None, ["no record"], id="AI source, AI mark"
    ),
    pytest.param(
        Layers(signed(DIGITAL_SOURCE_TYPE + "compositeWithTrainedAlgorithmicMedia"), MARK, Metadata()),
        None,
        ["no record"],
        id="composite with AI",
    ),
    pytest.param(Layers(signed(CAMERA, False), None, Metadata()), None, ["dataHash.mismatch"], id="broken, no mark"),
    pytest.param(
        Layers(signed(TRAINED_ALGORITHMIC_MEDIA, False), MARK, Metadata()),
        Registered(str(STAMP), "c", "other", "t"),
        ["edited after signing", "not the one"],
        id="broken, mark, known",
    ),
    pytest.param(Layers(None, MARK, Metadata()), Registered(str(STAMP), "c", "same", "t"), [], id="known and the same"),
]


@pytest.mark.parametrize(("layers", "registered", "expected"), CASES)
def test_layers_that_do_not_fit_together_are_named(
    layers: Layers, registered: Registered | None, expected: list[str]
) -> None:
    said = list(contradictions(layers, registered, "same"))

    assert len(said) == len(expected)
    assert all(word in sentence for word, sentence in zip(expected, said, strict=True))


def test_credentials_moved_to_another_picture_do_not_hold(marks: Marks, exported: bytes) -> None:
    keys = signing_keys(marks.keys)
    own = credentials.read(exported, keys)
    other = credentials.read(file_of(Image.open(BytesIO(exported)), "PNG"), keys)

    assert own is not None and own.valid
    assert other is None


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_a_file_that_is_no_picture_is_an_error_with_advice(marks: Marks, data: bytes) -> None:
    with pytest.raises(FileError) as caught:
        verify(data, marks, Memory())
    assert caught.value.advice


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_mutated_file_is_read_or_refused_and_nothing_else(marks: Marks, exported: bytes, data: st.DataObject) -> None:
    file = bytearray(exported)
    for _ in range(data.draw(st.integers(1, 5))):
        file[data.draw(st.integers(0, min(len(file) - 1, 30_000)))] = data.draw(st.integers(0, 255))
    try:
        said = verify(bytes(file), marks, Memory())
    except FileError as error:
        assert error.advice
    else:
        assert json.dumps(said.as_json())
