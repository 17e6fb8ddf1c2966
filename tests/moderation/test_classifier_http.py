"""The classifier behind an address: a real server that answers, delays, drips, lies, redirects and dies."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace

from tests.makers import card, post
from wall.media.pool import DecodePool
from wall.model import Quote, Span
from wall.moderation.classifier import FAILURES_MAX, PAUSE_S, UNAVAILABLE, Classifier, problems
from wall.moderation.rule import Finding
from wall.secret import Secret
from wall.settings_moderation import ClassifierSettings
from wall.verdict import Ruling

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HOLD = Finding(Ruling.HOLD, "nudity 0.93")
TOKEN = "s3cr3t-bearer"


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Judge:
    """A classifier's server: `answer` may be exchanged; what it was asked is kept."""

    def __init__(self) -> None:
        self.answer: Handler = says({"verdict": "hold", "label": "nudity", "score": 0.93})
        self.asked: list[dict[str, Any]] = []
        self.heads: list[dict[str, str]] = []
        self.inside = self.most = 0
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            self.heads.append({name.lower(): value for name, value in request.headers.items()})
            self.asked.append(await request.json())
            return await self.answer(request)
        finally:
            self.inside -= 1


def says(value: object, *, status: int = 200) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(value, status=status)

    return answer


def raw(body: bytes, *, status: int = 200, **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, headers=named)

    return answer


async def hangs(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(3600)
    raise AssertionError


async def drips(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(3600):
        await response.write(b" ")
        await asyncio.sleep(0.02)
    return response


async def dies(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def breaks_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b'{"verdict": ')
    assert request.transport is not None
    request.transport.close()
    return response


@asynccontextmanager
async def judging(**more: Any) -> AsyncIterator[tuple[Classifier, Judge]]:
    judge = Judge()
    app = web.Application(client_max_size=50_000_000)
    app.router.add_route("*", "/{path:.*}", judge.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    judge.url = f"http://127.0.0.1:{runner.addresses[0][1]}/judge"
    clock = more.pop("clock", Clock())
    settings = ClassifierSettings(**{"url": judge.url, "timeout_s": 30.0, **more})
    try:
        async with (
            DecodePool() as pool,
            Classifier(settings, folder=Path(), pool=pool, clock=clock) as classifier,
        ):
            yield classifier, judge
    finally:
        await runner.cleanup()


async def ask(classifier: Classifier, text: str = "Bonjour", *pictures: bytes) -> Finding | None:
    of = post(text=text)
    return await classifier.ask(of, card(of), pictures)


async def test_a_post_is_asked_about_with_its_words_and_pictures() -> None:
    of = post(text="Une soirée 🎆", lang="fr")
    shown = card(of)
    async with judging(token=Secret(TOKEN)) as (classifier, judge):
        assert await classifier.ask(of, shown, [b"webp-1", b"webp-2"]) == HOLD
    assert judge.asked == [
        {
            "id": of.pid,
            "text": "Une soirée 🎆",
            "lang": "fr",
            "network": "mastodon",
            "author": {"name": "Inès", "handle": ""},
            "pictures": [
                {"type": "image/webp", "data": base64.b64encode(data).decode()}
                for data in (b"webp-1", b"webp-2")
            ],
        }
    ]
    (head,) = judge.heads
    assert head["authorization"] == f"Bearer {TOKEN}"
    assert head["content-type"] == "application/json"
    assert "cookie" not in head


async def test_all_that_a_screen_shows_in_words_is_asked_about() -> None:
    of = post(text="Look", warning="spoiler", quote=Quote(author="Sam", spans=(Span("the quoted words"),)))
    shown = replace(card(of), warning=of.warning, quote=of.quote)
    async with judging() as (classifier, judge):
        await classifier.ask(of, shown)
    assert judge.asked[0]["text"] == "spoiler\nLook\nthe quoted words"
    assert "authorization" not in judge.heads[0]


async def test_pictures_stay_here_when_the_settings_say_so() -> None:
    async with judging(pictures=False) as (classifier, judge):
        assert not classifier.wants_pictures
        assert await ask(classifier, "Bonjour", b"webp") == HOLD
    assert judge.asked[0]["pictures"] == []


async def test_scores_are_judged_here() -> None:
    async with judging(reject_from=0.9) as (classifier, judge):
        judge.answer = says({"scores": {"safe": 0.98, "hate": 0.02}})
        assert await ask(classifier) is None
        judge.answer = says({"scores": {"safe": 0.01, "hate": 0.99}})
        assert await ask(classifier) == Finding(Ruling.REJECT, "hate 0.99")


FAILING: dict[str, Handler] = {
    "204": raw(b"", status=204),
    "401": says({"verdict": "allow"}, status=401),
    "404": says({"verdict": "allow"}, status=404),
    "500": raw(b"{}", status=500),
    "201": says({"verdict": "allow"}, status=201),
    "a web page": raw(b"<html>login</html>"),
    "an empty body": raw(b""),
    "an unknown verdict": says({"verdict": "fine"}),
    "a mad score": says({"scores": {"hate": 12}}),
    "NaN": raw(b'{"scores": {"hate": NaN}}'),
    "a long answer": raw(b'{"verdict": "allow", "why": "' + b"x" * 70_000 + b'"}'),
    "a compressed answer": raw(b'{"verdict": "allow"}', Content_Encoding="gzip"),
    "broken off": breaks_off,
    "dead": dies,
}


@pytest.mark.parametrize("name", FAILING)
async def test_what_is_no_answer_holds(name: str) -> None:
    async with judging() as (classifier, judge):
        judge.answer = FAILING[name]
        assert await ask(classifier) == UNAVAILABLE == Finding(Ruling.HOLD, "unavailable")
        assert len(judge.asked) == 1 or name == "dead"


@pytest.mark.parametrize("answer", [hangs, drips])
async def test_no_answer_in_time_holds(answer: Handler) -> None:
    async with judging(timeout_s=0.1) as (classifier, judge):
        judge.answer = answer
        assert await ask(classifier) == UNAVAILABLE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    """Not to another host, and not to another path of the same one: only what is named is asked."""
    async with judging(token=Secret(TOKEN)) as (classifier, judge), judging() as (_, other):
        for place in (other.url, f"{judge.url}/moved"):
            judge.answer = raw(b'{"verdict": "allow"}', status=status, Location=place)
            assert await ask(classifier) == UNAVAILABLE
        assert len(judge.asked) == 2
        assert other.asked == []


async def test_nobody_there_holds() -> None:
    async with judging() as (_, judge):
        url = judge.url
    settings = ClassifierSettings(url=url, timeout_s=30)
    async with DecodePool() as pool, Classifier(settings, folder=Path(), pool=pool) as classifier:
        assert await ask(classifier) == UNAVAILABLE


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with judging() as (classifier, _):
        assert await ask(classifier) == HOLD


async def test_after_five_failures_it_is_asked_every_ten_seconds() -> None:
    clock = Clock()
    async with judging(clock=clock) as (classifier, judge):
        judge.answer = says({}, status=503)
        for _ in range(FAILURES_MAX + 20):
            assert await ask(classifier) == UNAVAILABLE
        assert len(judge.asked) == FAILURES_MAX
        clock.now_s += PAUSE_S - 1
        assert await ask(classifier) == UNAVAILABLE
        assert len(judge.asked) == FAILURES_MAX
        clock.now_s += 1
        async with asyncio.TaskGroup() as tasks:
            for _ in range(8):
                tasks.create_task(ask(classifier))
        assert len(judge.asked) == FAILURES_MAX + 1
        judge.answer = says({"verdict": "allow"})
        clock.now_s += PAUSE_S
        assert await ask(classifier) is None
        assert await ask(classifier) is None
        assert len(judge.asked) == FAILURES_MAX + 3


async def test_a_success_in_between_starts_the_count_anew() -> None:
    async with judging() as (classifier, judge):
        bad, good = says({}, status=503), says({"verdict": "allow"})
        for _ in range(4):
            for answer in (bad, bad, bad, good):
                judge.answer = answer
                await ask(classifier)
        assert len(judge.asked) == 16


async def test_a_failure_is_said_once_and_its_end_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="parvis.classifier")
    async with judging(token=Secret(TOKEN)) as (classifier, judge):
        for answer in (
            says({}, status=503),
            raw(b"?"),
            says({"verdict": "allow"}),
            says({"verdict": "allow"}),
        ):
            judge.answer = answer
            await ask(classifier, "words of a stranger")
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "the classifier gives no answer, so posts are held: it answered 503",
        "the classifier answers again",
    ]
    assert TOKEN not in caplog.text
    assert "stranger" not in caplog.text


async def test_at_most_four_are_asked_at_once_and_all_are_answered() -> None:
    async with judging() as (classifier, judge):
        full, go_on = asyncio.Event(), asyncio.Event()

        async def waits(request: web.Request) -> web.StreamResponse:
            if judge.inside == 4:
                full.set()
            await go_on.wait()
            number = (await request.json())["text"]
            return web.json_response({"verdict": "hold", "label": number})

        judge.answer = waits
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            work = [tasks.create_task(ask(classifier, f"n{number}")) for number in range(40)]
            await full.wait()
            go_on.set()
        assert judge.most == 4
        assert [one.result() for one in work] == [Finding(Ruling.HOLD, f"n{number}") for number in range(40)]


async def test_a_wait_for_a_free_place_is_not_held_against_the_classifier() -> None:
    """Sixteen posts, four at once, take longer than the limit; each of them takes a third of it."""
    async with judging(timeout_s=3) as (classifier, judge):

        async def slow(_: web.Request) -> web.StreamResponse:
            await asyncio.sleep(1)
            return web.json_response({"verdict": "allow"})

        judge.answer = slow
        async with asyncio.TaskGroup() as tasks:
            work = [tasks.create_task(ask(classifier)) for _ in range(16)]
        assert [one.result() for one in work] == [None] * 16


async def test_work_that_is_given_up_ends_at_once() -> None:
    async with judging() as (classifier, judge):
        judge.answer = hangs
        async with asyncio.TaskGroup() as tasks:
            work = tasks.create_task(ask(classifier))
            while not judge.inside:
                await asyncio.sleep(0.01)
            work.cancel()
        assert work.cancelled()
        judge.answer = says({"verdict": "allow"})
        assert await ask(classifier) is None


async def test_without_settings_it_says_nothing() -> None:
    async with DecodePool() as pool, Classifier(ClassifierSettings(), folder=Path(), pool=pool) as classifier:
        assert not classifier.is_on
        assert not classifier.wants_pictures
        assert await ask(classifier) is None


def test_settings_that_contradict_each_other_are_told_with_their_cure(tmp_path: Path) -> None:
    assert problems(ClassifierSettings(), folder=tmp_path) == []
    assert problems(ClassifierSettings(url="http://127.0.0.1:9000/judge"), folder=tmp_path) == []
    both = ClassifierSettings(url="http://127.0.0.1:9000/judge", model="none.onnx")
    assert problems(both, folder=tmp_path) == [
        "classifier.url and classifier.model are both set; keep one of them",
        f"classifier.model: there is no file {tmp_path / 'none.onnx'}; put it there or correct the path",
    ]
    (mistake,) = problems(ClassifierSettings(hold_from=0.8, reject_from=0.5), folder=tmp_path)
    assert mistake.startswith("classifier.reject_from (0.5) is below classifier.hold_from (0.8)")
