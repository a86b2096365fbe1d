"""Against a daemon: COMBOT_SOCKET, and COMBOT_TEST_URL, COMBOT_TEST_TOKEN for one that listens on TCP."""

from __future__ import annotations

import asyncio
import os
import threading
import unittest
from typing import Any, Dict, List

from combot import Client, errors
from combot.aio import AsyncClient

from .clients import of_both

#: Of the bundled model's own test data.
TEXTS = {
    "where is my parcel??": "order_status",
    "my card gets declined": "payment_problem",
}


class Daemon:
    client_of: Any
    assertEqual: Any
    assertRaises: Any
    assertTrue: Any
    assertIn: Any
    skipTest: Any

    def test_one_text_and_many(self) -> None:
        client = self.client_of()
        for text, label in TEXTS.items():
            result = client.classify(text, user="42", top_k=3)
            self.assertEqual((result.label, len(result.scores), result.scores[0].label), (label, 3, label))
            self.assertTrue(0 < result.score <= 1)
            self.assertEqual(len(result.model.digest), 12)
        many = client.classify_many(list(TEXTS) * 128, no_cache=True)
        self.assertEqual([one.label for one in many], list(TEXTS.values()) * 128)
        self.assertIn(client.classify(next(iter(TEXTS))).cached, ("memory", "redis"))

    def test_decisions(self) -> None:
        client = self.client_of()
        sure = client.classify("where is my parcel??", min_score=0.01)
        unsure = client.classify("where is my parcel??", min_score=1.0)
        self.assertEqual((sure.decision, unsure.decision), ("accept", "unsure"))
        only = client.classify("where is my parcel??", candidates=["payment_problem", "refund_status"], top_k=2)
        self.assertEqual({one.label for one in only.scores}, {"payment_problem", "refund_status"})

    def test_what_is_refused_has_its_class(self) -> None:
        client = self.client_of()
        for kind, call in (
            (errors.InvalidText, lambda: client.classify(" ")),
            (errors.InvalidText, lambda: client.classify("half \ud83d of a pair")),
            (errors.InvalidRequest, lambda: client.classify("a", top_k=0)),
            (errors.BodyTooLarge, lambda: client.classify_many(["a"] * 257)),
            (errors.BodyTooLarge, lambda: client.classify("a" * 2**21)),
            (errors.ModelUnknown, lambda: client.classify("a", model="no-such")),
            (errors.ZeroShotUnsupported, lambda: client.classify("a", labels=["x", "y"])),
            (errors.NotFound, lambda: client.request("GET", "/api/nothing/")),
            (errors.ControlOnly, lambda: client.request("POST", "/api/model/unload/")),
        ):
            with self.assertRaises(kind) as caught:
                call()
            self.assertEqual(type(caught.exception), kind)
        with self.assertRaises(errors.InvalidText) as at:
            client.classify_many(["a", ""], request_id="mine")
        self.assertEqual((at.exception.index, at.exception.request_id), (1, "mine"))

    def test_health_and_other_calls(self) -> None:
        client = self.client_of()
        health = client.health()
        self.assertTrue(health.is_serving and client.is_ready())
        self.assertIn("model", health.checks)
        self.assertIn("requests", client.request("GET", "/api/metrics/"))

    def test_over_tcp(self) -> None:
        if "COMBOT_TEST_URL" not in os.environ:
            self.skipTest("COMBOT_TEST_URL and COMBOT_TEST_TOKEN name no daemon that listens")
        url, token = os.environ["COMBOT_TEST_URL"], os.environ["COMBOT_TEST_TOKEN"]
        client = self.client_of(url=url, token=lambda: token + "\n")
        self.assertEqual(client.classify("where is my parcel??").label, "order_status")
        stranger = self.client_of(url=url)
        with self.assertRaises(errors.Unauthorized):
            stranger.classify("a")
        self.assertTrue(stranger.is_ready())
        self.assertEqual(stranger.health().raw, {"status": "ok"})


Daemon_Client, Daemon_AsyncClient = of_both(Daemon)
del Daemon


class Shared(unittest.TestCase):
    """One client among threads, tasks and processes: nobody gets another's answer."""

    def expected(self, client: Client) -> Dict[str, str]:
        texts = [f"where is my parcel {at}" for at in range(20)] + [f"my card {at} gets declined" for at in range(20)]
        return {text: one.label for text, one in zip(texts, client.classify_many(texts))}

    def wrong(self, client: Client, expected: Dict[str, str], times: int = 3) -> List[str]:
        return [
            text for _ in range(times) for text, label in expected.items() if client.classify(text).label != label
        ]

    def test_threads(self) -> None:
        client = Client(pool_size=4)
        expected = self.expected(client)
        wrong: List[str] = []
        threads = [threading.Thread(target=lambda: wrong.extend(self.wrong(client, expected))) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((wrong, len(set(expected.values()))), ([], 2))
        client.close()

    def test_processes_that_are_forked_have_connections_of_their_own(self) -> None:
        client = Client()
        expected = self.expected(client)
        children = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    status = 1 if self.wrong(client, expected) else 0
                finally:
                    os._exit(status)
            children.append(child)
        self.assertEqual(self.wrong(client, expected), [])
        self.assertEqual([os.waitpid(child, 0)[1] for child in children], [0] * 4)

    def test_tasks_and_those_that_are_cancelled(self) -> None:
        expected = self.expected(Client())

        async def run() -> List[str]:
            wrong: List[str] = []
            async with AsyncClient(pool_size=3) as client:

                async def ask(text: str, label: str) -> None:
                    if (await client.classify(text)).label != label:
                        wrong.append(text)

                cancelled = [asyncio.ensure_future(client.classify(text, no_cache=True)) for text in expected]
                await asyncio.sleep(0.01)
                for task in cancelled:
                    task.cancel()
                await asyncio.gather(*cancelled, return_exceptions=True)
                for _ in range(3):
                    await asyncio.gather(*(ask(text, label) for text, label in expected.items()))
            return wrong

        self.assertEqual(asyncio.run(run()), [])

    def test_a_loop_after_the_other(self) -> None:
        client = AsyncClient()

        async def ask() -> str:
            return (await client.classify("where is my parcel??")).label

        self.assertEqual([asyncio.run(ask()) for _ in range(3)], ["order_status"] * 3)
