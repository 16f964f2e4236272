"""Opens picture files of any origin as 8-bit RGB, or refuses them with a sentence that names the fix.

`open_untrusted` does it in a worker process, for whatever comes from outside; `open_picture` does it here, for what
this program has written, and inside a worker.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from safety.errors import FileError
from safety.files import containers
from safety.files.blocks import Blocks, damaged
from safety.files.pool import WorkerPool, shared_pool
from safety.files.tags import orientation

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose

MAX_BYTES = 100_000_000
MAX_PIXELS = 50_000_000  # what today's phones take; 150 MB as RGB
MAX_SIDE = 20_000
# Of processor time, for a picture of the full size: what is judged or marked is not decoded smaller.
DECODING_SECONDS = 6.0
_SIXTEEN_BIT = ("I", "I;16", "I;16L", "I;16B", "I;16N")
_BAND = 256  # rows that are converted at once, so that no second picture of the whole size is needed
_warning_filters = threading.Lock()

Size = tuple[int, int]


def open_untrusted(data: bytes, client: str = "", pool: WorkerPool | None = None) -> Image:
    """Decodes a picture from outside, as `open_picture` does, in a worker process under limits of time and memory.

    `client` is whose it is; "" is this program's own user. Raises FileError, BusyError.
    """
    from PIL import Image as Pillow

    _check_bytes(data)
    _, (size, pixels) = (pool or shared_pool()).run(decode, data, client=client, seconds=DECODING_SECONDS)
    return Pillow.frombytes("RGB", size, pixels)


def open_picture(data: bytes) -> Image:
    """Decodes a picture: upright (EXIF), sRGB, 8 bits a channel, transparent parts on white, without metadata.

    16-bit grey is scaled; CMYK and palettes are converted, and so is what a colour profile describes. The size is
    checked before a pixel is decoded. Raises FileError.
    """
    return load(data).rgb()


def decode(data: bytes) -> tuple[None, LoadedPicture]:
    """Decodes a picture inside a worker process. Raises FileError."""
    return None, load(data)


@dataclass(frozen=True, slots=True)
class LoadedPicture:
    """Holds a decoded picture, upright, in its file's own mode, and the metadata of its file.

    `original_size` is what it has at its full size, upright: less may have been decoded.
    """

    image: Image
    blocks: Blocks
    original_size: Size

    @property
    def size(self) -> Size:
        """Returns width and height in pixels."""
        return self.image.size

    def rgb(self) -> Image:
        """Returns it as 8-bit sRGB."""
        from PIL import Image as Pillow

        whole = Pillow.new("RGB", self.size)
        for top, band in self._bands(managed=True):
            whole.paste(band, (0, top))
        return whole

    def parts(self) -> Iterator[bytes]:
        """Yields its rows, top to bottom, as 8-bit sRGB."""
        for _, band in self._bands(managed=True):
            yield band.tobytes()

    def pixels(self) -> Any:
        """Returns its RGB pixels, (height, width, 3), uint8, without regard to its colour profile."""
        import numpy as np

        whole = np.empty((self.size[1], self.size[0], 3), np.uint8)
        for top, band in self._bands(managed=False):
            whole[top : top + band.height] = np.asarray(band)
        return whole

    def _bands(self, managed: bool) -> Iterator[tuple[int, Image]]:
        """Yields the top row and the RGB pixels of each part. Raises FileError."""
        beyond = _goes_beyond_8_bits(self.image)
        convert = profile_conversion(self.blocks.icc, self.image.mode) if managed else None
        for top, band in _cut(self.image):
            if convert and self.image.mode in ("CMYK", "L"):
                yield top, convert(band)
            else:
                flat = as_rgb(band, beyond)
                yield top, convert(flat) if convert else flat


def load(data: bytes, reduced: Callable[[Size], Size] | None = None) -> LoadedPicture:
    """Decodes a picture file. Raises FileError.

    `reduced` returns the least width and height that are needed of a picture of a size; a JPEG is then decoded at a
    half, a quarter or an eighth of its size, where that is enough.
    """
    _check_bytes(data)
    blocks = containers.split(data)
    image = _open(blocks)
    size = image.size
    if reduced is not None and blocks.format == "JPEG":
        image.draft(image.mode, reduced(size))
    turn = _turn(blocks)
    try:
        image.load()
        blocks.pixels = b""
        upright = image.transpose(turn) if turn is not None else image
    except MemoryError:
        raise
    # Decoders raise anything.
    except Exception as error:
        raise damaged() from error
    return LoadedPicture(upright, blocks, size[::-1] if turn is not None and turn.value in _SIDEWAYS else size)


def _check_bytes(data: bytes) -> None:
    if not data:
        raise FileError("The file is empty.", containers.ADVICE)
    if len(data) > MAX_BYTES:
        raise FileError(f"The file has {len(data) / 1e6:,.0f} MB.", f"Use one of at most {MAX_BYTES / 1e6:,.0f} MB.")


def _open(blocks: Blocks) -> Image:
    """Reads the header of a file, no pixel, and checks its size. Raises FileError."""
    from PIL import Image as Pillow

    try:
        # Pillow warns of large pictures, which are refused below. Filters are global, hence the lock; it is held for a
        # header without its metadata, and never for a pixel.
        with _warning_filters, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image: Image = Pillow.open(BytesIO(blocks.pixels), formats=(blocks.format,))
        frames = blocks.frames if blocks.format != "AVIF" else int(getattr(image, "n_frames", 1))
    except Pillow.DecompressionBombError as error:
        raise FileError("The picture has far too many pixels.", f"Scale it to {limits()}.") from error
    except MemoryError:
        raise
    # Decoders raise anything.
    except Exception as error:
        raise FileError("The file is no picture that can be read.", containers.ADVICE) from error
    if problem := size_problem(image.size):
        raise problem
    if frames != 1:
        kind = f"holds {frames} pages" if blocks.format == "TIFF" else f"is an animation of {frames} frames"
        raise FileError(f"The file {kind}.", "Save one of them as PNG.")
    if blocks.format == "AVIF":
        _take_metadata(image, blocks)
    return image


def _take_metadata(image: Image, blocks: Blocks) -> None:
    """Takes the metadata that only the decoder can find; it writes AVIF's own turns into the EXIF."""
    blocks.exif = bytes(image.info.get("exif", b"")).removeprefix(b"Exif\0\0")
    blocks.xmp, blocks.icc = bytes(image.info.get("xmp", b"")), bytes(image.info.get("icc_profile") or b"")


def whole_picture(image: Image) -> Image:
    """Returns a decoded picture as RGB. Raises FileError for one that checks would see only a part of."""
    if problem := size_problem(image.size):
        raise problem
    # A photograph with its depth or gain map (MPO) is one picture, as long as it is the one in front.
    frames = getattr(image, "n_frames", 1)
    if frames != 1 and (image.format != "MPO" or image.tell() != 0):
        raise FileError(f"The picture has {frames} frames.", "Judge each by itself.")
    return image if image.mode == "RGB" else as_rgb(image)


def size_problem(size: Size) -> FileError | None:
    """Returns the error for a picture of too many pixels; None if it may be decoded."""
    width, height = size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        return FileError(f"The picture has {width:,} x {height:,} pixels.", f"Scale it to {limits()}.")
    return None


def limits() -> str:
    """Returns how large a picture may be, in words."""
    return f"at most {MAX_PIXELS / 1e6:.0f} million pixels and {MAX_SIDE:,} a side"


# Transpositions that swap width and height: a quarter turn, and mirrored on a diagonal.
_SIDEWAYS = (2, 4, 5, 6)


def _turn(blocks: Blocks) -> Transpose | None:
    """Returns what turns a picture upright as its EXIF orientation asks."""
    from PIL.Image import Transpose

    return {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(orientation(blocks.exif))


def as_rgb(image: Image, beyond_8_bits: bool | None = None) -> Image:
    """Returns a picture of any mode as 8-bit RGB: 16-bit grey is scaled, transparent parts lie on white.

    Grey of 32 bits or floats is taken as 16 bits if it goes beyond 8, which `beyond_8_bits` says where only a part of
    the picture is given; values outside its range are cut off.
    """
    from PIL import Image as Pillow

    if image.mode in _SIXTEEN_BIT or image.mode == "F":
        import numpy as np

        beyond = _goes_beyond_8_bits(image) if beyond_8_bits is None else beyond_8_bits
        grey = np.nan_to_num(np.asarray(image).astype(np.float64)).clip(0, 65535)
        return Pillow.fromarray(np.rint(grey / 257 if beyond else grey).astype(np.uint8)).convert("RGB")
    if image.mode == "La":
        # Of premultiplied grey Pillow converts to nothing else.
        image = image.convert("LA")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    flat = Pillow.new("RGB", image.size, "white")
    flat.paste(layered, mask=layered.getchannel("A"))
    return flat


def _goes_beyond_8_bits(image: Image) -> bool:
    """Returns whether grey of 32 bits or floats has values over 255; 16-bit grey always counts so."""
    import numpy as np

    if image.mode not in ("I", "F"):
        return True
    return any(np.nan_to_num(np.asarray(band)).max() > 255 for _, band in _cut(image))


def _cut(image: Image) -> Iterator[tuple[int, Image]]:
    """Yields the top row and the pixels of each band of a picture."""
    if image.height <= _BAND:
        yield 0, image
        return
    for top in range(0, image.height, _BAND):
        yield top, image.crop((0, top, image.width, min(top + _BAND, image.height)))


def profile_conversion(profile: bytes, mode: str) -> Callable[[Image], Image] | None:
    """Returns what converts RGB pixels, or CMYK or grey ones, from a colour profile to sRGB.

    None where that would change nothing, and for a profile that is damaged or not for this mode: pixels are then taken
    as sRGB, as most viewers do.
    """
    from PIL import ImageCms

    if not profile:
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        space, description = source.profile.xcolor_space.strip(), source.profile.profile_description or ""
        given = {"RGB": "RGB", "CMYK": "CMYK", "GRAY": "L"}.get(space)
        if given is None or description.startswith("sRGB") or (given != "RGB" and given != mode):
            return None
        if given == "RGB" and mode in ("CMYK", "L", "LA", "1", "F", *_SIXTEEN_BIT):
            return None
        # So that white stays white.
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        change = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), given, "RGB", renderingIntent=intent)
    # lcms raises anything.
    except Exception:  # noqa: BLE001  a picture with a broken profile is still a picture
        return None
    return lambda image: ImageCms.applyTransform(image, change) or image
