from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from safety.errors import FileError
from safety.image_io import as_rgb, open_picture
from tests.fakes_marks import file_of

RED = Image.new("RGB", (40, 30), (200, 20, 20))
GREY16 = Image.fromarray(np.full((30, 40), 128 * 257, np.uint16))


def palette_with_hole() -> bytes:
    image = RED.quantize(4)
    return file_of(image, "PNG", transparency=image.getpixel((0, 0)))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (head, data)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


READABLE = [
    pytest.param(file_of(RED), (200, 20, 20), id="PNG"),
    pytest.param(file_of(RED, "JPEG", quality=95), (200, 20, 20), id="JPEG"),
    pytest.param(file_of(RED, "WEBP", lossless=True), (200, 20, 20), id="WebP"),
    pytest.param(file_of(RED, "BMP"), (200, 20, 20), id="BMP"),
    pytest.param(file_of(RED, "GIF"), (200, 20, 20), id="GIF of one frame"),
    pytest.param(file_of(RED, "TIFF"), (200, 20, 20), id="TIFF"),
    pytest.param(file_of(RED, "TIFF", compression="tiff_lzw"), (200, 20, 20), id="TIFF, LZW"),
    pytest.param(file_of(RED, "TIFF", compression="jpeg", quality=95), (200, 20, 20), id="TIFF, JPEG inside"),
    pytest.param(file_of(GREY16, "TIFF"), (128, 128, 128), id="TIFF, 16-bit grey"),
    pytest.param(file_of(GREY16.convert("F"), "TIFF"), (128, 128, 128), id="TIFF, floats"),
    pytest.param(file_of(RED, "AVIF", quality=95), (200, 20, 20), id="AVIF"),
    pytest.param(file_of(RED.quantize(4)), (200, 20, 20), id="palette"),
    pytest.param(palette_with_hole(), (255, 255, 255), id="palette with a transparent colour"),
    pytest.param(file_of(RED.convert("L")), (74, 74, 74), id="grey"),
    pytest.param(file_of(GREY16), (128, 128, 128), id="16-bit grey"),
    pytest.param(file_of(Image.new("1", (40, 30), 1)), (255, 255, 255), id="black and white"),
    pytest.param(file_of(Image.new("CMYK", (40, 30), (0, 255, 255, 0)), "JPEG", quality=95), (255, 0, 0), id="CMYK"),
    pytest.param(file_of(Image.new("RGBA", (40, 30), (200, 20, 20, 0))), (255, 255, 255), id="transparent"),
    pytest.param(file_of(Image.new("RGBA", (40, 30), (0, 0, 0, 128))), (127, 127, 127), id="half transparent"),
    pytest.param(file_of(Image.new("LA", (40, 30), (60, 255))), (60, 60, 60), id="grey with alpha"),
]


@pytest.mark.parametrize(("data", "colour"), READABLE)
def test_every_kind_of_picture_becomes_rgb(data: bytes, colour: tuple[int, int, int]) -> None:
    picture = open_picture(data)

    assert (picture.mode, picture.size, picture.info) == ("RGB", (40, 30), {})
    assert np.abs(np.asarray(picture, int) - colour).max() <= 3


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_a_photograph_taken_sideways_is_turned_upright(format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = Image.new("RGB", (40, 30), "black")
    sideways.paste("white", (0, 0, 40, 10))

    picture = open_picture(file_of(sideways, format, exif=exif, **({"quality": 95} if format != "PNG" else {})))

    assert picture.size == (30, 40)
    assert min(picture.getpixel((28, 20))) > 245  # type: ignore[type-var,arg-type]
    assert max(picture.getpixel((2, 20))) < 10  # type: ignore[type-var,arg-type]


@pytest.mark.parametrize("orientation", range(9))
def test_every_orientation_is_turned_as_pillow_does(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    noise = Image.effect_noise((40, 30), 90)
    data = file_of(noise, exif=exif)

    assert open_picture(data).tobytes() == ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB").tobytes()


MODES = ["1", "L", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "LA", "La", "PA", "RGBa"]


@pytest.mark.parametrize("mode", [*MODES, "I;16", "I;16L", "I;16B"])
def test_a_picture_of_any_mode_becomes_rgb(mode: str) -> None:
    assert as_rgb(Image.new(mode, (8, 600))).mode == "RGB"


def animation(format: str) -> bytes:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    return file_of(frames[0], format, save_all=True, append_images=frames[1:], duration=100)


REFUSED = [
    pytest.param(b"", "empty", "PNG", id="empty"),
    pytest.param(b"hello, world", "no picture", "PNG", id="text"),
    pytest.param(b"%PDF-1.7 ...", "no picture", "PNG", id="PDF"),
    pytest.param(b"\0\0\0\x18ftypheic" + bytes(40), "it is HEIC", "AVIF", id="HEIC"),
    pytest.param(b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), "it is JPEG XL", "PNG", id="JPEG XL"),
    pytest.param(b"\xff\x0a" + bytes(40), "it is JPEG XL", "PNG", id="JPEG XL without a container"),
    pytest.param(b"II+\0" + bytes(40), "BigTIFF", "PNG", id="BigTIFF"),
    pytest.param(b"\x89PNG\r\n\x1a\n", "no picture", "PNG", id="bare signature"),
    pytest.param(file_of(RED)[:-40], "cut off", "again", id="truncated PNG"),
    pytest.param(file_of(Image.effect_noise((90, 90), 90), "JPEG")[:900], "cut off", "again", id="truncated JPEG"),
    pytest.param(png_header(20_000, 20_000), "pixels", "Scale", id="bomb"),
    pytest.param(png_header(12_000, 9_000), "12,000 x 9,000", "Scale", id="above the limit"),
    pytest.param(png_header(30_000, 1), "30,000 x 1", "Scale", id="far too wide"),
    pytest.param(animation("GIF"), "animation of 2", "PNG", id="animated GIF"),
    pytest.param(animation("WEBP"), "animation of 2", "PNG", id="animated WebP"),
    pytest.param(animation("PNG"), "animation of 2", "PNG", id="animated PNG"),
    pytest.param(animation("AVIF"), "animation of 2", "PNG", id="animated AVIF"),
    pytest.param(animation("TIFF"), "2 pages", "PNG", id="TIFF of several pages"),
]


@pytest.mark.parametrize(("data", "message", "advice"), REFUSED)
def test_what_cannot_be_read_is_refused_with_a_sentence(data: bytes, message: str, advice: str) -> None:
    with pytest.raises(FileError) as caught:
        open_picture(data)

    assert message in str(caught.value)
    assert advice in caught.value.advice


def test_broken_exif_does_not_hide_a_picture() -> None:
    data = file_of(RED, "JPEG", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff")

    assert open_picture(data).size == RED.size


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    file = bytearray(data.draw(st.sampled_from([file_of(RED, format) for format in ("PNG", "JPEG", "WEBP", "GIF")])))
    for _ in range(data.draw(st.integers(1, 6))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = open_picture(bytes(file))
    except FileError as error:
        assert error.advice
    else:
        assert picture.mode == "RGB"


@given(st.binary(max_size=300))
def test_noise_is_no_picture(data: bytes) -> None:
    with pytest.raises(FileError):
        open_picture(data)


def test_the_file_object_is_let_go() -> None:
    picture = open_picture(file_of(RED))

    assert picture.copy().tobytes() == picture.tobytes()
    assert BytesIO(file_of(picture)).getbuffer().nbytes > 0
