"""The scripts with one piece of their text exchanged: what the judge must notice."""

from __future__ import annotations

from redis.asyncio import Redis

from wall.store.scripts import Scripts, source, verbs

MUTANTS = {
    "keys are not looked up": ("if done then", "if false then"),
    "revisions are not compared": ("get('rev') ~= rev or get('mrev') ~= mrev", "false"),
    "an edit leaves the old entry on the wall": (
        "seq = move('approved', 'queued', 'edited')",
        "tally('approved', 'queued') set('state', 'queued') seq = log_op('del', get('rev'), 'edited')",
    ),
    "tombstones are not minded": (
        "if state == 'withdrawn' or state == 'expired' then return answer('GONE') end",
        "if state == 'withdrawn' then state = '' end",
    ),
    "an edit does not pull what is approved": (
        "if state == 'approved' then seq = move(",
        "if false then seq = move(",
    ),
    "a number without its entry": (
        "redis.call('XADD', K.log,",
        "local _ = seq % 5 ~= 0 and redis.call('XADD', K.log,",
    ),
    "a ban does not stop an offer": (
        "if redis.call('HGET', K.person, 'standing') == 'banned' then",
        "if false then",
    ),
    "a ban leaves what is on the wall": (
        "if state == 'queued' or state == 'held' or state == 'approved' then",
        "if state == 'queued' or state == 'held' then",
    ),
    "one person is two": ("if first == '' or first == A.by then", "if first == '' then"),
    "a first yes outlives an edit": ("redis.call('HDEL', K.post, 'eyes_by')\n  if state", "if state"),
    "a fair place is lost": ("tonumber(get('place')) or get('arr')", "get('arr')"),
    "nobody waits behind himself": ("SPACE * ahead", "0 * ahead"),
    "an author's posts are miscounted": (
        "redis.call('HINCRBY', K.person, to, 1)",
        "redis.call('HINCRBY', K.person, 'queued', 1)",
    ),
}


class Mutated(Scripts):
    """The product's scripts with one piece of their text exchanged."""

    def __init__(self, redis: Redis, *, old: str, new: str) -> None:
        super().__init__(redis)
        found = [verb for verb in verbs() if old in source(verb)]
        assert found, f"no script has {old!r} any more: mend this mutant"
        for verb in found:
            self._scripts[verb] = redis.register_script(source(verb).replace(old, new))
