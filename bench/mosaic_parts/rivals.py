"""Other programs, each run the way its own pages say. A rival that is not installed, or fails, gives its reason."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

LIMIT_S = 400

PHOTOMOSAIC = """
import sys
import numpy, skimage.io
for name, kind in (("float", float), ("int", int), ("bool", bool)):
    numpy.__dict__.setdefault(name, kind)
import photomosaic
portrait, photos, out, grid = sys.argv[1:5]
image = skimage.io.imread(portrait)
pool = photomosaic.make_pool(photos + "/*.jpg")
made = photomosaic.basic_mosaic(image, pool, (int(grid), int(grid)))
skimage.io.imsave(out, (made if made.max() > 1 else made * 255).astype("uint8"))
"""
PHOMO = """
import sys
from phomo import Master, Mosaic, Pool
portrait, photos, out, grid = sys.argv[1:5]
side = 2000 // int(grid)
master = Master.from_file(portrait, img_size=(side * int(grid), side * int(grid)))
pool = Pool.from_dir(photos, tile_size=(side, side))
mosaic = Mosaic(master, pool, n_appearances=-(-int(grid) ** 2 // len(pool)))
mosaic.build(mosaic.d_matrix()).save(out)
"""


@dataclass(frozen=True)
class Made:
    """A picture and the seconds it took after the pool was prepared; or why there is none."""

    name: str
    picture: Path | None
    seconds: float = 0.0
    reason: str = ""


class Metapixel:
    """The C program, with a library of tiles it prepared itself."""

    def __init__(self, photos: Path, folder: Path) -> None:
        self._folder = folder
        self.reason = "" if shutil.which("metapixel") else "metapixel is not installed"
        self._photos = photos

    def prepare(self, side: int) -> Path:
        library = self._folder / f"metapixel-{side}"
        if not library.exists():
            library.mkdir(parents=True)
            size = [f"--width={side}", f"--height={side}"]
            _run(["metapixel-prepare", *size, str(self._photos), str(library)])
        return library

    def make(self, target: Image.Image, *, grid: int, size_px: int, overlay: int = 0) -> Made:
        """`overlay` in percent."""
        name = "metapixel" + (f", {overlay} % overlay" if overlay else "")
        if self.reason:
            return Made(name, None, reason=self.reason)
        side = size_px // grid
        library = self.prepare(side)
        source, out = self._folder / "target.png", self._folder / f"metapixel-{grid}-{size_px}-{overlay}.png"
        target.resize((side * grid, side * grid), Image.Resampling.LANCZOS).save(source, compress_level=1)
        words = ["metapixel", "--metapixel", str(source), str(out), f"--library={library}"]
        words += [f"--width={side}", f"--height={side}", "--distance=4"]
        if overlay:
            words.append(f"--cheat={overlay}")
        started = time.perf_counter()
        reason = _run(words)
        return Made(name, None if reason else out, time.perf_counter() - started, reason)


def python_rival(
    name: str, script: str, tools: Path | None, target: Path, photos: Path, out: Path, *, grid: int
) -> Made:
    """Run in the environment `tools`; its preparing of the pool is part of the seconds."""
    if tools is None:
        return Made(name, None, reason="no --tools FOLDER with it")
    started = time.perf_counter()
    reason = _run(
        [str(tools / "bin" / "python"), "-c", script, str(target), str(photos), str(out), str(grid)]
    )
    return Made(name, None if reason else out, time.perf_counter() - started, reason)


def _run(words: list[str]) -> str:
    """Empty, or why it failed."""
    try:
        done = subprocess.run(words, capture_output=True, timeout=LIMIT_S, check=False)
    except FileNotFoundError:
        return f"{words[0]} is not installed"
    except subprocess.TimeoutExpired:
        return f"not ready after {LIMIT_S} s"
    if not done.returncode:
        return ""
    said = done.stderr.decode(errors="replace").strip().splitlines() or [str(done.returncode)]
    return f"failed: {said[-1][:120]}"
