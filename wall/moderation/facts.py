"""What the wall remembers about a post's author and about posts like it: gathered by the worker, read by the rules."""

from __future__ import annotations

import msgspec

from wall.verdict import Standing


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """`None` and zero counts mean that nothing is known.

    `approved`, `rejected`: how many of the author's posts stand so now, this one not among them.
    `is_new`: the author was first seen here in the last ten minutes.
    `recent`: the author's posts of the last ten minutes, this one among them.
    `today`: the source's posts since midnight (UTC), this one among them; `cap` is what it may bring.
    `twins`: posts with nearly the same text or picture, this one among them; 1 when it stands alone.
    `rejected_like`: who rejected a picture like one of these, with its distance in bits: ("Anna", 4).
    `codes`: what the QR and bar codes in its pictures say.
    """

    standing: Standing = Standing.NONE
    approved: int = 0
    rejected: int = 0
    is_new: bool = False
    recent: int = 1
    today: int = 1
    cap: int = 0
    twins: int = 1
    rejected_like: tuple[str, int] | None = None
    codes: tuple[str, ...] = ()


NO_FACTS = Facts()


def is_trusted(facts: Facts, *, trust_after: int) -> bool:
    """Whether the author's next post may go up at once in mode `trusted`.

    A moderator's word counts before what is counted. `trust_after` 0 trusts nobody by counting.
    """
    if facts.standing is not Standing.NONE:
        return facts.standing is Standing.TRUSTED
    return 0 < trust_after <= facts.approved and facts.rejected == 0
