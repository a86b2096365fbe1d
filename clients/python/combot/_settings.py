"""What both clients are made of: where the daemon is, and for how long it is waited for."""

from __future__ import annotations

import os
import ssl
from typing import Any, Callable, Dict, Iterable, Mapping, Optional, Sequence, Union

from ._order import Order, RawReply, Token, order_for, problem_of
from ._place import UrlPlace, place_of
from ._retry import Absence, Retry
from .options import Item, body_for, checked, text_of, texts_of

CLASSIFY = "/api/classify/"
HEALTH = "/api/health/"
READY = "/readyz"
#: Methods that change nothing.
SAFE = ("GET", "HEAD")


class Settings:
    """See `Client` for what each of them is."""

    def __init__(
        self,
        socket: Optional[Union[str, "os.PathLike[str]"]],
        url: Optional[str],
        token: Optional[Token],
        timeout: float,
        retries: int,
        restart_wait: float,
        ssl_context: Optional[ssl.SSLContext],
    ) -> None:
        _refuse("timeout", timeout, "seconds, above 0", lambda given: given > 0)
        _refuse("restart_wait", restart_wait, "seconds, 0 or more", lambda given: given >= 0)
        _refuse("retries", retries, "a number, 0 or more", lambda given: given >= 0)
        self.place = place_of(socket, url)
        is_tls = isinstance(self.place, UrlPlace) and self.place.is_tls
        self.context = (ssl_context or ssl.create_default_context()) if is_tls else None
        self.token = token
        self.timeout = timeout
        self.retries = retries
        self.absence = Absence(restart_wait)

    def seconds(self, options: Mapping[str, Any]) -> float:
        """A call may take so long."""
        timeout = options.get("timeout")
        return self.timeout if timeout is None else float(timeout)

    def retry(self, order: Order, deadline: float) -> Retry:
        return Retry(self.absence, deadline=deadline, is_safe=order.is_safe, most=self.retries)

    def judged(self, reply: RawReply, expects: Sequence[int]) -> RawReply:
        """:raises CombotError: where it is no result."""
        self.absence.over()
        if reply.status in expects:
            return reply
        raise problem_of(reply)

    def one(self, text: str, text_pair: Optional[str], options: Mapping[str, Any], method: str, **more: Any) -> Order:
        return self._classifying(text_of(text, text_pair), options, method, more)

    def many(self, texts: Iterable[Item], options: Mapping[str, Any], method: str, **more: Any) -> Order:
        return self._classifying(texts_of(texts), options, method, more)

    def other(self, method: str, path: str, body: Optional[object] = None) -> Order:
        return order_for(self.place, method, path, body, is_safe=method in SAFE, token=self.token)

    def _classifying(
        self, text: Dict[str, Any], options: Mapping[str, Any], method: str, more: Mapping[str, Any]
    ) -> Order:
        checked(options, method)
        return order_for(
            self.place,
            "POST",
            CLASSIFY,
            body_for({**text, **more}, options),
            # Asked twice, it answers the same.
            is_safe=True,
            token=self.token,
            request_id=options.get("request_id"),
            traceparent=options.get("traceparent"),
        )


def _refuse(name: str, given: Any, wanted: str, fits: Callable[[float], bool]) -> None:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not fits(given):
        raise ValueError(f"{name}: {wanted}")


def several(models: Iterable[str], partial: bool) -> Dict[str, Any]:
    if isinstance(models, str):
        raise TypeError("models: a list of names is wanted")
    return {"models": list(models), **({"partial": True} if partial else {})}
