"""From sRGB bytes to linear light and CIE Lab, by tables: fast enough for a million pixels.

Source: IEC 61966-2-1 (sRGB, D65) and CIE 15 (Lab). White is D65, L is 0 to 100.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

_STEPS = 8192
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
_FROM_F = np.array([[0, 500, 0], [116, -500, 200], [0, 0, -200]], dtype=np.float32)


@cache
def linear_of_byte() -> Floats:
    """(256,): light between 0 and 1 of an sRGB byte."""
    return _linear(np.arange(256, dtype=np.float64) / 255).astype(np.float32)


def lab_of_linear(light: Floats) -> Floats:
    """(..., 3) linear RGB between 0 and 1 as Lab of the same shape; values outside are clipped."""
    relative = light @ _relative()
    places = np.clip(relative * np.float32(_STEPS) + np.float32(0.5), 0, _STEPS).astype(np.uint16)
    roots = _roots()[places]
    lab = roots @ _FROM_F
    lab[..., 0] -= np.float32(16)
    return np.asarray(lab, dtype=np.float32)


def bytes_of_linear(light: Floats) -> Floats:
    """(..., 3) linear RGB as sRGB values between 0 and 255, not rounded."""
    clipped = np.clip(light, 0, 1)
    low = clipped * 12.92
    high = 1.055 * np.power(np.maximum(clipped, 1e-8), 1 / 2.4) - 0.055
    return np.asarray(np.where(clipped <= 0.0031308, low, high) * 255, dtype=np.float32)


def lab_of_bytes(values: Floats) -> Floats:
    """(..., 3) sRGB values between 0 and 255, fractions allowed, as Lab."""
    return lab_of_linear(_linear(np.clip(values, 0, 255) / 255).astype(np.float32))


def _linear(share: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.where(share <= 0.04045, share / 12.92, np.power((share + 0.055) / 1.055, 2.4))


@cache
def _relative() -> Floats:
    return np.ascontiguousarray((_TO_XYZ / _WHITE[:, None]).T, dtype=np.float32)


@cache
def _roots() -> Floats:
    """CIE's f() over equal steps of relative light."""
    share = np.arange(_STEPS + 1, dtype=np.float64) / _STEPS
    return np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116).astype(np.float32)
