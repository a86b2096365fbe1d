"""Connections that are kept, for threads; see _aio_http for coroutines."""

from __future__ import annotations

import os
import select
import socket
import ssl
import time
import weakref
from collections import deque
from http import client as http
from typing import Deque, Optional

from ._order import Order, RawReply
from ._place import Place, SocketPlace
from ._retry import CutOff, NotSent
from .errors import ReplyInvalid

READ_BYTES = 65536
#: What nobody of ours sends: a reply has a MiB of scores at most.
LONGEST_REPLY = 64 * 2**20


class OutOfTime(Exception):
    """The deadline has passed."""


class Connection:
    """One connection, which one call uses at a time."""

    def __init__(self, place: Place, context: Optional[ssl.SSLContext]) -> None:
        self._place = place
        self._context = context
        self._http: Optional[http.HTTPConnection] = None
        self.has_answered = False

    def exchange(self, order: Order, deadline: float) -> RawReply:
        """Sends the order once.

        :raises NotSent: :raises CutOff: :raises OutOfTime: :raises ReplyInvalid:
        """
        if self._http is None:
            self._http = self._open(deadline)
        connection = self._http
        try:
            self._allow(connection, deadline)
            try:
                connection.request(order.method, order.path, order.body, dict(order.headers))
            except (BrokenPipeError, ConnectionResetError):
                # It may have answered before it hung up: a body that is too large is refused unread.
                pass
            reply = connection.getresponse()
            body = self._read(connection, reply, deadline)
        except socket.timeout:
            raise OutOfTime from None
        except (OSError, http.IncompleteRead, http.ResponseNotReady) as cause:
            raise CutOff(self.has_answered) from cause
        except http.HTTPException as cause:
            raise ReplyInvalid(f"{self._place}: what answers does not speak HTTP") from cause
        self.has_answered = True
        return RawReply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, body)

    @property
    def is_usable(self) -> bool:
        """It may carry another call: the daemon has neither closed it nor said anything unasked."""
        sock = self._http.sock if self._http else None
        return sock is not None and not _is_readable(sock)

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None

    def _open(self, deadline: float) -> http.HTTPConnection:
        place = self._place
        try:
            if isinstance(place, SocketPlace):
                sock = _connected(place.path, deadline)
                connection = http.HTTPConnection(place.host)
                connection.sock = sock
                return connection
            if self._context is not None:
                connection = http.HTTPSConnection(place.hostname, place.port, context=self._context)
            else:
                connection = http.HTTPConnection(place.hostname, place.port)
            connection.timeout = _left(deadline)
            connection.connect()
            return connection
        except socket.timeout:
            raise OutOfTime from None
        except OSError as cause:
            raise NotSent from cause

    def _read(self, connection: http.HTTPConnection, reply: http.HTTPResponse, deadline: float) -> bytes:
        parts = []
        total = 0
        while True:
            self._allow(connection, deadline)
            part = reply.read(READ_BYTES)
            if not part:
                break
            parts.append(part)
            total += len(part)
            if total > LONGEST_REPLY:
                raise ReplyInvalid(f"{self._place}: a reply of more than {LONGEST_REPLY // 2**20} MiB")
        # Read in parts, one that breaks off looks like one that ends.
        if reply.length:
            raise http.IncompleteRead(b"", reply.length)
        return b"".join(parts)

    @staticmethod
    def _allow(connection: http.HTTPConnection, deadline: float) -> None:
        """What the socket does next may take until the deadline."""
        # Gone once a reply has said that it is the last; the reply holds what is left of it.
        if connection.sock is not None:
            connection.sock.settimeout(_left(deadline))


def _connected(path: str, deadline: float) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.settimeout(_left(deadline))
        sock.connect(path)
    except BaseException:
        sock.close()
        raise
    return sock


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise OutOfTime
    return left


def _is_readable(sock: socket.socket) -> bool:
    # select() takes no descriptor above 1023.
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([sock], [], [], 0)[0])


class Pool:
    """Connections that wait for the next call. Those of a process's parent are nothing to it."""

    def __init__(self, place: Place, context: Optional[ssl.SSLContext], size: int) -> None:
        self._place = place
        self._context = context
        self._size = size
        # Its methods are atomic: threads need no lock, and a fork finds none that is held.
        self._idle: Deque[Connection] = deque()
        _pools.add(self)

    def exchange(self, order: Order, deadline: float) -> RawReply:
        connection = self._take()
        try:
            reply = connection.exchange(order, deadline)
        except BaseException:
            # Whoever is interrupted has had half a reply: the next call must not get the other half.
            connection.close()
            raise
        self._give_back(connection, reply)
        return reply

    def close(self) -> None:
        while self._idle:
            try:
                self._idle.pop().close()
            except IndexError:
                return

    def _take(self) -> Connection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return Connection(self._place, self._context)
            if connection.is_usable:
                return connection
            connection.close()

    def _give_back(self, connection: Connection, reply: RawReply) -> None:
        is_last = "close" in reply.headers.get("connection", "").lower()
        if is_last or len(self._idle) >= self._size or not connection.is_usable:
            connection.close()
        else:
            self._idle.append(connection)


_pools: "weakref.WeakSet[Pool]" = weakref.WeakSet()


def _forget_parents() -> None:
    """In a child: two processes that write to one connection get each other's answers."""
    for pool in list(_pools):
        pool.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parents)
