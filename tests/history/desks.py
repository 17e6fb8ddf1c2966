"""Two ways to a decision: straight at the gate, and as a tablet does it, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
import msgspec

from wall.gate import Answer, Gate, Swept
from wall.ledger import Ledger
from wall.model import Card, PostId, State, plain

if TYPE_CHECKING:
    from tests.history.hands import Press, Sweep

PAGE = 20
PATIENCE_S = 8.0


class Unanswered(Exception):
    """Nobody knows whether it was done."""


class Seen(msgspec.Struct, frozen=True):
    """A card as a moderator saw it."""

    pid: PostId
    state: State
    rev: int
    mrev: int
    words: str


class Desk(Protocol):
    name: str

    async def look(self, state: State) -> list[Seen]: ...
    async def decide(self, one: Press) -> Answer: ...


class AtTheGate:
    def __init__(self, gate: Gate, ledger: Ledger, name: str) -> None:
        self.name = name
        self._gate = gate
        self._ledger = ledger

    async def look(self, state: State) -> list[Seen]:
        found, _ = await self._ledger.listing(state, limit=PAGE)
        return [
            Seen(record.pid, record.state, record.rev, record.mrev, plain(record.card.spans))
            for record in found
            if record.card is not None and record.state is state
        ]

    async def decide(self, one: Press) -> Answer:
        outcome = await self._gate.decide(
            one.pid, one.verdict, by=self.name, rev=one.rev, mrev=one.mrev, idem=one.key
        )
        return outcome.answer

    async def sweep(self, one: Sweep) -> Swept:
        if one.verdict is None:
            return await self._gate.set_standing(one.author, one.standing, by=self.name, idem=one.key)
        return await self._gate.decide_many(one.posts, one.verdict, by=self.name, idem=one.key)


class OverHttp:
    """A tablet: what it is told over HTTP, and nothing else. 5xx and a broken line are no answer."""

    def __init__(self, client: aiohttp.ClientSession, url: str, *, token: str, name: str) -> None:
        self.name = name
        self._client = client
        self._url = url
        self._head = {"authorization": f"Bearer {token}"}

    async def look(self, state: State) -> list[Seen]:
        body = await self._call("GET", f"/api/v1/posts?state={state}&limit={PAGE}")
        return [
            Seen(card["id"], State(card["state"]), card["rev"], card["mrev"], _words(card["card"]))
            for card in body["posts"]
            if card["card"] is not None and card["state"] == state
        ]

    async def decide(self, one: Press) -> Answer:
        said = {"verdict": one.verdict, "rev": one.rev, "mrev": one.mrev}
        body = await self._call("POST", f"/api/v1/posts/{one.pid}/decision", said, key=one.key)
        if "answer" in body:
            return Answer(body["answer"])
        code: str = body["error"]["code"]
        return Answer.NOPOST if code == "no-post" else Answer(code.upper())

    async def _call(self, method: str, path: str, said: object = None, *, key: str = "") -> dict[str, Any]:
        head = {**self._head, **({"idempotency-key": key} if key else {})}
        limit = aiohttp.ClientTimeout(total=PATIENCE_S)
        try:
            async with self._client.request(
                method, self._url + path, json=said, headers=head, timeout=limit
            ) as reply:
                if reply.status == 500:
                    raise AssertionError(f"{method} {path} was answered 500")
                if reply.status > 500:
                    raise Unanswered(str(reply.status))
                found: dict[str, Any] = await reply.json()
                return found
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unanswered(str(error)) from error


def _words(card: dict[str, Any]) -> str:
    return plain(msgspec.convert(card, Card).spans)
