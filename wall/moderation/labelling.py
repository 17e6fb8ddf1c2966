"""Words that pass a post on by themselves: which labels a text sets. Read like the word lists, behind every mask."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from wall.moderation.lexicon import Lexicon
from wall.moderation.term import Term
from wall.moderation.words import JOINT
from wall.settings_moderation import LabelSettings


def labels_for(post_text: str, labels: Iterable[LabelSettings]) -> tuple[str, ...]:
    """Names of the labels whose words stand in the text, in the order of the settings."""
    parted = JOINT.sub(" ", post_text)
    text = post_text if parted == post_text else f"{post_text}\n{parted}"
    return tuple(
        label.name for label in labels if label.words and _lexicon(label.words).find(text) is not None
    )


@lru_cache(maxsize=64)
def _lexicon(words: tuple[str, ...]) -> Lexicon:
    return Lexicon([Term(word) for word in words])
