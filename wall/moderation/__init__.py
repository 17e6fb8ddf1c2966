"""Rules, one a line. A rule is a pure file of its own; see `rule.py`."""

from __future__ import annotations

from wall.moderation.account_age import AccountAge
from wall.moderation.author_rate import AuthorRate
from wall.moderation.codes import Codes
from wall.moderation.contact import Contact
from wall.moderation.daily_cap import DailyCap
from wall.moderation.followers import Followers
from wall.moderation.language import Language
from wall.moderation.links import Links
from wall.moderation.names import Names
from wall.moderation.near_empty import NearEmpty
from wall.moderation.rejected_before import RejectedBefore
from wall.moderation.repeats import Repeats
from wall.moderation.replies import Replies
from wall.moderation.reposts import Reposts
from wall.moderation.rule import Rule
from wall.moderation.sensitive import Sensitive
from wall.moderation.shouting import Shouting
from wall.moderation.standing import BannedAuthor
from wall.moderation.words import Words
from wall.settings_moderation import ModerationSettings


def rules_for(settings: ModerationSettings) -> tuple[Rule, ...]:
    """Every rule, set as the organiser wants it. A rule that has nothing to do is there and says nothing."""
    return (
        BannedAuthor(),
        Sensitive(),
        Contact(),
        Words(settings.words_lists, hold=settings.words_hold, allow=settings.words_allow),
        Links(settings.links),
        Language(settings.languages),
        Names(settings.names_protected, own=settings.names_own),
        Followers(settings.min_followers),
        AccountAge(settings.min_account_age_days),
        Replies(settings.replies),
        Reposts(settings.reposts),
        Shouting(settings.shouting),
        NearEmpty(settings.near_empty),
        AuthorRate(settings.author_rate),
        DailyCap(),
        Repeats(settings.repeats),
        RejectedBefore(settings.rejected_before),
        Codes(settings.codes),
    )


RULES: tuple[Rule, ...] = rules_for(ModerationSettings())
