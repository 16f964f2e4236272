"""Picture files from anywhere become 8-bit RGB, or are refused with a sentence that names the fix."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from safety.errors import FileError

if TYPE_CHECKING:
    from PIL.Image import Image

# Decoders that have been fuzzed for long and need no other library's container parser.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MAX_BYTES = 100_000_000
MAX_PIXELS = 50_000_000  # what today's phones take; 150 MB as RGB
MAX_SIDE = 20_000
_SIXTEEN_BIT = ("I", "I;16", "I;16L", "I;16B", "I;16N")
_KNOWN = "Use a PNG, JPEG, WebP, GIF or BMP picture."
_quiet = threading.Lock()


def open_picture(data: bytes) -> Image:
    """Decodes a picture: first upright (EXIF), then RGB, 8 bits a channel, transparent parts on white.

    16-bit grey is scaled; CMYK and palettes are converted; colour profiles are ignored. The size is checked
    before a pixel is decoded. The result carries no metadata. Raises FileError.
    """
    if not data:
        raise FileError("The file is empty.", _KNOWN)
    if len(data) > MAX_BYTES:
        raise FileError(f"The file has {len(data) / 1e6:,.0f} MB.", f"Use one of at most {MAX_BYTES / 1e6:,.0f} MB.")
    with silenced():
        image = _opened(data)
        _check(image)
        try:
            image.load()
            picture = _upright(as_rgb(image), image)
        except MemoryError:
            raise
        except Exception as error:  # decoders raise anything
            raise FileError("The picture is damaged or cut off.", "Save or download it again.") from error
    picture.info = {}
    return picture


@contextmanager
def silenced() -> Iterator[None]:
    """Keeps Pillow's warnings about odd files from the terminal. Warning filters are global, hence the lock."""
    with _quiet, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _opened(data: bytes) -> Image:
    from PIL import Image as Pillow

    try:
        return Pillow.open(BytesIO(data), formats=FORMATS)
    except Pillow.DecompressionBombError as error:
        raise FileError("The picture has far too many pixels.", f"Scale it to {_most()}.") from error
    except Exception as error:  # decoders raise anything
        raise FileError("The file is no picture that can be read.", _KNOWN) from error


def _check(image: Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise FileError(f"The picture has {width:,} x {height:,} pixels.", f"Scale it to {_most()}.")
    # MPO is what phones write: one photograph and its depth or gain map.
    if image.format != "MPO" and (frames := _frames(image)) != 1:
        raise FileError(f"The file is an animation of {frames} frames.", "Save one of its frames as PNG.")


def _most() -> str:
    return f"at most {MAX_PIXELS / 1e6:.0f} million pixels and {MAX_SIDE:,} a side"


def _frames(image: Image) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception as error:  # counting frames parses the whole file
        raise FileError("The picture is damaged or cut off.", "Save or download it again.") from error


def as_rgb(image: Image) -> Image:
    """A picture of any mode as 8-bit RGB: 16-bit grey is scaled, transparent parts lie on white.

    Grey of 32 bits or floats is taken as 16 bits if it goes beyond 8; what is below or above its range is cut off.
    """
    from PIL import Image as Pillow

    if image.mode in _SIXTEEN_BIT or image.mode == "F":
        import numpy as np

        grey = np.nan_to_num(np.asarray(image).astype(np.float64)).clip(0, 65535)
        eight = grey if image.mode in ("I", "F") and grey.max() <= 255 else grey / 257
        return Pillow.fromarray(np.rint(eight).astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    flat = Pillow.new("RGB", image.size, "white")
    flat.paste(layered, mask=layered.getchannel("A"))
    return flat


def _upright(picture: Image, source: Image) -> Image:
    from PIL import ImageOps

    try:
        orientation = source.getexif().get(0x0112, 1)
    except Exception:  # noqa: BLE001  a picture with broken EXIF is still a picture
        return picture
    picture.getexif()[0x0112] = orientation if orientation in range(1, 9) else 1
    return ImageOps.exif_transpose(picture)
