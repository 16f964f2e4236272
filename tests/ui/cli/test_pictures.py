"""look, mark and verify: odd files are read or refused with a sentence, the other files still get their answer."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from safety.marks import Marks
from safety.marks.export import Exporter
from safety.marks.keys import signing_keys
from studio import Studio
from tests.fakes import fake_studio
from ui.cli import main as command_line

pytestmark = pytest.mark.slow  # real marks on real pictures

UNTRUSTED = "signingCredential.untrusted"
Run = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    fake = fake_studio(tmp_path / "home", exporter=Exporter(Marks(tmp_path / "home" / "keys")))
    yield fake
    fake.audit.close()


@pytest.fixture
def run(studio: Studio) -> Run:
    def invoke(*arguments: object) -> tuple[int, list[dict[str, Any]], str]:
        cli = command_line.build(lambda: studio, "127.0.0.1", 7860)
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert "Traceback" not in result.stderr
        return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()], result.stderr

    return invoke


def picture(mode: str = "RGB", side: int = 320) -> Image.Image:
    noise = np.random.default_rng(7).normal(0, 12, (side, side, 3))
    slope = np.linspace(40, 200, side)[:, None, None]
    return Image.fromarray(np.clip(slope + noise, 0, 255).astype(np.uint8)).convert(mode)


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def sixteen_bit() -> bytes:
    return encoded(Image.fromarray(np.asarray(picture("L")).astype(np.uint16) * 257), "PNG")


def animated() -> bytes:
    return encoded(picture(), "GIF", save_all=True, append_images=[picture("L").convert("RGB").rotate(90)])


def huge() -> bytes:
    """The first 45 bytes of a PNG that says it has 20,000 x 20,000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = b"".join(struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (header, data))
    return b"\x89PNG\r\n\x1a\n" + chunks


GOOD = [
    pytest.param(encoded(picture(), "PNG"), id="png"),
    pytest.param(encoded(picture("CMYK"), "JPEG"), id="cmyk"),
    pytest.param(sixteen_bit(), id="16-bit"),
    pytest.param(encoded(picture("P"), "PNG"), id="palette"),
    pytest.param(encoded(picture("RGBA"), "WEBP"), id="rgba"),
]
BAD = [
    pytest.param(b"", "empty", id="empty"),
    pytest.param(b"GIF89a, or so it says", "no picture", id="unreadable"),
    pytest.param(b"\x00\xff" * 500, "no picture", id="binary"),
    pytest.param(encoded(picture(), "PNG")[:5000], "cut off", id="truncated"),
    pytest.param(animated(), "animation of 2 frames", id="animated"),
    pytest.param(huge(), "Scale it to at most", id="huge"),
    pytest.param(None, "No such file", id="missing"),
]


@pytest.mark.parametrize("data", GOOD)
@pytest.mark.parametrize("command", ["look", "verify"])
def test_odd_pictures_are_read(run: Run, tmp_path: Path, command: str, data: bytes) -> None:
    (tmp_path / "odd").write_bytes(data)
    code, rows, stderr = run(command, tmp_path / "odd", *(["--json"] if command == "verify" else []))
    assert (code, [row["file"] for row in rows], stderr) == (0, [str(tmp_path / "odd")], "")


@pytest.mark.parametrize(("data", "why"), BAD)
@pytest.mark.parametrize("command", ["look", "verify"])
def test_a_bad_file_is_named_and_the_others_are_answered(
    run: Run, tmp_path: Path, command: str, data: bytes | None, why: str
) -> None:
    bad, good = tmp_path / "bad.png", tmp_path / "good.png"
    if data is not None:
        bad.write_bytes(data)
    good.write_bytes(encoded(picture(), "PNG"))
    code, rows, stderr = run(command, bad, good, *(["--json"] if command == "verify" else []))
    assert (code, [row["file"] for row in rows]) == (2, [str(good)])
    assert stderr.startswith(f"{bad}: ") and why in stderr and stderr.count("\n") == 1


@pytest.mark.parametrize(("data", "why"), BAD)
def test_mark_refuses_a_bad_file_and_writes_nothing(run: Run, tmp_path: Path, data: bytes | None, why: str) -> None:
    bad, out = tmp_path / "bad.png", tmp_path / "out.png"
    if data is not None:
        bad.write_bytes(data)
    code, rows, stderr = run("mark", bad, "--out", out)
    assert (code, rows) == (2, [])
    assert stderr.startswith(f"{bad}: ") and why in stderr and stderr.count("\n") == 1
    assert not out.exists()


def test_look_refuses_an_unknown_mode(run: Run, tmp_path: Path) -> None:
    code, rows, stderr = run("look", tmp_path, "--mode", "opera")
    assert (code, rows) == (2, [])
    assert "art, general, medical" in stderr


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_what_is_marked_is_read_back_by_every_layer(run: Run, tmp_path: Path, suffix: str) -> None:
    source, out = tmp_path / "elsewhere.png", tmp_path / f"marked{suffix}"
    source.write_bytes(encoded(picture(side=512), "PNG"))
    code, (marked,), stderr = run("mark", source, "--out", out)
    assert (code, stderr, marked["file"]) == (0, "", str(out))
    code, (row,), stderr = run("verify", out, "--json")
    assert (code, stderr, row["contradictions"]) == (0, "", [])
    layers = row["layers"]
    assert set(layers) == {"credentials", "invisible", "metadata", "registry"}
    assert {(layer["found"], layer["stamp"]) for layer in layers.values()} == {(True, marked["stamp"])}


def test_verify_of_an_unmarked_picture_finds_nothing_and_is_no_failure(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plain.png").write_bytes(encoded(picture(), "PNG"))
    code, (row,), _ = run("verify", tmp_path / "plain.png", "--json")
    assert code == 0
    assert not any(layer["found"] for layer in row["layers"].values())


@pytest.mark.parametrize("name", [pytest.param("small", id="too small to mark"), pytest.param("flat", id="one colour")])
def test_what_cannot_carry_the_marks_is_not_written(run: Run, tmp_path: Path, name: str) -> None:
    images = {"small": picture(side=32), "flat": Image.new("RGB", (80, 80), "white")}
    source, out = tmp_path / "in.png", tmp_path / "out.png"
    source.write_bytes(encoded(images[name], "PNG"))
    code, rows, stderr = run("mark", source, "--out", out)
    if code:
        assert (code, rows, stderr.count("\n")) == (4, [], 1)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "in.png"]
    else:
        assert run("verify", out, "--json")[1][0]["layers"]["invisible"]["found"]


@pytest.fixture
def marked_file(run: Run, tmp_path: Path) -> Path:
    plain, marked = tmp_path / "plain.png", tmp_path / "marked.jpg"
    plain.write_bytes(encoded(picture(), "PNG"))
    assert run("mark", plain, "--out", marked)[0] == 0
    return marked


def test_credentials_that_a_file_lost_are_told_below_the_summary(studio: Studio, marked_file: Path) -> None:
    Image.open(marked_file).save(marked_file, quality=85)
    cli = command_line.build(lambda: studio, "127.0.0.1", 7860)
    summary, kept, where = CliRunner().invoke(cli, ["verify", str(marked_file)]).stdout.splitlines()

    assert "gives them back" in summary and "below" not in summary
    assert "AI-generated" in kept and "signed by this studio" in kept and " UTC" in kept and "given_back.store" in where


def failures(document: dict[str, Any]) -> list[str]:
    return [one["code"] for one in document["manifests"][0]["validationResults"]["failure"]]


def test_crjson_is_what_a_validator_says_with_the_lists_that_it_is_given(
    run: Run, studio: Studio, marked_file: Path, tmp_path: Path
) -> None:
    own, other = tmp_path / "own.pem", tmp_path / "other.pem"
    own.write_text(signing_keys(studio.exporter.marks.keys).root)
    other.write_text(signing_keys(tmp_path / "other keys").root)

    for trust, codes in (((), []), (("--trust-list", own), []), (("--trust-list", other), [UNTRUSTED])):
        code, (document,), _ = run("verify", "--crjson", *trust, marked_file)
        assert code == 0 and failures(document) == codes
        assert document["jsonGenerator"]["name"] and document["@context"]
        assert document["manifests"][0]["claim.v2"]["claim_generator_info"]["specVersion"] == "2.4.0"


def test_the_rubric_is_told_rule_by_rule(run: Run, marked_file: Path) -> None:
    code, (row,), _ = run("verify", "--rubric", marked_file)

    assert code == 0 and row["kept"] and row["file"] == str(marked_file)
    assert all(rule["kept"] and rule["asks"] for rule in row["rules"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("--crjson", "--json"), "one form at a time", id="two forms"),
        pytest.param(("--trust-list", "list.pem"), "--crjson", id="a list for nothing"),
        pytest.param(("--crjson", "--trust-list", "plain.png"), "no certificate", id="a list without certificates"),
        pytest.param(("--rubric", "--trust-list", "broken.pem"), "broken.pem: the list has", id="a damaged list"),
        pytest.param(("--rubric", "--trust-list", "none.pem"), "none.pem: no such file", id="no such list"),
        pytest.param(("--crjson", "plain.png"), "no Content Credentials", id="a file without credentials"),
    ],
)
def test_what_crjson_cannot_do_is_said_in_a_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.png").write_bytes(encoded(picture(), "PNG"))
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    code, rows, said = run("verify", *arguments, "plain.png")

    assert code == 2 and rows == [] and words.lower() in said.lower()


@pytest.mark.parametrize(
    ("authority", "words"),
    [
        pytest.param("", "SAFELIGHT_TIME_AUTHORITY is not set", id="nobody"),
        pytest.param("https://tsa.example", "attested by https://tsa.example", id="an authority"),
    ],
)
def test_health_says_who_attests_the_time(tmp_path: Path, authority: str, words: str) -> None:
    studio = fake_studio(tmp_path, exporter=Exporter(Marks(tmp_path / "keys", time_authority=authority)))
    cli = command_line.build(lambda: studio, "127.0.0.1", 7860)

    assert words in CliRunner().invoke(cli, ["health"]).stdout
    studio.audit.close()
