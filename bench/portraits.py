"""A contact sheet: six portraits, each out of pools of three sizes, for the eye to judge.

    python -m bench.portraits OUT.webp [--portraits FOLDER] [--photos FOLDER]

A row is a portrait: the photo, the mosaics of 60, 600 and 5,000 photos as one sees them at arm's length, and the last
as small as it is from three metres. Without folders everything is made from a seed.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from PIL import Image

from bench.mosaic_parts import made
from kiosk.mosaic.features import tile_of
from kiosk.mosaic.library import Library, Writer
from kiosk.mosaic.making import Order, mosaic_of
from kiosk.mosaic.picture import square_of

POOLS = (60, 600, 5000)
PORTRAITS = 6
SEEN_PX, FAR_PX, GAP = 540, 96, 12
GROUND = (13, 12, 22)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path, nargs="?", default=Path("docs/pictures/mosaics.webp"))
    parser.add_argument("--portraits", type=Path)
    parser.add_argument("--photos", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = asked.photos or folder / "photos"
        if asked.photos is None:
            made.pool(photos, max(POOLS))
        tiles = [tile_of(path) for path in sorted(photos.iterdir())]
        libraries = []
        for count in POOLS:
            with Writer(folder / str(count)) as writer:
                for n, tile in enumerate(tiles[:count]):
                    writer.add_tile(f"p{n}", tile, durable=False)
            libraries.append(Library(folder / str(count)))
        rows = [_row(portrait, libraries) for portrait in _portraits(asked.portraits)]
    width, height = rows[0].size
    sheet = Image.new("RGB", (width, (height + GAP) * len(rows) - GAP), GROUND)
    for n, row in enumerate(rows):
        sheet.paste(row, (0, n * (height + GAP)))
    sheet.save(asked.out, quality=72, method=6)
    print(f"{asked.out}: {sheet.width} × {sheet.height}, {asked.out.stat().st_size / 1e6:.1f} MB")


def _portraits(folder: Path | None) -> list[Image.Image]:
    if folder is None:
        return [made.portrait(seed) for seed in range(1, PORTRAITS + 1)]
    return [square_of(path, 1600) for path in sorted(folder.iterdir())[:PORTRAITS]]


def _row(portrait: Image.Image, libraries: list[Library]) -> Image.Image:
    mosaics = [
        Image.fromarray(mosaic_of(portrait, library, Order(grid=60, size_px=1080, seed=1)).canvas)
        for library in libraries
    ]
    row = Image.new("RGB", ((SEEN_PX + GAP) * (len(POOLS) + 1) + FAR_PX, SEEN_PX), GROUND)
    for n, picture in enumerate([portrait, *mosaics]):
        row.paste(picture.resize((SEEN_PX, SEEN_PX), Image.Resampling.LANCZOS), (n * (SEEN_PX + GAP), 0))
    far = mosaics[-1].resize((FAR_PX, FAR_PX), Image.Resampling.LANCZOS)
    row.paste(far, (row.width - FAR_PX, (SEEN_PX - FAR_PX) // 2))
    return row


if __name__ == "__main__":
    main()
