"""The wall's pulse: who counts as a stranger, and the counts on their way through the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.moderation.evening import KNOWN, NEW
from tests.moderation.pairs import AT, pair
from wall.moderation.facts import Facts
from wall.moderation.pulse import Pulse, fields_of, is_stranger, read_pulses, stale_fields, step_of
from wall.verdict import Ruling, Standing


@pytest.mark.parametrize(
    ("about", "facts", "stranger"),
    [
        ({}, NEW, True),
        ({}, Facts(), False),
        ({"followers": 300}, NEW, False),
        ({"created_at": AT - timedelta(days=900)}, NEW, False),
        ({"followers": 2}, Facts(), True),
        ({"followers": 3}, Facts(), False),
        ({"followers": 500, "created_at": AT - timedelta(days=1)}, Facts(), True),
        ({"followers": 0, "created_at": AT - timedelta(days=900)}, Facts(), True),
        ({"followers": 0}, KNOWN, False),
        ({"followers": 0}, Facts(standing=Standing.TRUSTED), False),
        ({"created_at": AT.replace(tzinfo=None)}, Facts(), True),
    ],
)
def test_who_is_a_stranger(about: dict[str, object], facts: Facts, stranger: bool) -> None:
    assert is_stranger(pair(author=about)[0], facts, at=AT) is stranger


def test_the_fields_of_a_post_come_back_as_its_pulse() -> None:
    post, _ = pair()
    fields = fields_of(
        post,
        Facts(is_new=True, twins=3),
        at=AT,
        cluster="abcdefghijklmnop",
        is_alarm=True,
        ruling=Ruling.HOLD,
        reasons=(),
    )
    step = step_of(AT)
    stored = dict.fromkeys((field.encode() for field in fields), b"2")
    assert read_pulses(stored) == {
        step: Pulse(
            arrivals=2, strangers=2, alarmed=2, twins=frozenset({("abcdefghij", post.author_key[:10])})
        )
    }
    assert stale_fields(stored, step) == []
    assert [field.split(b".")[1] for field in stale_fields(stored, step + 20)] == [b"t"]
    assert sorted(stale_fields(stored, step + 400)) == sorted(stored)
    assert sorted(stale_fields(stored, step - 100)) == sorted(stored)


@pytest.mark.parametrize(
    "field", [b"", b".", b"x", b"12", b"12.q", b"-1.a", b"\xff.a", "١٢.a".encode(), b"1e5.a"]
)
def test_a_field_that_cannot_be_read_counts_nothing_and_goes(field: bytes) -> None:
    assert read_pulses({field: b"5"}) == {}
    assert stale_fields([field], 12) == [field]
    assert read_pulses({b"12.a": b"many"}) == {}
