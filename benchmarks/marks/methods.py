"""Puts the marks that are compared behind one interface: how many bits, embed, read."""

from __future__ import annotations

from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safety.generation import Stamp
from safety.marks.invisible.detect import detect
from safety.marks.invisible.embed import embed

Bits = NDArray[np.uint8]
_MIN_AREA = 256 * 256  # pixels; invisible-watermark reads nothing smaller


class Method(Protocol):
    """Embeds a payload of so many bits, (bits,), 0 or 1, into an RGB picture, and reads it.

    `read` gives None if no mark was found; the methods of others give bits of any picture that they take.
    """

    bits: int

    def embed(self, image: Image.Image, payload: Bits) -> Image.Image: ...

    def read(self, image: Image.Image) -> Bits | None: ...


class Safelight:
    """Wraps our own invisible mark."""

    bits = 64

    def embed(self, image: Image.Image, payload: Bits) -> Image.Image:
        return embed(image, Stamp(int("".join(map(str, payload.tolist())), 2)))

    def read(self, image: Image.Image) -> Bits | None:
        mark = detect(image)
        return None if mark is None else np.array(list(f"{mark.stamp.id:064b}"), np.uint8)


class InvisibleWatermark:
    """Wraps dwtDct, dwtDctSvd (64 bits) and rivaGan (32 bits) of the package `invisible-watermark`."""

    def __init__(self, method: str) -> None:
        from imwatermark import WatermarkDecoder, WatermarkEncoder

        self.method, self.bits = method, 32 if method == "rivaGan" else 64
        self._encoder, self._decoder = WatermarkEncoder(), WatermarkDecoder("bits", self.bits)
        if method == "rivaGan":
            self._encoder.loadModel()
            self._decoder.loadModel()

    def embed(self, image: Image.Image, payload: Bits) -> Image.Image:
        self._encoder.set_watermark("bits", payload.tolist())
        return _picture(self._encoder.encode(_bgr(image), self.method))

    def read(self, image: Image.Image) -> Bits | None:
        if image.width * image.height < _MIN_AREA:
            return None
        return np.asarray(self._decoder.decode(_bgr(image), self.method), np.uint8)


class BlindWatermark:
    """Wraps DWT-DCT-SVD of the package `blind-watermark`; its reader has to know how long the payload is."""

    bits = 64

    def embed(self, image: Image.Image, payload: Bits) -> Image.Image:
        marker = self._marker()
        marker.read_img(img=_bgr(image))
        marker.read_wm(payload.astype(bool).tolist(), mode="bit")
        return _picture(marker.embed())

    def read(self, image: Image.Image) -> Bits | None:
        soft = self._marker().extract(embed_img=_bgr(image), wm_shape=self.bits, mode="bit")
        return np.asarray(np.asarray(soft) > 0.5, np.uint8)

    def _marker(self) -> Any:
        import blind_watermark

        blind_watermark.bw_notes.close()
        return blind_watermark.WaterMark(password_img=1, password_wm=1)


METHODS = ("safelight", "dwtDct", "dwtDctSvd", "rivaGan", "blind")


def method(name: str) -> Method:
    """Makes the method of that name. Raises ImportError if the package that it lives in is not installed."""
    if name == "safelight":
        return Safelight()
    return BlindWatermark() if name == "blind" else InvisibleWatermark(name)


def _bgr(image: Image.Image) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(image)[..., ::-1])


def _picture(bgr: Any) -> Image.Image:
    pixels = np.clip(np.rint(np.asarray(bgr, np.float32)), 0, 255).astype(np.uint8)
    return Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
