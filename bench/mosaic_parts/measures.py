"""How good a mosaic is, measured from its pixels alone, so that every program is judged in the same way.

Which photo stands in a cell is found by correlation of its structure with all photos of the pool, upright and mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kiosk.mosaic.colour import bytes_of_linear, lab_of_linear, linear_of_byte

Floats = NDArray[np.float32]
SIDE = 8  # px a cell in which everything is measured


@dataclass(frozen=True)
class Score:
    """ΔE: CIEDE2000 after a blur of half a cell and of one. `repeat`: cells between the two nearest copies. `near`: share
    of cells with a copy within four. `cheat`: ΔE between a cell's mean and its photo's. `overlay`: weight of the target.
    """

    delta_half: float
    delta_one: float
    delta_face: float | None
    ssim_1: float
    ssim_2: float
    structure: float
    repeat: int
    near: float
    used: float
    most: int
    cheat: float
    overlay: float


class Judge:
    """Knows a pool; scores mosaics of `across` × `across` cells made of it."""

    def __init__(self, tiles: NDArray[np.uint8]) -> None:
        """`tiles`: (photos, 8, 8, 3)."""
        light = linear_of_byte()[tiles]
        self._means = lab_of_linear(light.mean(axis=(1, 2)))
        shape = lab_of_linear(light)[..., 0]
        plain = _centred(shape.reshape(len(tiles), -1))
        turned = _centred(shape[:, :, ::-1].reshape(len(tiles), -1))
        shapes = np.concatenate([plain, turned])
        self._units = shapes / np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), 1e-3)
        luma = tiles.mean(axis=3, dtype=np.float32)
        both = np.concatenate([luma, luma[:, :, ::-1]])
        self._luma = _centred(both.reshape(len(both), -1))

    def score(
        self,
        mosaic: Image.Image,
        target: Image.Image,
        across: int,
        face: tuple[float, float, float, float] | None,
    ) -> Score:
        """`face`: left, top, right, bottom as shares."""
        got, wanted = _light(mosaic, across), _light(target, across)
        half = _delta(_blurred(got, SIDE * 0.5), _blurred(wanted, SIDE * 0.5))
        one = _delta(_blurred(got, SIDE), _blurred(wanted, SIDE))
        inside = None
        if face is not None:
            left, top, right, bottom = (round(edge * across * SIDE) for edge in face)
            inside = float(half[top:bottom, left:right].mean())
        cells, asked = (
            _cells(lab_of_linear(got)[..., 0], across),
            _cells(lab_of_linear(wanted)[..., 0], across),
        )
        rows = self._sources(cells)
        repeat, near = _repeats((rows % len(self._means)).reshape(across, across))
        uses = np.bincount(rows % len(self._means), minlength=len(self._means))
        middles = lab_of_linear(_cells(got, across).mean(axis=1))
        return Score(
            float(half.mean()),
            float(one.mean()),
            inside,
            _ssim(got, wanted, across, 1),
            _ssim(got, wanted, across, 2),
            _structure(cells, asked),
            repeat,
            near,
            float((uses > 0).mean()),
            int(uses.max()),
            float(ciede2000(middles, self._means[rows % len(self._means)]).mean()),
            _overlay(_luma(got, across), self._luma[rows], _luma(wanted, across)),
        )

    def _sources(self, cells: Floats) -> NDArray[np.intp]:
        found = np.empty(len(cells), dtype=np.intp)
        for start in range(0, len(cells), 500):
            found[start : start + 500] = (cells[start : start + 500] @ self._units.T).argmax(axis=1)
        return found


def _light(picture: Image.Image, across: int) -> Floats:
    """(8 × across, 8 × across, 3) in linear light."""
    side = across * SIDE
    whole = max(1, round(picture.width / side))
    if picture.size != (side * whole, side * whole):
        picture = picture.resize((side * whole, side * whole), Image.Resampling.BICUBIC)
    rows = []
    for top in range(0, side * whole, SIDE * whole):
        light = linear_of_byte()[np.asarray(picture.crop((0, top, side * whole, top + SIDE * whole)))]
        rows.append(light.reshape(SIDE, whole, side, whole, 3).mean(axis=(1, 3)))
    return np.concatenate(rows).astype(np.float32)


def _cells(values: Floats, across: int) -> Floats:
    """(cells, 64) without their means, or (cells, 64, 3) with them."""
    high = values.reshape(across, SIDE, across, SIDE, -1).transpose(0, 2, 1, 3, 4)
    flat = high.reshape(across * across, SIDE * SIDE, -1)
    return _centred(flat[..., 0]) if flat.shape[-1] == 1 else flat


def _centred(rows: Floats) -> Floats:
    return np.asarray(rows - rows.mean(axis=1, keepdims=True), dtype=np.float32)


def _blurred(light: Floats, sigma: float) -> Floats:
    reach = int(sigma * 3 + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        padded = np.pad(light, [(reach, reach) if one == axis else (0, 0) for one in range(3)], mode="edge")
        light = sum(
            np.float32(weight) * padded.take(range(place, place + light.shape[axis]), axis=axis)
            for place, weight in enumerate(kernel)
        )  # type: ignore[assignment]
    return light


def _delta(one: Floats, other: Floats) -> Floats:
    return ciede2000(lab_of_linear(one), lab_of_linear(other))


def ciede2000(one: Floats, other: Floats) -> Floats:
    """Colour distance, CIE 142-2001, of (..., 3) Lab."""
    l1, a1, b1 = np.moveaxis(one.astype(np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(other.astype(np.float64), -1, 0)
    mean7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1 + 0.5 * (1 - np.sqrt(mean7 / (mean7 + 25.0**7)))
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = np.arctan2(b1, a1 * stretch) % (2 * np.pi), np.arctan2(b2, a2 * stretch) % (2 * np.pi)
    turn = (h2 - h1 + np.pi) % (2 * np.pi) - np.pi
    turn = np.where(c1 * c2 == 0, 0, turn)
    hue = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2)
    middle = np.where(c1 * c2 == 0, h1 + h2, h1 + turn / 2)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * np.cos(middle - np.pi / 6)
        + 0.24 * np.cos(2 * middle)
        + 0.32 * np.cos(3 * middle + np.pi / 30)
        - 0.20 * np.cos(4 * middle - 63 * np.pi / 180)
    )
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    swing = 30 * np.exp(-((((np.degrees(middle) % 360) - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(2 * swing))
    dl, dc, dh = (l2 - l1) / sl, (c2 - c1) / sc, hue / sh
    return np.asarray(np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + rotation * dc * dh, 0)), dtype=np.float32)


def _ssim(one: Floats, other: Floats, across: int, pixels: int) -> float:
    """On lightness at so many pixels a cell, windows of 7 × 7."""
    small = []
    for light in (one, other):
        step = SIDE // pixels
        block = light.reshape(across * pixels, step, across * pixels, step, 3).mean(axis=(1, 3))
        small.append(lab_of_linear(block.astype(np.float32))[..., 0].astype(np.float64))
    x, y = (np.lib.stride_tricks.sliding_window_view(one, (7, 7)).reshape(-1, 49) for one in small)
    mx, my = x.mean(axis=1), y.mean(axis=1)
    vx, vy = x.var(axis=1, ddof=1), y.var(axis=1, ddof=1)
    both = ((x - mx[:, None]) * (y - my[:, None])).sum(axis=1) / 48
    c1, c2 = (0.01 * 100) ** 2, (0.03 * 100) ** 2
    return float((((2 * mx * my + c1) * (2 * both + c2)) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean())


def _luma(light: Floats, across: int) -> Floats:
    """(cells, 64) without their means, in sRGB: there a shift of the mean leaves a photo's structure as it was."""
    return _cells(bytes_of_linear(light).mean(axis=2), across)


def _structure(cells: Floats, asked: Floats) -> float:
    """Correlation inside cells, weighted by the energy of what was asked for."""
    norm = np.linalg.norm(cells, axis=1) * np.linalg.norm(asked, axis=1)
    correlation = (cells * asked).sum(axis=1) / np.maximum(norm, 1e-6)
    energy = (asked**2).sum(axis=1)
    return float((correlation * energy).sum() / max(float(energy.sum()), 1e-6))


def _overlay(cells: Floats, photos: Floats, asked: Floats) -> float:
    """Weight of the target in a regression of what is seen on the photo and the target."""
    pp, aa, pa = float((photos**2).sum()), float((asked**2).sum()), float((photos * asked).sum())
    cp, ca = float((cells * photos).sum()), float((cells * asked).sum())
    return (pp * ca - pa * cp) / max(pp * aa - pa * pa, 1e-9)


def _repeats(rows: NDArray[np.intp]) -> tuple[int, float]:
    across = len(rows)
    near = np.zeros_like(rows, dtype=bool)
    nearest = across
    for down in range(-across + 1, across) if len(np.unique(rows)) < 50 else range(-12, 13):
        for right in range(-12, 13):
            apart = max(abs(down), abs(right))
            if not apart:
                continue
            a = rows[max(0, down) : across + min(0, down), max(0, right) : across + min(0, right)]
            b = rows[max(0, -down) : across + min(0, -down), max(0, -right) : across + min(0, -right)]
            same = a == b
            if same.any():
                nearest = min(nearest, apart)
                if apart <= 4:
                    near[max(0, down) : across + min(0, down), max(0, right) : across + min(0, right)] |= same
    return nearest, float(near.mean())
