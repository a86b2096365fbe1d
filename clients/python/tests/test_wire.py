"""What goes over the wire, and what is tried again: against a server that does as it is told."""

from __future__ import annotations

import pickle
import threading
from typing import Any, List

from combot import errors

from .clients import of_both
from .scripted import OK, RESULT, Scripted, chunked, hold, problem, reply


class Wire:
    client_of: Any
    assertEqual: Any
    assertRaises: Any
    assertIn: Any
    assertNotIn: Any
    assertTrue: Any
    assertFalse: Any
    assertIsNone: Any
    addCleanup: Any

    def serve(self, *scripts: Any) -> Scripted:
        server = Scripted(*scripts)
        self.addCleanup(server.__exit__)
        return server

    def failure(self, kind: Any, act: Any) -> Any:
        with self.assertRaises(kind) as caught:
            act()
        self.assertEqual(type(caught.exception), kind)
        return caught.exception

    def test_every_option_has_its_field(self) -> None:
        server = self.serve([OK, OK, reply(200, {"results": [{"byModel": {}}, {"byModel": {}}], "models": {}})])
        client = self.client_of(socket=server.path)
        client.classify(
            "a\u2028b",
            user="7",
            model="mood",
            top_k=3,
            min_score=0.5,
            min_margin=0.25,
            candidates=("x", "y"),
            thresholds={"x": 0.5},
            no_cache=True,
            priority="batch",
            request_id="r-1",
            traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        )
        client.classify("a", "b", labels=["x"], template="It is {}.", multi_label=False, user=None)
        client.classify_many_by_model(["a", ("b", "c")], ["m", "n"], partial=True)
        self.assertEqual(
            server.bodies,
            [
                {
                    "text": "a\u2028b",
                    "user": "7",
                    "model": "mood",
                    "topK": 3,
                    "minScore": 0.5,
                    "minMargin": 0.25,
                    "candidates": ["x", "y"],
                    "thresholds": {"x": 0.5},
                    "noCache": True,
                    "priority": "batch",
                },
                {"text": "a", "textPair": "b", "labels": ["x"], "template": "It is {}.", "multiLabel": False},
                {"texts": ["a", {"text": "b", "textPair": "c"}], "models": ["m", "n"], "partial": True},
            ],
        )
        head = server.heads[0].lower()
        self.assertTrue(head.startswith("post /api/classify/ http/1.1\r\n"))
        self.assertIn("\r\nhost: combot\r\n", head)
        self.assertIn("\r\nx-request-id: r-1", head)
        self.assertIn("\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", head)
        self.assertEqual(server.connections, 1)

    def test_an_unknown_keyword_or_a_wrong_kind_is_told_before_anything_is_sent(self) -> None:
        server = self.serve([OK])
        client = self.client_of(socket=server.path, token="line\nbreak")
        for call in (
            lambda: client.classify("a", topk=3),
            lambda: client.classify(["a"]),
            lambda: client.classify_many("abc"),
            lambda: client.classify_by_model("a", "mood"),
        ):
            self.failure(TypeError, call)
        self.assertNotIn("line", str(self.failure(ValueError, lambda: client.classify("a"))))
        self.assertEqual(server.connections, 0)

    def test_all_of_a_result_is_read(self) -> None:
        result = {
            "label": "a",
            "score": 0.5,
            "scores": [{"label": "a", "score": 0.5}, {"label": "b", "score": 0.25}],
            "cached": "redis",
            "coalesced": True,
            "truncated": True,
            "decision": "ambiguous",
            "margin": 0.25,
            "alternatives": [{"label": "b", "score": 0.25}],
            "accepted": [{"label": "a", "score": 0.5}],
            "fromTomorrow": 1,
        }
        body = {"results": [result, {"label": "c", "score": 1, "cached": False}], "durationMs": 1.5}
        server = self.serve([reply(200, {**RESULT, **body}, "X-Request-Id: seven")])
        answers = self.client_of(socket=server.path).classify_many(["x", "y"])
        first, second = answers
        self.assertEqual([(one.label, one.score) for one in first.scores], [("a", 0.5), ("b", 0.25)])
        told = (first.cached, first.coalesced, first.truncated, first.decision, first.margin)
        self.assertEqual(told, ("redis", True, True, "ambiguous", 0.25))
        self.assertEqual((first.alternatives[0].label, first.accepted[0].label), ("b", "a"))
        self.assertEqual((first.raw["fromTomorrow"], first.model.name), (1, "m"))
        self.assertEqual((second.scores, second.cached, second.decision), ((), None, None))
        self.assertEqual((answers.duration_ms, answers.request_id, len(answers)), (1.5, "seven", 2))

    def test_what_several_models_say(self) -> None:
        mood = {"label": "sad", "score": 1, "cached": "memory"}
        gone = {"type": "urn:x", "title": "x", "status": 404, "code": "MODEL_UNKNOWN", "detail": "no such"}
        body = {
            "results": [{"byModel": {"mood": mood, "gone": gone}}],
            "models": {"mood": {"name": "moods", "digest": "0" * 12}},
        }
        server = self.serve([reply(200, body)])
        told = self.client_of(socket=server.path).classify_by_model("a", ["mood", "gone"], partial=True)
        self.assertEqual((told["mood"].label, told["mood"].model.name), ("sad", "moods"))
        self.assertEqual(list(told), ["mood"])
        self.assertEqual((type(told.problems["gone"]), told.problems["gone"].status), (errors.ModelUnknown, 404))
        self.failure(errors.ModelUnknown, lambda: told["gone"])
        self.failure(KeyError, lambda: told["never asked"])

    def test_a_problem_is_an_error_of_its_class(self) -> None:
        for status, code, kind, family in (
            (400, "INVALID_TEXT", errors.InvalidText, errors.Refused),
            (401, "UNAUTHORIZED", errors.Unauthorized, errors.Refused),
            (500, "INTERNAL", errors.Internal, errors.Failed),
            (504, "DEADLINE_EXCEEDED", errors.DeadlineExceeded, errors.Unavailable),
            # Of a newer daemon.
            (503, "FROM_TOMORROW", errors.Unavailable, errors.CombotError),
            (422, "FROM_TOMORROW", errors.Refused, errors.CombotError),
            (500, "FROM_TOMORROW", errors.Failed, errors.CombotError),
        ):
            server = self.serve([problem(status, code, "X-Request-Id: q", index=3)])
            client = self.client_of(socket=server.path)
            error = self.failure(kind, lambda: client.classify("a"))
            self.assertTrue(isinstance(error, family))
            told = (error.code, error.status, error.index, error.request_id, str(error))
            self.assertEqual(told, (code, status, 3, "q", f"{code}: told of {code}"))
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((type(again), again.index, str(again)), (kind, 3, str(error)))
            self.assertEqual(len(server.bodies), 1)

    def test_what_is_no_reply_of_the_daemon(self) -> None:
        for answer, kind in (
            (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", errors.ReplyInvalid),
            (reply(200, b"<html>"), errors.ReplyInvalid),
            (reply(200, {"results": [{}]}), errors.ReplyInvalid),
            (reply(404, b"not here"), errors.Refused),
            (reply(502, b"bad gateway"), errors.Failed),
        ):
            server = self.serve([answer])
            client = self.client_of(socket=server.path)
            error = self.failure(kind, lambda: client.classify("a"))
            self.assertEqual(error.code, "REPLY_INVALID")

    def test_bodies_of_every_form(self) -> None:
        body = b'{"results":[{"label":"z","score":1,"cached":false}]}'
        for answer in (
            chunked(RESULT),
            OK,
            b"HTTP/1.0 200 OK\r\n\r\n" + body,
            reply(200, body, "Connection: close"),
        ):
            server = self.serve([answer], [OK])
            client = self.client_of(socket=server.path)
            self.assertIn(client.classify("a").label, ("yes", "z"))
            self.assertEqual(client.classify("b").label, "yes")

    def test_a_kept_connection_that_was_closed_is_replaced(self) -> None:
        server = self.serve([OK, None], [OK, OK])
        client = self.client_of(socket=server.path)
        for text in ("a", "b", "c"):
            self.assertEqual(client.classify(text).label, "yes")
        self.assertEqual(server.connections, 2)
        self.assertEqual([body["text"] for body in server.bodies], ["a", "b", "b", "c"])

    def test_cut_off_is_asked_again_and_half_a_reply_is_none(self) -> None:
        server = self.serve([None], [OK[:-5]], [OK])
        self.assertEqual(self.client_of(socket=server.path).classify("a").label, "yes")
        self.assertEqual(len(server.bodies), 3)

    def test_what_changes_something_is_not_sent_twice(self) -> None:
        server = self.serve([None])
        client = self.client_of(socket=server.path)
        self.failure(errors.DaemonUnreachable, lambda: client.request("POST", "/api/x/", {"a": 1}))
        self.assertEqual(server.bodies, [{"a": 1}])

    def test_sent_away_it_comes_again_so_often(self) -> None:
        away = problem(503, "QUEUE_FULL", "Retry-After: 0")
        server = self.serve([away, away, OK, away, away, away])
        client = self.client_of(socket=server.path, retries=2)
        self.assertEqual(client.classify("a").label, "yes")
        error = self.failure(errors.QueueFull, lambda: client.classify("b"))
        self.assertEqual(error.retry_after, 0)
        self.assertEqual([body["text"] for body in server.bodies], ["a", "a", "a", "b", "b", "b"])

    def test_sent_away_for_longer_than_there_is_time_it_does_not_wait(self) -> None:
        server = self.serve([problem(503, "MEMORY_EMERGENCY", "Retry-After: 3600")])
        client = self.client_of(socket=server.path, timeout=30)
        error = self.failure(errors.MemoryEmergency, lambda: client.classify("a"))
        self.assertEqual((error.retry_after, len(server.bodies)), (3600, 1))
        never = self.serve([problem(503, "MODEL_UNAVAILABLE")])
        client = self.client_of(socket=never.path)
        self.failure(errors.ModelUnavailable, lambda: client.classify("a"))
        self.assertEqual(len(never.bodies), 1)

    def test_one_that_is_not_there_yet_is_waited_for(self) -> None:
        folder = self.serve([OK])
        path = folder.path + "2"
        came: List[Scripted] = []
        later = threading.Timer(0.2, lambda: came.append(Scripted([problem(503, "SHUTTING_DOWN")], [OK], path=path)))
        later.start()
        self.addCleanup(later.join)
        self.assertEqual(self.client_of(socket=path, restart_wait=20).classify("a").label, "yes")
        self.assertEqual(len(came[0].bodies), 2)

    def test_one_that_stays_away_is_told(self) -> None:
        missing = self.serve([OK]).path + "x"
        client = self.client_of(socket=missing, restart_wait=0.1)
        error = self.failure(errors.DaemonUnreachable, lambda: client.classify("a"))
        self.assertEqual(str(error), f"DAEMON_UNREACHABLE: there is no socket {missing}")
        self.assertFalse(client.is_ready())
        self.failure(errors.DaemonUnreachable, client.health)

    def test_out_of_time(self) -> None:
        end = threading.Event()
        server = self.serve([hold(end)])
        client = self.client_of(socket=server.path)
        error = self.failure(errors.DeadlineExceeded, lambda: client.classify("a", timeout=0.1))
        self.assertEqual(str(error), "DEADLINE_EXCEEDED: no answer within 0.1 s (timeout)")
        self.assertIsNone(error.status)
        end.set()

    def test_health_and_readiness(self) -> None:
        ill = {"status": "unhealthy", "checks": {"model": {"status": "unhealthy", "detail": "x"}}, "uptimeSeconds": 1}
        server = self.serve(
            [
                reply(503, ill),
                reply(200, {"status": "degraded"}),
                problem(503, "SHUTTING_DOWN"),
                reply(503, b"stopping"),
                reply(200, b"ok"),
            ]
        )
        client = self.client_of(socket=server.path)
        told = client.health()
        self.assertEqual((told.status, told.is_serving, told.checks["model"]["detail"]), ("unhealthy", False, "x"))
        self.assertTrue(client.health().is_serving)
        self.failure(errors.ShuttingDown, client.health)
        self.assertEqual([client.is_ready(), client.is_ready()], [False, True])
        self.assertTrue(server.heads[3].startswith("GET /readyz "))

    def test_calls_one_after_the_other_share_a_connection(self) -> None:
        server = self.serve([OK] * 50)
        client = self.client_of(socket=server.path, pool_size=1)
        for _ in range(20):
            client.classify("a")
        self.assertEqual(server.connections, 1)


Wire_Client, Wire_AsyncClient = of_both(Wire)
del Wire
