"""An evening with people in it: the sample event's posts and pictures on a hall's wall, and an organiser's files."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from tests.browser.hall import Hall
from wall.gate import Ruling
from wall.media.decode import render
from wall.media.rendered import Rendered
from wall.model import Author, Card, CardAuthor, Picture, Post, Span, SpanKind, utc_now

SAMPLE = Path(__file__).parents[2] / "ingest" / "sample"
NETWORKS = ("mastodon", "bluesky", "mastodon", "join", "pixelfed", "mastodon", "bluesky", "kiosk")
UNFIT = {"visitor-04", "visitor-06", "visitor-08"}  # what a moderator keeps off the wall
# What hangs last, and so stands largest: of every language and shape, with pictures and without.
NEWEST = ("nuit-07", "nuit-14", "nuit-09", "nuit-27", "nuit-36", "nuit-12", "nuit-10", "nuit-08", "nuit-16")
CROPS = ((0.0, 0.0, 0.62), (0.38, 0.3, 0.62), (0.2, 0.1, 0.5), (0.05, 0.45, 0.5))

# The sample speaks French, English and Chinese; an evening has more guests.
GUESTS: list[dict[str, Any]] = [
    {"name": "ليلى حداد", "text": "أجمل ليلة في المتحف منذ سنوات. الضوء يحكي، والأطفال يصغون.", "lang": "ar"},
    {"name": "عمر القاسمي", "text": "وقفنا تحت القبة الزجاجية وكأن المطر صار ضوءًا.", "lang": "ar", "of": "glass_roof"},
    {"name": "Zoé", "text": "😍🎆💛", "lang": ""},
]  # fmt: skip

# What a crowd writes about: one of each, from many people, makes words of the moment and numbers to count.
SAYINGS = (
    "La verrière la nuit, quelle lumière !", "Le piano du foyer joue encore, merci",
    "Devant la façade avec toute la famille", "Quelle lumière sur le jardin", "Les lanternes, la musique, la nuit",
    "Le cerf de papier, magnifique", "Concert sous la verrière, magnifique", "Les enfants adorent le tunnel",
    "Feu d’artifice depuis le pont", "Rendez-vous sous la verrière", "Danse dans le jardin, magnifique",
    "The tunnel of light again", "That piano in the foyer is glowing", "Fireworks from the bridge",
    "Paper cranes everywhere, magic", "Concert and fireworks, pure magic", "The façade is breathing, magic",
    "三楼的水墨展厅", "灯笼真好看", "水墨展厅今晚开放", "灯笼下面遇见老朋友", "المتحف يضيء الليلة", "الضوء في المتحف",
    "Musique et lanternes dans le jardin", "Encore le tunnel ! Encore la musique !",
)  # fmt: skip


@cache
def made(name: str, crop: tuple[float, float, float] | None = None) -> Rendered:
    """A picture of the sample; `crop` is the part of it that somebody else took: left, top and side as shares."""
    data = (SAMPLE / name).read_bytes()
    if name.startswith("avatars/"):
        return render(data, purpose="avatar")
    return render(_part(data, *crop) if crop else data)


def _part(data: bytes, left: float, top: float, side: float) -> bytes:
    image = Image.open(io.BytesIO(data))
    width, height = int(image.width * side), int(image.height * side)
    x, y = int((image.width - width) * left / 0.5 / 2), int((image.height - height) * top / 0.5 / 2)
    out = io.BytesIO()
    part = image.crop((x, y, x + width, y + height))
    part.thumbnail((480, 480))
    part.save(out, "JPEG", quality=85)
    return out.getvalue()


def posts() -> Iterator[dict[str, Any]]:
    """The sample's posts in its order, the newest version of each; then the guests'."""
    found: dict[str, dict[str, Any]] = {}
    for file in ("posts.jsonl", "visitors.jsonl"):
        for line in (SAMPLE / file).read_text(encoding="utf-8").splitlines():
            said = json.loads(line)
            if "removal" in said:
                found.pop(said["removal"]["native_id"], None)
            elif said["post"]["native_id"] not in UNFIT:
                found.setdefault(said["post"]["native_id"], {}).update(said["post"])
    ordered = sorted(
        found.values(),
        key=lambda post: NEWEST.index(post["native_id"]) if post["native_id"] in NEWEST else -1,
    )
    for number, guest in enumerate(GUESTS):
        shown = [{"url": f"sample:pictures/{guest['of']}.jpg"}] if "of" in guest else []
        ordered.insert(len(ordered) - 4 - 5 * number, {
            "native_id": f"guest-{number}", "author": {"id": f"guest-{number}", "name": guest["name"]},
            "spans": [{"text": guest["text"]}], "attachments": shown, "lang": guest["lang"],
        })  # fmt: skip
    return iter(ordered)


class Evening:
    """Puts an evening on a hall's wall; each post a minute or so after the one before it."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._count = 0

    def _kept(self, name: str, crop: tuple[float, float, float] | None = None, alt: str = "") -> Picture:
        picture = self._hall.served.services.media.put(made(name, crop))
        return Picture(picture.digest, picture.width_px, picture.height_px, picture.colour, alt)

    async def _hang(self, author: CardAuthor, spans: tuple[Span, ...], at: datetime, **more: Any) -> None:
        self._count += 1
        network = NETWORKS[self._count % len(NETWORKS)]
        said = Post(
            network=network,
            source="s",
            instance="example.org",
            native_id=str(self._count),
            author=Author(id=author.handle or author.name, name=author.name),
            spans=spans,
        )
        await self._hall.hands.gate.accept(said)
        card = Card(id=said.pid, network=network, source="s", author=author, spans=spans, at=at, **more)
        await self._hall.hands.gate.offer(await self._hall.hands.claim(said.pid), card, ruling=Ruling.APPROVE)

    async def the_posts(self, newest: int = 60) -> None:
        every = list(posts())[-newest:]
        for number, post in enumerate(every):
            who = post["author"]
            avatar = self._kept(who["avatar_url"].removeprefix("sample:")) if who.get("avatar_url") else None
            spans = tuple(Span(span["text"], SpanKind(span.get("kind", "text"))) for span in post["spans"])
            shown = tuple(
                self._kept(one["url"].removeprefix("sample:"), alt=one.get("alt", ""))
                for one in post.get("attachments", ())
            )
            at = utc_now() - timedelta(seconds=70 * (len(every) - number))
            author = CardAuthor(who["name"], who.get("handle", ""), None, avatar)
            await self._hang(author, spans, at, pictures=shown, lang=post.get("lang") or None)

    async def the_crowd(self, people: int = 150) -> None:
        """Short posts without pictures, of as many people."""
        for number in range(people):
            text = SAYINGS[(number * 7) % len(SAYINGS)]
            at = utc_now() - timedelta(minutes=50 + 2 * (people - number))
            await self._hang(CardAuthor(f"Visiteuse {number % 83}"), (Span(text),), at)

    async def the_photographers(self, each: int = 4) -> None:
        """Photos and nothing else: `each` of what there is to see."""
        for number, crop in enumerate(CROPS[:each]):
            for path in sorted((SAMPLE / "pictures").iterdir()):
                photo = self._kept(f"pictures/{path.name}", crop)
                await self._hang(CardAuthor(f"Photographe {number}"), (), utc_now(), pictures=(photo,))


# -- the organiser's files -------------------------------------------------------------------------------------------


SERIF, SANS = (
    'font-family="Georgia, Noto Serif, serif"',
    'font-family="Inter, Noto Sans, sans-serif" font-weight="700"',
)


def _logo(width: int, mark: str, name: str, *, size: int, colour: str, font: str) -> bytes:
    """A mark of 120 by 120 and the name beside it."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 120" width="{width}" height="120">'
    y = 60 + size * 0.36
    return f'{head}{mark}<text x="138" y="{y:.0f}" font-size="{size}" fill="{colour}" {font}>{name}</text></svg>'.encode()


RAYS = "".join(
    f'<rect x="57" y="6" width="6" height="22" rx="3" fill="#b4552d" transform="rotate({angle} 60 60)"/>'
    for angle in range(0, 360, 45)
)
SUN = f'<circle cx="60" cy="60" r="22" fill="#b4552d"/>{RAYS}'
ARCH = '<path d="M10 104V60a50 50 0 0 1 100 0v44H86V62a26 26 0 0 0-52 0v42z" fill="#1d3f66"/>'
WAVE = "q26-28 52 0t52 0"
WAVES = f'<path d="M8 44{WAVE}M8 70{WAVE}M8 96{WAVE}" fill="none" stroke="#0f7c78" stroke-width="11"/>'
CAR = (
    '<rect x="6" y="16" width="108" height="88" rx="22" fill="#f4efe6"/>'
    '<path d="M32 42h56v22H32zM38 80h12M70 80h12" fill="none" stroke="#243040" stroke-width="9"/>'
)
LOGOS = {
    "lumen.svg": _logo(556, SUN, "Maison Lumen", size=58, colour="#2a211c", font=SERIF),
    "vauclair.svg": _logo(420, ARCH, "VAUCLAIR", size=52, colour="#1d3f66", font=SANS),
    "rivage.svg": _logo(400, WAVES, "rivage", size=74, colour="#0f7c78", font=f'{SERIF} font-style="italic"'),
    "tram.svg": _logo(380, CAR, "Le Tram", size=62, colour="#f4efe6", font=SANS),
}

CAPTIONS = """WEBVTT

00:00.000 --> 00:30.000
À dix heures, la façade s’est mise à respirer.
At ten, the façade began to breathe.
"""


def photo(name: str) -> bytes:
    return (SAMPLE / "pictures" / f"{name}.jpg").read_bytes()
