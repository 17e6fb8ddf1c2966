"""Figures of single parts: preparing, opening, memory, withdrawing, the collective mosaic."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.optimize import linear_sum_assignment

from bench.mosaic_parts.made import photo
from kiosk.mosaic.collective import Collective
from kiosk.mosaic.features import cells_of, numbers_of, numbers_of_tile, tile_of
from kiosk.mosaic.library import Library, Writer
from kiosk.mosaic.making import Mosaic, without

MEMORY = """
import sys
from pathlib import Path
from kiosk.mosaic.library import Library
from kiosk.mosaic.making import Order, mosaic_of
library = Library(Path(sys.argv[1]))
for seed in (1, 2):
    mosaic_of(Path(sys.argv[2]), library, Order(grid=100, size_px=int(sys.argv[3]), seed=seed))
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(status["VmHWM"].split()[0], status["RssAnon"].split()[0], status["RssFile"].split()[0])
"""


def seconds_of(work: Callable[[], object], *, times: int = 5) -> float:
    """The median."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return float(np.median(taken))


def preparing_s() -> float:
    """A phone's 12 Mpx JPEG to a tile and its numbers."""
    out = io.BytesIO()
    photo(3, 1000).resize((4000, 3000), Image.Resampling.BICUBIC).save(out, "JPEG", quality=92)
    data = out.getvalue()
    return seconds_of(lambda: numbers_of_tile(tile_of(data)))


def grown(source: Library, folder: Path, count: int) -> Library:
    """A library of so many photos: those of another one, and variants of them: turned, and brighter or darker."""
    random = np.random.default_rng(5)
    with Writer(folder) as writer:
        for number in range(count):
            tile = np.asarray(source.tile(number % len(source)))
            if number >= len(source):
                gain, lift = random.uniform(0.6, 1.3), random.uniform(-40, 40, 3)
                turned = np.rot90(tile, int(random.integers(4)))
                tile = np.clip(turned * gain + lift, 0, 255).astype(np.uint8)
            writer.add_tile(f"{number:05}", tile, durable=False)
    return Library(folder)


def memory_mb(library: Path, portrait: Path, *, size_px: int) -> tuple[float, float, float]:
    """Peak of resident memory of a worker that made two mosaics; then its own and its mapped memory at the end."""
    words = [sys.executable, "-c", MEMORY, str(library), str(portrait), str(size_px)]
    done = subprocess.run(words, capture_output=True, check=True)
    peak, own, mapped = (int(one) / 1024 for one in done.stdout.split())
    return peak, own, mapped


def withdrawing_s(mosaic: Mosaic, library: Library) -> float:
    """The most used photo: matched, drawn and encoded again."""
    return seconds_of(lambda: without(mosaic, library, mosaic.result.most_used[0]))


def collective(target: Image.Image, library: Library) -> tuple[float, float, float, float, float]:
    """5,041 cells: p50 and p95 of adding a photo in ms, cost over the optimal one half full, full, and settled."""
    across = 71
    whole = Collective(numbers_of(cells_of(target, across=across), across=across, down=across))
    taken, halves = [], 0.0
    cells = across**2
    order = np.random.default_rng(3).permutation(len(library))[:cells]
    for number, row in enumerate(order.tolist(), 1):
        started = time.perf_counter()
        whole.add(library.ids[row], library.pool.numbers[row])
        taken.append((time.perf_counter() - started) * 1000)
        if number == cells // 2:
            halves = whole.cost() / _optimal(whole, library, order[:number])
    best = _optimal(whole, library, order)
    full = whole.cost() / best
    whole.settle()
    p50, p95 = np.percentile(taken, (50, 95))
    return float(p50), float(p95), halves, full, whole.cost() / best


def _optimal(whole: Collective, library: Library, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    costs = whole.costs(library.pool.numbers[rows])
    one, other = linear_sum_assignment(costs)
    return float(costs[one, other].sum())
