"""combot in Django: one client a process, made of the setting COMBOT.

>>> from combot.django import client
>>> client().classify(message.text, user=str(request.user.pk)).label

Put "combot.django" among INSTALLED_APPS for `manage.py check` to look at the setting.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional, Union

from django.core.signals import setting_changed

from ..aio import AsyncClient
from ..client import Client
from ..testing import AsyncClientDouble, ClientDouble
from .conf import double_of, parameters_of

AnyClient = Union[Client, ClientDouble]
AnyAsyncClient = Union[AsyncClient, AsyncClientDouble]

log = logging.getLogger("combot")

_made: Dict[str, Any] = {}


def client() -> AnyClient:
    """This process's client. May be called before gunicorn forks, with --preload: workers share no connection."""
    made: Optional[AnyClient] = _made.get("threads")
    # Two threads may make one each: the first one counts, and the other one has nothing open.
    return made if made is not None else _made.setdefault("threads", _make(Client, ClientDouble))


def async_client() -> AnyAsyncClient:
    """The same for async views."""
    made: Optional[AnyAsyncClient] = _made.get("coroutines")
    return made if made is not None else _made.setdefault("coroutines", _make(AsyncClient, AsyncClientDouble))


@contextmanager
def use(double: Union[AnyClient, AnyAsyncClient]) -> Iterator[Any]:
    """For as long as it lasts, `client()` (or `async_client()`) gives this one: for tests."""
    kind = "coroutines" if isinstance(double, (AsyncClient, AsyncClientDouble)) else "threads"
    before = _made.get(kind)
    _made[kind] = double
    try:
        yield double
    finally:
        if before is None:
            _made.pop(kind, None)
        else:
            _made[kind] = before


def _make(real: Any, double: Any) -> Any:
    parameters = parameters_of()
    says = double_of()
    if says is None:
        return real(**parameters)
    log.warning("COMBOT: a test double answers, and no model")
    return double(says)


def _forget(*, setting: str, **_more: Any) -> None:
    """override_settings(COMBOT=…), in tests."""
    if setting == "COMBOT":
        _made.clear()


setting_changed.connect(_forget, dispatch_uid="combot.django")
