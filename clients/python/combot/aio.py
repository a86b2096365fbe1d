"""The client for asyncio: as `combot.Client`, with coroutines."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from typing import TYPE_CHECKING, Any, Iterable, List, Optional, Sequence, Type, Union

from ._aio_http import Pool
from ._order import Order, RawReply, Token, given_up, json_of, out_of_time
from ._retry import CutOff, NotSent
from ._settings import HEALTH, READY, Settings, several
from .answers import Answers, ByModel, Health, Result, answers_of, by_model_of, health_of
from .client import log
from .errors import CombotError
from .options import Item

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Unpack

    from .options import Options


class AsyncClient:
    """One for a process, or for an event loop; its parameters are those of `combot.Client`.

    A call that is cancelled leaves the daemon's queue, and its connection is not used again.
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

    async def classify(self, text: str, text_pair: Optional[str] = None, **options: "Unpack[Options]") -> Result:
        """Classifies one text; `Options` has the keywords.

        :raises CombotError: of the class that its code has in `combot.errors`.
        """
        order = self._settings.one(text, text_pair, options, "classify")
        return answers_of(await self._ask(order, self._settings.seconds(options)))[0]

    async def classify_many(self, texts: Iterable[Item], **options: "Unpack[Options]") -> Answers:
        """Classifies up to 256 texts in one call: all of them are answered, or none, and all by one model."""
        order = self._settings.many(texts, options, "classify_many")
        return answers_of(await self._ask(order, self._settings.seconds(options)))

    async def classify_by_model(
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
        return by_model_of(await self._ask(order, self._settings.seconds(options)))[0]

    async def classify_many_by_model(
        self, texts: Iterable[Item], models: Iterable[str], *, partial: bool = False, **options: "Unpack[Options]"
    ) -> List[ByModel]:
        """Asks several models of up to 256 texts."""
        order = self._settings.many(texts, options, "classify_many_by_model", **several(models, partial))
        return by_model_of(await self._ask(order, self._settings.seconds(options)))

    async def health(self, timeout: Optional[float] = None) -> Health:
        """How the daemon is. One that is unhealthy is told, and not raised; see `Health.is_serving`."""
        return health_of(await self._ask(self._settings.other("GET", HEALTH), timeout, (200, 503), is_patient=False))

    async def is_ready(self, timeout: Optional[float] = None) -> bool:
        """Whether it takes calls now; takes no token. False also where nobody is there."""
        try:
            order = self._settings.other("GET", READY)
            return (await self._ask(order, timeout, (200, 503), is_patient=False)).status == 200
        except CombotError:
            return False

    async def request(self, method: str, path: str, body: Optional[object] = None, timeout: Optional[float] = None) -> Any:
        """Any other call of the API: JSON in, JSON out. Tried again after a restart where it changes nothing."""
        order = self._settings.other(method, path, body)
        return json_of(await self._ask(order, timeout, range(200, 300)))

    async def close(self) -> None:
        """Closes what is idle. The client can be used again."""
        self._pool.close()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional["TracebackType"],
    ) -> None:
        await self.close()

    async def _ask(
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
                left = deadline - time.monotonic()
                return settings.judged(await asyncio.wait_for(self._pool.exchange(order), left), expects)
            except asyncio.TimeoutError:
                raise out_of_time(seconds) from None
            except (NotSent, CutOff, CombotError) as thrown:
                failure = thrown
            is_stale = isinstance(failure, CutOff) and failure.was_kept
            pause = retry.pause_after(failure, time.monotonic()) if is_patient or is_stale else None
            if pause is None:
                given_up(failure, settings.place)
            # Without its detail, which may quote what was sent.
            log.debug("%s %s: %s; again in %.3f s", order.method, order.path, type(failure).__name__, pause)
            await asyncio.sleep(pause)
