"""The tally: what the whole wall amounts to, in step with it, and nothing in it of a post that has left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from websockets.asyncio.client import ClientConnection

from display.hub import Hub
from display.tally import Tally
from display.tally_sums import Sums
from display.tally_words import Lexicon, StopWords
from tests.display.test_hub import dial, hear, say
from tests.makers import Hands, card, post
from tests.server import Served, serving
from wall.gate import Ruling, Standing, Verdict
from wall.live import Item, Op, Origin
from wall.model import Author, Counts, Digest, Post, PostId, Span, SpanKind, encode_card
from wall.store.client import Store

STOP = StopWords.read()


@pytest.fixture
async def served(store: Store, data_dir: Path) -> AsyncIterator[Served]:
    async with serving(store, data_dir) as served:
        yield served


@pytest.fixture
def hands(store: Store) -> Hands:
    return Hands(store)


def by(name: str, number: str, text: str = "Bonsoir", **more: Any) -> Post:
    return post(number, text, author=Author(id=name, name=name), **more)


def picture(number: int) -> Digest:
    return Digest(f"{number:064x}")


async def hang(hands: Hands, of: Post, *pictures: Digest) -> PostId:
    await hands.arrive(of, *pictures, ruling=Ruling.APPROVE)
    return of.pid


async def facts(link: ClientConnection, *, until: Any, within_s: float = 12) -> dict[str, Any]:
    """The first facts that are as wanted."""
    async with asyncio.timeout(within_s):
        while True:
            frame = await hear(link, "facts", within_s=within_s)
            if until(frame):
                return frame


def words_in(frame: dict[str, Any]) -> list[str]:
    return [text for text, _ in frame["words"]]


# -- in step with the wall --------------------------------------------------------------------------------------


async def test_a_screen_is_told_on_joining_what_was_there_before_the_start(
    store: Store, hands: Hands, data_dir: Path
) -> None:
    await hang(hands, by("a", "1", "Les lanternes dansent"), picture(1))
    await hang(hands, by("b", "2", "des lanternes partout"))
    await hang(hands, by("b", "3", "Hello", network="bluesky"))
    async with serving(store, data_dir) as served, dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        frame = await facts(link, until=lambda f: f["numbers"]["posts"] == 3)
        assert frame["numbers"] == {"posts": 3, "people": 3, "networks": 2, "photos": 1, "hour": 3}
        assert frame["networks"] == [["mastodon", 2], ["bluesky", 1]]
        assert words_in(frame) == ["lanternes"]
        assert frame["seq"] == 3


async def test_a_screen_is_told_what_comes_and_what_goes(served: Served, hands: Hands) -> None:
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        await facts(link, until=lambda f: f["numbers"]["posts"] == 0)
        await hang(hands, by("a", "1", "une baleine"), picture(1))
        await hang(hands, by("b", "2", "la baleine"))
        frame = await facts(link, until=lambda f: f["numbers"]["posts"] == 2)
        assert words_in(frame) == ["baleine"]
        began = asyncio.get_running_loop().time()
        await hands.gate.withdraw(post("2").pid, why="withdrawn", by="test", source="")
        frame = await facts(link, until=lambda f: f["numbers"]["posts"] == 1)
        assert frame["words"] == []
        assert frame["numbers"]["people"] == 1
        assert asyncio.get_running_loop().time() - began < 2, "what leaves does not wait for its turn"


@pytest.mark.parametrize("verdict", [Verdict.REJECT, Verdict.WITHDRAW, Verdict.UNAPPROVE])
async def test_whatever_takes_a_post_off_takes_its_word_and_its_photo(
    served: Served, hands: Hands, verdict: Verdict
) -> None:
    await hang(hands, by("a", "1", "cathédrale"))
    await hang(hands, by("b", "2", "Cathédrale"), picture(2))
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        await facts(link, until=lambda f: words_in(f) == ["cathédrale"])
        await hands.decide(post("2"), verdict)
        frame = await facts(link, until=lambda f: f["numbers"]["photos"] == 0, within_s=2)
        assert frame["words"] == []
    assert (await served.get("/api/v1/wall/photos"))[1]["photos"] == []


async def test_an_edit_takes_the_old_words_away_before_the_new_are_judged(
    served: Served, hands: Hands
) -> None:
    await hang(hands, by("a", "1", "tempête"))
    await hang(hands, by("b", "2", "tempête"))
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        await facts(link, until=lambda f: words_in(f) == ["tempête"])
        await hands.gate.accept(by("b", "2", "éclaircie", revision=2))
        assert (await facts(link, until=lambda f: f["numbers"]["posts"] == 1, within_s=2))["words"] == []


async def test_a_pin_is_no_second_post(served: Served, hands: Hands) -> None:
    await hang(hands, by("a", "1"), picture(1))
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        await facts(link, until=lambda f: f["numbers"]["posts"] == 1)
        await hands.decide(post("1"), Verdict.PIN)
        await hands.decide(post("1"), Verdict.UNPIN)
        await hang(hands, by("b", "2"))
        await hands.gate.withdraw(post("2").pid, why="withdrawn", by="test", source="")
        frame = await facts(link, until=lambda f: f["seq"] == 5)
        assert (frame["numbers"]["posts"], frame["numbers"]["photos"]) == (1, 1)


async def test_in_a_panic_there_is_no_word_and_no_photo(served: Served, hands: Hands) -> None:
    await hang(hands, by("a", "1", "volcan"), picture(1))
    await hang(hands, by("b", "2", "volcan"))
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        await facts(link, until=lambda f: words_in(f) == ["volcan"])
        await hands.gate.panic(on=True, by="Anna")
        await facts(link, until=lambda f: f["words"] == [], within_s=2)
        assert (await served.get("/api/v1/wall/photos"))[1]["photos"] == []
        await hands.gate.panic(on=False, by="Anna")
        await facts(link, until=lambda f: words_in(f) == ["volcan"], within_s=2)


async def test_a_ban_takes_everything_of_an_author_at_once(served: Served, hands: Hands) -> None:
    for number in range(30):
        await hang(hands, by("spam", f"s{number}", "rabais rabais"), picture(number + 1))
    await hang(hands, by("b", "2", "rabais"))
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        await facts(link, until=lambda f: words_in(f) == ["rabais"] and f["numbers"]["posts"] == 31)
        await hands.gate.set_standing(by("spam", "s0").author_key, Standing.BANNED, by="Anna")
        frame = await facts(link, until=lambda f: f["numbers"]["posts"] == 1, within_s=3)
        assert frame["words"] == []


async def test_another_store_is_counted_anew(served: Served, hands: Hands) -> None:
    await hang(hands, by("a", "1", "aurore"), picture(1))
    await hang(hands, by("b", "2", "aurore"))
    async with dial(served) as link:
        await say(link, type="hello", screen="hall-a")
        await facts(link, until=lambda f: words_in(f) == ["aurore"])
        keys = hands.store.keys
        for key in (keys.live, keys.items, keys.log, keys.post(post("1").pid), keys.post(post("2").pid)):
            await hands.store.redis.delete(key)
        await hands.store.redis.hset(keys.meta, mapping={"epoch": "another", "seq": "0"})
        frame = await facts(link, until=lambda f: f["numbers"]["posts"] == 0)
        assert (frame["words"], frame["seq"]) == ([], 0)


class Glass:
    """A screen as the tally sees it: what was written to it, and whether it reads."""

    def __init__(self) -> None:
        self.wire = self
        self.is_lagging = False
        self.got: list[bytes] = []

    def put(self, frame: bytes) -> None:
        self.got.append(frame)

    def has(self, word: str) -> bool:
        return bool(self.got) and word.encode() in self.got[-1]


class Corridor:
    """A hub with glasses on its wall instead of sockets."""

    def __init__(self, *glasses: Glass) -> None:
        self.epoch, self.seq = "e", 0
        self.followers: list[Any] = []
        self.greeters: list[Any] = []
        self._glasses = frozenset(glasses)

    def screens(self) -> frozenset[Glass]:
        return self._glasses

    def put_all(self, frame: bytes) -> None:
        for glass in self._glasses:
            if not glass.is_lagging:
                glass.put(frame)


async def test_one_that_did_not_read_is_told_when_it_reads_again(hands: Hands) -> None:
    """A word that was withdrawn meanwhile must not stand on it until the next change."""
    await hang(hands, by("a", "1", "orchidée"))
    gone = await hang(hands, by("b", "2", "orchidée"))
    slow, quick = Glass(), Glass()
    tally = Tally(wall=hands.wall, hub=cast("Hub", Corridor(slow, quick)), hashtags=())

    async def soon(found: Callable[[], bool]) -> None:
        async with asyncio.timeout(4):
            while not found():
                await asyncio.sleep(0.01)

    async with tally.serve():
        await soon(lambda: slow.has("orchidée") and quick.has("orchidée"))
        slow.is_lagging = True
        tally.ops([Op(seq=3, op="del", pid=gone, why="withdrawn")], [b""])
        await soon(lambda: not quick.has("orchidée"))
        assert slow.has("orchidée")
        slow.is_lagging = False
        await soon(lambda: not slow.has("orchidée"))


# -- photos -----------------------------------------------------------------------------------------------------


async def test_photos_newest_first_with_the_number_they_were_approved_by(
    served: Served, hands: Hands
) -> None:
    first = await hang(hands, by("a", "1"), picture(1))
    await hang(hands, by("b", "2"))
    third = await hang(hands, by("c", "3"), picture(3), picture(4))

    async def listed() -> Any:
        return (await served.get("/api/v1/wall/photos"))[1]

    async with asyncio.timeout(5):
        while len((body := await listed())["photos"]) < 2:
            await asyncio.sleep(0.02)
    assert body["photos"] == [
        {"id": third, "digest": picture(3), "colour": "#102030", "seq": 3},
        {"id": first, "digest": picture(1), "colour": "#102030", "seq": 1},
    ]
    assert (body["epoch"], body["seq"]) == await hands.wall.head()
    async with served.client.get(f"{served.url}/api/v1/wall/photos") as reply:
        etag = reply.headers["etag"]
    again = {"if-none-match": etag}
    assert (await served.get("/api/v1/wall/photos", headers=again))[0] == 304
    await hands.gate.withdraw(first, why="withdrawn", by="test", source="")
    async with asyncio.timeout(5):
        while (await served.get("/api/v1/wall/photos", headers=again))[0] == 304:
            await asyncio.sleep(0.02)
    assert [photo["id"] for photo in (await listed())["photos"]] == [third]


async def test_the_whole_wall_is_read_in_pages_and_what_is_damaged_is_left_out(hands: Hands) -> None:
    for number in range(7):
        await hang(hands, by(f"a{number}", str(number)))
    damaged = post("3").pid
    await hands.store.redis.hset(hands.store.keys.items, damaged, b'1 0 0123 {"id":"x"}')
    found: list[PostId] = []
    below: int | None = None
    for _ in range(4):
        items, below = await hands.wall.page(below=below, limit=2)
        found += [item.pid for item in items]
    assert found == [post(str(number)).pid for number in (6, 5, 4, 2, 1, 0)]
    assert below is None
    origins = await hands.wall.origins([*found, PostId("x" * 26)])
    assert set(origins) == set(found)


async def test_the_best_is_pinned_then_liked_then_with_a_picture(hands: Hands) -> None:
    sums = Sums(STOP, own_tags=())
    for number, (likes, shares, pinned, pictures) in enumerate(
        [
            (None, None, False, 0),
            (None, None, False, 1),
            (3, None, False, 0),
            (0, 4, False, 0),
            (0, 0, True, 0),
        ]
    ):
        of = by("a", str(number))
        content = encode_card(card(of, *(picture(n) for n in range(pictures))))
        item = Item(pid=of.pid, seq=number, rev=1, is_pinned=pinned, content=content)
        counts = Counts(likes=likes, shares=shares)
        sums.put(item, Origin(author="a", at_ms=0, counts=counts), now_ms=0)
    assert sums.best(9) == [post(str(number)).pid for number in (4, 3, 2, 1, 0)]
    sums.like(post("1").pid, Counts(likes=90))
    sums.drop(post("4").pid)
    assert sums.best(2) == [post("1").pid, post("3").pid]
    assert sums.facts(0)["numbers"] == {"posts": 4, "people": 1, "networks": 1, "photos": 1, "hour": 4}
    assert sums.facts(3_600_000)["numbers"]["hour"] == 0


# -- words ------------------------------------------------------------------------------------------------------


def said(*texts: str, own: tuple[str, ...] = ("NuitVauclair",), newest: int = 400) -> Lexicon:
    """Each text by somebody else."""
    lexicon = Lexicon(STOP, own_tags=own, newest=newest)
    for number, text in enumerate(texts):
        lexicon.add(PostId(f"p{number}"), seq=number, author=f"a{number}", spans=spans_of(text))
    return lexicon


def spans_of(text: str) -> list[Span]:
    return [
        Span(f"{word} ", SpanKind.TAG if word.startswith("#") else SpanKind.TEXT) for word in text.split(" ")
    ]


def texts(lexicon: Lexicon) -> list[str]:
    return [text for text, _ in lexicon.moment(60)]


def test_nobody_puts_a_word_on_the_screen_alone() -> None:
    lexicon = Lexicon(STOP)
    for number in range(20):
        lexicon.add(PostId(f"p{number}"), seq=number, author="one", spans=[Span("scandale scandale")])
    assert lexicon.moment(60) == []
    lexicon.add(PostId("other"), seq=20, author="two", spans=[Span("quel scandale")])
    assert lexicon.moment(60) == [("scandale", 20)], "twenty times by one is one voice"
    lexicon.remove(PostId("other"))
    assert lexicon.moment(60) == []


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("L’été sur les quais", "Quel été, quels quais !", ["quais"]),
        ("aujourd'hui c'est la fête", "Aujourd’hui, la fête", ["fête"]),
        ("The lights don't stop, it's Anna's", "lights! don't stop, it’s Anna", ["anna", "lights", "stop"]),
        ("Die Lichter und das Museum", "die Lichter im Museum", ["lichter", "museum"]),
        ("¡Qué noche tan mágica!", "Noche mágica", ["mágica", "noche"]),
        ("Che meraviglia questa luce", "una meraviglia, la luce", ["luce", "meraviglia"]),
        ("أجمل ليلة في المتحف", "ليلة جميلة في المَتحف", ["المتحف", "ليلة"]),
        ("三楼的水墨展厅太安静了", "水墨展厅真好看", ["水墨展厅"]),
        ("美术馆的夜晚", "今晚的美术馆", ["美术馆"]),
        ("我们在水墨展厅", "水墨很美", ["水墨"]),
        ("Rendez-vous 2026 à 18h", "rendez-vous en 2026", ["rendez-vous"]),
        ("#Lumière #NuitVauclair", "#lumière #nuitvauclair", ["#lumière"]),
        ("MERCI MAGNIFIQUE", "magnifique", ["magnifique"]),
        ("Cafe", "café", ["café"]),
        ("", "", []),
        ("😍😍", "😍", []),
        ("ราตรีแห่งแสง", "ราตรีแห่งแสง", []),
        ("정말 예쁜 밤", "예쁜 밤이네요", ["예쁜"]),
    ],
)  # fmt: skip
def test_what_counts_as_a_word(first: str, second: str, words: list[str]) -> None:
    assert sorted(text.lower() for text in texts(said(first, second))) == sorted(words)


def test_addresses_and_people_are_no_words() -> None:
    spans = [Span("@anna@example.org", SpanKind.MENTION), Span("example.org/lanternes", SpanKind.LINK)]
    lexicon = Lexicon(STOP)
    for number in range(2):
        lexicon.add(PostId(f"p{number}"), seq=number, author=f"a{number}", spans=spans)
    assert lexicon.moment(60) == []


def test_a_tag_is_written_as_most_write_it() -> None:
    lexicon = said("#NuitBlanche", "#NuitBlanche", "#nuitblanche")
    assert texts(lexicon) == ["#NuitBlanche"]
    lexicon.remove(PostId("p0"))
    lexicon.remove(PostId("p1"))
    assert texts(lexicon) == []


def test_the_newer_weighs_more() -> None:
    early = ["soleil"] * 3
    late = ["neige"] * 3
    lexicon = said(*early, *(f"rien{number}" for number in range(200)), *late)
    assert texts(lexicon) == ["neige", "soleil"]
