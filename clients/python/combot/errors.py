"""What can go wrong, a class for each code of the daemon's table (docs/errors.md).

Three families say what to do: `Refused`, the call is at fault; `Unavailable`, the same call may work later; `Failed`,
the daemon or the model could not do it. All of them are `CombotError`.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple, Type


class CombotError(Exception):
    """A failure that the daemon told, or that kept this client from asking it."""

    #: As in docs/errors.md. A code that this release has no class for comes as its family's.
    code: str = ""
    #: Seconds after which the daemon says that trying again makes sense.
    retry_after: Optional[float]

    def __init__(
        self,
        detail: str,
        *,
        code: Optional[str] = None,
        status: Optional[int] = None,
        index: Optional[int] = None,
        request_id: Optional[str] = None,
        retry_after: Optional[float] = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code
        #: Of the reply; None where there was none.
        self.status = status
        #: Of the text at fault, among those of the call.
        self.index = index
        #: What the daemon's log knows the call by.
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.code else self.detail

    def __reduce__(self) -> Tuple[Any, ...]:
        # Exceptions are pickled by their arguments alone, and task queues pickle them.
        state = {name: value for name, value in self.__dict__.items() if not name.startswith("__")}
        return (_restored, (type(self), state))


def _restored(kind: Type[CombotError], state: Dict[str, Any]) -> CombotError:
    error = kind(state["detail"])
    error.__dict__.update(state)
    return error


class Refused(CombotError):
    """The call is at fault: sent again as it is, it fails again."""


class Unavailable(CombotError):
    """Not now: the same call may work later, after `retry_after` seconds where the daemon says it."""


class Failed(CombotError):
    """The daemon, or the model, could not do it."""


class InvalidRequest(Refused):
    """A field is missing, unknown, or has no such value; the detail names it."""

    code = "INVALID_REQUEST"


class InvalidJson(Refused):
    """The body is not JSON."""

    code = "INVALID_JSON"


class InvalidText(Refused):
    """Text without a visible character, with NUL, or with half a surrogate pair; `index` says which."""

    code = "INVALID_TEXT"


class BodyTooLarge(Refused):
    """More than 256 texts, or more than 1 MiB."""

    code = "BODY_TOO_LARGE"


class UnsupportedMediaType(Refused):
    code = "UNSUPPORTED_MEDIA_TYPE"


class MethodNotAllowed(Refused):
    code = "METHOD_NOT_ALLOWED"


class NotFound(Refused):
    """No such path."""

    code = "NOT_FOUND"


class ControlOnly(Refused):
    """A call for the control socket, or the admin token, alone."""

    code = "CONTROL_ONLY"


class Unauthorized(Refused):
    """No token, or a wrong one."""

    code = "UNAUTHORIZED"


class HostRefused(Refused):
    """The daemon does not go by the URL's host name (COMBOT_HOSTS)."""

    code = "HOST_REFUSED"


class KeyUnknown(Refused):
    """Nothing is under this key of the shared cache."""

    code = "KEY_UNKNOWN"


class ModelUnknown(Refused):
    code = "MODEL_UNKNOWN"


class ZeroShotUnsupported(Refused):
    """The model takes no labels of a call."""

    code = "ZERO_SHOT_UNSUPPORTED"


class PoisonText(Refused):
    """A text that ends its worker every time; `index` says which."""

    code = "POISON_TEXT"


class QueueFull(Unavailable):
    code = "QUEUE_FULL"


class MemoryEmergency(Unavailable):
    """Only cached answers are given."""

    code = "MEMORY_EMERGENCY"


class ModelUnavailable(Unavailable):
    """No worker can serve the model."""

    code = "MODEL_UNAVAILABLE"


class ModelDoesNotFit(Unavailable):
    code = "MODEL_DOES_NOT_FIT"


class NoProcess(Unavailable):
    """The machine refused or killed a process that it takes."""

    code = "NO_PROCESS"


class CacheUnavailable(Unavailable):
    """Redis can't be used now."""

    code = "CACHE_UNAVAILABLE"


class ShuttingDown(Unavailable):
    code = "SHUTTING_DOWN"


class Unhealthy(Unavailable):
    code = "UNHEALTHY"


class DaemonUnreachable(Unavailable):
    """Nobody listens there, for longer than this client waits for a restart; the detail says where."""

    code = "DAEMON_UNREACHABLE"


class DeadlineExceeded(Unavailable):
    """No answer in time: within this client's `timeout`, or the daemon's REQUEST_TIMEOUT (then it has a status)."""

    code = "DEADLINE_EXCEEDED"


class InferenceFailed(Failed):
    """The model failed on a text; `index` says which."""

    code = "INFERENCE_FAILED"


class Internal(Failed):
    """A defect of combot's: its log has it, by the request's id."""

    code = "INTERNAL"


class ReplyInvalid(Failed):
    """What answered is not the daemon, or a release that speaks otherwise."""

    code = "REPLY_INVALID"


class SocketUnsafe(Refused):
    """Somebody else has put his folder in the place of the socket's."""

    code = "SOCKET_UNSAFE"


def _leaves(kind: Type[CombotError]) -> Dict[str, Type[CombotError]]:
    found = {}
    for below in kind.__subclasses__():
        if below.code:
            found[below.code] = below
        found.update(_leaves(below))
    return found


#: By code.
CLASSES: Dict[str, Type[CombotError]] = _leaves(CombotError)


def class_of(code: str, status: Optional[int] = None) -> Type[CombotError]:
    """The class of a code, or of its family by the reply's status."""
    known = CLASSES.get(code)
    if known is not None:
        return known
    if status in (429, 503, 504):
        return Unavailable
    return Failed if status is None or status >= 500 else Refused
