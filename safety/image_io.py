"""Opens picture files of any origin as 8-bit RGB, or refuses them with a sentence that names the fix."""

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
_ADVICE = "Use a PNG, JPEG, WebP, GIF or BMP picture."
_ORIENTATION = 0x0112  # EXIF tag
_warning_filters = threading.Lock()


def open_picture(data: bytes) -> Image:
    """Decodes a picture: upright (EXIF), RGB, 8 bits a channel, transparent parts on white, without metadata.

    16-bit grey is scaled; CMYK and palettes are converted; colour profiles are ignored. The size is checked before a
    pixel is decoded. Raises FileError.
    """
    if not data:
        raise FileError("The file is empty.", _ADVICE)
    if len(data) > MAX_BYTES:
        raise FileError(f"The file has {len(data) / 1e6:,.0f} MB.", f"Use one of at most {MAX_BYTES / 1e6:,.0f} MB.")
    with without_warnings():
        image = _open(data)
        _check_size(image)
        try:
            image.load()
            picture = _upright(as_rgb(image), image)
        except MemoryError:
            raise
        # Decoders raise anything.
        except Exception as error:
            raise FileError("The picture is damaged or cut off.", "Save or download it again.") from error
    picture.info = {}
    return picture


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keeps Pillow's warnings about odd files from the terminal. Warning filters are global, hence the lock."""
    with _warning_filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _open(data: bytes) -> Image:
    """Reads the header of a file, no pixel. Raises FileError."""
    from PIL import Image as Pillow

    try:
        return Pillow.open(BytesIO(data), formats=FORMATS)
    except Pillow.DecompressionBombError as error:
        raise FileError("The picture has far too many pixels.", f"Scale it to {_limits()}.") from error
    # Decoders raise anything.
    except Exception as error:
        raise FileError("The file is no picture that can be read.", _ADVICE) from error


def _check_size(image: Image) -> None:
    """Raises FileError for a picture of too many pixels or of several frames."""
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise FileError(f"The picture has {width:,} x {height:,} pixels.", f"Scale it to {_limits()}.")
    # MPO is what phones write: one photograph and its depth or gain map.
    if image.format != "MPO" and (frames := _frame_count(image)) != 1:
        raise FileError(f"The file is an animation of {frames} frames.", "Save one of its frames as PNG.")


def _limits() -> str:
    return f"at most {MAX_PIXELS / 1e6:.0f} million pixels and {MAX_SIDE:,} a side"


def _frame_count(image: Image) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    # Counting frames parses the whole file.
    except Exception as error:
        raise FileError("The picture is damaged or cut off.", "Save or download it again.") from error


def as_rgb(image: Image) -> Image:
    """Returns a picture of any mode as 8-bit RGB: 16-bit grey is scaled, transparent parts lie on white.

    Grey of 32 bits or floats is taken as 16 bits if it goes beyond 8; values outside its range are cut off.
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
    """Turns a picture as the EXIF orientation of `source` asks."""
    from PIL import ImageOps

    try:
        orientation = source.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  a picture with broken EXIF is still a picture
        return picture
    picture.getexif()[_ORIENTATION] = orientation if orientation in range(1, 9) else 1
    return ImageOps.exif_transpose(picture)
