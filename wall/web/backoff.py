"""Guessing slowed down: after each wrong password the next try waits 1, 2, 4 … 60 seconds.

Wrong tries count for the address they came from and for the account they were meant for. The account's wait holds for
addresses that have been wrong lately: somebody who knows the password and comes from elsewhere never waits, so nobody
can be locked out by a stranger who guesses. Kept in this process and bounded in number.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

LONGEST_S = 60.0
FORGOTTEN_S = 900.0
MOST = 20_000


class _Waits:
    """For each key how often it was wrong in a row, and when last."""

    def __init__(self, clock: Callable[[], float], most: int) -> None:
        self._clock = clock
        self._most = most
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def times(self, key: str) -> int:
        count, at = self._wrong.get(key, (0, 0.0))
        return count if self._clock() - at < FORGOTTEN_S else 0

    def left_s(self, key: str) -> float:
        count = self.times(key)
        if not count:
            return 0.0
        wait_s = min(LONGEST_S, 2.0 ** min(count - 1, 10))
        return max(0.0, self._wrong[key][1] + wait_s - self._clock())

    def add(self, key: str) -> None:
        self._wrong[key] = (self.times(key) + 1, self._clock())
        self._wrong.move_to_end(key)
        while len(self._wrong) > self._most:
            self._wrong.popitem(last=False)

    def forget(self, key: str) -> None:
        self._wrong.pop(key, None)


class Backoff:
    def __init__(self, *, clock: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._addresses = _Waits(clock, most)
        self._accounts = _Waits(clock, most)

    def wait_s(self, account: str, address: str) -> float:
        """How long this address still has to wait before it may try this account; 0.0: now."""
        place = place_of(address)
        if not self._addresses.times(place):
            return 0.0
        return max(self._addresses.left_s(place), self._accounts.left_s(account))

    def was_wrong(self, account: str, address: str) -> None:
        self._addresses.add(place_of(address))
        self._accounts.add(account)

    def was_right(self, account: str) -> None:
        """The account starts afresh. The address does not: it could be a guesser who also has an account."""
        self._accounts.forget(account)


def place_of(address: str) -> str:
    """What one house commands: an IPv4 address, or the /64 that every IPv6 subscriber has."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False))
