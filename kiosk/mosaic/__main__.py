"""python -m kiosk.mosaic PORTRAIT --photos FOLDER -o out.jpg: a mosaic on the command line."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from kiosk.mosaic.features import tile_of
from kiosk.mosaic.library import Library, Writer
from kiosk.mosaic.making import Chosen, Divided, Drawn, Finished, Mosaic, Order, make
from kiosk.mosaic.problems import MosaicProblem, UnreadablePicture

ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".bmp"})


def main(words: list[str] | None = None) -> int:
    """The process's exit code."""
    wishes = _parser().parse_args(words)
    try:
        order = Order(
            grid=wishes.grid,
            size_px=wishes.size,
            shift=wishes.shift,
            overlay=wishes.overlay,
            seed=wishes.seed,
            faces=not wishes.even,
            circle=wishes.circle,
        )
        with tempfile.TemporaryDirectory() as folder:
            library = _library(wishes.photos, Path(folder))
            mosaic = _made(wishes.portrait, library, order)
    except (MosaicProblem, ValueError, OSError) as problem:
        _say(f"{problem}\n")
        return 1
    wishes.out.write_bytes(mosaic.jpeg)
    if wishes.data is not None:
        wishes.data.write_bytes(mosaic.result.json())
    _summarise(mosaic)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kiosk.mosaic", description="A portrait made of photos.")
    parser.add_argument("portrait", type=Path)
    parser.add_argument("--photos", type=Path, required=True, help="a folder of pictures")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the JPEG to write")
    parser.add_argument("--data", type=Path, help="write what it is made of, as JSON")
    parser.add_argument("--grid", type=int, default=60, help="cells across")
    parser.add_argument("--size", type=int, default=1080, help="pixels across")
    parser.add_argument("--shift", type=int, default=24, help="most a photo's mean is moved, 0 to 24 of 255")
    parser.add_argument(
        "--overlay", type=float, default=0.0, help="share of the portrait laid over the photos"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--even", action="store_true", help="cells of one size, faces or not")
    parser.add_argument("--circle", action="store_true", help="the corners will be cut off")
    return parser


def _library(photos: Path, folder: Path) -> Library:
    paths = sorted(path for path in photos.iterdir() if path.suffix.lower() in ENDINGS)
    with Writer(folder) as writer:
        for number, path in enumerate(paths, 1):
            try:
                writer.add_tile(path.name, tile_of(path), durable=False)
            except UnreadablePicture:
                _say(f"\r{path.name} cannot be read and is left out\n")
            _line("photos", number, len(paths))
    return Library(folder)


def _made(portrait: Path, library: Library, order: Order) -> Mosaic:
    for event in make(portrait, library, order):
        match event:
            case Divided(cells=cells, faces=faces):
                _say(f"\n{cells} cells, faces: {len(faces)}\n")
            case Chosen():
                _say("every cell has its photo\n")
            case Drawn(last=last, total=total):
                _line("rows", last, total)
            case Finished(mosaic=mosaic):
                return mosaic
    raise AssertionError("make ends with Finished")


def _summarise(mosaic: Mosaic) -> None:
    result = mosaic.result
    photo, times = result.most_used
    _say(f"\npool {result.pool_size}, used {result.pool_used:.0%}, most used {photo} ({times} times)\n")
    _say(f"shift up to {result.shift_most}, {result.shift_mean} on average; overlay {result.overlay}\n")
    for sentence in result.relaxed:
        _say(f"{sentence}\n")


def _line(name: str, done: int, total: int) -> None:
    _say(f"\r{name} {done}/{total} ")


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
