"""The sample event: what a first visitor sees. Every line plays, every picture is there, every language is well set."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from PIL import Image

from ingest.networks.replay import SAMPLE_FOLDER, SAMPLES, Line, Replay, ReplayOptions
from wall.gate import Reason, Ruling
from wall.intake import make_card
from wall.model import Post, Removal, SpanKind, plain
from wall.moderation import rules_for
from wall.moderation.rule import Mode, judge
from wall.settings import sample_settings

RECORDINGS = tuple(SAMPLES)
PICTURE_MAX, AVATAR_MAX, TOTAL_MAX = 180_000, 12_000, 4_000_000
LONG_SIDE, SHORTEST_LONG_SIDE = 1600, 1280
FIRST_SCREEN = 16
NARROW = "\u202f"

FRENCH_WRONG = re.compile(rf"(?:^|[^{NARROW}!?])[!?;:]|«[^{NARROW}]|[^{NARROW}]»|['\"]")
HAN = re.compile(r"[\u3400-\u9fff]")
CHINESE_WRONG = re.compile(r"(?<=[\u3400-\u9fff])[,.;:!?\"'()]|[,.;:!?\"'()](?=[\u3400-\u9fff])")


@cache
def records(name: str) -> tuple[dict[str, Any], ...]:
    text = (SAMPLE_FOLDER / SAMPLES[name]).read_bytes()
    return tuple(msgspec.json.decode(line) for line in text.splitlines())


@cache
def played(name: str) -> tuple[tuple[float, Post | Removal], ...]:
    """(seconds, what the replay network makes of the line)."""
    network = Replay(ReplayOptions(file=name), source=name, hashtags=())
    out: list[tuple[float, Post | Removal]] = []
    for number, record in enumerate(records(name), 1):
        outcome = network.normalise(Line(number, 0, msgspec.json.encode(record)))
        assert isinstance(outcome, (Post, Removal)), f"{name}, line {number}: {outcome}"
        out.append((record["at"], outcome))
    return tuple(out)


def posts(name: str) -> list[Post]:
    """First editions, in order."""
    seen: dict[str, Post] = {}
    for _, outcome in played(name):
        if isinstance(outcome, Post):
            seen.setdefault(outcome.native_id, outcome)
    return list(seen.values())


def editions() -> list[Post]:
    return [post for name in RECORDINGS for _, post in played(name) if isinstance(post, Post)]


def words(post: Post) -> list[str]:
    return [plain(post.spans), post.warning, *(attachment.alt for attachment in post.attachments)]


def ruling(post: Post, *, mode: Mode = Mode.PRE) -> tuple[Ruling, tuple[Reason, ...]]:
    return judge(post, make_card(post), mode=mode, rules=rules_for(sample_settings().moderation))


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_line_is_a_post_or_a_removal_and_nothing_else(name: str) -> None:
    for record in records(name):
        kind = "post" if "post" in record else "removal"
        assert set(record) == {"at", kind}
        shape: type[Post | Removal] = Post if kind == "post" else Removal
        assert set(record[kind]) <= set(shape.__struct_fields__)
        given = {"network": "replay", "source": name, "instance": name, **record[kind]}
        assert msgspec.convert(given, shape).native_id


@pytest.mark.parametrize("name", RECORDINGS)
def test_playing_changes_no_word(name: str) -> None:
    for record, (_, outcome) in zip(records(name), played(name), strict=True):
        if isinstance(outcome, Post):
            raw = record["post"]
            assert [span.text for span in outcome.spans] == [span["text"] for span in raw["spans"]]
            assert outcome.author.name == raw["author"]["name"]
            assert [found.alt for found in outcome.attachments] == [
                given["alt"] for given in raw.get("attachments", ())
            ]


def test_the_languages_and_pictures_are_as_promised() -> None:
    found = posts("sample")
    assert Counter(post.lang for post in found) == {"fr": 14, "en": 12, "zh": 10}
    counts = Counter(len(post.attachments) for post in found)
    assert counts[0] == 12
    assert set(counts) == {0, 1, 2, 3}
    assert {post.lang for post in posts("visitors")} == {"fr", "en", "zh"}
    assert len(posts("visitors")) == 10


def test_the_first_screen_is_full_at_once_and_the_rest_arrives_calmly() -> None:
    times = [at for at, _ in played("sample")]
    assert times[:FIRST_SCREEN] == [0] * FIRST_SCREEN
    assert all(8 <= later - earlier <= 20 for earlier, later in pairwise(times[FIRST_SCREEN - 1 :]))
    visits = [at for at, _ in played("visitors")]
    assert {later - earlier for earlier, later in pairwise(visits)} == {25}


def test_one_post_is_edited_and_one_is_taken_back() -> None:
    outcomes = [outcome for _, outcome in played("sample")]
    first = {post.native_id: post for post in posts("sample")}
    edits = [post for post in outcomes if isinstance(post, Post) and post not in first.values()]
    assert len(edits) == 1
    assert edits[0].edited_at is not None
    assert plain(edits[0].spans) != plain(first[edits[0].native_id].spans)
    removals = [outcome for outcome in outcomes if isinstance(outcome, Removal)]
    assert [removal.native_id in first for removal in removals] == [True]


def test_every_picture_exists_is_used_and_has_its_size() -> None:
    used: set[str] = set()
    for post in editions():
        if post.author.avatar_spool:
            used.add(post.author.avatar_spool)
        for number, attachment in enumerate(post.attachments):
            assert attachment.spool, f"{post.native_id}: {attachment.url}"
            used.add(attachment.spool)
            with Image.open(SAMPLE_FOLDER.parent / attachment.spool) as image:
                assert image.format == "JPEG"
                assert image.size == (attachment.width_px, attachment.height_px), attachment.spool
                assert max(image.size) <= LONG_SIDE
                if not number and post in posts("sample"):
                    assert max(image.size) >= SHORTEST_LONG_SIDE, attachment.spool
    there = {f"sample/{path.relative_to(SAMPLE_FOLDER).as_posix()}" for path in SAMPLE_FOLDER.glob("*/*.jpg")}
    assert used == there


def test_no_two_people_share_a_face_and_one_person_keeps_theirs() -> None:
    people = {(post.author.id, post.author.name, post.author.avatar_spool) for post in editions()}
    faces = [face for _, _, face in people if face]
    assert len(faces) == len(set(faces)) == 16
    assert len({author for author, _, _ in people}) == len(people)


def test_the_pictures_are_small_enough_to_ship() -> None:
    sizes = {path: path.stat().st_size for path in SAMPLE_FOLDER.glob("*/*.jpg")}
    for path, size in sizes.items():
        assert size <= (AVATAR_MAX if path.parent.name == "avatars" else PICTURE_MAX), path.name
    assert sum(sizes.values()) < TOTAL_MAX


def test_every_picture_is_described_in_the_language_of_its_post() -> None:
    for post in editions():
        for attachment in post.attachments:
            assert len(attachment.alt) >= (10 if post.lang == "zh" else 30)
            assert bool(HAN.search(attachment.alt)) is (post.lang == "zh"), attachment.alt


def test_french_is_set_with_narrow_spaces() -> None:
    for post in editions():
        if post.lang == "fr":
            for text in words(post):
                assert not FRENCH_WRONG.search(text), text


def test_chinese_keeps_its_own_punctuation() -> None:
    for post in editions():
        if post.lang == "zh":
            assert HAN.search(plain(post.spans))
            for text in words(post):
                assert not CHINESE_WRONG.search(text), text


def test_the_words_fit_and_are_whole() -> None:
    for post in editions():
        text = plain(post.spans)
        assert 0 < len(text) <= 280
        assert text == unicodedata.normalize("NFC", text)
        assert "  " not in text
        tags = tuple(span.text[1:] for span in post.spans if span.kind is SpanKind.TAG)
        assert tags == post.tags
        assert set(tags) <= {"NuitVauclair"}
    lengths = [len(plain(post.spans)) for post in posts("sample")]
    assert min(lengths) < 50
    assert max(lengths) > 220


def test_people_live_at_hosts_that_nobody_owns() -> None:
    for post in editions():
        assert re.fullmatch(r"@[\w.]+@[a-z]+\.example\.(org|net)", post.author.handle), post.author.handle


def test_the_desk_has_something_to_decide() -> None:
    """A telephone number and a warning are held by rules, an advertisement is pointed at; nobody else is."""
    rulings = {post.author.id: ruling(post) for post in posts("visitors")}
    assert {author for author, (word, _) in rulings.items() if word is Ruling.HOLD} == {"nicolas", "claire"}
    reasons = {author: [reason.rule for reason in why] for author, (_, why) in rulings.items() if why}
    assert reasons.pop("nicolas") == ["contact"]
    assert reasons.pop("claire") == ["sensitive"]
    assert "shouting" in reasons.pop("glow")
    assert not reasons


def test_the_sample_itself_goes_straight_to_the_wall() -> None:
    for _, post in played("sample"):
        if isinstance(post, Post):
            assert ruling(post, mode=Mode.POST) == (Ruling.APPROVE, ()), plain(post.spans)
