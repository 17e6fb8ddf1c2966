"""What a classifier's answers mean, and which are no answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wall.moderation.rule import Finding
from wall.moderation.scores import Unavailable, finding_of_answer, finding_of_scores
from wall.settings_moderation import ClassifierSettings
from wall.verdict import Ruling

SETTINGS = ClassifierSettings(hold_from=0.5, reject_from=0.95)
CAUTIOUS = ClassifierSettings()  # puts nothing away


def judged(answer: object, settings: ClassifierSettings = SETTINGS) -> Finding | None:
    return finding_of_answer(json.dumps(answer).encode(), settings)


@pytest.mark.parametrize(
    ("answer", "finding"),
    [
        ({"verdict": "allow"}, None),
        ({"verdict": "allow", "label": "nudity", "score": 0.99}, None),
        ({"verdict": "note"}, Finding(Ruling.NOTE, "note")),
        ({"verdict": "hold", "label": "nudity", "score": 0.934}, Finding(Ruling.HOLD, "nudity 0.93")),
        ({"verdict": "hold", "label": "nudity"}, Finding(Ruling.HOLD, "nudity")),
        ({"verdict": "hold", "score": 1}, Finding(Ruling.HOLD, "hold 1.00")),
        ({"verdict": "reject", "label": "hate"}, Finding(Ruling.REJECT, "hate")),
        ({"verdict": "reject", "scores": {"hate": 0.1}}, Finding(Ruling.REJECT, "reject")),
        ({"scores": {"nudity": 0.49, "hate": 0.2}}, None),
        ({"scores": {"nudity": 0.5, "hate": 0.2}}, Finding(Ruling.HOLD, "nudity 0.50")),
        ({"scores": {"nudity": 0.6, "hate": 0.97}}, Finding(Ruling.REJECT, "hate 0.97")),
        ({"scores": {"Safe": 0.99, " neutral ": 1, "hate": 0.01}}, None),
        ({"scores": {"safe": 0.01}}, None),
        ({"scores": {"nudity": 0.7}, "model": "x", "took_ms": 12}, Finding(Ruling.HOLD, "nudity 0.70")),
    ],
)
def test_an_answer_is_a_finding(answer: object, finding: Finding | None) -> None:
    assert judged(answer) == finding


@pytest.mark.parametrize("answer", [{"verdict": "reject", "label": "hate"}, {"scores": {"hate": 1}}])
def test_nothing_is_put_away_unless_the_settings_say_from_where(answer: object) -> None:
    found = judged(answer, CAUTIOUS)
    assert found is not None
    assert found.ruling is Ruling.HOLD


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ok",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"verdict": "fine"}',
        b'{"verdict": true}',
        b'{"verdict": "ALLOW"}',
        b'{"scores": {}}',
        b'{"scores": []}',
        b'{"scores": {"hate": "0.1"}}',
        b'{"scores": {"hate": null}}',
        b'{"scores": {"hate": NaN}}',
        b'{"scores": {"hate": 1e999}}',
        b'{"scores": {"hate": 93}}',
        b'{"scores": {"safe": -0.1}}',
        b'{"verdict": "hold", "score": 7}',
        b'{"verdict": "allow"} {"verdict": "hold"}',
        b'\xff\xfe{"verdict": "allow"}',
        b'{"scores": ' + b'{"a":' * 5000,
    ],
)
def test_nonsense_is_no_answer(body: bytes) -> None:
    with pytest.raises(Unavailable):
        finding_of_answer(body, SETTINGS)


@given(st.dictionaries(st.text(max_size=8), st.floats() | st.integers(-3, 3), max_size=4))
def test_scores_are_judged_or_refused_and_a_high_one_never_passes(scores: dict[str, Any]) -> None:
    try:
        found = finding_of_scores(scores, SETTINGS)
    except Unavailable:
        assert not scores or any(not 0 <= score <= 1 for score in scores.values())
    else:
        bad = [s for name, s in scores.items() if name.strip().casefold() not in SETTINGS.ignore]
        assert (found is None) == (max(bad, default=0) < SETTINGS.hold_from)


def test_a_label_is_one_sound_short_line() -> None:
    found = judged({"verdict": "hold", "label": "nu\u202edi\nty\x00 " + "x" * 500, "score": 0.5})
    assert found is not None
    assert found.text.startswith("nudi ty x")
    assert found.text.isprintable()
    assert len(found.text) == 60 + len(" 0.50")
