"""What is sent, and what is made of the reply: all that the two clients have in common."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, Mapping, NoReturn, Optional, Type, Union

from . import __version__
from ._place import Place, SocketPlace
from ._retry import CutOff, NotSent
from .errors import CombotError, DaemonUnreachable, DeadlineExceeded, ReplyInvalid, class_of

#: A token, or what gives the one of the moment.
Token = Union[str, Callable[[], str]]


@dataclass(frozen=True)
class Order:
    """One request."""

    method: str
    path: str
    body: Optional[bytes]
    headers: Mapping[str, str]
    is_safe: bool


@dataclass(frozen=True)
class RawReply:
    status: int
    #: By names in small letters.
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> Optional[str]:
        return self.headers.get("x-request-id")


def order_for(
    place: Place,
    method: str,
    path: str,
    body: Optional[object] = None,
    *,
    is_safe: bool,
    token: Optional[Token] = None,
    request_id: Optional[str] = None,
    traceparent: Optional[str] = None,
) -> Order:
    headers: Dict[str, str] = {
        "Host": place.host,
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": f"combot-python/{__version__}",
    }
    if token is not None:
        headers["Authorization"] = f"Bearer {(token() if callable(token) else token).strip()}"
    if request_id is not None:
        headers["X-Request-Id"] = request_id
    if traceparent is not None:
        headers["Traceparent"] = traceparent
    _refuse_breaks(headers)
    encoded = None
    if body is not None:
        # In ASCII: half of a surrogate pair, which Python's strings may hold, then reaches the daemon, which names it.
        encoded = json.dumps(body, separators=(",", ":"), allow_nan=False).encode("ascii")
        headers["Content-Type"] = "application/json"
    if body is not None or method in ("POST", "PUT"):
        headers["Content-Length"] = str(len(encoded or b""))
    return Order(method, place.prefix + path, encoded, headers, is_safe)


def _refuse_breaks(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not value.isascii() or not value.isprintable():
            # Without the value, which may be a token.
            raise ValueError(f"{name}: only printable ASCII characters are taken")


def json_of(reply: RawReply) -> Any:
    """:raises ReplyInvalid:"""
    try:
        return json.loads(reply.body)
    except ValueError:
        raise ReplyInvalid(
            f"status {reply.status} with a body that is not JSON", status=reply.status, request_id=reply.request_id
        ) from None


def problem_of(reply: RawReply) -> CombotError:
    """What a reply tells of that is no result."""
    status, request_id, retry_after = reply.status, reply.request_id, _seconds(reply)
    code, index = ReplyInvalid.code, None
    # A proxy's, perhaps: its 503 is as good a reason to come again.
    kind: Type[CombotError] = class_of("", status) if status >= 400 else ReplyInvalid
    detail = f"status {status} without a problem of the daemon's"
    try:
        problem = json.loads(reply.body)
        if isinstance(problem["code"], str) and isinstance(problem["detail"], str):
            code, detail, index = problem["code"], problem["detail"], problem.get("index")
            kind = class_of(code, status)
    except (ValueError, KeyError, TypeError):
        pass
    return kind(detail, code=code, status=status, index=index, request_id=request_id, retry_after=retry_after)


def _seconds(reply: RawReply) -> Optional[float]:
    try:
        return max(0.0, float(reply.headers.get("retry-after", "")))
    except ValueError:
        return None


def given_up(failure: BaseException, place: Place) -> NoReturn:
    """Raises what the caller is told of a failure that is not tried again."""
    if isinstance(failure, NotSent):
        cause = failure.__cause__
        raise DaemonUnreachable(_absent(cause, place)) from cause
    if isinstance(failure, CutOff):
        raise DaemonUnreachable(f"{place}: {failure}") from failure.__cause__
    raise failure


def _absent(cause: Optional[BaseException], place: Place) -> str:
    if isinstance(cause, PermissionError) and isinstance(place, SocketPlace):
        return f"you may not open {place}: it takes root or group combot"
    if isinstance(cause, FileNotFoundError):
        return f"there is no socket {place}"
    if isinstance(cause, ConnectionRefusedError):
        return f"nobody listens on {place}"
    return f"{place}: {cause}"


def out_of_time(seconds: float) -> DeadlineExceeded:
    return DeadlineExceeded(f"no answer within {seconds:g} s (timeout)")
