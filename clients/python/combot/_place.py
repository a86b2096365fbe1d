"""Where the daemon is: the socket that the command line would find, a socket that is named, or a URL."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import Optional, Union
from urllib.parse import urlsplit

from .errors import SocketUnsafe

SYSTEM_FOLDER = "/run/combot"
USER_SOCKET = "combot.sock"
CONTROL_SOCKET = "control.sock"
#: sockaddr_un takes 108 bytes on Linux, the closing NUL among them (unix(7)).
LONGEST_PATH = 107


@dataclass(frozen=True)
class SocketPlace:
    """A Unix socket; without a path, it is looked for whenever a connection is opened."""

    given: Optional[str] = None

    host = "combot"
    prefix = ""

    @property
    def path(self) -> str:
        return self.given if self.given is not None else default_socket()

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class UrlPlace:
    """An address over TCP."""

    scheme: str
    hostname: str
    port: int
    host: str
    #: What stands before the API's paths, behind a proxy.
    prefix: str

    @property
    def is_tls(self) -> bool:
        return self.scheme == "https"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}{self.prefix}"


Place = Union[SocketPlace, UrlPlace]


def place_of(socket: Optional[Union[str, "os.PathLike[str]"]], url: Optional[str]) -> Place:
    """:raises ValueError: for both, or for one that names no place."""
    if url is None:
        return SocketPlace(None if socket is None else _fitting(os.path.abspath(os.fspath(socket))))
    if socket is not None:
        raise ValueError("give either socket or url")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("url: http://HOST[:PORT] or https://HOST[:PORT]")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("url: takes no user, query or fragment; give the token by itself")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return UrlPlace(parts.scheme, parts.hostname, port, parts.netloc, parts.path.rstrip("/"))


def default_socket() -> str:
    """As the command line finds it: COMBOT_SOCKET, the system's, $XDG_RUNTIME_DIR, the temporary folder.

    :raises SocketUnsafe: if somebody else has put his folder in the place of ours.
    """
    configured = os.environ.get("COMBOT_SOCKET")
    path = _fitting(os.path.abspath(configured) if configured else _found())
    control = os.path.join(os.path.dirname(path), CONTROL_SOCKET)
    # Whoever may run combot and not use it asks everything of the control socket.
    is_shut = os.path.exists(path) and not os.access(path, os.W_OK)
    return control if is_shut and os.access(control, os.W_OK) else path


def _found() -> str:
    system = os.path.join(SYSTEM_FOLDER, USER_SOCKET)
    if os.path.exists(system):
        return system
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    is_runtime = os.path.isabs(runtime)
    folder = os.path.join(runtime, "combot") if is_runtime else _temporary_folder()
    own = os.path.join(folder, USER_SOCKET)
    if not os.path.exists(own) and os.path.exists(SYSTEM_FOLDER):
        return system
    if not is_runtime and os.path.lexists(folder):
        _refuse_unsafe(folder)
    return own


def _temporary_folder() -> str:
    names = ("TMPDIR", "TMP", "TEMP")
    base = next((os.environ[name] for name in names if os.environ.get(name)), "/tmp")
    return os.path.join(base, f"combot-{os.geteuid()}")


def _refuse_unsafe(folder: str) -> None:
    status = os.lstat(folder)
    mode = stat.S_IMODE(status.st_mode) & 0o777
    if not stat.S_ISDIR(status.st_mode):
        raise SocketUnsafe(f"{folder} is not a directory")
    if status.st_uid != os.geteuid():
        raise SocketUnsafe(f"{folder} belongs to uid {status.st_uid}, not to {os.geteuid()}")
    if mode != 0o700:
        raise SocketUnsafe(f"{folder} has mode {mode:04o}, not 0700")


def _fitting(path: str) -> str:
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise ValueError(f"socket: {path} is longer than {LONGEST_PATH} bytes")
    return path
