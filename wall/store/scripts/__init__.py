"""Lua scripts, one verb a file: two writes that must agree are one script.

`_prelude.lua` stands before each script that moves a post, `_verdicts.lua` before those that decide. EVALSHA is
used, and redis-py reloads a script the server has forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from wall.store.commands import Script

FOLDER = Path(__file__).parent
PLAIN = frozenset({"played", "portrait", "snapshot", "swap", "turn", "user"})
DECIDING = frozenset({"decide", "decide_many"})


def source(verb: str) -> str:
    """The whole text that the server runs for a verb."""
    before = () if verb in PLAIN else ("_prelude", "_verdicts") if verb in DECIDING else ("_prelude",)
    return "\n".join((FOLDER / f"{part}.lua").read_text(encoding="utf-8") for part in (*before, verb))


def verbs() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.lua") if not path.stem.startswith("_")))


class Scripts:
    """Runs a verb: `await scripts.run("decide", keys=[…], args=[…])`."""

    def __init__(self, redis: Redis) -> None:
        self._scripts: dict[str, Script] = {verb: redis.register_script(source(verb)) for verb in verbs()}

    async def run(self, verb: str, *, keys: Sequence[str], args: Sequence[str | bytes | int]) -> Any:
        return await self._scripts[verb](keys=list(keys), args=list(args))
