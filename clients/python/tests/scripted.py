"""A server that does what a test tells it to, a connection after the other, and keeps what it was sent."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import threading
from typing import Any, Callable, List, Optional

RESULT = {"results": [{"label": "yes", "score": 0.75, "cached": False}], "model": {"name": "m", "digest": "d" * 12}}


def reply(status: int, body: Any, *headers: str) -> bytes:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Some Reason", f"Content-Length: {len(payload)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + payload


def problem(status: int, code: str, *headers: str, **more: Any) -> bytes:
    return reply(status, {"status": status, "code": code, "detail": f"told of {code}", **more}, *headers)


def chunked(body: Any) -> bytes:
    payload = json.dumps(body).encode()
    parts = [payload[at : at + 7] for at in range(0, len(payload), 7)]
    framed = b"".join(b"%x;x=1\r\n%s\r\n" % (len(part), part) for part in parts)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\nTrailer: 1\r\n\r\n"


OK = reply(200, RESULT)

#: What is done with one request: bytes are sent; None hangs up without a word; a function is given the socket.
Act = Optional[Any]


class Scripted:
    """Acts by connection, then by request; where a connection's acts end, it is closed. The last script is repeated."""

    def __init__(self, *scripts: List[Act], path: Optional[str] = None) -> None:
        self._folder = None if path else tempfile.mkdtemp(prefix="cp-")
        self.path = path or os.path.join(str(self._folder), "s.sock")
        self._scripts = scripts
        self.connections = 0
        self.heads: List[str] = []
        self.bodies: List[Any] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(16)
        self._open: List[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Scripted":
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (self._listener, *self._open):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()
        if self._folder is not None:
            shutil.rmtree(self._folder)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock, script), daemon=True).start()

    def _serve(self, sock: socket.socket, script: List[Act]) -> None:
        try:
            for act in script:
                if not self._read(sock) or act is None:
                    break
                if callable(act):
                    act(sock)
                else:
                    sock.sendall(act)
        except OSError:
            pass
        sock.close()

    def _read(self, sock: socket.socket) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            part = sock.recv(65536)
            if not part:
                return False
            data += part
        head, body = data.split(b"\r\n\r\n", 1)
        fields = {line.split(b":")[0].lower(): line.split(b":", 1)[1].strip() for line in head.split(b"\r\n")[1:]}
        while len(body) < int(fields.get(b"content-length", 0)):
            body += sock.recv(65536)
        self.heads.append(head.decode())
        self.bodies.append(json.loads(body) if body else None)
        return True


Hold = Callable[[socket.socket], None]


def hold(until: threading.Event) -> Hold:
    """Says nothing until it is told to hang up."""
    return lambda _sock: until.wait(30) and None
