"""Passwords alone: one form of each, what is too easy, and the line before the hashes."""

from __future__ import annotations

import asyncio
import unicodedata

import pytest

from wall.web.answers import ApiError
from wall.web.passwords import (
    LONGEST,
    NOBODY,
    QUEUE,
    Hashing,
    hash_of,
    is_right,
    new_password,
    prepared,
    weakness,
)

ABOUT = ("Anna", "La Nuit des Lumières", "Musée Vauclair", "NuitVauclair")


def test_twins_are_one_password() -> None:
    one, other = (unicodedata.normalize(form, "Crème brûlée à midi") for form in ("NFC", "NFD"))
    assert one != other
    assert prepared(one) == prepared(other)
    assert prepared("four\u00a0blue\u3000boats") == "four blue boats"


def test_nothing_else_is_changed() -> None:
    for text in ("  two blanks  ", "Straße", "ﬁre", "Ａ", "é" * 20, "密码很长很长很长很长"):
        assert prepared(text) == text


@pytest.mark.parametrize("text", ["four\0blue boats", "a\nb", "x\x7f", "\ud800" * 12, "y" * (LONGEST + 1)])
def test_what_no_password_can_be(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        prepared(text)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "short"),
        ("eleven char", "short"),
        ("aaaaaaaaaaaaaaaa", "pattern"),
        ("ababababababab", "pattern"),
        ("abc123abc123", "pattern"),
        ("123456789012", "pattern"),
        ("987654321098", "pattern"),
        ("qwertyuiop123", "pattern"),
        ("azertyuiop12", "pattern"),
        ("qazwsxedcrfv", "pattern"),
        ("annaannaanna1", "pattern"),
        ("parvis-2026-anna", "common"),
        ("LaNuitDesLumieres", "common"),
        ("lanuitdeslumières2026!", "common"),
        ("Vauclair2026!!", "common"),
        ("Password123456", "common"),
        ("P4ssw0rd!2026", "common"),
        ("motdepasse2026", "common"),
        ("correcthorsebatterystaple", "common"),
    ],
)
def test_what_would_be_guessed(password: str, why: str) -> None:
    assert weakness(prepared(password), ABOUT) == why


@pytest.mark.parametrize(
    "password",
    [
        "four blue boats",
        "un bateau bleu 7",
        "anna7Kq9zLw2",
        "le chat dort sur le toit",
        "大家好我在钟楼下面今晚风",
        "ein kleiner Vogel am Dach",
    ],
)
def test_what_is_good_enough(password: str) -> None:
    assert weakness(prepared(password), ABOUT) is None


def test_made_passwords_are_good_and_new() -> None:
    made = {new_password() for _ in range(20)}
    assert len(made) == 20
    assert {weakness(one, ABOUT) for one in made} == {None}


def test_a_hash_says_how_it_was_made_and_nobody_has_the_same_cost() -> None:
    kept = hash_of("four blue boats")
    assert kept.startswith("$argon2id$v=19$m=47104,t=3,p=1$")
    assert NOBODY.split("$")[:4] == kept.split("$")[:4]
    assert len(NOBODY) == len(kept)
    assert is_right(kept, "four blue boats")
    assert not is_right(kept, "four blue boat")
    for word in ("", "four blue boats", NOBODY):
        assert not is_right(NOBODY, word)
    assert not is_right("nothing", "four blue boats")


async def test_the_line_is_short_and_whoever_finds_it_full_hears_so_at_once() -> None:
    hashing = Hashing()
    inside, free = asyncio.Event(), asyncio.Event()
    done: list[int] = []

    async def hold() -> None:
        async with hashing.turn():
            inside.set()
            await free.wait()

    async def wait(n: int) -> None:
        async with hashing.turn():
            done.append(n)

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(hold())]
        await inside.wait()
        running += [tasks.create_task(wait(n)) for n in range(QUEUE)]
        await asyncio.sleep(0)
        with pytest.raises(ApiError) as refused:
            async with hashing.turn():
                pass
        assert (refused.value.status, refused.value.headers["retry-after"]) == (503, "1")
        assert done == []
        free.set()
    assert done == list(range(QUEUE))
    async with hashing.turn():  # it is empty again
        assert not await hashing.is_right("", "anything")
