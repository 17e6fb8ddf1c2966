"""Passwords: one form of each, what is too easy to guess, and hashes made one at a time.

The form is that of RFC 8265 (OpaqueString): NFC, every blank a plain space, no control characters. So "é" typed as one
sign or as two is one password, and nothing else is changed. What is refused as too easy is found by taking known words,
runs and repeats out and counting what is left, not by a long list.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Literal, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from wall.moderation.skeleton import skeleton
from wall.web.answers import ApiError

SHORTEST = 12
LONGEST = 1024
LEFT_LEAST = 8  # signs that must be left once what anybody would try is taken out
QUEUE = 4
PASSES, MEMORY_KIB = 3, 46 * 1024
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"

Weakness = Literal["short", "common", "pattern"]
T = TypeVar("T")

_argon2 = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)


def _nobody() -> str:
    """A hash that no password has and that takes as long to compare as any."""
    salt, digest = (b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${salt}${digest}"


NOBODY = _nobody()


def prepared(typed: str, *, field: str = "password") -> str:
    """The one form of a typed password. Raises `ApiError` 400 for what none can be: too long, control characters."""
    if len(typed) > LONGEST:
        raise ApiError(
            400,
            "too-long",
            f"a password has at most {LONGEST:,} characters",
            field=field,
            extra={"why": "long"},
        )
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in typed):
        raise ApiError(
            400, "invalid", "a password has no control characters", field=field, extra={"why": "control"}
        )
    spaced = "".join(" " if unicodedata.category(char) == "Zs" else char for char in typed)
    return unicodedata.normalize("NFC", spaced)


# -- too easy -------------------------------------------------------------------------------------------------------

# Beginnings of what people choose when they are asked to choose, in the languages of the house; skeletons, no digits.
_COMMON = """
parvis password passwort pasword pass motdepasse contrasena kennwort mima secret geheim login changeme default temp test
admin administrator administrateur moderator moderateur moderation modo user root guest invite visitor visiteur name
bienvenue welcome willkommen bonjour hello hallo hola coucou qwerty azerty qwertz letmein iloveyou jetaime jtaime tequiero
loveyou love amour soleil sunshine monkey dragon master princess princesse football baseball superman batman starwars
pokemon ninja shadow doudou loulou chouchou marseille paris france barcelona berlin wifi internet computer ordinateur
summer winter spring autumn ete hiver printemps automne event evenement festival concert museum musee night nuit screen
ecran wall mur desk tablet tablette social correcthorsebatterystaple the les des and
"""
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertzuiop", "yxcvbnm")
_COLUMNS = ("qazwsxedcrfvtgbyhnujmik", "aqwzsxedcrfvtgbyhnuj", "qayxswedcvfrtgbnhzuj")
_NEXT = {pair for row in (*_ROWS, *_COLUMNS) for pair in pairwise(row)}
_YEAR = re.compile(r"(?:19|20)\d\d")


def weakness(password: str, about: Iterable[str] = ()) -> Weakness | None:
    """Why somebody would guess this prepared password soon, or None. `about` are names: the person's, the event's."""
    if len(password) < SHORTEST:
        return "short"
    if len(set(password.casefold())) < 5 or _is_repeated(password.casefold()):
        return "pattern"
    if len(_without_runs(password.casefold())) < LEFT_LEAST:
        return "pattern"
    words = sorted({*_COMMON.split(), *_words_of(about)}, key=len, reverse=True)
    for bare in (_folded(password), skeleton(password).replace(" ", "")):
        left = _YEAR.sub("\0", bare)
        for word in words:
            left = left.replace(word, "\0")
        if len(_without_runs(re.sub(r"\0+", "\0", left))) < LEFT_LEAST:
            return "common"
    return None


def _words_of(about: Iterable[str]) -> Iterable[str]:
    for name in about:
        for bare in (_folded(name), skeleton(name)):
            yield from (word for word in (*bare.split(), bare.replace(" ", "")) if len(word) >= 3)


def _folded(text: str) -> str:
    """Small letters without accents, digits kept."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _is_repeated(text: str) -> bool:
    """Whether it is one piece said again and again: "abc123abc123", "anna anna anna "."""
    return any(
        (text[:size] * (len(text) // size + 1)).startswith(text) for size in range(1, len(text) // 2 + 1)
    )


def _without_runs(text: str) -> str:
    """One sign for each run of three or more that go up, down, on along the keyboard, or stay the same."""
    kept: list[str] = []
    start = 0
    while start < len(text):
        end = max(_run_end(text, start, kind) for kind in _STEPS)
        kept.append(text[start])
        start = end if end - start >= 3 else start + 1
    return "".join(kept)


_STEPS: tuple[Callable[[str, str], bool], ...] = (
    lambda a, b: a == b,
    lambda a, b: ord(b) - ord(a) == 1,
    lambda a, b: ord(a) - ord(b) == 1,
    lambda a, b: (a, b) in _NEXT,
    lambda a, b: (b, a) in _NEXT,
)


def _run_end(text: str, start: int, is_step: Callable[[str, str], bool]) -> int:
    end = start + 1
    while end < len(text) and is_step(text[end - 1], text[end]):
        end += 1
    return end


def new_password() -> str:
    """Four groups of five letters and digits that nobody confuses: 99 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(4))


# -- hashes ---------------------------------------------------------------------------------------------------------


def hash_of(password: str) -> str:
    """An argon2id hash of a prepared password; takes a tenth of a second and 46 MiB."""
    return _argon2.hash(password)


def is_right(kept: str, password: str) -> bool:
    try:
        return _argon2.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


class Hashing:
    """One thread for all of it, at most `QUEUE` waiting: a flood of sign-ins costs neither memory nor the screens."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="argon2")
        self._lock = asyncio.Lock()
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold the line; first come, first served. Raises `ApiError` 503 at once when it is too long."""
        if self._waiting > QUEUE:
            message = "many people are signing in; try again in a moment"
            raise ApiError(503, "busy", message, headers={"retry-after": "1"}, extra={"retry_after_s": 1})
        self._waiting += 1
        try:
            async with self._lock:
                yield
        finally:
            self._waiting -= 1

    async def hash(self, password: str) -> str:
        """Within a `turn`."""
        return await self._run(lambda: hash_of(password))

    async def is_right(self, kept: str, password: str) -> bool:
        """Within a `turn`. An empty `kept` takes as long as any and is never right."""
        return await self._run(lambda: is_right(kept or NOBODY, password)) and bool(kept)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
