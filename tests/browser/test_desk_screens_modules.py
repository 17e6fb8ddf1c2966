"""The pure parts of the page of all screens: what a report means. Run where they live, in the browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.chromium import page_of
from tests.server import serving
from wall.store.client import Store

pytestmark = pytest.mark.browser

RUN = """async (base) => {
  const { stateOf, mayShowUntil, heapTrend, nameOf, sizeOf } = await import(`${base}js/screens/state.js`);
  const { idOf } = await import(`${base}js/screens/add.js`);
  const { letterOf } = await import(`${base}js/screens/miniature.js`);
  const { byKind } = await import(`${base}js/desk/screen-alerts.js`);
  const { viewOf } = await import(`${base}js/screen/health.js`);
  const facts = { seq: 5, offline_max_s: 60 };
  const seen = "2026-11-24T20:00:30Z";
  const now = Date.parse("2026-11-24T20:01:00Z");
  const well = { connected: true, applied_seq: 5, seen_at: seen, troubles: [], order: {}, health: { reasons: [] } };
  const kind = (more) => stateOf({ id: "hall-a", ...well, ...more }, facts, now).kind;
  const trouble = (...kinds) => ({ troubles: kinds.map((kind) => ({ kind, since: seen })) });
  const away = { ...well, connected: false };
  const node = (id, left, top, width, height) => ({
    dataset: { post: id },
    getBoundingClientRect: () => ({ left, top, right: left + width, bottom: top + height }),
  });
  globalThis.getComputedStyle = () => ({ backgroundColor: "rgba(0, 0, 0, 0)", color: "red" });
  return {
    kinds: [
      kind({}), kind({ health: null }), kind({ applied_seq: 4 }), kind({ order: { blank: true } }),
      kind({ health: { reasons: ["panic"] } }), kind(trouble("errors", "silent")), kind(trouble("frozen")),
      kind({ ...trouble("frozen"), health: { reasons: ["hidden"] } }), kind(trouble("old")),
      kind(away), kind({ ...away, ...trouble("silent") }),
    ],
    until: [
      mayShowUntil(away, facts, now) - now, mayShowUntil(away, facts, now + 60_000), mayShowUntil(well, facts, now),
    ],
    heaps: [[1, 2], [40, 41, 40, 42, 41, 40], [40, 45, 50, 60, 70, 80], [80, 70, 60, 50, 40, 40]].map(heapTrend),
    names: [nameOf({ id: "hall-a", title: "" }), nameOf({ id: "hall-a", title: "Café" })],
    ids: [idOf("Café  Nº 2"), idOf("  "), idOf("大厅") === idOf("大厅") && idOf("大厅") !== idOf("入口")],
    size: sizeOf({ size: "junk" }),
    letters: letterOf("short", 900) > letterOf("much longer than that one is", 900),
    said: byKind([
      { kind: "old", screen: "hall-b" }, { kind: "silent", screen: "hall-a", title: "Hall A" },
      { kind: "new", screen: "x" },
    ]),
    view: viewOf(
      [node("a", 0, 0, 100, 100), node("b", -50, 0, 600, 500), node("a", 10, 10, 50, 50), node("c", 2000, 0, 10, 10)],
      { width: 1000, height: 500 },
    ),
  };
}"""


async def test_what_a_report_means(browser: Browser, store: Store, data_dir: Path) -> None:
    async with serving(store, data_dir) as served:
        page = await page_of(browser)
        await page.goto(f"{served.url}/desk")
        said = await page.evaluate(RUN, served.services.pages.static(""))
    assert said == {
        "kinds": [
            *("good", "starting", "behind", "blank", "panic"),
            *("silent", "frozen", "hidden", "old", "away", "missing"),
        ],
        "until": [30_000, None, None],
        "heaps": ["", "flat", "up", "down"],
        "names": ["Hall A", "Café"],
        "ids": ["cafe-no-2", "", True],
        "size": {"width": 1920, "height": 1080},
        "letters": True,
        "said": [["silent", ["Hall A"]], ["old", ["Hall B"]]],
        # cut at the edge, the largest first, each post once, what is out of the frame left out
        "view": [
            {"id": "b", "x": 0, "y": 0, "w": 550, "h": 1000},
            {"id": "a", "x": 10, "y": 20, "w": 50, "h": 100},
        ],
    }
