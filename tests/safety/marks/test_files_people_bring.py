"""Files as people bring them: odd metadata, other programs' parameters, profiles, credentials of others."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from benchmarks.files.attacks import segment
from safety.audit import AuditLog
from safety.generation import Stamp
from safety.image_io import open_picture, open_untrusted
from safety.marks import Marks, metadata_reader
from safety.marks.export import Exporter, Provenance
from safety.marks.reading import DAMAGED
from safety.marks.signals import UNKNOWN_ORIGIN, AiStatement
from safety.marks.verify import verify
from safety.testing import fake_guard
from tests.fakes_marks import Memory, file_of, flat_art, photograph

PHOTO = photograph(3, 320, 240)
A1111 = "a red fox\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, Seed: 7, Size: 512x512, Model: dream_v8"
FOOOCUS = {"prompt": "a red fox", "negative_prompt": "", "base_model": "juggernaut", "version": "Fooocus v2.5.5"}
SWARM = {"sui_image_params": {"prompt": "a red fox", "model": "sdxl", "swarm_version": "0.9.6"}}
NOVEL = {"Software": "NovelAI", "Source": "NAI v4", "Description": "a fox", "Comment": '{"prompt": "a red fox"}'}
DRAW_THINGS = {"c": "a red fox", "uc": "blurry", "model": "flux.ckpt", "sampler": "Euler A", "steps": 20}


def test_a_photograph_with_broken_exif_is_read(tmp_path: Path) -> None:
    plain = file_of(PHOTO, "JPEG", quality=95)
    broken = plain[:2] + segment(0xE1, b"Exif\0\0garbage") + plain[2:]

    assert open_untrusted(broken).tobytes() == open_picture(plain).tobytes()
    assert verify(broken, Marks(tmp_path), Memory()).summary.startswith("No mark was found")
    export = fake_guard(keys=tmp_path).mark(broken, tmp_path / "marked.png")
    assert "invisible" in export.marks


def png(**texts: str) -> bytes:
    chunks = PngInfo()
    for key, value in texts.items():
        chunks.add_text(key, value)
    return file_of(PHOTO, "PNG", pnginfo=chunks)


def exif(format: str, first: dict[int, Any] | None = None, comment: bytes = b"") -> bytes:
    tags = Image.Exif()
    for tag, value in (first or {}).items():
        tags[tag] = value
    if comment:
        tags.get_ifd(0x8769)[0x9286] = comment
    return file_of(PHOTO, format, exif=tags)


def draw_things(format: str) -> bytes:
    value = json.dumps(DRAW_THINGS).replace('"', "&quot;")
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmp:CreatorTool="Draw Things"><exif:UserComment><rdf:Alt><rdf:li xml:lang="x-default">'
        f"{value}</rdf:li></rdf:Alt></exif:UserComment></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()
    if format != "PNG":
        return file_of(PHOTO, format, xmp=xmp)
    chunks = PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", xmp.decode())
    return file_of(PHOTO, "PNG", pnginfo=chunks)


def utf16(text: str, order: str) -> bytes:
    return b"UNICODE\0" + text.encode(f"utf-16-{order}")


FOOOCUS_EXIF = {0x9286: json.dumps(FOOOCUS), 0x0131: "Fooocus v2.5.5", 0x927C: "fooocus"}
GRAPH = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sdxl"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red fox"}},
    "3": {"class_type": "Note", "inputs": {"filler": "x" * 200_000}},
}
FILES = [
    pytest.param(exif("JPEG", FOOOCUS_EXIF), "Fooocus", "juggernaut", id="Fooocus, JPEG"),
    pytest.param(exif("WEBP", FOOOCUS_EXIF), "Fooocus", "juggernaut", id="Fooocus, WebP"),
    pytest.param(png(parameters=json.dumps(FOOOCUS), fooocus_scheme="fooocus"), "Fooocus", "juggernaut", id="PNG"),
    pytest.param(png(parameters=json.dumps(SWARM)), "SwarmUI", "sdxl", id="SwarmUI, PNG"),
    pytest.param(exif("JPEG", comment=utf16(json.dumps(SWARM), "le")), "SwarmUI", "sdxl", id="SwarmUI, JPEG"),
    pytest.param(png(prompt=json.dumps(GRAPH)), "ComfyUI", "sdxl", id="ComfyUI, PNG, a large graph"),
    pytest.param(
        exif("WEBP", {0x010F: "prompt:" + json.dumps(GRAPH)}), "ComfyUI", "sdxl", id="ComfyUI, WebP, a large graph"
    ),
    pytest.param(
        png(invokeai_metadata=json.dumps({"positive_prompt": "a red fox", "model": {"name": "m"}})),
        "InvokeAI",
        "m",
        id="InvokeAI",
    ),
    pytest.param(png(**NOVEL), "NovelAI", "NAI v4", id="NovelAI, PNG"),
    pytest.param(exif("WEBP", comment=json.dumps(NOVEL).encode()), "NovelAI", "NAI v4", id="NovelAI, WebP"),
    pytest.param(draw_things("PNG"), "Draw Things", "flux.ckpt", id="Draw Things, PNG"),
    pytest.param(draw_things("JPEG"), "Draw Things", "flux.ckpt", id="Draw Things, JPEG"),
    pytest.param(exif("JPEG", comment=utf16(A1111, "le")), "AUTOMATIC1111", "dream_v8", id="UTF-16, little end first"),
    pytest.param(exif("JPEG", comment=utf16(A1111, "be")), "AUTOMATIC1111", "dream_v8", id="UTF-16, big end first"),
    pytest.param(
        exif("JPEG", comment=b"UNICODE\0" + A1111.encode("utf-16")), "AUTOMATIC1111", "dream_v8", id="UTF-16, marked"
    ),
    pytest.param(exif("JPEG", comment=A1111.encode()), "AUTOMATIC1111", "dream_v8", id="no code"),
    pytest.param(exif("AVIF", {0x010F: "a"}, utf16(A1111, "be")), "AUTOMATIC1111", "dream_v8", id="AVIF"),
]


@pytest.mark.parametrize(("data", "tool", "model"), FILES)
def test_tool_prompt_and_model_are_read_from_what_a_generator_wrote(
    data: bytes, tool: str, model: str, tmp_path: Path
) -> None:
    readings = Marks(tmp_path).read(data).readings
    metadata = readings.metadata

    assert metadata.tool.startswith(tool)
    assert (metadata.prompt, metadata.model) == ("a red fox", model)


def test_utf_16_in_other_scripts_is_read_in_the_order_that_the_latin_letters_tell(tmp_path: Path) -> None:
    text = "赤い狐、雪の中\nSteps: 20, Model: m"
    for order in ("le", "be"):
        data = exif("JPEG", comment=utf16(text, order))
        assert metadata_reader.interpret(metadata_reader.read(data)).prompt == "赤い狐、雪の中"


# ---- credentials ------------------------------------------------------------------------------------


def signed(folder: Path, name: str, number: int = 1) -> bytes:
    exporter = Exporter(Marks(folder / f"keys {number}"))
    return exporter.export(flat_art(1), Provenance(Stamp(number), engine="e"), folder / name).path.read_bytes()


def damaged_png(data: bytes) -> bytes:
    """The same file with 100 bytes of its C2PA chunk zeroed, and a checksum that fits."""
    start = data.index(b"caBX") - 4
    length = struct.unpack_from(">I", data, start)[0]
    body = bytearray(data[start + 8 : start + 8 + length])
    body[length // 2 : length // 2 + 100] = bytes(100)
    chunk = b"caBX" + bytes(body)
    return data[: start + 4] + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[start + 12 + length :]


def without_mark(data: bytes) -> bytes:
    """The credentials of a file on a picture without a mark."""
    start = data.index(b"caBX") - 4
    length = struct.unpack_from(">I", data, start)[0]
    plain = file_of(PHOTO, "PNG")
    return plain[:33] + data[start : start + 12 + length] + plain[33:]


@pytest.mark.parametrize("cut", [damaged_png, lambda data: damaged_png(without_mark(data))], ids=["marked", "alone"])
def test_damaged_credentials_are_said_to_be_there(tmp_path: Path, cut: Callable[[bytes], bytes]) -> None:
    data = cut(signed(tmp_path, "a.png"))
    verification = verify(data, Marks(tmp_path / "other"), Memory())
    row = verification.as_json()

    if verification.readings.credentials is None:
        assert DAMAGED in row["unread"] and row["layers"]["credentials"]["damaged"]
        assert not verification.summary.startswith("No mark was found")
    else:
        assert not verification.readings.credentials.valid and verification.contradictions


def test_credentials_that_are_no_boxes_at_all_are_said_to_be_damaged(tmp_path: Path) -> None:
    plain = file_of(PHOTO, "JPEG")
    data = plain[:2] + segment(0xEB, b"JP\0\1\0\0\0\1\0\0\1\0jumb" + bytes(200)) + plain[2:]
    verification = verify(data, Marks(tmp_path), Memory())

    assert verification.readings.failures == (DAMAGED,) and verification.summary.startswith(DAMAGED)


@pytest.mark.parametrize("name", ["b.png", "b.jpg", "b.webp"])
def test_the_credentials_that_a_file_came_with_are_kept_when_it_is_marked(tmp_path: Path, name: str) -> None:
    earlier = signed(tmp_path, "a.jpg")
    guard = fake_guard(keys=tmp_path / "new keys")
    guard.mark(earlier, tmp_path / name)
    found = guard.verify((tmp_path / name).read_bytes()).readings.credentials

    assert found is not None and found.valid and found.trusted
    assert found.summary.actions == ("c2pa.opened", "c2pa.addedText", "c2pa.watermarked.bound")
    assert found.summary.earlier and found.summary.earlier_sources
    assert found.signals.statement is AiStatement.FULLY


def test_a_file_whose_credentials_are_damaged_is_marked_without_them(tmp_path: Path) -> None:
    guard = fake_guard(keys=tmp_path / "new keys")
    plain = file_of(flat_art(1), "JPEG")
    guard.mark(plain[:2] + segment(0xEB, b"JP\0\1\0\0\0\1\0\0\1\0jumb" + bytes(200)) + plain[2:], tmp_path / "b.png")
    found = guard.verify((tmp_path / "b.png").read_bytes()).readings.credentials

    assert found is not None and found.valid and found.summary.earlier == ()
    assert UNKNOWN_ORIGIN in found.signals.inceptions


def test_what_was_only_marked_here_is_not_made_here(tmp_path: Path) -> None:
    audit = AuditLog(tmp_path / "audit.sqlite3", b"x" * 32)
    marks = Marks(tmp_path / "keys")
    with audit.mark_case() as case:
        export = Exporter(marks).export(flat_art(1), Provenance(Stamp(9), case=case.id), tmp_path / "a.png")
        case.record_export(export)
    verification = verify(export.path, marks, audit)
    audit.close()

    assert verification.summary.startswith("Marked as AI-made in this studio on")
    assert "declared it AI-generated" in verification.summary and "made by ai" not in verification.summary.lower()
    assert verification.as_json()["layers"]["registry"]["declared"] is True


# ---- colours ----------------------------------------------------------------------------------------


def swapped_profile() -> bytes:
    """A colour profile whose red is sRGB's green, and the other way round: what ignores it cannot hide that."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red], profile[green] = ord("g"), ord("r")
    # Not "sRGB" any more.
    at = profile.find("sRGB".encode("utf-16-be"))
    if at >= 0:
        profile[at : at + 8] = "other"[:4].encode("utf-16-be")
    return bytes(profile)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_a_colour_profile_is_converted_to_srgb(format: str) -> None:
    options: dict[str, Any] = {"lossless": True} if format == "WEBP" else {"quality": 95} if format != "PNG" else {}
    data = file_of(Image.new("RGB", (64, 48), (250, 20, 20)), format, icc_profile=swapped_profile(), **options)

    red, green, blue = open_untrusted(data).getpixel((30, 20))  # type: ignore[misc]
    assert green > 240 and red < 40 and blue < 40


def test_what_a_profile_describes_is_kept_where_it_is_marked(tmp_path: Path) -> None:
    data = file_of(Image.new("RGB", (512, 512), (200, 40, 40)), "PNG", icc_profile=swapped_profile())
    fake_guard(keys=tmp_path / "keys").mark(data, tmp_path / "a.png")
    marked = np.asarray(Image.open(BytesIO((tmp_path / "a.png").read_bytes())).convert("RGB"), int)

    assert abs(marked[300:, :300, 1].mean() - 200) < 3 and abs(marked[300:, :300, 0].mean() - 40) < 3


@pytest.mark.parametrize("profile", [b"garbage", swapped_profile()[:200], b""], ids=["garbage", "cut off", "none"])
def test_a_broken_profile_hides_no_picture(profile: bytes) -> None:
    data = file_of(Image.new("RGB", (64, 48), (200, 20, 20)), "PNG", icc_profile=profile)

    assert open_untrusted(data).getpixel((30, 20)) == (200, 20, 20)


def test_a_profile_of_another_kind_of_colours_is_left_aside() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    data = file_of(Image.new("L", (64, 48), 77), "PNG", icc_profile=lab)

    assert open_untrusted(data).getpixel((30, 20)) == (77, 77, 77)
