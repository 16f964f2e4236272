"""What other generators leave in a file is read as what it is, and everything a file reveals is listed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from safety.generation import Stamp
from safety.marks import Marks, metadata_reader
from safety.marks.disclosure import FieldGroup, disclosed_fields, group_of
from safety.marks.export import Exporter
from safety.marks.generation_params import read_params
from safety.marks.metadata import encode
from safety.marks.provenance import Provenance
from safety.marks.verify import verify
from tests.fakes_marks import Memory, file_of, flat_art

PICTURE = Image.new("RGB", (64, 64), "teal")
A1111 = "a red fox\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, Seed: 7, Size: 512x512, Model: dream_v8"
GRAPH = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 7}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sdxl.safetensors"}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red fox"}},
}
INVOKE = {"positive_prompt": "a red fox", "model": {"name": "sdxl"}}
AIGC = {"Label": "1", "ContentProducer": "someone", "ProduceID": "9"}


def png(**texts: str) -> bytes:
    chunks = PngInfo()
    for key, value in texts.items():
        chunks.add_itxt(key, value)
    return file_of(PICTURE, "PNG", pnginfo=chunks)


def with_exif(format: str, tags: dict[int, Any], comment: bytes = b"") -> bytes:
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[tag] = value
    if comment:
        exif.get_ifd(0x8769)[0x9286] = comment
    return file_of(PICTURE, format, exif=exif)


FILES = [
    pytest.param(png(parameters=A1111), "AUTOMATIC1111", "dream_v8", id="A1111 in PNG"),
    pytest.param(
        with_exif("JPEG", {}, b"UNICODE\0" + A1111.encode("utf-16-be")), "AUTOMATIC1111", "dream_v8", id="in JPEG"
    ),
    pytest.param(
        with_exif("WEBP", {}, b"UNICODE\0" + A1111.encode("utf-16-be")), "AUTOMATIC1111", "dream_v8", id="in WebP"
    ),
    pytest.param(png(parameters=A1111, fooocus_scheme="a1111"), "Fooocus", "dream_v8", id="Fooocus"),
    pytest.param(png(prompt=json.dumps(GRAPH)), "ComfyUI", "sdxl.safetensors", id="ComfyUI in PNG"),
    pytest.param(
        with_exif("WEBP", {0x010F: "prompt:" + json.dumps(GRAPH)}), "ComfyUI", "sdxl.safetensors", id="ComfyUI in WebP"
    ),
    pytest.param(png(invokeai_metadata=json.dumps(INVOKE)), "InvokeAI", "sdxl", id="InvokeAI"),
    pytest.param(
        png(Software="NovelAI", Source="NAI v3", Comment=json.dumps({"prompt": "a red fox"})),
        "NovelAI",
        "NAI v3",
        id="NovelAI",
    ),
    pytest.param(
        png(Description="a red fox Job ID: 12345678-1234-1234-1234-123456789abc"), "Midjourney", "", id="Midjourney"
    ),
]


@pytest.mark.parametrize(("data", "tool", "model"), FILES)
def test_the_parameters_of_a_tool_name_it_its_prompt_and_its_model(data: bytes, tool: str, model: str) -> None:
    metadata = metadata_reader.interpret(metadata_reader.read(data))

    assert metadata.found
    assert metadata.tool.startswith(tool)
    assert (metadata.prompt, metadata.model) == ("a red fox", model)


LABELS = [
    pytest.param(png(AIGC=json.dumps(AIGC)), id="PNG text"),
    pytest.param(png(AIGC=json.dumps({"AIGC": AIGC})), id="named in PNG text"),
    pytest.param(with_exif("JPEG", {}, b"ASCII\0\0\0" + json.dumps({"AIGC": AIGC}).encode()), id="JPEG comment"),
]


@pytest.mark.parametrize("data", LABELS)
def test_the_label_of_the_chinese_standard_is_read_wherever_it_stands(data: bytes) -> None:
    assert metadata_reader.interpret(metadata_reader.read(data)).aigc == AIGC


@pytest.mark.parametrize(
    "texts",
    [
        {"parameters": ""},
        {"prompt": "{"},
        {"prompt": "[1]"},
        {"prompt": '{"1": {"class_type": "x", "inputs": [1]}}'},
        {"workflow": "[" * 5000},
        {"invokeai_metadata": '{"model": 3}'},
        {"Software": "NovelAI", "Comment": "7"},
        {"Comment": "an ordinary comment", "Description": "a holiday"},
    ],
    ids=str,
)
def test_odd_texts_never_raise(texts: dict[str, str]) -> None:
    assert isinstance(read_params(texts, {}).prompt, str)


def test_everything_that_a_file_reveals_about_its_maker_is_shown(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x013B], exif[0x010F], exif[0x8298] = "Ada Example", "CamCo", "(c) Ada"
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (52.0, 31.0, 12.0)
    exif.get_ifd(0x8769)[0xA431] = "SN-12345"
    data = file_of(PICTURE, "JPEG", exif=exif, comment=b"for Bob")
    rows = verify(data, Marks(tmp_path / "keys"), Memory()).as_json()["reveals"]
    groups = {(row["name"], row["value"]): row["group"] for row in rows}

    assert groups[("Artist", "Ada Example")] == groups[("Copyright", "(c) Ada")] == "who"
    assert groups[("GPSLatitude", "52.0, 31.0, 12.0")] == "where"
    assert groups[("Make", "CamCo")] == groups[("BodySerialNumber", "SN-12345")] == "tool"
    assert groups[("comment", "for Bob")] == "words"


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
@pytest.mark.parametrize("wanted", [False, True], ids=["by default", "where the person asked for it"])
def test_no_layer_has_the_prompt_unless_asked_and_none_has_case_seed_or_user(
    tmp_path: Path, name: str, wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER", "a-user-name")
    provenance = Provenance(
        Stamp(5), "case-77", "pocket", "pocket", "medical", 123456789, "an unmistakable fox" if wanted else ""
    )
    data = Exporter(Marks(tmp_path / "keys")).export(flat_art(1), provenance, tmp_path / name).path.read_bytes()
    shown = json.dumps(verify(data, Marks(tmp_path / "keys"), Memory()).as_json())

    assert (b"unmistakable" in data) == ("unmistakable" in shown) == wanted
    for secret in ("case-77", "medical", "123456789", "a-user-name", str(tmp_path)):
        assert secret.encode() not in data and secret not in shown


def test_a_plain_file_reveals_nothing() -> None:
    assert disclosed_fields(metadata_reader.read(file_of(PICTURE, "BMP")), {}) == ()
    assert group_of("xmp.CreateDate") is FieldGroup.WHEN and group_of("a.b.c") is FieldGroup.OTHER


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=9),
        st.recursive(
            st.text(max_size=9) | st.integers() | st.none() | st.booleans(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=9,
        ),
    )
)
def test_any_manifest_is_listed_without_harm(manifest: dict[str, Any]) -> None:
    assert all(row.place == "C2PA" for row in disclosed_fields(metadata_reader.MetadataFields(), manifest))


def test_a_file_names_its_provider_and_where_to_verify_it(tmp_path: Path) -> None:
    from safety.marks.provenance import Operator

    operator = Operator("A house", "https://house.example/verify")
    data = encode(PICTURE, "PNG", Provenance(Stamp(5), engine="e", operator=operator), datetime.now(UTC))
    fields = metadata_reader.read(data)

    assert metadata_reader.interpret(fields).aigc["ContentProducer"] == "A house"
    assert "https://house.example/verify" in fields.xmp.values()
    assert Image.open(BytesIO(data)).size == (64, 64)
