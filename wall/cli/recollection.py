"""What a wall would remember while it reads a file: for `parvis rules try`, in memory, with texts alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from wall.model import Card, Post, PostId
from wall.moderation.facts import Facts
from wall.moderation.signature import exact, folded, is_near_text, sketch, text_bands
from wall.verdict import Ruling

RECENT = timedelta(minutes=10)


class Recollection:
    """Posts are handed over in the order of the file: `facts_of` before the rules speak, `settle` after.

    `cap_of` says how many posts a source may bring in a day. A post that comes again is an edit: it counts once.
    """

    def __init__(self, cap_of: Callable[[str], int]) -> None:
        self._cap_of = cap_of
        self._times: dict[str, dict[PostId, datetime]] = defaultdict(dict)
        self._days: dict[tuple[str, str], set[PostId]] = defaultdict(set)
        self._rulings: dict[str, dict[PostId, Ruling]] = defaultdict(dict)
        self._folds: dict[str, PostId] = {}
        self._buckets: dict[str, list[tuple[int, PostId]]] = defaultdict(list)
        self._clusters: dict[PostId, set[PostId]] = defaultdict(set)

    def facts_of(self, post: Post, card: Card, *, at: datetime) -> Facts:
        at = at.astimezone(UTC)
        times = self._times[post.author_key]
        times[post.pid] = at
        today = self._days[post.source, at.date().isoformat()]
        today.add(post.pid)
        twins = self._clusters[self._cluster_of(card)]
        twins.add(post.pid)
        rulings = [ruling for pid, ruling in self._rulings[post.author_key].items() if pid != post.pid]
        return Facts(
            approved=rulings.count(Ruling.APPROVE),
            rejected=rulings.count(Ruling.REJECT),
            is_new=at - min(times.values()) < RECENT,
            recent=sum(abs(at - time) < RECENT for time in times.values()),
            today=len(today),
            cap=self._cap_of(post.source),
            twins=len(twins),
        )

    def settle(self, post: Post, ruling: Ruling) -> None:
        self._rulings[post.author_key][post.pid] = ruling

    def _cluster_of(self, card: Card) -> PostId:
        """The first post that this one's text is like; the post itself where there is none."""
        fold = folded(card)
        if fold is None:
            return card.id
        value = sketch(fold)
        bands = () if value is None else text_bands(value)
        cluster = self._folds.get(exact(fold)) or self._near(value, bands) or card.id
        self._folds[exact(fold)] = cluster
        if value is not None:
            for band in bands:
                self._buckets[band].append((value, cluster))
        return cluster

    def _near(self, value: int | None, bands: tuple[str, ...]) -> PostId | None:
        for band in bands:
            for known, cluster in self._buckets[band]:
                if value is not None and is_near_text(known, value):
                    return cluster
        return None
