"""How often somebody may guess: each wrong guess over the free ones costs twice the wait before.

Guesses are counted before they are judged, so that many at once gain nothing. What is counted is
kept in memory, bounded; a wait never outlives `FORGET` seconds.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from homestream.errors import Busy

FREE_AT_ONE_NAME: Final = 5
FREE_FROM_ONE_ADDRESS: Final = 9
FIRST_WAIT: Final = 15.0  # seconds
FORGET: Final = 15 * 60.0  # seconds
_MOST_KEPT: Final = 20_000


class TooOften(Busy):
    """This person, not the house, is what makes the wait."""


@dataclass(slots=True)
class _Count:
    guesses: int = 0
    last_at: float = 0.0
    closed_until: float = 0.0


class Throttle:
    """Counts guesses by (address, name) and by address. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[tuple[str, str], _Count] = OrderedDict()

    def guess(self, address: str, name: str) -> None:
        """Counts a guess that is about to be judged; TooOften when it comes too soon."""
        now = self._clock()
        keys = _keys(address, name)
        closed = max(self._count(key, now).closed_until for key, _ in keys)
        if closed > now:
            raise TooOften(
                "sign-in was tried too often: wait and try again",
                retry_after=math.ceil(closed - now),
            )
        for key, free in keys:
            count = self._count(key, now)
            count.guesses += 1
            count.last_at = now
            if count.guesses >= free:
                wait = min(FORGET, FIRST_WAIT * 2.0 ** min(count.guesses - free, 16))
                count.closed_until = now + wait

    def right(self, address: str, name: str) -> None:
        """The last guess was right: it does not count, and the name starts anew there."""
        (pair, _), (alone, free) = _keys(address, name)
        self._counts.pop(pair, None)
        count = self._counts.get(alone)
        if count is not None:
            count.guesses -= 1
            if count.guesses < free:
                count.closed_until = 0.0

    def _count(self, key: tuple[str, str], now: float) -> _Count:
        count = self._counts.get(key)
        if count is None or now - max(count.last_at, count.closed_until) > FORGET:
            count = self._counts[key] = _Count(last_at=now)
        self._counts.move_to_end(key)
        while len(self._counts) > _MOST_KEPT:
            self._counts.popitem(last=False)
        return count


def _keys(
    address: str, name: str
) -> tuple[tuple[tuple[str, str], int], tuple[tuple[str, str], int]]:
    place = _place(address)
    return ((place, "=" + name.casefold()), FREE_AT_ONE_NAME), ((place, ""), FREE_FROM_ONE_ADDRESS)


def _place(address: str) -> str:
    """One household's worth of addresses: an IPv6 host owns its whole /64."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
