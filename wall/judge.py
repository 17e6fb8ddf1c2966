"""What becomes of a finished card: the rules, with what the wall remembers; the classifier; the alarm's strictness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from wall.media.rendered import Rendered
from wall.memory import Memory
from wall.model import Card, Post, plain
from wall.moderation import rules_for
from wall.moderation.alarm import stricter
from wall.moderation.labelling import labels_for
from wall.moderation.likeness import lasting
from wall.moderation.rule import Finding, Mode, Rule, judge, strictest
from wall.settings import Settings
from wall.store.client import Store
from wall.verdict import Prepared, Reason, Ruling
from wall.watch import Watch


class Adviser(Protocol):
    """Whoever is asked beside the rules and may take its time: the classifier."""

    async def ask(self, post: Post, card: Card, pictures: Sequence[bytes]) -> Finding | None: ...


class Judged(msgspec.Struct, frozen=True):
    """What the gate is told with the card."""

    ruling: Ruling
    reasons: tuple[Reason, ...]
    prepared: Prepared


class Judge:
    """`mode_of` says how much a source is believed while all is calm; the settings' own when it is not given."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        classifier: Adviser | None = None,
        rules: tuple[Rule, ...] | None = None,
        mode_of: Callable[[str], Mode] | None = None,
    ) -> None:
        self._settings = settings
        self._classifier = classifier
        self._rules = rules_for(settings.moderation) if rules is None else rules
        self._mode_of = mode_of or (lambda source: Mode(settings.mode_of(source)))
        self._memory = Memory(store, cap_of=settings.daily_cap_of)
        self.watch = Watch(store, settings.alarm)

    def unjudged(self, source: str) -> Prepared:
        """For a post of this source that nobody could look at."""
        return Prepared(needs_two=self._settings.needs_two(source))

    async def judge(
        self, post: Post, card: Card, looks: Sequence[Rendered], reasons: Sequence[Reason]
    ) -> Judged:
        """`looks` are the card's pictures as they were rendered; `reasons` what is known against it already."""
        seen = await self._memory.look(post, card, looks)
        alarm = await self.watch.alarm()
        ruling, found = judge(
            post,
            card,
            mode=stricter(self._mode_of(post.source), alarm),
            rules=self._rules,
            facts=seen.facts,
            trust_after=self._settings.moderation.trust_after,
            reasons=reasons,
        )
        if self._classifier is not None and ruling is not Ruling.REJECT:
            finding = await self._classifier.ask(post, card, [look.variants["medium"] for look in looks])
            if finding is not None:
                ruling = strictest(ruling, finding.ruling)
                found = (*found, Reason(rule="classifier", text=finding.text))
        await self.watch.count(
            post,
            seen.facts,
            cluster=seen.cluster,
            is_alarm=alarm is not None and not alarm.is_muted,
            ruling=ruling,
            reasons=found,
        )
        prepared = Prepared(
            cluster=seen.cluster,
            dhashes=tuple(dict.fromkeys(one for look in looks for one in lasting(look.dhashes))),
            labels=labels_for(plain(card.spans), self._settings.labels),
            needs_two=self._settings.needs_two(post.source),
        )
        return Judged(ruling, found, prepared)
