"""The picture processes: what happens to them stays with them."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from tests.media.hostile import RGBA, noise, png
from tests.media.pictures import encoded
from wall.media.job import RenderJob, decode_reply, framed
from wall.media.pool import DecodePool
from wall.media.rendered import Flaw, Refused, Rendered

SMALL = encoded(noise(32, 32), "PNG")
SLOW = png(6000, 6000, colour=RGBA)  # a second of honest work


async def gone(pid: int, *, within_s: float = 3) -> None:
    """Wait for a process to end, whoever its parent is."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(watch, ended.set)
    try:
        async with asyncio.timeout(within_s):
            await ended.wait()
    finally:
        loop.remove_reader(watch)
        os.close(watch)


async def started(pool: DecodePool, number: int = 1) -> int:
    """The newest process, as soon as there are so many."""
    async with asyncio.timeout(5):
        while len(pool.pids) < number:
            await asyncio.sleep(0)
    return max(pool.pids)


async def flaw_of(pool: DecodePool, data: bytes) -> Flaw | None:
    try:
        await pool.render(data)
    except Refused as refused:
        return refused.code
    return None


async def test_nothing_runs_before_there_is_work_and_one_process_serves_in_turn() -> None:
    async with DecodePool() as pool:
        assert not pool.pids
        first = await pool.render(SMALL)
        (pid,) = pool.pids
        assert await pool.render(SMALL) == first
        avatar = await pool.render(SMALL, purpose="avatar")
        assert pool.pids == (pid,)
    assert isinstance(first, Rendered)
    assert set(first.variants) == {"small", "medium", "large"}
    assert set(avatar.variants) == {"avatar"}
    await gone(pid)


async def test_a_variant_is_handed_over_as_pixels_of_the_sides_that_are_wanted() -> None:
    picture = Image.new("RGB", (64, 48), (250, 20, 30))
    picture.paste((20, 20, 250), (32, 0, 64, 48))
    async with DecodePool() as pool:
        variant = (await pool.render(encoded(picture, "PNG"))).variants["medium"]
        rgb = await pool.pixels(variant, width_px=8, height_px=4)
        assert len(rgb) == 8 * 4 * 3
        rows = [rgb[start : start + 24] for start in range(0, 96, 24)]
        for row in rows:
            assert (row[0] > 200, row[2] < 80, row[-3] < 80, row[-1] > 200) == (True, True, True, True)
        for data in (encoded(picture, "PNG"), variant[:60], b""):
            with pytest.raises(Refused) as refused:
                await pool.pixels(data, width_px=8, height_px=4)
            assert refused.value.code is Flaw.DAMAGED


async def test_no_more_processes_than_its_size_work_at_once() -> None:
    most = 0
    async with DecodePool(size=2) as pool, asyncio.TaskGroup() as tasks:
        work = [tasks.create_task(pool.render(SMALL)) for _ in range(8)]
        while not all(one.done() for one in work):
            most = max(most, len(pool.pids))
            await asyncio.sleep(0)
    assert most == 2


async def test_a_process_killed_over_its_first_picture_is_a_damaged_picture() -> None:
    async with DecodePool() as pool, asyncio.TaskGroup() as tasks:
        work = tasks.create_task(flaw_of(pool, SLOW))
        os.kill(await started(pool), signal.SIGKILL)
        assert await work is Flaw.DAMAGED
        assert await flaw_of(pool, SMALL) is None


async def test_a_process_that_served_before_is_given_the_benefit_of_the_doubt() -> None:
    """Killed at rest, or for other reasons than the picture: a fresh one decides."""
    async with DecodePool() as pool:
        await pool.render(SMALL)
        (pid,) = pool.pids
        os.kill(pid, signal.SIGKILL)
        assert await flaw_of(pool, SMALL) is None
        (second,) = pool.pids
        assert second != pid
        os.kill(second, signal.SIGSTOP)
        async with asyncio.TaskGroup() as tasks:
            work = tasks.create_task(flaw_of(pool, SMALL))
            await asyncio.sleep(0)
            os.kill(second, signal.SIGKILL)
            assert await work is None


async def test_a_process_that_hangs_is_killed_at_its_time_limit() -> None:
    async with DecodePool(size=1, job_s=0.3) as pool:
        async with asyncio.TaskGroup() as tasks:
            work = tasks.create_task(flaw_of(pool, SMALL))
            pid = await started(pool)
            os.kill(pid, signal.SIGSTOP)
            async with asyncio.timeout(3):
                assert await work is Flaw.TOO_SLOW
        await gone(pid)
    async with DecodePool(size=1) as pool:
        assert await flaw_of(pool, SMALL) is None


async def test_the_kernel_s_limit_of_processor_time_is_a_slow_picture() -> None:
    async with DecodePool() as pool, asyncio.TaskGroup() as tasks:
        work = tasks.create_task(flaw_of(pool, SLOW))
        os.kill(await started(pool), signal.SIGXCPU)
        assert await work is Flaw.TOO_SLOW


def test_processor_time_is_counted_anew_for_each_job() -> None:
    script = """
import math, time
from wall.media.child import allow_cpu

begun = math.ceil(time.process_time())
allow_cpu(1)
while time.process_time() < begun + 0.5: pass
allow_cpu(1)
while time.process_time() < begun + 1.4: pass
print("the second job ends beyond the first one's limit", flush=True)
while True: pass
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], timeout=30, check=False, capture_output=True, text=True
    )
    assert ended.stdout.startswith("the second job ends")
    assert ended.returncode == -signal.SIGXCPU


async def test_a_process_is_replaced_after_so_many_pictures() -> None:
    async with DecodePool(size=1, jobs_a_child=2) as pool:
        await pool.render(SMALL)
        (first,) = pool.pids
        await pool.render(SMALL)
        await gone(first)
        await pool.render(SMALL)
        (second,) = pool.pids
        assert second != first


async def test_a_process_without_work_ends_and_the_next_picture_starts_another() -> None:
    async with DecodePool(idle_s=0.05) as pool:
        await pool.render(SMALL)
        (pid,) = pool.pids
        await gone(pid)
        assert await flaw_of(pool, SMALL) is None


async def test_work_that_is_given_up_takes_its_process_along() -> None:
    async with DecodePool(size=1) as pool:
        async with asyncio.TaskGroup() as tasks:
            work = tasks.create_task(pool.render(SLOW))
            pid = await started(pool)
            work.cancel()
        await gone(pid)
        assert await flaw_of(pool, SMALL) is None


async def test_the_pool_stops_at_once_however_busy() -> None:
    async with DecodePool(size=2) as pool, asyncio.TaskGroup() as tasks:
        work = [tasks.create_task(pool.render(SLOW)) for _ in range(2)]
        await started(pool, 2)
        pids = pool.pids
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        for one in work:
            one.cancel()
    assert len(pids) == 2
    for pid in pids:
        await gone(pid, within_s=1)


async def test_the_pool_stops_at_once_though_a_process_at_rest_does_not_listen() -> None:
    async with DecodePool() as pool:
        await pool.render(SMALL)
        (pid,) = pool.pids
        os.kill(pid, signal.SIGSTOP)
    await gone(pid, within_s=1)


async def test_a_killed_worker_leaves_no_orphan() -> None:
    """Its process is stopped in the middle of a picture, so that only the kernel can end it."""
    script = """
import asyncio, os, signal, sys, uvloop
from tests.media.test_pool import SLOW, started
from wall.media.pool import DecodePool

async def main():
    async with DecodePool() as pool, asyncio.TaskGroup() as tasks:
        tasks.create_task(pool.render(SLOW))
        pid = await started(pool)
        while "NoNewPrivs:\\t1" not in open(f"/proc/{pid}/status").read():  # confined
            await asyncio.sleep(0)
        os.kill(pid, signal.SIGSTOP)
        print(pid, flush=True)

uvloop.run(main())
"""
    worker = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    pid = int(await asyncio.to_thread(worker.stdout.readline))
    worker.kill()
    worker.wait(timeout=5)
    worker.stdout.close()
    await gone(pid, within_s=1)


async def test_the_process_is_confined_and_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARVIS_ADMIN_TOKEN", "geheim")
    async with DecodePool() as pool:
        await pool.render(SMALL)
        place = Path(f"/proc/{pool.pids[0]}")
        limits = {
            line[:26].strip(): line[26:].split()[:2]
            for line in (place / "limits").read_text(encoding="ascii").splitlines()
        }
        assert limits["Max address space"] == ["1200000000", "1200000000"]
        assert limits["Max file size"] == ["32000000", "32000000"]
        assert limits["Max open files"] == ["32", "32"]
        assert limits["Max core file size"] == ["0", "0"]
        assert int(limits["Max cpu time"][0]) <= 8
        assert b"geheim" not in (place / "environ").read_bytes()
        links = [str(link.readlink()) for link in (place / "fd").iterdir()]
        local = (place / "net/unix").read_text(encoding="utf-8")
        for link in links:  # its pipes may be sockets, but none leads out of the machine
            assert not link.startswith("socket:") or f" {link[8:-1]}" in local


async def test_a_file_beyond_the_cap_starts_nothing() -> None:
    async with DecodePool(max_bytes=1000) as pool:
        assert await flaw_of(pool, bytes(1001)) is Flaw.TOO_LARGE
        assert not pool.pids


async def test_mutilated_files_are_refused_or_shown_and_nothing_else() -> None:
    dice = random.Random(18)
    kinds = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
    sound = [encoded(noise(48, 48), kind) for kind in kinds]
    outcomes: dict[Flaw | None, int] = {}
    async with DecodePool(jobs_a_child=1000) as pool:
        for number in range(200):
            data = bytearray(sound[number % len(sound)])
            for _ in range(dice.randint(1, 12)):
                data[dice.randrange(12, len(data))] = dice.randrange(256)
            flaw = await flaw_of(pool, bytes(data[: dice.randint(len(data) // 2, len(data))]))
            outcomes[flaw] = outcomes.get(flaw, 0) + 1
    assert set(outcomes) <= {
        None,
        Flaw.DAMAGED,
        Flaw.TOO_LARGE,
        Flaw.TOO_SMALL,
        Flaw.HEIC,
        Flaw.NOT_A_PICTURE,
    }
    assert outcomes[Flaw.DAMAGED] > 50


def reply(**forged: object) -> bytes:
    sound = {
        "type": "rendered",
        "variants": {},
        "width_px": 1,
        "height_px": 1,
        "colour": "#000000",
        "dhashes": ("0123456789abcdef", "", "0" * 16),
        "codes": ("https://example.org/餐",),
    }
    return msgspec.msgpack.encode(sound | forged)


@pytest.mark.parametrize(
    "forged",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode({"type": "refusal", "flaw": "<b>"}),
        reply(variants={"../x": b""}),
        reply(colour="red;"),
        reply(width_px=9999),
        reply(dhashes=("0" * 16, "", "0123456789ABCDEF")),
        reply(dhashes=("0" * 16, "0" * 16)),
        reply(codes=("x",) * 5),
        reply(codes=("x" * 201,)),
        reply(codes=("",)),
        reply(codes=("one line\nand another",)),
        reply(codes=("gnp.\u202eelif",)),
    ],
)
def test_the_reply_of_a_process_taken_over_is_not_believed(forged: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_reply(forged)


def test_a_sound_reply_is_believed() -> None:
    rendered = decode_reply(reply())
    assert isinstance(rendered, Rendered)
    assert rendered.codes == ("https://example.org/餐",)


def test_a_frame_says_its_length() -> None:
    frame = framed(RenderJob(data=b"x" * 1000))
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4


def test_the_worker_never_loads_what_opens_pictures() -> None:
    code = (
        "import sys, wall.media.fetch, wall.media.pool, wall.media.routes, wall.media.store\n"
        "sys.exit(any(name.split('.')[0] == 'PIL' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=20, check=False).returncode == 0
