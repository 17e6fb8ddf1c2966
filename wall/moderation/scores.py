"""What a classifier's scores, or its own verdict, mean for a post. Pure; used by `classifier.py`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import msgspec

from wall.letters import sound
from wall.moderation.rule import Finding
from wall.settings_moderation import ClassifierSettings
from wall.verdict import Ruling

LABEL_MAX = 60


class Unavailable(Exception):
    """No answer that can be used, and why, in plain words without anything of a post."""


class _Answer(msgspec.Struct, frozen=True):
    verdict: Literal["allow", "note", "hold", "reject"] | None = None
    label: str = ""
    score: float | None = None
    scores: dict[str, float] | None = None


_decode = msgspec.json.Decoder(_Answer).decode


def finding_of_answer(body: bytes, settings: ClassifierSettings) -> Finding | None:
    """An endpoint's JSON: its own verdict, or scores to be judged. Raises `Unavailable` on anything else.

    A verdict "reject" holds as long as nothing may be put away (`reject_from` above 1).
    """
    try:
        answer = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unavailable("its answer is not the JSON that was agreed") from None
    if answer.verdict is None:
        if answer.scores is None:
            raise Unavailable("its answer has neither a verdict nor scores")
        return finding_of_scores(answer.scores, settings)
    if answer.verdict == "allow":
        return None
    ruling = Ruling(answer.verdict)
    if ruling is Ruling.REJECT and settings.reject_from > 1:
        ruling = Ruling.HOLD
    score = None if answer.score is None else _sound_score(answer.score)
    return Finding(ruling, _words(answer.label or answer.verdict, score))


def finding_of_scores(scores: Mapping[str, float], settings: ClassifierSettings) -> Finding | None:
    """The worst score decides; what is in `ignore` says nothing bad. Raises `Unavailable` on no score, or a mad one."""
    if not scores:
        raise Unavailable("it gave no scores")
    harmless = {name.casefold() for name in settings.ignore}
    sound_scores = {name: _sound_score(score) for name, score in scores.items()}
    bad = {name: score for name, score in sound_scores.items() if name.strip().casefold() not in harmless}
    if not bad:
        return None
    label, score = max(bad.items(), key=lambda one: one[1])
    if score >= settings.reject_from:
        return Finding(Ruling.REJECT, _words(label, score))
    if score >= settings.hold_from:
        return Finding(Ruling.HOLD, _words(label, score))
    return None


def _sound_score(score: float) -> float:
    if not (math.isfinite(score) and 0 <= score <= 1):
        raise Unavailable("a score of it is not a number from 0 to 1")
    return score


def _words(label: str, score: float | None) -> str:
    """Like "nudity 0.93". The label is a stranger's text: one sound line, not longer than it needs to be."""
    name = sound(label[: LABEL_MAX * 4]).replace("\n", " ").strip()[:LABEL_MAX]
    return name if score is None else f"{name} {score:.2f}".strip()
