from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from safety.generation import Stamp
from safety.marks import metadata_reader
from safety.marks.metadata import encode, packet
from safety.marks.metadata_reader import MAX_PACKET, Metadata, parse_packet
from safety.marks.provenance import TRAINED_ALGORITHMIC_MEDIA, Provenance
from tests.fakes_marks import file_of

TIME = datetime(2026, 11, 22, 20, 0, 5, tzinfo=UTC)
PROVENANCE = Provenance(Stamp(0xAB), case="case-1", engine="pocket", model="pocket 1", mode="art", seed=7)
PICTURE = Image.new("RGB", (64, 64), "teal")


def read(data: bytes) -> Metadata:
    return metadata_reader.interpret(metadata_reader.read(data))


PROMPT = "a <b>cat</b> & \"dog\" 'in'\nthe 雪 🐈"


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_what_is_written_is_read(format: str) -> None:
    metadata = read(encode(PICTURE, format, PROVENANCE, TIME))

    assert metadata.found
    assert metadata.stamp == PROVENANCE.stamp
    assert metadata.digital_source_type == TRAINED_ALGORITHMIC_MEDIA
    assert metadata.digital_source_type.startswith("http://cv.iptc.org/newscodes/digitalsourcetype/")
    assert metadata.software.startswith("Safelight ")
    assert metadata.created == "2026-11-22T20:00:05+00:00"
    assert metadata.model == "pocket 1"
    assert metadata.aigc == {"Label": "1", "ContentProducer": "Safelight", "ProduceID": str(PROVENANCE.stamp)}


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_the_prompt_is_written_only_when_it_is_given(format: str) -> None:
    with_it = Provenance(PROVENANCE.stamp, engine="pocket", prompt=PROMPT)

    assert read(encode(PICTURE, format, PROVENANCE, TIME)).prompt == ""
    assert read(encode(PICTURE, format, with_it, TIME)).prompt == PROMPT


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_case_mode_and_seed_stay_in_the_audit_log(format: str) -> None:
    data = encode(PICTURE, format, Provenance(Stamp(1), "case-77", "pocket", "m", "medical", 123456789), TIME)

    assert not any(word in data for word in (b"case-77", b"medical", b"123456789"))


def test_the_software_is_in_the_exif_too() -> None:
    with Image.open(BytesIO(encode(PICTURE, "JPEG", PROVENANCE, TIME))) as image:
        assert str(image.getexif()[0x0131]).startswith("Safelight")


def test_fields_written_as_elements_are_read_too() -> None:
    fields = parse_packet(
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        b"<i:DigitalSourceType>http://example.org/x</i:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta>"
    )

    assert fields["{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"] == "http://example.org/x"


def test_the_parameters_of_other_tools_are_seen() -> None:
    chunks = PngInfo()
    chunks.add_text("parameters", "a cat\nSteps: 20, Model: dream_v8")
    metadata = read(file_of(PICTURE, "PNG", pnginfo=chunks))

    assert metadata.found
    assert metadata.parameters == "a cat\nSteps: 20, Model: dream_v8"
    assert (metadata.prompt, metadata.model) == ("a cat", "dream_v8")
    assert metadata.stamp is None


EXPLOSIVE = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description>&b;</rdf:Description></rdf:RDF>'
)


@pytest.mark.parametrize(
    "xmp",
    [
        pytest.param(b"", id="empty"),
        pytest.param(EXPLOSIVE, id="entities"),
        pytest.param(b"<a>" * 200, id="unclosed"),
        pytest.param(b'<?xml version="1.0" encoding="no-such"?><a/>', id="unknown encoding"),
        pytest.param(b" " * (MAX_PACKET + 1), id="too long"),
        pytest.param(packet(PROVENANCE, TIME)[:-60], id="cut off"),
    ],
)
def test_a_packet_that_is_none_says_nothing(xmp: bytes) -> None:
    assert parse_packet(xmp) == {}


@pytest.mark.parametrize("data", [b"", b"text", file_of(PICTURE), file_of(PICTURE, "JPEG"), file_of(PICTURE, "BMP")])
def test_a_file_without_fields_says_nothing(data: bytes) -> None:
    assert not read(data).found


@given(st.binary(max_size=400))
def test_noise_says_nothing(data: bytes) -> None:
    assert parse_packet(data) == {}
    assert read(data) == Metadata()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_prompt_leaves_the_packet_whole(prompt: str) -> None:
    try:
        prompt.encode()
    except UnicodeEncodeError:
        return
    assert read(encode(PICTURE, "PNG", Provenance(Stamp(3), engine="e", prompt=prompt), TIME)).stamp == Stamp(3)
