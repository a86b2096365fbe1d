"""Both clients behind one face, so that each test is made of both."""

from __future__ import annotations

import asyncio
from typing import Any

from combot import Client
from combot.aio import AsyncClient


class Blocking:
    """AsyncClient, a call at a time on a loop of its own."""

    def __init__(self, **parameters: Any) -> None:
        self.loop = asyncio.new_event_loop()
        self.client = AsyncClient(**parameters)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)

        async def run(*args: Any, **keywords: Any) -> Any:
            return await method(*args, **keywords)

        return lambda *args, **keywords: self.loop.run_until_complete(run(*args, **keywords))

    def close(self) -> None:
        self.loop.run_until_complete(self._close())
        self.loop.close()

    async def _close(self) -> None:
        await self.client.close()


def of_both(cases: type) -> Any:
    """A decorator: the cases with each client as `self.client_of(**parameters)`."""
    import unittest

    def load(kind: Any) -> type:
        def client_of(self: Any, **parameters: Any) -> Any:
            client = kind(**parameters)
            self.addCleanup(client.close)
            return client

        return type(f"{cases.__name__}_{kind.__name__}", (cases, unittest.TestCase), {"client_of": client_of})

    return load(Client), load(Blocking)
