"""Mosaics: ours and other programs', the same targets and photos, in one run: quality, seconds, memory, goals.

    python -m bench.mosaic [--pool FOLDER] [--portraits FOLDER] [--tools FOLDER] [--photos 2000] [--slow]

Without folders the photos and two portraits are made from a seed. `--tools` is a virtual environment that holds
`photomosaic` and `phomo`; metapixel is taken from the path. `--slow` runs phomo, which takes minutes.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from bench.mosaic_parts import made, probes, rivals
from bench.mosaic_parts.measures import Judge, Score
from kiosk.mosaic.faces import faces_of
from kiosk.mosaic.features import tile_of
from kiosk.mosaic.library import Library, Writer
from kiosk.mosaic.making import Order, mosaic_of
from kiosk.mosaic.picture import square_of

GRID, LARGE = 100, 6000
COLUMNS = (
    ("delta_half", "ΔE 0.5"),
    ("delta_one", "ΔE 1.0"),
    ("delta_face", "ΔE face"),
    ("ssim_1", "SSIM_1"),
    ("ssim_2", "SSIM_2"),
    ("structure", "structure"),
    ("repeat", "repeat"),
    ("near", "near"),
    ("used", "pool used"),
    ("most", "most used"),
    ("cheat", "cheat"),
    ("overlay", "overlay"),
)


class Goals:
    """What was wanted, and what came out."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, bool]] = []

    def add(self, name: str, wanted: str, got: str, *, is_met: bool) -> None:
        self.rows.append((name, wanted, got, is_met))


def main() -> None:
    wishes = _parser().parse_args()
    goals = Goals()
    Image.MAX_IMAGE_PIXELS = None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = wishes.pool or folder / "photos"
        if wishes.pool is None:
            made.pool(photos, wishes.photos)
        portraits = _portraits(wishes.portraits, folder)
        library = _library(photos, folder / "library", wishes.photos)
        print(f"{len(library)} photos, {len(portraits)} portraits\n")
        _quality(goals, wishes, folder, photos, portraits, library)
        _times(goals, folder, photos, portraits[0], library)
        _parts(goals, folder, portraits[0], library)
    print("\n| goal | wanted | measured | |\n|---|---|---|---|")
    for goal, wanted, got, is_met in goals.rows:
        print(f"| {goal} | {wanted} | {got} | {'met' if is_met else 'MISSED'} |")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--portraits", type=Path)
    parser.add_argument("--tools", type=Path)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--slow", action="store_true")
    return parser


def _portraits(given: Path | None, folder: Path) -> list[Path]:
    if given is not None:
        return sorted(path for path in given.iterdir() if path.suffix.lower() in (".jpg", ".png", ".webp"))
    paths = [folder / f"portrait-{seed}.jpg" for seed in (1, 2)]
    for seed, path in enumerate(paths, 1):
        made.portrait(seed).save(path, quality=92)
    return paths


def _library(photos: Path, folder: Path, most: int) -> Library:
    with Writer(folder) as writer:
        for path in sorted(photos.glob("*.jpg"))[:most]:
            writer.add_tile(path.stem, tile_of(path), durable=False)
    return Library(folder)


def _quality(
    goals: Goals,
    wishes: argparse.Namespace,
    folder: Path,
    photos: Path,
    portraits: list[Path],
    library: Library,
) -> None:
    small = [
        Image.fromarray(np.asarray(library.tile(row))).resize((8, 8), Image.Resampling.BOX)
        for row in range(len(library))
    ]
    judge = Judge(np.stack([np.asarray(one) for one in small]))
    metapixel = rivals.Metapixel(photos, folder)
    for path in portraits:
        target = square_of(path, 1600)
        box = _face_of(target)
        scores: dict[str, Score] = {}
        print(f"### {path.stem}\n\n| | " + " | ".join(title for _, title in COLUMNS) + " |")
        print("|---" * (len(COLUMNS) + 1) + "|")

        def tell(
            name: str,
            picture: Image.Image,
            scores: dict[str, Score] = scores,
            target: Image.Image = target,
            box: tuple[float, float, float, float] | None = box,
        ) -> None:
            scores[name] = judge.score(picture, target, GRID, box)
            cells = [_shown(getattr(scores[name], field)) for field, _ in COLUMNS]
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)

        for shift in (0, 24):
            order = Order(grid=GRID, size_px=1600, shift=shift, faces=False)
            mosaic = mosaic_of(path, library, order)
            tell(f"parvis, shift {shift}", Image.fromarray(mosaic.canvas))
            repeat = mosaic.result.nearest_repeat
            own = mosaic.result
            said = [str(repeat.distance if repeat else "-"), "", str(own.pool_used), str(own.most_used[1])]
            print("| its own data" + " | " * 7 + " | ".join([*said, "", str(own.overlay)]) + " |")
            if shift == 0:
                _pool_goals(
                    goals,
                    path.stem,
                    mosaic.result.pool_used,
                    mosaic.result.most_used[1],
                    repeat.distance if repeat else 99,
                )
        others = [metapixel.make(target, grid=GRID, size_px=LARGE, overlay=over) for over in (0, 25)]
        source = folder / "target.jpg"
        target.save(source, quality=95)
        slow = (("photomosaic", rivals.PHOTOMOSAIC), *((("phomo", rivals.PHOMO),) if wishes.slow else ()))
        others += [
            rivals.python_rival(name, script, wishes.tools, source, photos, folder / f"{name}.png", grid=GRID)
            for name, script in slow
        ]
        for one in others:
            if one.picture is None:
                print(f"| {one.name} | {one.reason} |" + " |" * (len(COLUMNS) - 1))
            else:
                tell(one.name, Image.open(one.picture).convert("RGB"))
        print()
        _quality_goals(goals, path.stem, scores)


def _pool_goals(goals: Goals, name: str, used: float, most: int, repeat: float) -> None:
    goals.add(f"{name}: pool used on 10,000 cells", "≥ 0.60", f"{used:.3f}", is_met=used >= 0.6)
    goals.add(f"{name}: most used", "≤ 40", str(most), is_met=most <= 40)
    goals.add(f"{name}: nearest repeat", "> 4 cells", str(repeat), is_met=repeat > 4)


def _quality_goals(goals: Goals, name: str, scores: dict[str, Score]) -> None:
    plain, moved = scores["parvis, shift 0"], scores["parvis, shift 24"]
    goals.add(
        f"{name}: structure, no shift", "≥ 0.40", f"{plain.structure:.3f}", is_met=plain.structure >= 0.4
    )
    over = max(abs(plain.overlay), abs(moved.overlay))
    goals.add(f"{name}: overlay measured", "0.00 ± 0.02", f"{over:.3f}", is_met=over <= 0.02)
    rival = scores.get("metapixel")
    if rival is None:
        return
    for title, ours, most in (("no shift", plain, 0.8), ("shift ≤ 24", moved, 0.4)):
        ratio = ours.delta_half / rival.delta_half
        goals.add(f"{name}: ΔE 0.5, {title}", f"≤ {most}× metapixel", f"{ratio:.2f}×", is_met=ratio <= most)
    for field in ("ssim_1", "ssim_2"):
        ours, theirs = getattr(moved, field), getattr(rival, field)
        goals.add(
            f"{name}: {field}, shift ≤ 24", f"> metapixel's {theirs:.3f}", f"{ours:.3f}", is_met=ours > theirs
        )


def _times(goals: Goals, folder: Path, photos: Path, portrait: Path, library: Library) -> None:
    data = portrait.read_bytes()
    target = square_of(portrait, 1600)
    metapixel = rivals.Metapixel(photos, folder)
    ten = probes.grown(library, folder / "ten", 10_000)
    print("| | seconds | metapixel | ratio |\n|---|---|---|---|")
    for grid, size_px, most_s, times in ((60, 1080, 0.25, 12), (GRID, LARGE, 1.6, 5)):
        order = Order(grid=grid, size_px=size_px)
        ours = probes.seconds_of(_work(data, library, order))
        theirs = metapixel.make(target, grid=grid, size_px=size_px)
        ratio = theirs.seconds / ours if theirs.picture else float("nan")
        name = f"{grid}×{grid} at {size_px}² from {len(library)}, face-aware"
        rival = f"{theirs.seconds:.2f} {theirs.reason}"
        print(f"| {name} | {ours:.3f} | {rival} | {ratio:.1f} |", flush=True)
        even = probes.seconds_of(_work(data, library, Order(grid=grid, size_px=size_px, faces=False)))
        print(f"| the same, even cells | {even:.3f} | | {theirs.seconds / even:.1f} |", flush=True)
        goals.add(f"{grid}×{grid} at {size_px}²", f"≤ {most_s} s", f"{ours:.3f} s", is_met=ours <= most_s)
        goals.add(
            f"{grid}×{grid} at {size_px}² over metapixel",
            f"≥ {times}×",
            f"{ratio:.1f}×",
            is_met=ratio >= times,
        )
    more = probes.seconds_of(_work(data, ten, Order(grid=GRID, size_px=LARGE)), times=3)
    print(f"| {GRID}×{GRID} at {LARGE}² from 10,000 | {more:.3f} | | |")
    goals.add("the same from 10,000", "≤ 2× that", f"{more / ours:.2f}×", is_met=more <= 2 * ours)


def _work(data: bytes, library: Library, order: Order) -> Callable[[], object]:
    return lambda: mosaic_of(data, library, order)


def _parts(goals: Goals, folder: Path, portrait: Path, library: Library) -> None:
    prepared = probes.preparing_s() * 1000
    goals.add("preparing a 12 Mpx JPEG", "≤ 60 ms", f"{prepared:.0f} ms", is_met=prepared <= 60)
    for size_px in (1200, LARGE):
        mosaic = mosaic_of(portrait, library, Order(grid=GRID, size_px=size_px, faces=False))
        took = probes.withdrawing_s(mosaic, library)
        goals.add(f"withdrawing, 100×100 at {size_px}²", "≤ 0.3 s", f"{took:.3f} s", is_met=took <= 0.3)
    probes.grown(library, folder / "twenty", 20_000)
    opened = probes.seconds_of(lambda: Library(folder / "twenty"))
    goals.add("opening a library of 20,000", "≤ 0.5 s", f"{opened:.3f} s", is_met=opened <= 0.5)
    for size_px in (1200, LARGE):
        peak, own, mapped = probes.memory_mb(folder / "twenty", portrait, size_px=size_px)
        said = f"{peak:.0f} MB at most; {own:.0f} own and {mapped:.0f} mapped at the end"
        goals.add(f"worker with 20,000 photos, {size_px}²", "≤ 400 MB", said, is_met=peak <= 400)
    p50, p95, half, full, settled = probes.collective(square_of(portrait, 1136), Library(folder / "ten"))
    goals.add("one photo into 5,041 cells", "≤ 5 ms", f"p50 {p50:.2f}, p95 {p95:.2f} ms", is_met=p95 <= 5)
    said = f"half full {half:.3f}×, full {full:.3f}×, settled {settled:.3f}×"
    goals.add("collective cost over the optimal", "≤ 1.05×", said, is_met=settled <= 1.05)


def _face_of(target: Image.Image) -> tuple[float, float, float, float] | None:
    faces = faces_of(target)
    if not faces:
        return None
    one = faces[0]
    return one.x - one.width / 2, one.y - one.height / 2, one.x + one.width / 2, one.y + one.height / 2


def _shown(value: float | int | None) -> str:
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.3g}"


if __name__ == "__main__":
    main()
