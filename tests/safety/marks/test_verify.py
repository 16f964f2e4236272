from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safety.errors import FileError
from safety.generation import ExportRecord, Stamp
from safety.image_io import open_picture
from safety.marks import MarkReadings, Marks, credentials, metadata, visible
from safety.marks.export import Exporter, Provenance
from safety.marks.invisible.detect import DecodedMark
from safety.marks.invisible.embed import embed
from safety.marks.invisible.sync import Geometry
from safety.marks.keys import signing_keys
from safety.marks.manifest import Credentials, ManifestSummary
from safety.marks.metadata_reader import Metadata
from safety.marks.provenance import DIGITAL_SOURCE_TYPE, TRAINED_ALGORITHMIC_MEDIA
from safety.marks.similarity import Comparison, Similarity, fingerprint
from safety.marks.summary import contradictions, summarise
from safety.marks.third_party import ThirdPartyMark
from safety.marks.verify import Verification, verify
from tests.fakes_marks import Memory, file_of, flat_art, photograph
from tests.surgery import with_pixels

STAMP, OTHER = Stamp(0x5AFE), Stamp(0xBAD)
Edit = Callable[[Image.Image], Image.Image]
LAYERS = ("credentials", "invisible", "metadata", "registry")
TIME = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Marks:
    return Marks(tmp_path_factory.mktemp("studio") / "keys")


@pytest.fixture(scope="module", params=["png", "jpg", "webp"])
def exported(request: pytest.FixtureRequest, marks: Marks, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("out") / f"a.{request.param}"
    return (
        Exporter(marks).export(flat_art(1), Provenance(STAMP, engine="pocket", model="pocket"), path).path.read_bytes()
    )


@pytest.fixture
def registry(exported: bytes) -> Memory:
    picture = open_picture(exported)
    sha256 = hashlib.sha256(exported).hexdigest()
    time = "2026-11-22T20:00:00Z"
    return Memory([ExportRecord(str(STAMP), "case-1", sha256, time, *picture.size, fingerprint(picture))])


def reread(verification: Verification) -> dict[str, object]:
    return dict(json.loads(json.dumps(verification.as_json())))


def test_an_exported_file_is_named_by_all_four_layers(exported: bytes, marks: Marks, registry: Memory) -> None:
    verification = verify(exported, marks, registry)
    layers = reread(verification)["layers"]

    assert tuple(layers) == LAYERS  # type: ignore[arg-type]
    assert all(layer["found"] and layer["stamp"] == "0000000000005afe" for layer in layers.values())  # type: ignore[attr-defined]
    assert verification.contradictions == ()
    assert verification.summary.startswith("Made by AI in this studio on") and "case-1" in verification.summary


def test_one_edited_pixel_breaks_the_credentials_and_not_the_mark(
    exported: bytes, marks: Marks, registry: Memory
) -> None:
    edited = open_picture(exported)
    edited.putpixel((200, 300), (255, 0, 0))
    verification = verify(with_pixels(exported, edited), marks, registry)
    layers = verification.as_json()["layers"]

    assert layers["credentials"]["found"] and not layers["credentials"]["valid"]
    assert layers["credentials"]["claims"]["problems"] == ("assertion.dataHash.mismatch",)
    assert verification.stamps == dict.fromkeys(LAYERS, str(STAMP))
    assert "edited after signing" in verification.contradictions[0]
    assert "edited after signing" in verification.summary and "case-1" in verification.summary
    assert verification.comparison is not None and verification.comparison.similarity is Similarity.PICTURE


def test_stripped_of_all_metadata_the_pixels_still_name_the_case(
    exported: bytes, marks: Marks, registry: Memory
) -> None:
    stripped = file_of(open_picture(exported), "JPEG", quality=85)
    verification = verify(stripped, marks, registry)

    assert verification.stamps == {"invisible": str(STAMP), "registry": str(STAMP)}
    assert verification.record is not None and verification.record.case == "case-1"
    assert "Another file of the same picture" in verification.summary
    assert verification.as_json()["layers"]["registry"]["unchanged"] is False
    assert verification.contradictions == ()


@pytest.mark.parametrize("other", [flat_art(4), photograph(3)], ids=["flat art", "photograph"])
def test_a_mark_that_was_copied_onto_another_picture_is_called_that(
    exported: bytes, marks: Marks, registry: Memory, other: Image.Image
) -> None:
    """The copy attack (Kutter, Voloshynovskiy and Herrigel, 2000) with the best estimate there is: the mark itself."""
    unmarked = visible.labelled(flat_art(1))[0]
    estimate = np.asarray(embed(unmarked, STAMP), np.float32) - np.asarray(unmarked, np.float32)
    forged = (np.asarray(other, np.float32) + 3 * estimate).clip(0, 255).astype(np.uint8)
    verification = verify(file_of(Image.fromarray(forged), "PNG"), marks, registry)

    assert verification.stamps["invisible"] == str(STAMP)  # the attack works on the mark alone
    assert verification.comparison is not None and verification.comparison.similarity is Similarity.ANOTHER
    assert verification.summary.startswith("A copied mark")
    assert "copied onto this one" in verification.contradictions[0]


EDITS = [
    pytest.param(lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (Similarity.PICTURE,), id="mirrored"),
    pytest.param(lambda image: image.resize((400, 400)), (Similarity.PICTURE,), id="resized"),
    pytest.param(lambda image: image.crop((8, 8, 504, 504)), (Similarity.PICTURE, Similarity.EDITED), id="small crop"),
    pytest.param(lambda image: image.crop((60, 60, 460, 460)), (Similarity.UNCLEAR,), id="large crop"),
]


@pytest.mark.parametrize(("edit", "expected"), EDITS)
def test_what_happens_in_ordinary_sharing_is_never_called_a_copied_mark(
    exported: bytes, marks: Marks, registry: Memory, edit: Edit, expected: tuple[Similarity, ...]
) -> None:
    verification = verify(file_of(edit(open_picture(exported)), "JPEG", quality=90), marks, registry)

    assert verification.comparison is not None and verification.comparison.similarity in expected
    assert verification.contradictions == ()


def test_two_stamps_in_one_file_contradict_each_other(marks: Marks) -> None:
    picture = embed(flat_art(2), OTHER)
    data = metadata.encode(picture, "PNG", Provenance(STAMP, engine="pocket"), TIME)
    verification = verify(data, marks, Memory())

    assert verification.stamps == {"invisible": str(OTHER), "metadata": str(STAMP)}
    assert "different stamps" in verification.contradictions[0]


def test_an_unknown_stamp_comes_from_elsewhere_or_was_copied(marks: Marks, tmp_path: Path) -> None:
    elsewhere = Exporter(Marks(tmp_path / "keys")).export(
        flat_art(1), Provenance(STAMP, engine="e"), tmp_path / "a.png"
    )
    verification = verify(elsewhere.path.read_bytes(), marks, Memory())
    layer = verification.as_json()["layers"]["credentials"]

    assert (layer["valid"], layer["trusted"]) == (True, False)
    assert any("another studio" in sentence for sentence in verification.contradictions)


def test_nothing_found_proves_nothing_and_says_so(marks: Marks) -> None:
    verification = verify(file_of(flat_art(1)), marks, Memory())
    layers = verification.as_json()["layers"]

    assert not any(layers[name]["found"] for name in LAYERS)
    assert all(layers[name]["stamp"] is None for name in LAYERS)
    assert verification.contradictions == ()
    assert "says nothing about where" in verification.summary


def test_verifying_makes_no_keys(tmp_path: Path) -> None:
    verify(file_of(flat_art(1)), Marks(tmp_path / "keys"), Memory())

    assert list(tmp_path.iterdir()) == []


CAMERA = DIGITAL_SOURCE_TYPE + "digitalCapture"
MARK = DecodedMark(STAMP, 0.9, Geometry())
KNOWN = ExportRecord(str(STAMP), "c", "other", "2026-11-22T20:00:00Z")
SDXL = ThirdPartyMark("Stable Diffusion XL", "dwtDct", 20.0)


def signed(source: str, valid: bool = True, stamp: Stamp | None = None) -> Credentials:
    problems = () if valid else ("assertion.dataHash.mismatch",)
    return Credentials(stamp, valid, False, ManifestSummary(sources=(source,), problems=problems))


CASES = [
    pytest.param(MarkReadings(None, None, Metadata()), None, [], id="nothing"),
    pytest.param(MarkReadings(signed(CAMERA), None, Metadata()), None, [], id="a camera's credentials alone"),
    pytest.param(
        MarkReadings(signed(CAMERA), MARK, Metadata()), None, ["digitalCapture", "no record"], id="camera, AI mark"
    ),
    pytest.param(
        MarkReadings(None, MARK, Metadata(digital_source_type=CAMERA)),
        None,
        ["digitalCapture", "no record"],
        id="XMP too",
    ),
    pytest.param(
        MarkReadings(signed(CAMERA), None, Metadata(), (SDXL,)),
        None,
        ["Stable Diffusion XL had"],
        id="camera, foreign mark",
    ),
    pytest.param(
        MarkReadings(signed(TRAINED_ALGORITHMIC_MEDIA), MARK, Metadata()), None, ["no record"], id="AI source, AI mark"
    ),
    pytest.param(
        MarkReadings(signed(DIGITAL_SOURCE_TYPE + "compositeWithTrainedAlgorithmicMedia"), MARK, Metadata()),
        None,
        ["no record"],
        id="composite with AI",
    ),
    pytest.param(
        MarkReadings(signed(CAMERA, False), None, Metadata()), None, ["dataHash.mismatch"], id="broken, no mark"
    ),
    pytest.param(
        MarkReadings(signed(TRAINED_ALGORITHMIC_MEDIA, False), MARK, Metadata()),
        Similarity.PICTURE,
        ["edited after signing"],
        id="broken, mark, the same picture",
    ),
    pytest.param(
        MarkReadings(signed(TRAINED_ALGORITHMIC_MEDIA, stamp=STAMP), None, Metadata()),
        Similarity.UNCLEAR,
        ["a mark in the pixels that is not there"],
        id="signed, but the mark is gone",
    ),
    pytest.param(
        MarkReadings(None, MARK, Metadata()), Similarity.ANOTHER, ["copied onto this one"], id="a copied mark"
    ),
    pytest.param(MarkReadings(None, MARK, Metadata()), Similarity.FILE, [], id="known and the same"),
]


@pytest.mark.parametrize(("readings", "similarity", "expected"), CASES)
def test_layers_that_do_not_fit_together_are_named(
    readings: MarkReadings, similarity: Similarity | None, expected: list[str]
) -> None:
    record = KNOWN if similarity else None
    comparison = Comparison(similarity, 128) if similarity else None
    sentences = list(contradictions(readings, record, comparison))

    assert len(sentences) == len(expected)
    assert all(word in sentence for word, sentence in zip(expected, sentences, strict=True))


SUMMARIES = [
    pytest.param(Similarity.FILE, "unchanged since", id="the file itself"),
    pytest.param(Similarity.PICTURE, "Another file of the same picture", id="the same picture"),
    pytest.param(Similarity.EDITED, "edited since", id="edited"),
    pytest.param(Similarity.ANOTHER, "A copied mark", id="another picture"),
    pytest.param(Similarity.UNCLEAR, "Too little", id="not to be told"),
]


@pytest.mark.parametrize(("similarity", "words"), SUMMARIES)
def test_the_summary_says_how_the_picture_compares_with_the_record(similarity: Similarity, words: str) -> None:
    summary = summarise(MarkReadings(None, MARK, Metadata()), KNOWN, Comparison(similarity, 0))

    assert words in summary and "2026-11-22" in summary and "case c" in summary
    assert similarity is Similarity.FILE or "evidence, not proof" in summary


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


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_mutated_file_is_read_or_refused_and_nothing_else(marks: Marks, exported: bytes, data: st.DataObject) -> None:
    file = bytearray(exported)
    for _ in range(data.draw(st.integers(1, 5))):
        file[data.draw(st.integers(0, min(len(file) - 1, 30_000)))] = data.draw(st.integers(0, 255))
    try:
        verification = verify(bytes(file), marks, Memory())
    except FileError as error:
        assert error.advice
    else:
        assert json.dumps(verification.as_json())
