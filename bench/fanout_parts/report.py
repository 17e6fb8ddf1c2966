"""The tables: what each server did, and our figures beside the goals."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator

from bench.fanout_parts.crowd import Rest, Took

WHATS = ("10/s", "closed", "bursts", "few closed", "many closed")
OURS, SCREENS, FLOOR, NCHAN, NODE, CHANNELS = "Parvis", "Screens", "Floor", "Nchan", "Node", "Channels"


class Found:
    """Everything that was measured, by server and by what."""

    def __init__(self, *, clients: int, many: int) -> None:
        self.clients = clients
        self.many = many
        self.took: dict[tuple[str, str], list[Took]] = defaultdict(list)
        self.rest: dict[str, Rest] = {}
        self.phones_rest: Rest | None = None
        self.alone: list[Took] = []
        self.among_phones: list[Took] = []
        self.phones_last: list[float] = []
        self.phones = 0
        self.unhurt: list[Took] = []
        self.hurt: list[Took] = []
        self.cut = 0

    def rate(self, server: str, what: str) -> float | None:
        rows = self.took.get((server, what))
        return statistics.median(row.rate for row in rows) if rows else None

    def last_ms(self, server: str, what: str, part: float) -> float | None:
        rows = self.took.get((server, what))
        return quantile([one for row in rows for one in row.last], part) * 1e3 if rows else None


def quantile(values: list[float], part: float) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(part * len(ranked)))]


def each_ms(rows: list[Took], part: float) -> float:
    return quantile([one for row in rows for one in row.each], part) * 1e3


def table(found: Found, servers: dict[str, str]) -> Iterator[str]:
    """`servers`: key -> name. Thousands of delivered frames per CPU second, and the rest."""
    few = f"{max(2, found.clients // 10):,} closed"
    heads = ("10/s", "closed", "bursts", few, f"{found.many:,} closed", "kB/conn", "µs/conn", "p50", "p99")
    yield f"{found.clients:,} clients; thousands of frames per CPU second of the server; last of all in ms at 10/s"
    yield f"{'':32}" + "".join(f"{head:>13}" for head in heads)
    for key, name in servers.items():
        rates = [rate / 1e3 if (rate := found.rate(key, what)) else None for what in WHATS]
        rest = found.rest.get(key)
        cells = [
            *rates,
            rest.kb if rest else None,
            rest.connect_us if rest else None,
            found.last_ms(key, "10/s", 0.5),
            found.last_ms(key, "10/s", 0.99),
        ]
        yield f"{name:32}" + "".join(f"{'–' if cell is None else f'{cell:,.1f}':>13}" for cell in cells)
    yield ""
    yield "what a message and a frame cost the server; the store's CPU; the crowd's most, of its core"
    for key, name in servers.items():
        rows = [row for (server, _), took in found.took.items() if server == key for row in took]
        stores = sum(row.store_s for row in rows) / max(0.01, sum(row.server_s for row in rows))
        crowd = max((row.client_s / row.seconds for row in rows), default=0)
        parts = " + ".join(cost(found, key))
        yield f"{name:32} {parts:36} store {stores:4.0%} of the server's   crowd {crowd:4.0%}"


def cost(found: Found, server: str) -> tuple[str, ...]:
    """CPU of one message and of each of its frames, from the closed loops with the fewest and the most clients."""
    points = [
        (row.delivered / len(row.at), row.server_s / len(row.at) * 1e6)
        for what in ("few closed", "many closed")
        for row in found.took.get((server, what), [])[:1]
    ]
    if len(points) < 2 or points[0][0] == points[1][0]:
        return ("–",)
    frame_us = (points[1][1] - points[0][1]) / (points[1][0] - points[0][0])
    return (f"{points[0][1] - frame_us * points[0][0]:,.0f} µs a message", f"{frame_us:.2f} µs a frame")


def goals(found: Found) -> Iterator[str]:
    """Each goal with what was measured; what could not be measured is left out."""
    for what, rival, key, least in (
        (f"{found.clients:,} clients at 10/s through the store", NCHAN, "10/s", 1.1),
        ("the same, closed loop", NODE, "closed", 1.3),
        ("the same, closed loop", CHANNELS, "closed", 25.0),
        ("bursts of 16", NCHAN, "bursts", 10.0),
        ("distance to the C floor, closed loop", FLOOR, "closed", 0.8),
    ):
        yield from _against(what, rival, found.rate(OURS, key), found.rate(rival, key), least)
        screens = found.rate(SCREENS, key)
        yield from _against(f"{what}, as screens", rival, screens, found.rate(rival, key), least)
    yield from _rest(found)
    for part in (0.5, 0.99):
        ours, theirs = found.last_ms(OURS, "10/s", part), found.last_ms(NCHAN, "10/s", part)
        if ours and theirs:
            what = f"published to last of {found.clients:,}, p{part * 100:g}"
            yield line(
                what, NCHAN, f"{ours:.2f} ms, {ours / theirs:.2f}×", "≤ 0.9×", is_met=ours / theirs <= 0.9
            )
    yield from _phones(found)
    yield from _stalled(found)


def _against(what: str, rival: str, ours: float | None, theirs: float | None, least: float) -> Iterator[str]:
    if ours and theirs:
        yield line(what, rival, f"{ours / theirs:.2f}×", f"≥ {least:g}×", is_met=ours / theirs >= least)


def _rest(found: Found) -> Iterator[str]:
    who_rest = (
        ("preview", found.rest.get(OURS)),
        ("screen", found.rest.get(SCREENS)),
        ("phone", found.phones_rest),
    )
    for who, rest in who_rest:
        if rest:
            yield line(f"memory of an idle {who}", "", f"{rest.kb:.1f} kB", "≤ 16 kB", is_met=rest.kb <= 16)
            us = rest.connect_us
            yield line(f"CPU of a {who}'s connect", "", f"{us:.0f} µs", "≤ 250 µs", is_met=us <= 250)


def _phones(found: Found) -> Iterator[str]:
    if not found.among_phones:
        return
    with_ms, alone_ms = each_ms(found.among_phones, 0.99), each_ms(found.alone, 0.99)
    what = f"displays' p99 beside {found.many:,} phones ({alone_ms:.2f} ms alone)"
    theirs = found.last_ms(NCHAN, "many closed", 0.99)
    if theirs:
        share = with_ms / theirs
        yield line(what, f"{NCHAN}'s last", f"{with_ms:.2f} ms, {share:.3f}×", "≤ 0.1×", is_met=share <= 0.1)
    else:
        yield f"  {what}: {with_ms:.2f} ms"
    rate = (found.phones + sum(row.delivered for row in found.among_phones)) / sum(
        row.server_s for row in found.among_phones
    )
    late = [quantile(found.phones_last, part) * 1e3 for part in (0.5, 0.99)]
    yield (
        f"  events to {found.many:,} phones: {rate:,.0f} per CPU second, published to the last of them "
        f"p50 {late[0]:.0f} ms, p99 {late[1]:.0f} ms"
    )


def _stalled(found: Found) -> Iterator[str]:
    if not found.hurt:
        return
    without, with_one = each_ms(found.unhurt, 0.99), each_ms(found.hurt, 0.99)
    share = with_one / without
    yield line(
        "others' p99 with one stalled of 50",
        "without",
        f"{with_one:.2f} for {without:.2f} ms, {share:.2f}×",
        "≤ 1.1×",
        is_met=share <= 1.1,
    )
    grown = [max(row.grown_kb for row in rows) for rows in (found.unhurt, found.hurt)]
    yield (
        f"  the server grew by {grown[1]:,.0f} kB with the stalled one, by {grown[0]:,.0f} kB without; "
        f"it was cut in {found.cut} of {len(found.hurt)} runs"
    )


def line(what: str, rival: str, value: str, goal: str, *, is_met: bool) -> str:
    against = f"{what} ({rival})" if rival else what
    return f"  {against:72} {value:>26}   goal {goal:9} {'met' if is_met else 'MISSED'}"
