"""As much of redis-py as docs/examples uses, for machines that have Python and no redis-py. Over a Unix socket alone."""

import socket


class Redis:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.replies = self.socket.makefile("rb")

    @classmethod
    def from_url(cls, url):
        return cls(url.removeprefix("unix://"))

    def set(self, name, value, ex):
        return self.ask("SET", name, value, "EX", ex)

    def get(self, name):
        return self.ask("GET", name)

    def getex(self, name, ex):
        return self.ask("GETEX", name, "EX", ex)

    def unlink(self, name):
        return self.ask("UNLINK", name)

    def ask(self, *words):
        """https://redis.io/docs/latest/develop/reference/protocol-spec/"""
        parts = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        line = self.replies.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b"$":
            return None if rest == b"-1" else self.replies.read(int(rest) + 2)[:-2]
        return int(rest) if kind == b":" else rest
