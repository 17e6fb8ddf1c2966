"""The words of the moment, however many posts go by: a bound on what is remembered, and nothing left behind."""

from __future__ import annotations

from display.tally_words import Lexicon, StopWords
from wall.model import PostId, Span

STOP = StopWords.read()


def test_only_the_newest_are_kept_and_memory_has_a_bound() -> None:
    lexicon = Lexicon(STOP, newest=50)
    for number in range(1000):
        text = " ".join(
            f"mot{'abcdefghij'[number % 10]}{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(300)
        )
        lexicon.add(PostId(f"p{number}"), seq=number, author=f"a{number}", spans=[Span(text + "水墨" * 400)])
    assert len(lexicon._posts) == 50
    assert len(lexicon._uses) < 50 * 48
    assert len(lexicon._order) <= 51
    lexicon.add(PostId("old"), seq=1, author="x", spans=[Span("jadis")])
    assert PostId("old") not in lexicon._posts
    for number in range(1000):
        lexicon.remove(PostId(f"p{number}"))
    assert (lexicon._posts, lexicon._uses, lexicon._shared) == ({}, {}, set())
