"""A file that lost its credentials gets them back from the record, and another picture under its stamp does not."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from safety.generation import ExportRecord, Stamp
from safety.image_io import open_picture
from safety.marks import Marks
from safety.marks.export import Exporter, Provenance
from safety.marks.given_back import give_back, read_kept
from safety.marks.invisible.embed import embed
from safety.marks.keys import signing_keys
from safety.marks.manifest_store import embedded_store
from safety.marks.outline import MIN_SCORE, MIN_SHARED, Fit, fit, outline, shades
from safety.marks.similarity import Similarity
from safety.marks.summary import GIVEN_BACK
from safety.marks.verify import Verification, verify
from tests.fakes_marks import Memory, file_of, flat_art, photograph, recoded
from ui.html.verification import given_back
from ui.texts import page_texts

STAMP = Stamp(0xC0FFEE)
Edit = Callable[[Image.Image], Image.Image]


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Marks:
    return Marks(tmp_path_factory.mktemp("studio") / "keys")


@pytest.fixture(scope="module", params=["art.png", "photo.jpg", "art.webp"])
def made(
    request: pytest.FixtureRequest, marks: Marks, tmp_path_factory: pytest.TempPathFactory
) -> tuple[bytes, Memory]:
    image = photograph(4, 640, 512) if request.param.startswith("photo") else flat_art(1)
    path = tmp_path_factory.mktemp("out") / request.param
    export = Exporter(marks).export(image, Provenance(STAMP, engine="pocket", model="pocket"), path)
    record = ExportRecord(
        str(STAMP), "case-1", export.sha256, "2026-11-29", export.width, export.height, export.fingerprint
    )
    return path.read_bytes(), Memory([replace(record, manifest=export.manifest)])


def stripped(file: bytes, edit: Edit = lambda image: image, quality: int = 70) -> bytes:
    """The picture of a file as a chat hands it on: edited, JPEG, without metadata."""
    return file_of(edit(open_picture(file)), "JPEG", quality=quality)


def cropped(image: Image.Image, share: float = 0.8) -> Image.Image:
    width, height = round(image.width * share), round(image.height * share)
    left, top = (image.width - width) // 3, (image.height - height) * 2 // 3
    return image.crop((left, top, left + width, top + height))


EDITS: list[tuple[str, Edit, Similarity]] = [
    ("as it was", lambda image: image, Similarity.PICTURE),
    ("cropped to 80 % of each side", cropped, Similarity.EXCERPT),
    ("cropped, mirrored", lambda image: ImageOps.mirror(cropped(image)), Similarity.EXCERPT),
    ("cropped, three quarters of the size", lambda image: ImageOps.scale(cropped(image), 0.75), Similarity.EXCERPT),
]


@pytest.mark.parametrize(("edit", "similarity"), [each[1:] for each in EDITS], ids=[each[0] for each in EDITS])
def test_a_stripped_and_recompressed_file_gets_its_credentials_back(
    edit: Edit, similarity: Similarity, made: tuple[bytes, Memory], marks: Marks
) -> None:
    file, registry = made
    verification = verify(stripped(file, edit), marks, registry)

    assert verification.readings.credentials is None
    assert verification.comparison is not None and verification.comparison.similarity is similarity
    given = verification.given_back
    assert given is not None and given.signed and given.trusted
    assert given.credentials.summary.model == "pocket" and given.manifest.stamp == str(STAMP)
    assert given.manifest.store == embedded_store(file)
    assert GIVEN_BACK in verification.summary


def another_under_the_stamp(made: tuple[bytes, Memory], marks: Marks, edit: Edit) -> Verification:
    """Verifies a photograph that this studio's own mark with the same stamp was laid on: the worst forgery."""
    forged = embed(photograph(99, 512, 512), STAMP, marks.reading_keys().marks[0])
    verification = verify(file_of(edit(forged), "JPEG", quality=70), marks, made[1])
    assert verification.readings.invisible is not None and verification.record is not None
    return verification


@pytest.mark.parametrize("edit", [lambda image: image, cropped], ids=["whole", "cropped to 80 % of each side"])
def test_another_picture_under_the_same_stamp_gets_none(edit: Edit, made: tuple[bytes, Memory], marks: Marks) -> None:
    verification = another_under_the_stamp(made, marks, edit)

    assert verification.given_back is None
    assert verification.comparison is not None and not verification.comparison.agrees
    assert GIVEN_BACK not in verification.summary


def pasted(image: Image.Image, share: float, place: int) -> Image.Image:
    """A picture with another one over a share of it, at the left, at the right or in the middle."""
    width, height = (round(side * share**0.5) for side in image.size)
    left, top = ((0, 0), (image.width - width, image.height - height))[place % 2]
    mixed = image.copy()
    mixed.paste(photograph(60 + place, width, height), (left, top))
    return mixed


@pytest.mark.parametrize("share", [0.25, 0.4, 0.6])
@pytest.mark.parametrize("place", [0, 1])
def test_a_picture_with_another_one_pasted_into_it_gets_none(
    share: float, place: int, made: tuple[bytes, Memory], marks: Marks
) -> None:
    for edit in (lambda image: image, cropped):
        mixed = verify(stripped(made[0], lambda image: edit(pasted(image, share, place))), marks, made[1])  # noqa: B023
        assert mixed.given_back is None


def test_a_picture_in_the_midst_of_others_gets_none(made: tuple[bytes, Memory], marks: Marks) -> None:
    """A collage: half of it is foreign."""
    image = open_picture(made[0])
    page = photograph(70, round(1.42 * image.width), round(1.42 * image.height))
    page.paste(image, (image.width // 5, image.height // 5))
    assert verify(file_of(page, "JPEG", quality=70), marks, made[1]).given_back is None


def test_a_file_that_still_has_its_credentials_needs_none(made: tuple[bytes, Memory], marks: Marks) -> None:
    assert verify(made[0], marks, made[1]).given_back is None


def test_without_a_kept_manifest_nothing_is_given_back(made: tuple[bytes, Memory], marks: Marks) -> None:
    forgotten = Memory([replace(made[1].known[0], manifest=None)])

    assert verify(stripped(made[0]), marks, forgotten).given_back is None


def test_the_metadata_alone_gets_none_back(made: tuple[bytes, Memory], marks: Marks) -> None:
    verification = verify(stripped(made[0]), marks, made[1])
    unmarked = replace(verification.readings, invisible=None)

    assert give_back(unmarked, verification.record, verification.comparison, ()) is None


def test_an_edited_manifest_does_not_count_as_signed(made: tuple[bytes, Memory], marks: Marks) -> None:
    kept = made[1].known[0].manifest
    assert kept is not None
    edited = replace(kept, store=kept.store.replace(b"pocket", b"rocket"))
    found = read_kept(edited, [signing_keys(marks.keys)])

    assert found is None or not (found.signed or found.trusted)
    assert read_kept(replace(kept, store=b"no manifest")) is None


def test_the_key_of_another_studio_does_not_make_it_this_ones(
    made: tuple[bytes, Memory], marks: Marks, tmp_path: Path
) -> None:
    kept = made[1].known[0].manifest
    assert kept is not None
    found = read_kept(kept, [signing_keys(tmp_path / "keys")])

    assert found is not None and found.signed and not found.trusted


def test_what_is_given_back_is_plain_json_with_the_manifest_in_it(made: tuple[bytes, Memory], marks: Marks) -> None:
    file, registry = made
    row = verify(stripped(file, cropped), marks, registry).as_json()

    assert b64decode(row["given_back"]["store"]) == embedded_store(file)
    assert row["given_back"]["manifest_id"].startswith("urn:c2pa:")
    assert row["given_back"]["says_of_ai"] == "fully" and row["layers"]["credentials"]["says_of_ai"] == "none"
    assert row["layers"]["registry"]["match"] == "excerpt" and row["layers"]["registry"]["likeness"] >= MIN_SCORE


@pytest.mark.parametrize(("language", "said"), [("en", "Fully AI-generated"), ("de", "Ganz von KI erzeugt")])
def test_what_is_given_back_says_on_the_page_that_ai_made_it(
    made: tuple[bytes, Memory], marks: Marks, language: str, said: str
) -> None:
    row = verify(stripped(made[0], cropped), marks, made[1]).as_json()
    card = given_back(row["given_back"], page_texts(language))

    assert said in card and page_texts(language)["verify.fact_ai"] in card
    assert (
        row["summary"].startswith("Made by AI in this studio on") and "This is a part of the picture" in row["summary"]
    )


def test_no_store_is_found_where_there_is_none() -> None:
    for format in ("PNG", "JPEG", "WEBP", "GIF"):
        assert embedded_store(file_of(flat_art(2), format)) == b""


@pytest.mark.parametrize("share", [0.9, 0.8, 0.65, 0.55])
@pytest.mark.parametrize("image", [flat_art(3), photograph(5, 700, 420)], ids=["art", "photograph"])
def test_a_part_fits_into_its_own_outline_and_into_no_other(image: Image.Image, share: float) -> None:
    part = recoded(cropped(image, share), "JPEG", 70)
    seen = shades(part)
    cell = (image.width / 32 * seen.width / part.width, image.height / 32 * seen.height / part.height)

    found = fit(seen, outline(image), cell, upright=True)
    assert found.score >= MIN_SCORE and found.shared is not None and found.shared >= MIN_SHARED
    for other in (flat_art(8), flat_art(11), photograph(21)):
        assert fit(seen, outline(other), cell).score < MIN_SCORE - 0.1


@pytest.mark.parametrize("text", ["", "AAAA", "no base64!"], ids=["none", "short", "not base64"])
def test_a_damaged_outline_fits_nothing(text: str) -> None:
    assert fit(shades(flat_art(1)), text, (4.0, 4.0)) == Fit(0.0, None)


def test_a_plain_ground_fits_nothing() -> None:
    plain = Image.new("RGB", (512, 512), "navy")

    assert fit(shades(plain), outline(plain), (4.0, 4.0), upright=True) == Fit(0.0, None)


def test_the_record_of_an_export_names_its_file_and_its_manifest(made: tuple[bytes, Memory]) -> None:
    file, registry = made
    kept = registry.known[0].manifest

    assert kept is not None and Image.open(BytesIO(file)).size == (registry.known[0].width, registry.known[0].height)
    assert hashlib.sha256(file).hexdigest() == registry.known[0].sha256
