"""How the public screen looks: legible from where its readers stand, whole at every size, in every script."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.hall import CARDS, Hall, at_rest, hall, screen, until
from tests.chromium import problems_of
from wall.model import Span, SpanKind
from wall.settings import EventSettings, ScreenSettings
from wall.store.client import Store

pytestmark = pytest.mark.browser

MORE_SIZES = [(3840, 2160), (1180, 820), (820, 1180), (1366, 768), (3840, 1080), (1080, 1080)]
MORE_ROOMS = [(3840, 2160, 65, 5), (1920, 1080, 86, 8), (1080, 1920, 55, 3)]
CAP_EM = 0.727
ARC_MINUTES = 16
LONG = (
    "J’ai passé quatre heures dans l’aile est. On m’avait dit : « C’est trop calme, tu vas t’ennuyer. » Eh bien "
    "non ! Les gardiens racontent des histoires, les enfants dessinent par terre, et dans la dernière salle il y "
    "a ce petit tableau gris que personne ne regarde ; je suis restée devant une demi-heure. Allez-y !"
)
# Words and the shape of the picture.
AWKWARD: list[tuple[str, tuple[int, int] | None]] = [
    ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", None),
    (LONG, (640, 480)),
    ("三楼的水墨展厅太安静了，静得能听见自己的呼吸。「真好」……下次再来！", (480, 600)),
    ("😍🎉💛", None),
    ("أجمل ليلة في المتحف منذ سنوات، شكرا لكم 👨‍👩‍👧‍👦", (700, 500)),
    ("Stitched from nine frames.", (1200, 300)),
    ("Tout en hauteur !", (200, 800)),
    ("", (800, 600)),
    (LONG * 3, None),
    ("Merci !", None),
]

HERE = Path(__file__).parent
REHEARSE = (HERE / "rehearse_wall.js").read_text(encoding="utf-8")
CONTRASTS = (HERE / "contrasts.js").read_text(encoding="utf-8")
TYPE_SIZES = """() => [...document.querySelectorAll("#wall [data-post]")].flatMap((card) =>
  [".message", ".name", ".meta"].map((part) => [part, card.querySelector(part)])
    .filter(([, node]) => node.checkVisibility() && node.textContent)
    .map(([part, node]) => [part, parseFloat(getComputedStyle(node).fontSize)]))"""


@pytest.fixture
async def venue(store: Store, data_dir: Path) -> AsyncIterator[Hall]:
    async with hall(store, data_dir) as venue:
        yield venue


async def full(page: Page) -> None:
    """A wall with its cards at rest."""
    await until(lambda: page.locator(CARDS).count(), "a card")
    await at_rest(page)


def awkward(venue: Hall) -> list[dict[str, Any]]:
    """The awkward posts as a screen receives them."""
    items = []
    for number, (text, size) in enumerate(AWKWARD):
        pictures = [venue.picture(*size)] if size else []
        items.append({
            "network": "mastodon" if number % 2 else "join",
            "author": {"name": "Bartholomäus von Sigmaringen-Hohenzollern" if number % 3 else "李晓梅"},
            "spans": [{"text": text}] if text else [],
            "pictures": [
                {"digest": p.digest, "width_px": p.width_px, "height_px": p.height_px, "colour": p.colour}
                for p in pictures
            ],
            "quote": {"author": "Ana", "spans": [{"text": LONG}]} if number == 0 else None,
        })  # fmt: skip
    return items


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (1920, 1080),
        (1080, 1920),
        *(pytest.param(*size, marks=pytest.mark.slow) for size in MORE_SIZES),
    ],
)
async def test_nothing_is_cut_at_any_size(browser: Browser, venue: Hall, width: int, height: int) -> None:
    page = await screen(browser, venue, width=width, height=height)
    found = await page.evaluate(REHEARSE, [awkward(venue), 30])
    assert found["faults"] == []
    assert found["failed"] == []
    assert found["used"] > 0.9
    assert found["nodes"] < 600
    assert problems_of(page) == []


@pytest.mark.parametrize(
    ("width", "height", "diagonal_in", "distance_m"),
    [(1920, 1080, 65, 5), *(pytest.param(*room, marks=pytest.mark.slow) for room in MORE_ROOMS)],
)
async def test_every_word_can_be_read_from_the_last_row(
    browser: Browser,
    store: Store,
    data_dir: Path,
    width: int,
    height: int,
    diagonal_in: float,
    distance_m: float,
) -> None:
    room = ScreenSettings(diagonal_in=diagonal_in, distance_m=distance_m)
    async with hall(store, data_dir, screen=room) as venue:
        for text, size in AWKWARD:
            await venue.hang(text, *([venue.picture(*size)] if size else []))
        page = await screen(browser, venue, width=width, height=height)
        await full(page)
        sizes = await page.evaluate(TYPE_SIZES)
    mm_per_px = diagonal_in * 25.4 / math.hypot(width, height)
    cap_mm = distance_m * 1000 * math.tan(math.radians(ARC_MINUTES / 60))
    least_px = cap_mm / CAP_EM / mm_per_px
    shares = {".message": 1.0, ".name": 0.8, ".meta": 0.72}
    assert len(sizes) >= 6
    for part, size_px in sizes:
        assert size_px >= least_px * shares[part] - 0.1, f"{part} at {size_px} px, {least_px:.1f} px needed"


@pytest.mark.parametrize("theme", ["night", "day"])
async def test_words_stand_out_from_their_card(
    browser: Browser, store: Store, data_dir: Path, theme: Any
) -> None:
    async with hall(store, data_dir, screen=ScreenSettings(theme=theme, distance_m=3)) as venue:
        for number, colour in enumerate(
            [(250, 250, 250), (5, 5, 5), (250, 230, 10), (20, 40, 250), (220, 20, 30)]
        ):
            spans = (Span("Bonsoir "), Span("#NuitVauclair", SpanKind.TAG), Span(" @ines", SpanKind.MENTION))
            await venue.hang(f"Bonsoir {number}", venue.picture(400, 500, colour), said=spans)
            await venue.hang(f"Bonsoir encore {number}", said=spans)
        page = await screen(browser, venue)
        await full(page)
        contrasts = await page.evaluate(CONTRASTS)
    assert len(contrasts) >= 9
    for part, ratio in contrasts:
        assert ratio >= (7 if "message" in part else 4.5), f"{part}: {ratio:.1f}"


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (1180, 820)])
async def test_an_empty_wall_is_an_invitation(
    browser: Browser, store: Store, data_dir: Path, width: int, height: int
) -> None:
    event = EventSettings(
        name="Salon international de l’agriculture et de l’alimentation",
        slug=store.keys.base[3:-1],
        venue="Halle aux grains",
        hashtags=("Salon2026",),
        languages=("fr", "en", "zh"),
    )
    async with hall(store, data_dir, event=event) as venue:
        page = await screen(browser, venue, width=width, height=height)
        await expect(page.locator("html")).to_have_attribute("data-state", "empty")
        for code, words in (("fr", "Participez"), ("en", "Join in"), ("zh", "扫码参与")):
            await expect(page.locator(f".how [lang={code}]")).to_contain_text(words)
        assert await page.evaluate("document.getElementById('qr').decode().then(() => true)")
        boxes = {
            name: await page.locator(name).bounding_box() for name in (".title", ".how", ".tile", ".address")
        }
        assert problems_of(page) == []
    for name, box in boxes.items():
        assert box is not None, name
        assert box["x"] >= 0, name
        assert box["y"] >= 0, name
        assert box["x"] + box["width"] <= width, name
        assert box["y"] + box["height"] <= height, name
    tile = boxes[".tile"]
    assert tile is not None
    assert tile["width"] > min(width, height) * 0.5, "the code is the largest thing to be seen"


async def test_every_post_is_set_in_its_own_language(browser: Browser, venue: Hall) -> None:
    said = {
        "第一次带奶奶来美术馆，她说下次还要来。": (None, "zh-Hans"),
        "光の夜、とてもきれいでした。": (None, "ja"),
        "Quelle soirée !": ("fr", "fr"),
        "你好世界": ("en", "zh-Hans"),  # an English account that writes Chinese
    }
    page = await screen(browser, venue)
    for text, (lang, expected) in said.items():
        pid = await venue.hang(text, lang=lang)
        await expect(page.locator(f'[data-post="{pid}"] .message')).to_have_attribute("lang", expected)
    # a narrow space that never breaks stands before French high punctuation
    await expect(page.get_by_text("Quelle soirée\u202f!", exact=True).first).to_be_attached()
