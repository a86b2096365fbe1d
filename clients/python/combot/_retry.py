"""When a call that failed is tried again, and when it is given up. Decides, and neither waits nor sends."""

from __future__ import annotations

import random
from typing import Optional

from .errors import CombotError, ShuttingDown

FIRST_PAUSE = 0.025
LONGEST_PAUSE = 0.25
#: Kept connections that the daemon may have closed while they lay there: each is worth a try of its own.
MOST_STALE = 16
#: Those who were sent away together shall not come back together.
SPREAD = 0.25


class NotSent(Exception):
    """Nobody listens, or nobody had room: the daemon has seen nothing of the call."""


class CutOff(Exception):
    """The connection ended before the reply: the call may have been acted on, or not."""

    def __init__(self, was_kept: bool) -> None:
        super().__init__("the daemon hung up before it answered")
        #: It had answered calls before: the daemon may have closed it before this one came.
        self.was_kept = was_kept


class Absence:
    """For how long nobody has been there, over all calls of a client.

    A daemon that restarts is waited for. One that stays away costs no call more than the first ones: those that come
    while nobody has been there for `limit` seconds fail at once.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._since = 0.0
        self._last: Optional[float] = None

    def met(self, now: float) -> float:
        # What was seen so long ago says nothing of today.
        if self._last is None or now - self._last > max(self.limit, 1.0):
            self._since = now
        self._last = now
        return now - self._since

    def over(self) -> None:
        self._last = None


class Retry:
    """Of one call.

    :param deadline: by the clock that `now` is of; no wait goes beyond it.
    :param is_safe: it changes nothing, so it may be sent twice.
    :param most: times that the daemon may send it away with Retry-After.
    """

    def __init__(self, absence: Absence, *, deadline: float, is_safe: bool, most: int) -> None:
        self._absence = absence
        self._deadline = deadline
        self._is_safe = is_safe
        self._left = most
        self._stale = MOST_STALE
        self._pause = FIRST_PAUSE

    def pause_after(self, failure: BaseException, now: float) -> Optional[float]:
        """Seconds to wait before the next try; None: that was the last."""
        pause = self._wanted(failure, now)
        return None if pause is None or now + pause >= self._deadline else pause

    def _wanted(self, failure: BaseException, now: float) -> Optional[float]:
        if isinstance(failure, NotSent):
            return self._unless_absent(now)
        if isinstance(failure, CutOff):
            if not self._is_safe:
                return None
            if failure.was_kept and self._stale > 0:
                self._stale -= 1
                return 0.0
            return self._unless_absent(now)
        if not isinstance(failure, CombotError) or failure.status not in (429, 503):
            return None
        if isinstance(failure, ShuttingDown):
            return self._unless_absent(now)
        if failure.retry_after is None or self._left == 0:
            return None
        self._left -= 1
        return failure.retry_after * (1 + SPREAD * random.random())

    def _unless_absent(self, now: float) -> Optional[float]:
        pause = self._pause
        self._pause = min(pause * 2, LONGEST_PAUSE)
        return pause if self._absence.met(now) + pause <= self._absence.limit else None
