"""Connections that are kept, for coroutines. The standard library has no HTTP client for them; this is what it takes."""

from __future__ import annotations

import asyncio
import os
import ssl
import weakref
from collections import deque
from typing import Deque, Dict, List, Mapping, Optional, Tuple

from ._http import LONGEST_REPLY
from ._order import Order, RawReply
from ._place import Place, SocketPlace
from ._retry import CutOff, NotSent
from .errors import ReplyInvalid

LONGEST_HEAD = 65536


class Connection:
    """One connection of one event loop, which one call uses at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.has_answered = False

    @classmethod
    async def open(cls, place: Place, context: Optional[ssl.SSLContext]) -> "Connection":
        """:raises NotSent:"""
        try:
            if isinstance(place, SocketPlace):
                opened = await asyncio.open_unix_connection(place.path, limit=LONGEST_HEAD)
            else:
                opened = await asyncio.open_connection(
                    place.hostname, place.port, ssl=context, limit=LONGEST_HEAD
                )
        except OSError as cause:
            raise NotSent from cause
        return cls(*opened)

    async def exchange(self, order: Order) -> RawReply:
        """Sends the order once.

        :raises CutOff: :raises ReplyInvalid:
        """
        try:
            try:
                self._writer.write(_bytes_of(order))
                await self._writer.drain()
            except (BrokenPipeError, ConnectionResetError):
                # It may have answered before it hung up: a body that is too large is refused unread.
                pass
            status, headers = await self._head()
            body = await self._body(headers)
        except (OSError, asyncio.IncompleteReadError) as cause:
            raise CutOff(self.has_answered) from cause
        except (ValueError, asyncio.LimitOverrunError) as cause:
            raise ReplyInvalid("what answers does not speak HTTP") from cause
        self.has_answered = True
        return RawReply(status, headers, body)

    @property
    def is_usable(self) -> bool:
        return not self._reader.at_eof() and not self._writer.is_closing()

    def close(self) -> None:
        self._writer.transport.abort()

    async def _head(self) -> Tuple[int, Dict[str, str]]:
        while True:
            head = await self._reader.readuntil(b"\r\n\r\n")
            first, *lines = head[:-4].decode("latin-1").split("\r\n")
            version, status = first.split(" ", 2)[:2]
            if not version.startswith("HTTP/1."):
                raise ValueError(version)
            headers = {}
            for line in lines:
                name, _, value = line.partition(":")
                headers[name.strip().lower()] = value.strip()
            # Those below 200 only announce the reply.
            if int(status) >= 200:
                return int(status), headers

    async def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return await self._chunks()
        if "content-length" not in headers:
            # What has no end of its own ends with the connection.
            return _bounded(await self._reader.read(LONGEST_REPLY + 1))
        length = int(headers["content-length"])
        if not 0 <= length <= LONGEST_REPLY:
            raise ValueError(length)
        return await self._reader.readexactly(length)

    async def _chunks(self) -> bytes:
        parts: List[bytes] = []
        total = 0
        while True:
            size = int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16)
            total += size
            if size < 0 or total > LONGEST_REPLY:
                raise ValueError(size)
            if size == 0:
                break
            parts.append((await self._reader.readexactly(size + 2))[:-2])
        while await self._reader.readuntil(b"\r\n") != b"\r\n":
            pass
        return b"".join(parts)


def _bounded(body: bytes) -> bytes:
    if len(body) > LONGEST_REPLY:
        raise ValueError(len(body))
    return body


def _bytes_of(order: Order) -> bytes:
    lines = [f"{order.method} {order.path} HTTP/1.1", *(f"{name}: {value}" for name, value in order.headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + (order.body or b"")


class Pool:
    """Connections that wait for the next call, by the event loop that they belong to."""

    def __init__(self, place: Place, context: Optional[ssl.SSLContext], size: int) -> None:
        self._place = place
        self._context = context
        self._size = size
        self._by_loop: Dict[asyncio.AbstractEventLoop, Deque[Connection]]
        self.forget()
        _pools.add(self)

    async def exchange(self, order: Order) -> RawReply:
        idle = self._idle()
        connection = self._take(idle) or await Connection.open(self._place, self._context)
        try:
            reply = await connection.exchange(order)
        except BaseException:
            # Whoever is cancelled has had half a reply: the next call must not get the other half.
            connection.close()
            raise
        is_last = "close" in reply.headers.get("connection", "").lower()
        if is_last or len(idle) >= self._size or not connection.is_usable:
            connection.close()
        else:
            idle.append(connection)
        return reply

    def close(self) -> None:
        """Closes those of this event loop; those of another one go with it."""
        idle = self._by_loop.pop(asyncio.get_running_loop(), deque())
        while idle:
            idle.pop().close()

    def forget(self) -> None:
        """Drops all, and touches none: they may be of a parent's loop, which shares its poll with this process."""
        self._by_loop = {}

    def _idle(self) -> Deque[Connection]:
        loop = asyncio.get_running_loop()
        found = self._by_loop.get(loop)
        if found is None:
            for gone in [other for other in self._by_loop if other.is_closed()]:
                del self._by_loop[gone]
            found = self._by_loop[loop] = deque()
        return found

    @staticmethod
    def _take(idle: Deque[Connection]) -> Optional[Connection]:
        while idle:
            connection = idle.pop()
            if connection.is_usable:
                return connection
            connection.close()
        return None


_pools: "weakref.WeakSet[Pool]" = weakref.WeakSet()


def _forget_parents() -> None:
    for pool in list(_pools):
        pool.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parents)
