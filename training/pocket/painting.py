"""Colours of cutouts: another hue. Cutouts are uint8 RGBA."""

import numpy as np
from PIL import Image

PAINTABLE_SHARE, PAINTABLE_CHROMA = 0.45, 60  # of opaque pixels; saturation times value, of 255


def paintable(cutout: np.ndarray) -> bool:
    """Tell whether enough of an object has a colour that could be another."""
    opaque = cutout[..., 3] > 128
    rgb = cutout[..., :3][opaque].astype(int)
    return bool(len(rgb)) and bool((rgb.max(-1) - rgb.min(-1) > PAINTABLE_CHROMA).mean() > PAINTABLE_SHARE)


def paint(cutout: np.ndarray, hue: int) -> np.ndarray:
    """Turn the colours of an RGBA object around `hue` (degrees), keeping a quarter of their spread."""
    hsv = np.array(Image.fromarray(np.ascontiguousarray(cutout[..., :3])).convert("HSV")).astype(float)
    angle = hsv[..., 0] / 255 * 2 * np.pi
    weight = hsv[..., 1] * (cutout[..., 3] > 128)
    mean = np.angle((np.exp(1j * angle) * weight).sum())
    off = np.angle(np.exp(1j * (angle - mean))) * 0.25
    hsv[..., 0] = ((np.deg2rad(hue) + off) / (2 * np.pi) * 255) % 255
    rgb = Image.fromarray(hsv.astype(np.uint8), "HSV").convert("RGB")
    return np.dstack([np.asarray(rgb), cutout[..., 3]])
