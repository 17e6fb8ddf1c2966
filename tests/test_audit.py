"""The audit's chain: every way to tamper with it on a real store, and the commands that tell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.makers import Hands, post
from tests.test_cli import Wall, run
from wall.audit import Audit
from wall.chain import CHAINED, Checker, Head
from wall.cli.audit import moment
from wall.cli.audit_commands import audit
from wall.gate import Verdict
from wall.store.client import Store

Entries = list[dict[bytes, bytes]]


@pytest.fixture
def wall(tmp_path: Path, store_url: str) -> Wall:
    return Wall(tmp_path, store_url)


async def some_history(store: Store) -> Hands:
    """Nine entries."""
    hands = Hands(store)
    for n in range(3):
        await hands.arrive(post(str(n)))
    await hands.decide(post("0"), Verdict.APPROVE, by="Anna", idem="Anna:a|b")
    await hands.decide(post("1"), Verdict.REJECT, by="Bo")
    await hands.gate.panic(on=True, by="Bo")
    return hands


async def read(store: Store) -> Entries:
    return [fields for _, fields in await store.redis.xrange(store.keys.audit)]


async def write(store: Store, entries: Entries, *, numbers: list[int] | None = None) -> None:
    """The whole stream anew: what somebody with root on the store can do."""
    await store.redis.delete(store.keys.audit)
    for n, fields in zip(numbers or range(1, len(entries) + 1), entries, strict=True):
        await store.redis.xadd(store.keys.audit, fields, id=f"{n}-0")


async def set_head(store: Store, n: int, h: bytes) -> None:
    await store.redis.hset(store.keys.meta, mapping={"audit_n": n, "audit_h": h})


def chained(entries: Entries) -> Entries:
    """The same entries with every hash computed anew."""
    prev, made = b"", []
    for n, fields in enumerate(entries, start=1):
        body = b"|".join([prev, b"%d" % n, *(fields[name.encode()] for name in CHAINED)])
        h = hashlib.sha1(body).hexdigest().encode()
        made.append({**fields, b"prev": prev, b"h": h})
        prev = h
    return made


async def test_an_untouched_chain_is_whole(store: Store) -> None:
    await some_history(store)
    found = await Audit(store).verify()
    assert (found.entries, found.wrong) == (9, None)
    assert found.head == await Audit(store).head()
    assert chained(await read(store)) == await read(store)


async def test_a_bar_in_what_others_say_is_no_border(store: Store) -> None:
    hands = Hands(store)
    await hands.arrive(post(source="a|b"))
    await hands.gate.withdraw(post().pid, why="gone|for|good", by="x|y", source="a|b")
    assert (await Audit(store).verify()).wrong is None


async def test_an_empty_chain_is_whole(store: Store) -> None:
    found = await Audit(store).verify()
    assert (found.entries, found.wrong, found.head.n) == (0, None, 0)


@pytest.mark.parametrize("name", [*CHAINED, "prev", "h"])
async def test_a_changed_field_is_noticed(store: Store, name: str) -> None:
    await some_history(store)
    entries = await read(store)
    entries[4] = {**entries[4], name.encode(): entries[4][name.encode()] + b"0"}
    await write(store, entries)
    found = await Audit(store).verify()
    assert (found.entries, found.wrong) == (4, "entry 5 was changed")


def dropped(n: int) -> Callable[[Entries], tuple[Entries, list[int]]]:
    def drop(entries: Entries) -> tuple[Entries, list[int]]:
        return entries[: n - 1] + entries[n:], [k for k in range(1, len(entries) + 1) if k != n]

    return drop


def closed_up(entries: Entries) -> tuple[Entries, list[int]]:
    kept = entries[:4] + entries[5:]
    return kept, list(range(1, len(kept) + 1))


def cut_front(entries: Entries) -> tuple[Entries, list[int]]:
    return entries[3:], list(range(4, len(entries) + 1))


def cut_front_and_closed_up(entries: Entries) -> tuple[Entries, list[int]]:
    return entries[3:], list(range(1, len(entries) - 2))


def inserted(entries: Entries) -> tuple[Entries, list[int]]:
    more = [*entries[:4], entries[2], *entries[4:]]
    return more, list(range(1, len(more) + 1))


def reordered(entries: Entries) -> tuple[Entries, list[int]]:
    return [*entries[:3], entries[4], entries[3], *entries[5:]], list(range(1, len(entries) + 1))


def moved_border(entries: Entries) -> tuple[Entries, list[int]]:
    """The same bytes between the bars, cut elsewhere: Anna's approval becomes somebody else's."""
    (n,) = [n for n, fields in enumerate(entries) if fields[b"idem"] == b"Anna:a|b"]
    forged = {**entries[n], b"by": b"Anna|approve", b"why": b"Anna:a", b"idem": b"b"}
    return [*entries[:n], forged, *entries[n + 1 :]], list(range(1, len(entries) + 1))


def with_a_field_more(entries: Entries) -> tuple[Entries, list[int]]:
    return [{**entries[0], b"note": b"looked at"}, *entries[1:]], list(range(1, len(entries) + 1))


@pytest.mark.parametrize(
    ("tamper", "wrong"),
    [
        (dropped(5), "entry 5 is missing"),
        (dropped(1), "entry 1 is missing"),
        (dropped(9), "the newest entries are missing"),
        (closed_up, "entry 5 was changed"),
        (cut_front, "entry 1 is missing"),
        (cut_front_and_closed_up, "entry 1 was changed"),
        (inserted, "entry 5 was changed"),
        (reordered, "entry 4 was changed"),
        (moved_border, "entry 7 was changed"),
        (with_a_field_more, "entry 1 has something added"),
    ],
)
async def test_tampering_is_noticed(
    store: Store, tamper: Callable[[Entries], tuple[Entries, list[int]]], wrong: str
) -> None:
    await some_history(store)
    entries, numbers = tamper(await read(store))
    await write(store, entries, numbers=numbers)
    found = await Audit(store).verify()
    assert found.wrong == wrong


async def test_an_entry_between_two_numbers_is_noticed(store: Store) -> None:
    await some_history(store)
    entries = await read(store)
    await store.redis.delete(store.keys.audit)
    for n, fields in enumerate(entries, start=1):
        await store.redis.xadd(store.keys.audit, fields, id=f"{n}-0")
        if n in (4, 9):
            await store.redis.xadd(store.keys.audit, fields, id=f"{n}-1")
    found = await Audit(store).verify()
    assert (found.entries, found.wrong) == (4, "entry 4 is there twice")


async def test_an_entry_that_only_the_stream_has_is_noticed(store: Store) -> None:
    await some_history(store)
    await store.redis.xadd(store.keys.audit, (await read(store))[0], id="10-0")
    assert (await Audit(store).verify()).wrong == "something was written behind entry 9, the newest"


async def test_a_shorter_end_with_its_head_set_back_is_noticed(store: Store) -> None:
    """Entries stay, but the gate's own count is set back before them."""
    await some_history(store)
    entries = await read(store)
    await set_head(store, 7, entries[6][b"h"])
    assert (await Audit(store).verify()).wrong == "something was written behind entry 7, the newest"


async def test_a_chain_written_anew_is_noticed_by_a_printed_head(store: Store) -> None:
    """Root on the store can compute every hash again: the chain is then whole, but it is not the one we printed."""
    await some_history(store)
    printed = Head.read(str(await Audit(store).head()))
    assert (await Audit(store).verify([printed])).wrong is None
    entries = await read(store)
    forged = chained([*entries[:4], *entries[5:], entries[5]])
    await write(store, forged)
    await set_head(store, 9, forged[-1][b"h"])
    assert (await Audit(store).verify()).wrong is None
    assert (await Audit(store).verify([printed])).wrong == (
        "entry 9 is not the one whose head was printed: the chain was written anew"
    )
    await write(store, forged[:6])
    await set_head(store, 6, forged[5][b"h"])
    assert (await Audit(store).verify()).wrong is None
    found = await Audit(store).verify([printed, Head(n=2, h=entries[1][b"h"].decode())])
    assert found.wrong == "entry 9, whose head was printed, is missing: the chain was cut"


async def test_a_head_stays_in_a_chain_that_grows(store: Store) -> None:
    hands = await some_history(store)
    early = await Audit(store).head()
    await hands.arrive(post("later"))
    late = await Audit(store).head()
    assert (await Audit(store).verify([early, late, Head(n=early.n, h=early.h)])).wrong is None
    wrong_time = Head(n=early.n, h=early.h, at_ms=early.at_ms + 5000)
    assert (await Audit(store).verify([wrong_time])).wrong is not None


async def test_a_wall_that_goes_on_while_it_is_verified_is_no_fault(store: Store) -> None:
    hands = await some_history(store)
    checker = Checker()
    n = 0
    async for _ in Audit(store).walk(checker):
        if n < 20:
            await hands.arrive(post(f"meanwhile {n}"))
        n += 1
    assert (checker.verdict.entries, checker.verdict.wrong) == (9, None)


async def test_who_follows_the_audit_is_told_of_another_history(store: Store) -> None:
    await some_history(store)
    entries = await read(store)
    fourth = Head(n=4, h=entries[3][b"h"].decode())
    assert await Audit(store).since(fourth, limit=2) == (
        await _head(store, 6),
        [post("2").pid],
    )
    assert await Audit(store).since(await Audit(store).head(), limit=2) == (await Audit(store).head(), [])
    assert await Audit(store).since(Head(n=4, h="0" * 40), limit=2) is None
    assert await Audit(store).since(Head(n=99, h=fourth.h), limit=2) is None


async def _head(store: Store, n: int) -> Head:
    return [entry.head async for entry in Audit(store).entries()][n - 1]


# -- the commands --------------------------------------------------------------------------------------------------


def test_verify_says_what_it_found(wall: Wall) -> None:
    wall.ask(some_history)
    done = wall.run("audit", "verify")
    head = wall.ask(lambda store: Audit(store).head())
    count, sha256, printed = done.output.splitlines()
    assert (done.exit_code, count, printed) == (0, "9 entries, unbroken", f"head    {head}")
    assert len(sha256.split()[1]) == 64

    async def tamper(store: Store) -> None:
        await store.redis.xdel(store.keys.audit, "5-0")

    wall.ask(tamper)
    done = wall.run("audit", "verify")
    assert (done.exit_code, done.output) == (
        1,
        "broken: entry 5 is missing; the 4 entries before it are whole\n",
    )


def test_a_printed_head_is_checked(wall: Wall) -> None:
    assert wall.run("audit", "head").output == "Error: the audit is still empty\n"
    wall.ask(some_history)
    line = wall.run("audit", "head").output.strip()
    n, h, at = line.split()
    assert (n, len(h), datetime.fromisoformat(at).tzinfo) == ("9", 40, UTC)
    assert wall.run("audit", "verify", "--head", line).exit_code == 0
    assert wall.run("audit", "verify", "--head", f"{n} {h}").exit_code == 0
    other = wall.run("audit", "verify", "--head", f"{n} {'0' * 40} {at}")
    assert (other.exit_code, "written anew" in other.output) == (1, True)
    for text in (
        "",
        "9",
        f"x {h}",
        f"{n} {h} yesterday",
        f"{n} {h} 2026-11-24T18:00",
        f"{n} {h[:-1]}",
        "٣ " + h,
    ):
        wrong = wall.run("audit", "verify", "--head", text)
        assert (wrong.exit_code, "no line of parvis audit head" in wrong.output) == (2, True)


def test_an_export_has_the_sum_that_verify_prints(wall: Wall, tmp_path: Path) -> None:
    wall.ask(some_history)
    file = tmp_path / "audit.jsonl"
    done = wall.run("audit", "export", str(file))
    assert done.exit_code == 0
    assert done.output == wall.run("audit", "verify").output
    assert f"sha256  {hashlib.sha256(file.read_bytes()).hexdigest()}\n" in done.output
    entries = [json.loads(line) for line in file.read_text().splitlines()]
    assert [entry["n"] for entry in entries] == list(range(1, 10))
    prev = ""
    for entry in entries:  # whoever has the file can check the chain without us
        body = "|".join([prev, str(entry["n"]), *(entry[name] for name in CHAINED)])
        assert entry["h"] == hashlib.sha1(body.encode()).hexdigest()
        prev = entry["h"]
    again = wall.run("audit", "export", str(file))
    assert (again.exit_code, again.output) == (1, f"Error: {file} exists; it is left as it is\n")
    assert "cannot be written" in wall.run("audit", "export", str(tmp_path / "no" / "x")).output


def test_show_prints_what_is_asked_for(wall: Wall) -> None:
    async def history(store: Store) -> None:
        hands = await some_history(store)
        await hands.decide(post("2"), Verdict.APPROVE, by="Eve\x1b[2J")

    wall.ask(history)
    lines = wall.run("audit", "show").output.splitlines()
    assert len(lines) == 10
    assert lines[0].split()[0] == "1"
    assert "\x1b" not in lines[-1]
    (anna,) = wall.run("audit", "show", "--by", "Anna").output.splitlines()
    assert ["queued", ">", "approved", "approve", "Anna", post("0").pid] == anna.split()[3:]
    about = wall.run("audit", "show", "--post", post("1").pid, "--json").output.splitlines()
    assert [json.loads(line)["why"] for line in about] == ["arrived", "rules", "reject"]
    assert json.loads(about[0])["time"].endswith("+00:00")
    assert len(wall.run("audit", "show", "--since", "1h").output.splitlines()) == 10
    assert wall.run("audit", "show", "--since", "2999-01-01").output == ""
    wrong = wall.run("audit", "show", "--since", "tomorrow")
    assert (wrong.exit_code, "is no time" in wrong.output) == (2, True)


def test_no_command_takes_anything_away(wall: Wall) -> None:
    assert sorted(audit.commands) == ["export", "head", "show", "verify"]
    wall.ask(some_history)
    before = wall.ask(read)
    for words in (["verify"], ["head"], ["show"]):
        wall.run("audit", *words)
    assert wall.ask(read) == before


def test_without_a_wall_there_is_one_sentence(tmp_path: Path) -> None:
    config = tmp_path / "parvis.toml"
    config.write_text('[event]\nname = "x"\n')
    config.chmod(0o600)
    for words in (["verify"], ["head"], ["show"], ["export", str(tmp_path / "x")]):
        done = run("audit", *words, "--config", str(config))
        assert (done.exit_code, done.output) == (
            1,
            "Error: the wall is not running; start it with: parvis up\n",
        )
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("30 m", datetime(2026, 11, 24, 11, 30, tzinfo=UTC)),
        ("3d", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2026-11-24T18:30", datetime(2026, 11, 24, 18, 30, tzinfo=UTC)),
        ("2026-11-24T18:30+01:00", datetime(2026, 11, 24, 17, 30, tzinfo=UTC)),
    ],
)
def test_times_as_people_write_them(text: str, expected: datetime) -> None:
    assert moment(text, now=datetime(2026, 11, 24, 12, tzinfo=UTC)) - expected == timedelta(0)
