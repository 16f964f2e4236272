"""Computes where the eye lets the mark hide, and filters the picture out of what the reader sees.

Both work on luminance, float32, 0 to 255: chroma is what codecs and converters touch first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from safety.marks.invisible.error_correction import Floats

Bytes = NDArray[np.uint8]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601
_MASKING_SLOPE = 3.0  # how much stronger the mark may be for each grey level of local activity
_MAX_ACTIVITY = 9.0  # grey levels beyond which more texture hides no more
_NOISE_FLOOR = 2.0  # grey levels; weaker detail is not blown up by the local normalisation
_CLIP = 2.5  # local standard deviations


def luminance(pixels: Bytes) -> Floats:
    """Returns the Rec. 601 luma, (height, width), of RGB pixels, (height, width, 3)."""
    import cv2

    return np.asarray(cv2.transform(np.ascontiguousarray(pixels, np.float32), LUMA[None]), np.float32)


def perceptual_mask(luma: Floats, scale: float) -> Floats:
    """Returns how strong the mark may be at each pixel, (height, width), 1 on plain ground to 28 in texture.

    Contrast masking: texture hides what plain ground shows. `scale` is pixels of the picture per pixel of the tile.
    """
    detail = luma - smooth(luma, 3 * scale)
    activity = 1.48 * smooth(np.sqrt(np.abs(detail)), 4 * scale) ** 2
    return np.asarray(1 + _MASKING_SLOPE * np.minimum(activity, _MAX_ACTIVITY), np.float32)


def ssim(luma: Floats, marked: Floats) -> float:
    """Returns the mean structural similarity, at most 1, of two pictures' luma, in windows of about 8 pixels.

    Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment", IEEE TIP 2004.
    """
    mean, mean_marked = smooth(luma, 1.5), smooth(marked, 1.5)
    variances = smooth(luma * luma, 1.5) - mean**2 + smooth(marked * marked, 1.5) - mean_marked**2
    covariance = smooth(luma * marked, 1.5) - mean * mean_marked
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    luminance_term = (2 * mean * mean_marked + c1) / (mean**2 + mean_marked**2 + c1)
    return float(np.mean(luminance_term * (2 * covariance + c2) / (variances + c2)))


def whiten(luma: Floats, scale: float = 1.0) -> Floats:
    """Evens out the local contrast of luma, (height, width), and flattens its spectrum, at unit variance.

    The picture is noise to the mark. After this it is nearly white, which makes plain correlation the best detector.
    """
    # In place from here on: fresh memory costs more than the arithmetic.
    detail = smooth(luma, 3 * scale)
    np.subtract(luma, detail, out=detail)
    level = smooth(detail * detail, 5 * scale)
    np.sqrt(np.add(level.clip(0, out=level), _NOISE_FLOOR**2, out=level), out=level)
    np.divide(detail, level, out=detail)
    white = _flatten_spectrum(detail.clip(-_CLIP, _CLIP, out=detail))
    return np.divide(white, max(float(white.std()), 1e-9), out=white)


def _flatten_spectrum(values: Floats) -> Floats:
    """Divides every frequency by the root mean power around it.

    OpenCV packs the spectrum of a real picture into an array of its size: real and imaginary parts in columns of their
    own, but for the first column and, if their number is even, the last. Those two are the vertical and the finest
    frequencies, where no mark is, and are left out.
    """
    import cv2

    height, width = values.shape
    padded = cv2.getOptimalDFTSize(max(height, 4)), cv2.getOptimalDFTSize(max(width, 4))
    packed = np.zeros(padded, np.float32)
    packed[:height, :width] = values
    cv2.dft(packed, packed, nonzeroRows=height)
    last = 1 + (padded[1] - 1) // 2 * 2
    real, imaginary = packed[:, 1:last:2], packed[:, 2:last:2]
    power = real * real
    power += imaginary * imaginary
    reach = max(5, round(min(padded) / 512 * 11)) | 1
    gain = np.asarray(cv2.blur(power, (reach, reach), power, borderType=cv2.BORDER_REFLECT))
    np.sqrt(np.add(gain, 1e-6 * float(gain.mean()) + 1e-9, out=gain), out=gain)
    real /= gain
    imaginary /= gain
    packed[:, 0] = packed[:, last:] = 0
    cv2.dft(packed, packed, cv2.DFT_INVERSE, height)
    return np.ascontiguousarray(packed[:height, :width])


def smooth(values: Floats, sigma: float) -> Floats:
    """Blurs nearly as a Gaussian of `sigma` pixels does, by two box filters of the same variance.

    Their cost does not grow with `sigma`.
    """
    import cv2

    side = round((6 * sigma**2 + 1) ** 0.5) | 1
    once = cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.blur(once, (side, side), once, borderType=cv2.BORDER_REFLECT_101), np.float32)
