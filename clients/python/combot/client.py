"""The client for threads and processes."""

from __future__ import annotations

import logging
import os
import ssl
import time
from typing import TYPE_CHECKING, Any, Iterable, List, Optional, Sequence, Type, Union

from ._http import OutOfTime, Pool
from ._order import Order, RawReply, Token, given_up, json_of, out_of_time
from ._retry import CutOff, NotSent
from ._settings import HEALTH, READY, Settings, several
from .answers import Answers, ByModel, Health, Result, answers_of, by_model_of, health_of
from .errors import CombotError
from .options import Item

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Unpack

    from .options import Options

log = logging.getLogger("combot")


class Client:
    """One for a process: threads share it, and a process that is forked from its own has connections of its own.

    :param socket: the daemon's user socket. Without it and without `url`, the one that the command line would find:
        COMBOT_SOCKET, /run/combot/combot.sock, one of this user's own.
    :param url: of a daemon that listens on TCP, such as http://10.0.0.11:8181.
    :param token: for `url`; or a function that gives the token of the moment.
    :param timeout: seconds that a call may take, waiting for the daemon and trying again included.
    :param retries: how many times a call that the daemon sends away for now (503 or 429 with Retry-After) comes again.
    :param restart_wait: seconds that a daemon which is not there is waited for. Once it has been gone for so long,
        calls fail at once until it is back.
    :param pool_size: idle connections that are kept.
    :param ssl_context: for https, in the place of Python's default one.
    """

    #: See `combot.testing`.
    is_double = False

    def __init__(
        self,
        *,
        socket: Optional[Union[str, "os.PathLike[str]"]] = None,
        url: Optional[str] = None,
        token: Optional[Token] = None,
        timeout: float = 30.0,
        retries: int = 2,
        restart_wait: float = 5.0,
        pool_size: int = 10,
        ssl_context: Optional[ssl.SSLContext] = None,
    ) -> None:
        self._settings = Settings(socket, url, token, timeout, retries, restart_wait, ssl_context)
        self._pool = Pool(self._settings.place, self._settings.context, pool_size)

    def classify(self, text: str, text_pair: Optional[str] = None, **options: "Unpack[Options]") -> Result:
        """Classifies one text; `Options` has the keywords.

        :raises CombotError: of the class that its code has in `combot.errors`.
        """
        order = self._settings.one(text, text_pair, options, "classify")
        return answers_of(self._ask(order, self._settings.seconds(options)))[0]

    def classify_many(self, texts: Iterable[Item], **options: "Unpack[Options]") -> Answers:
        """Classifies up to 256 texts in one call: all of them are answered, or none, and all by one model."""
        order = self._settings.many(texts, options, "classify_many")
        return answers_of(self._ask(order, self._settings.seconds(options)))

    def classify_by_model(
        self,
        text: str,
        models: Iterable[str],
        text_pair: Optional[str] = None,
        *,
        partial: bool = False,
        **options: "Unpack[Options]",
    ) -> ByModel:
        """Asks several models of one text in one call.

        :param partial: one that can't be asked is among the result's `problems`, rather than to fail the call.
        """
        order = self._settings.one(text, text_pair, options, "classify_by_model", **several(models, partial))
        return by_model_of(self._ask(order, self._settings.seconds(options)))[0]

    def classify_many_by_model(
        self, texts: Iterable[Item], models: Iterable[str], *, partial: bool = False, **options: "Unpack[Options]"
    ) -> List[ByModel]:
        """Asks several models of up to 256 texts."""
        order = self._settings.many(texts, options, "classify_many_by_model", **several(models, partial))
        return by_model_of(self._ask(order, self._settings.seconds(options)))

    def health(self, timeout: Optional[float] = None) -> Health:
        """How the daemon is. One that is unhealthy is told, and not raised; see `Health.is_serving`."""
        return health_of(self._ask(self._settings.other("GET", HEALTH), timeout, (200, 503), is_patient=False))

    def is_ready(self, timeout: Optional[float] = None) -> bool:
        """Whether it takes calls now; takes no token. False also where nobody is there."""
        try:
            order = self._settings.other("GET", READY)
            return self._ask(order, timeout, (200, 503), is_patient=False).status == 200
        except CombotError:
            return False

    def request(self, method: str, path: str, body: Optional[object] = None, timeout: Optional[float] = None) -> Any:
        """Any other call of the API: JSON in, JSON out. Tried again after a restart where it changes nothing."""
        order = self._settings.other(method, path, body)
        return json_of(self._ask(order, timeout, range(200, 300)))

    def close(self) -> None:
        """Closes what is idle. The client can be used again."""
        self._pool.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional["TracebackType"],
    ) -> None:
        self.close()

    def _ask(
        self,
        order: Order,
        timeout: Optional[float],
        expects: Sequence[int] = (200,),
        is_patient: bool = True,
    ) -> RawReply:
        settings = self._settings
        seconds = settings.timeout if timeout is None else timeout
        deadline = time.monotonic() + seconds
        retry = settings.retry(order, deadline)
        while True:
            try:
                return settings.judged(self._pool.exchange(order, deadline), expects)
            except OutOfTime:
                raise out_of_time(seconds) from None
            except (NotSent, CutOff, CombotError) as thrown:
                failure = thrown
            is_stale = isinstance(failure, CutOff) and failure.was_kept
            pause = retry.pause_after(failure, time.monotonic()) if is_patient or is_stale else None
            if pause is None:
                given_up(failure, settings.place)
            # Without its detail, which may quote what was sent.
            log.debug("%s %s: %s; again in %.3f s", order.method, order.path, type(failure).__name__, pause)
            time.sleep(pause)
