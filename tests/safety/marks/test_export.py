from __future__ import annotations

import errno
import hashlib
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from safety import marks as marks_module
from safety.errors import ExportError
from safety.generation import Stamp
from safety.image_io import as_rgb, open_picture
from safety.marks import Marks, credentials, metadata
from safety.marks.export import Exporter, Provenance, file_name, files_of_stamp, remove_unfinished, write
from safety.marks.invisible.detect import detect
from safety.marks.invisible.embed import embed
from safety.marks.keys import SIGNING_FILE, new_mark_key
from tests.fakes_marks import flat_art, photograph

PROVENANCE = Provenance(Stamp(0x5AFE), case="case-1", engine="pocket", model="pocket 1", mode="general", seed=7)


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Exporter:
    return Exporter(Marks(tmp_path_factory.mktemp("studio") / "keys"))


INPUTS = [
    pytest.param(flat_art(1), id="flat art"),
    pytest.param(flat_art(0), id="flat art on white"),
    pytest.param(photograph(3, 520, 300), id="photograph"),
    pytest.param(flat_art(4).convert("L"), id="grey"),
    pytest.param(flat_art(3).convert("RGBA"), id="RGBA"),
]


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.JPEG", "a.webp"])
@pytest.mark.parametrize("image", INPUTS)
def test_every_layer_of_an_exported_file_names_the_same_stamp(
    exporter: Exporter, tmp_path: Path, name: str, image: Image.Image
) -> None:
    export = exporter.export(image, PROVENANCE, tmp_path / "deep" / "folder" / name)
    data = export.path.read_bytes()
    readings = exporter.marks.read_own(data, open_picture(data))

    assert readings.stamps() == dict.fromkeys(("credentials", "invisible", "metadata"), PROVENANCE.stamp)
    assert readings.credentials is not None and readings.credentials.valid and readings.credentials.trusted
    assert export.marks == ("visible", "credentials", "invisible", "metadata")
    assert export.sha256 == hashlib.sha256(data).hexdigest()
    assert (export.width, export.height) == image.size == open_picture(data).size
    assert os.listdir(export.path.parent) == [name]


def test_a_16_bit_picture_from_a_file_is_exported(exporter: Exporter, tmp_path: Path) -> None:
    values = np.asarray(photograph(2).convert("L")).astype(np.uint16) * 257
    Image.fromarray(values).save(tmp_path / "deep.png")
    picture = open_picture((tmp_path / "deep.png").read_bytes())

    assert exporter.export(picture, PROVENANCE, tmp_path / "out.png").marks


def test_the_finished_picture_looks_like_the_one_given(exporter: Exporter, tmp_path: Path) -> None:
    before = flat_art(5)
    after = open_picture(exporter.export(before, PROVENANCE, tmp_path / "a.png").path.read_bytes())
    error = np.abs(np.asarray(before, int) - np.asarray(after, int))[150:]  # below the label

    assert error.mean() < 3


@pytest.mark.parametrize(
    ("image", "name", "message"),
    [
        pytest.param(flat_art(1), "a.gif", "names no picture format", id="unknown suffix"),
        pytest.param(flat_art(1), "a", "names no picture format", id="no suffix"),
        pytest.param(Image.new("RGB", (63, 900)), "a.png", "63 x 900", id="too small"),
        pytest.param(Image.new("RGB", (64, 17_000)), "a.webp", "64 x 17000", id="too long"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_advice(
    exporter: Exporter, tmp_path: Path, image: Image.Image, name: str, message: str
) -> None:
    with pytest.raises(ExportError) as caught:
        exporter.export(image, PROVENANCE, tmp_path / name)

    assert message in str(caught.value)
    assert caught.value.advice
    assert list(tmp_path.iterdir()) == []


LOST = [
    pytest.param(credentials, "sign", lambda data, *_: data, "credentials", id="credentials"),
    pytest.param(metadata, "packet", lambda *_: b"", "metadata", id="metadata"),
]


@pytest.mark.parametrize(("module", "name", "broken", "layer"), LOST)
def test_a_mark_that_cannot_be_read_back_fails_the_export(
    exporter: Exporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, broken: Any, layer: str
) -> None:
    monkeypatch.setattr(module, name, broken)

    with pytest.raises(ExportError, match=layer):
        exporter.export(flat_art(1), PROVENANCE, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_cannot_carry_the_invisible_mark_says_so(
    exporter: Exporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safety.marks.invisible.embed.embed", lambda image, stamp, key: image)

    with pytest.raises(ExportError) as caught:
        exporter.export(flat_art(1), PROVENANCE, tmp_path / "a.png")
    assert "invisible mark" in str(caught.value)
    assert "larger" in caught.value.advice
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("colour", ["white", "black", "grey"])
def test_one_flat_colour_is_marked(exporter: Exporter, tmp_path: Path, colour: str) -> None:
    export = exporter.export(Image.new("RGB", (512, 512), colour), PROVENANCE, tmp_path / "a.png")

    assert set(export.marks) == {"visible", "invisible", "metadata", "credentials"}


@pytest.mark.parametrize(
    "name", ["a\0b.png", "\ud800.png", "x" * 300 + ".png"], ids=["a zero", "no letter", "too long"]
)
def test_a_name_that_no_file_can_have_is_refused_with_a_sentence(exporter: Exporter, tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match="cannot be written to") as caught:
        exporter.export(flat_art(1), PROVENANCE, tmp_path / name)

    assert "Choose a name" in caught.value.advice and caught.value.sentence.isprintable()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.integers(64, 300), st.integers(64, 300), st.sampled_from(["RGB", "L", "RGBA"]), st.integers(0, 99))
def test_any_size_and_mode_is_marked_or_fails_with_a_reason(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, mode: str, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("any")
    exporter = Exporter(Marks(folder / "keys"))
    try:
        exporter.export(photograph(seed, width, height).convert(mode), PROVENANCE, folder / "a.jpg")
    except ExportError as error:
        assert error.advice
        assert not (folder / "a.jpg").exists()


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(ExportError, match="No space left") as caught:
        write(tmp_path / "a.png", b"data")
    assert "disk with room" in caught.value.advice
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_forgets_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"other")

    with pytest.raises(ExportError, match="did not keep"):
        write(tmp_path / "a.png", b"data")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(ExportError) as caught:
        write(tmp_path / "file" / "a.png", b"data")
    assert "may write" in caught.value.advice


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.png", b"old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.EACCES, "denied")))

    with pytest.raises(ExportError):
        write(tmp_path / "a.png", b"new")
    assert (tmp_path / "a.png").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.png"]


def test_keys_are_made_at_the_first_export_and_not_before(tmp_path: Path) -> None:
    exporter = Exporter(Marks(tmp_path / "keys"))
    data = exporter.export(flat_art(1), PROVENANCE, tmp_path / "a.png").path.read_bytes()
    exporter.marks.read_own(data, open_picture(data))

    assert os.listdir(tmp_path / "keys") == [SIGNING_FILE]
    assert marks_module.existing_signing_keys(tmp_path / "other") is None


def test_what_a_crash_left_unfinished_is_swept_away_and_nothing_else(tmp_path: Path) -> None:
    old, fresh, finished = (tmp_path / "case" / name for name in (".a.png.00.part", ".b.png.00.part", "c.png"))
    old.parent.mkdir()
    for file in (old, fresh, finished):
        file.write_bytes(b"marked")
    for file in (old, finished):
        os.utime(file, (0, 0))
    remove_unfinished(tmp_path)
    assert [path.name for path in sorted(old.parent.iterdir())] == [fresh.name, finished.name]


MODES = ["RGB", "RGBA", "LA", "PA", "L", "P", "1", "I;16", "I", "F", "CMYK", "YCbCr", "LAB", "HSV"]


def in_mode(seed: int, mode: str, size: tuple[int, int]) -> Image.Image:
    """Flat art of any mode; 16 bits where the mode has them, half of it transparent where the mode allows."""
    picture = flat_art(seed).resize(size)
    if mode in ("I;16", "I", "F"):
        grey = np.asarray(picture.convert("L"))
        return Image.fromarray(grey.astype(np.uint16) * 257 if mode != "F" else grey.astype(np.float32)).convert(mode)
    if mode in ("RGBA", "LA", "PA"):
        picture.putalpha(Image.linear_gradient("L").resize(size))
    return picture.convert("RGBA").convert("PA") if mode == "PA" else picture.convert(mode)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@example(3, "I;16", 4096, 64)
@example(1, "RGBA", 64, 4096)
@example(2, "L", 1400, 1300)
@given(st.integers(0, 99), st.sampled_from(MODES), st.integers(64, 700), st.integers(64, 700))
def test_any_picture_round_trips_or_fails_with_a_reason(seed: int, mode: str, width: int, height: int) -> None:
    picture = as_rgb(in_mode(seed, mode, (width, height)))
    try:
        mark = detect(embed(picture, PROVENANCE.stamp))
    except ExportError as error:
        assert error.advice
    else:
        assert mark is not None
        assert mark.stamp == PROVENANCE.stamp


@pytest.mark.parametrize("mode", ["RGBA", "L", "I;16"])
def test_pictures_of_other_modes_are_exported_with_every_mark(exporter: Exporter, tmp_path: Path, mode: str) -> None:
    export = exporter.export(in_mode(1, mode, (512, 512)), PROVENANCE, tmp_path / "a.png")

    assert export.marks == ("visible", "credentials", "invisible", "metadata")


def test_after_a_rotation_new_marks_have_the_new_key_and_old_ones_are_read(exporter: Exporter, tmp_path: Path) -> None:
    keys = exporter.marks.keys
    exporter.export(flat_art(1), PROVENANCE, tmp_path / "public.png")
    new_mark_key(keys)
    exporter.export(flat_art(1), PROVENANCE, tmp_path / "own.png")
    new_mark_key(keys)

    for name in ("public.png", "own.png"):
        data = (tmp_path / name).read_bytes()
        assert (found := exporter.marks.read_own(data, open_picture(data)).invisible)
        assert found.stamp == PROVENANCE.stamp
    with Image.open(tmp_path / "own.png") as marked:
        assert detect(marked.convert("RGB")) is None


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        pytest.param("", "general", id="a prompt that is not kept"),
        pytest.param("A red apple, on a plate!", "a-red-apple-on-a-plate", id="a prompt that is kept"),
        pytest.param("../../etc/passwd\0\n", "etc-passwd", id="a path"),
        pytest.param("un café · 日本の城", "un-café-日本の城", id="words of other scripts"),
        pytest.param("\u202egnp.exe", "gnp-exe", id="a sign that turns the direction"),
        pytest.param("?!", "general", id="no word at all"),
        pytest.param("城" * 200, "城" * 20, id="one word longer than a name"),
        pytest.param("many words " * 40, "-".join(["many-words"] * 7), id="more words than fit"),
    ],
)
def test_a_files_name_tells_words_seed_and_date_and_ends_in_the_stamp(tmp_path: Path, prompt: str, words: str) -> None:
    name = file_name(replace(PROVENANCE, prompt=prompt), "jpeg")
    assert re.fullmatch(rf"{words}_7_\d{{4}}-\d\d-\d\d_{PROVENANCE.stamp}\.jpg", name)
    assert len(name.encode()) < 160
    (tmp_path / name).touch()
    (tmp_path / f".{name}.0.part").touch()
    assert files_of_stamp(tmp_path, str(PROVENANCE.stamp)) == [tmp_path / name]
