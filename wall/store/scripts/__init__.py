"""Lua scripts, one verb a file: two writes that must agree are one script.

`_prelude.lua` stands before each script that moves a post. EVALSHA is used, and redis-py reloads a script the
server has forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from wall.store.commands import Script

FOLDER = Path(__file__).parent
PLAIN = frozenset({"snapshot", "turn"})


def source(verb: str) -> str:
    """The whole text that the server runs for a verb."""
    body = (FOLDER / f"{verb}.lua").read_text(encoding="utf-8")
    if verb in PLAIN:
        return body
    return (FOLDER / "_prelude.lua").read_text(encoding="utf-8") + "\n" + body


def verbs() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.lua") if not path.stem.startswith("_")))


class Scripts:
    """Runs a verb: `await scripts.run("decide", keys=[…], args=[…])`."""

    def __init__(self, redis: Redis) -> None:
        self._scripts: dict[str, Script] = {verb: redis.register_script(source(verb)) for verb in verbs()}

    async def run(self, verb: str, *, keys: Sequence[str], args: Sequence[str | bytes | int]) -> Any:
        return await self._scripts[verb](keys=list(keys), args=list(args))
