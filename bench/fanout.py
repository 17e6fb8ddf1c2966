"""Fan-out: one post to many screens and phones, beside servers that are made for it, in one run.

    python -m bench.fanout [--clients 1000] [--many 5000] [--seconds 8] [--rounds 2] [--tools FOLDER] [--only NAME]

Each server has one core, the crowd (`fanout_parts/load.c`), the stores and this program have the other. Messages are
text frames of 1 KiB; ours are the approvals of posts through the gate, read from the store by the web process as ever.
CPU is user and system time of the server's processes in /proc; the stores' is listed apart. "closed": the next message
when all have the last; "bursts": sixteen at once; "10/s": one every tenth of a second. Rounds are interleaved, their
median counts. Nothing is compressed: permessage-deflate is off in our server, so there is no row for it.

The rivals run as own processes in a temporary folder: nginx with Nchan and Redis must be installed, `ws` and Django
Channels are fetched from npm and PyPI (`--tools` keeps them). Centrifuge is a Go library, to be had from none of those.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from bench.fanout_parts import report
from bench.fanout_parts.crowd import Pace, Rest, Took, crowd, delays_s, fan_out, idle
from bench.fanout_parts.ours import ROOM, USUAL_TEXT, Hub, Screens, frame_bytes
from bench.fanout_parts.report import WHATS, Found, goals, quantile, table
from bench.fanout_parts.rivals import Channels, Floor, Nchan, Node
from bench.fanout_parts.server import FRAME_BYTES, OTHER_CORE, SERVER_CORE, Missing, Server, compiled
from wall.process import open_files

SERVERS: dict[str, type[Server]] = {
    report.OURS: Hub,
    report.SCREENS: Screens,
    report.FLOOR: Floor,
    report.NCHAN: Nchan,
    report.NODE: Node,
    report.CHANNELS: Channels,
}
BURST = 16
DISPLAYS = 20
SCREENS = 50
SCREENS_RATE = 100.0
LONG_BYTES = (
    8000  # the kernel holds megabytes for a screen that does not read: shorter ones would all go there
)
URGENT = -10  # the displays' own crowd must not wait for the phones' crowd on the same core


class Asked(msgspec.Struct, frozen=True):
    clients: int
    many: int
    seconds: float
    rounds: int
    only: tuple[str, ...]

    def paces(self, key: str) -> dict[str, tuple[int, Pace]]:
        """What is measured of a server: name -> (clients, pace). Channels is far too slow for the rest."""
        few, share = max(2, self.clients // 10), self.seconds / 8
        if key == report.CHANNELS:
            return {
                "few closed": (few, Pace(_some(60 * share))),
                "closed": (self.clients, Pace(_some(10 * share))),
            }
        paces = {
            "10/s": (self.clients, Pace(_some(10 * self.seconds), rate=10)),
            "closed": (self.clients, Pace(_some(300 * share))),
        }
        if key == report.SCREENS:
            return paces
        return paces | {
            "bursts": (self.clients, Pace(_some(20 * share) * BURST, at_once=BURST)),
            "few closed": (few, Pace(_some(1500 * share))),
            "many closed": (self.many, Pace(_some(60 * share))),
        }


def _some(number: float) -> int:
    return max(2, round(number))


async def run(asked: Asked, folder: Path, tools: Path) -> Found:
    load = compiled(folder, "load")
    found = Found(clients=asked.clients, many=asked.many)
    async with AsyncExitStack() as stack:
        servers = await started(asked, folder, tools, stack)
        for key, server in servers.items():
            found.rest[key] = await idle(load, server, asked.clients)
            say(key, f"{asked.clients:,} idle", found.rest[key])
        hub = servers.get(report.SCREENS)
        if hub is not None:
            found.phones_rest = await idle(load, hub, asked.clients, is_events=True)
            say(report.SCREENS, f"{asked.clients:,} idle phones", found.phones_rest)
        for turn in range(asked.rounds):
            for what in WHATS:
                for key, server in servers.items():
                    clients, pace = asked.paces(key).get(what, (0, Pace(0)))
                    if clients and (turn == 0 or clients == asked.clients):
                        took = await fan_out(load, server, clients, pace)
                        found.took[key, what].append(took)
                        say(key, f"{clients:,} {what}", took)
        if isinstance(hub, Hub):
            await phones(asked, load, hub, found)
            await stalled(asked, load, hub, found)
    return found


async def started(asked: Asked, folder: Path, tools: Path, stack: AsyncExitStack) -> dict[str, Server]:
    servers: dict[str, Server] = {}
    for key, kind in SERVERS.items():
        if asked.only and key.lower() not in asked.only:
            continue
        place = folder / key.lower()
        place.mkdir(exist_ok=True)
        try:
            servers[key] = await stack.enter_async_context(kind(place, tools))
        except Missing as missing:
            print(f"  {kind.name} is left out: {missing}", flush=True)
    return servers


async def phones(asked: Asked, load: Path, hub: Server, found: Found) -> None:
    """Displays alone, then beside thousands of readers; messages come by chance, so that some come while others go."""
    pace = Pace(_some(10 * asked.seconds), rate=10, is_even=False)
    found.alone.append(await fan_out(load, hub, DISPLAYS, pace, nice=URGENT))
    async with crowd(load, hub, asked.many, most=pace.messages, is_events=True) as readers:
        await hub.calm()
        took = await fan_out(load, hub, DISPLAYS, pace, nice=URGENT, beside=readers)
    found.among_phones.append(took)
    late = delays_s(readers, took.at)
    found.phones, found.phones_last = late.size, late.max(axis=0).tolist()
    say(report.SCREENS, "displays alone", found.alone[0])
    say(report.SCREENS, f"displays beside {asked.many:,} phones", took)


async def stalled(asked: Asked, load: Path, hub: Hub, found: Found) -> None:
    """Long posts, many a second, until the one that does not read is cut; and the same without it."""
    hub.text_bytes = LONG_BYTES
    pace = Pace(_some(SCREENS_RATE * asked.seconds * 5 / 4), rate=SCREENS_RATE)
    for _ in range(asked.rounds):
        found.unhurt.append(await fan_out(load, hub, SCREENS - 1, pace, nice=URGENT, is_weighed=True))
        found.hurt.append(await fan_out(load, hub, SCREENS, pace, nice=URGENT, is_weighed=True, stalled=1))
        say(report.SCREENS, "without a stalled one", found.unhurt[-1])
        say(report.SCREENS, "with a stalled one", found.hurt[-1])
    hub.text_bytes = ROOM
    found.cut = hub.said("does not read and is cut")


def say(server: str, what: str, took: Took | Rest) -> None:
    """A line while it runs."""
    if isinstance(took, Rest):
        text = f"{took.kb:6.1f} kB a connection  {took.connect_us:6.0f} µs a connect"
    else:
        text = (
            f"{took.rate:>9,.0f} frames/CPU-s  last p50 {quantile(took.last, 0.5) * 1e3:7.2f} p99 "
            f"{quantile(took.last, 0.99) * 1e3:7.2f} ms  CPU: server {took.server_s:.2f} store {took.store_s:.2f} "
            f"crowd {took.client_s:.2f} of {took.seconds:.2f} s"
        )
    print(f"  {server:9} {what:28} {text}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--many", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--tools", type=Path, help="a folder that keeps what is fetched")
    parser.add_argument(
        "--only", action="append", default=[], help=f"one of {', '.join(SERVERS)}; may be repeated"
    )
    given = parser.parse_args()
    asked = Asked(
        clients=given.clients,
        many=given.many,
        seconds=given.seconds,
        rounds=given.rounds,
        only=tuple(name.lower() for name in given.only),
    )
    open_files()
    os.sched_setaffinity(0, {OTHER_CORE})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        print(
            f"servers on core {SERVER_CORE}; crowd, stores and publishers on core {OTHER_CORE}; load of the machine "
            f"before: {os.getloadavg()[0]:.1f}\nrivals' frames {FRAME_BYTES} bytes, ours {frame_bytes()}; "
            f"a usual post's is {frame_bytes(USUAL_TEXT)}",
            flush=True,
        )
        found = asyncio.run(run(asked, folder, given.tools or folder))
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}; above 3, somebody else was there\n")
    names = {key: kind.name for key, kind in SERVERS.items() if key in found.rest}
    print("\n".join((*table(found, names), "", *goals(found))))
    print("  Centrifuge is a Go library, on neither PyPI, npm nor apt: left out")
    print(
        "  permessage-deflate is off in our server: a shared compressed frame does not exist and was not measured"
    )


if __name__ == "__main__":
    main()
