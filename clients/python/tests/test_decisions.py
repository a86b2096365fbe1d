"""What is decided without sending anything: when to try again, and where the daemon is."""

from __future__ import annotations

import os
import tempfile
import unittest
from unittest import mock

from combot import _place, errors
from combot._place import SocketPlace, place_of
from combot._retry import LONGEST_PAUSE, MOST_STALE, Absence, CutOff, NotSent, Retry


def away(seconds: object, code: str = "QUEUE_FULL", status: int = 503) -> errors.CombotError:
    return errors.class_of(code, status)("x", status=status, retry_after=seconds)  # type: ignore[arg-type]


class Retrying(unittest.TestCase):
    def retry(self, limit: float = 5, is_safe: bool = True, deadline: float = 1000) -> Retry:
        return Retry(Absence(limit), deadline=deadline, is_safe=is_safe, most=2)

    def test_a_daemon_that_is_away_is_waited_for_ever_more_slowly_up_to_the_limit(self) -> None:
        retry, now, pauses = self.retry(), 100.0, []
        while True:
            pause = retry.pause_after(NotSent(), now)
            if pause is None:
                break
            pauses.append(pause)
            now += pause
        self.assertEqual(pauses[:5], [0.025, 0.05, 0.1, 0.2, 0.25])
        self.assertEqual(set(pauses[5:]), {LONGEST_PAUSE})
        self.assertTrue(100 + 5 - LONGEST_PAUSE < now <= 105)

    def test_while_it_stays_away_every_other_call_fails_at_once(self) -> None:
        absence = Absence(5)
        for at in (0.0, 2.0, 4.0):
            self.assertEqual(absence.met(at), at)
        late = Retry(absence, deadline=1000, is_safe=True, most=2)
        self.assertIsNone(late.pause_after(NotSent(), 6.0))
        # Long after that, it may be another restart.
        self.assertEqual(absence.met(20.0), 0)
        absence.over()
        self.assertEqual(absence.met(21.0), 0)

    def test_no_wait_goes_beyond_the_deadline(self) -> None:
        self.assertIsNone(self.retry(deadline=10.02).pause_after(NotSent(), 10.0))
        self.assertIsNone(self.retry(deadline=14).pause_after(away(4.0), 10.0))
        self.assertIsNotNone(self.retry(deadline=16).pause_after(away(4.0), 10.0))

    def test_sent_away(self) -> None:
        retry = self.retry()
        first = retry.pause_after(away(2.0), 0)
        self.assertTrue(first is not None and 2 <= first <= 2.5)
        self.assertIsNotNone(retry.pause_after(away(0.0, "RATE_LIMITED", 429), 0))
        self.assertIsNone(retry.pause_after(away(1.0), 0))
        self.assertIsNone(self.retry().pause_after(away(None), 0))
        self.assertIsNone(self.retry().pause_after(away(1.0, "DEADLINE_EXCEEDED", 504), 0))
        self.assertEqual(self.retry().pause_after(away(None, "SHUTTING_DOWN"), 0), 0.025)

    def test_what_was_cut_off(self) -> None:
        retry = self.retry()
        self.assertEqual({retry.pause_after(CutOff(was_kept=True), 0) for _ in range(MOST_STALE)}, {0.0})
        self.assertEqual(retry.pause_after(CutOff(was_kept=True), 0), 0.025)
        self.assertEqual(self.retry().pause_after(CutOff(was_kept=False), 0), 0.025)
        self.assertIsNone(self.retry(is_safe=False).pause_after(CutOff(was_kept=True), 0))
        self.assertIsNotNone(self.retry(is_safe=False).pause_after(NotSent(), 0))


class Places(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.system = os.path.join(self.folder, "system")
        for one in (
            mock.patch.object(_place, "SYSTEM_FOLDER", self.system),
            mock.patch.dict(os.environ, {"TMPDIR": self.folder}, clear=True),
        ):
            one.start()
            self.addCleanup(one.stop)

    def touch(self, *names: str) -> str:
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        open(path, "w").close()
        return path

    def test_the_order_of_the_places(self) -> None:
        own = f"{self.folder}/combot-{os.geteuid()}/combot.sock"
        self.assertEqual(_place.default_socket(), own)
        os.environ["XDG_RUNTIME_DIR"] = "not/absolute"
        self.assertEqual(_place.default_socket(), own)
        os.environ["XDG_RUNTIME_DIR"] = f"{self.folder}/run"
        self.assertEqual(_place.default_socket(), f"{self.folder}/run/combot/combot.sock")
        # Nobody listens anywhere, and the service is what is missing.
        os.mkdir(self.system)
        self.assertEqual(_place.default_socket(), f"{self.system}/combot.sock")
        self.touch("run", "combot", "combot.sock")
        self.assertEqual(_place.default_socket(), f"{self.folder}/run/combot/combot.sock")
        self.touch("system", "combot.sock")
        self.assertEqual(_place.default_socket(), f"{self.system}/combot.sock")
        os.environ["COMBOT_SOCKET"] = "else.sock"
        self.assertEqual(_place.default_socket(), os.path.abspath("else.sock"))

    def test_it_is_looked_for_again_whenever_a_connection_is_opened(self) -> None:
        place = place_of(None, None)
        assert isinstance(place, SocketPlace)
        self.assertIn("combot-", place.path)
        self.touch("system", "combot.sock")
        self.assertEqual(place.path, f"{self.system}/combot.sock")

    def test_anothers_folder_in_the_place_of_ours_is_refused(self) -> None:
        folder = os.path.dirname(self.touch(f"combot-{os.geteuid()}", "combot.sock"))
        os.chmod(folder, 0o777)
        with self.assertRaisesRegex(errors.SocketUnsafe, "has mode 0777, not 0700"):
            _place.default_socket()
        os.rename(folder, f"{self.folder}/real")
        os.symlink(f"{self.folder}/real", folder)
        with self.assertRaisesRegex(errors.SocketUnsafe, "is not a directory"):
            _place.default_socket()

    def test_urls(self) -> None:
        found = place_of(None, "https://bot.example.com/combot/")
        told = [getattr(found, name) for name in ("hostname", "port", "host", "prefix", "is_tls")]
        self.assertEqual(told, ["bot.example.com", 443, "bot.example.com", "/combot", True])
        self.assertEqual(str(place_of(None, "http://[::1]:8181")), "http://[::1]:8181")
        for url in ("bot:8181", "ftp://bot", "http://user:secret@bot", "http://bot?x=1", "http://"):
            with self.assertRaises(ValueError) as caught:
                place_of(None, url)
            self.assertNotIn("secret", str(caught.exception))
        for socket, url in (("a", "http://b"), ("x" * 108, None)):
            with self.assertRaises(ValueError):
                place_of(socket, url)


class Codes(unittest.TestCase):
    def test_each_class_has_a_code_of_its_own_and_a_family(self) -> None:
        self.assertEqual(len(errors.CLASSES), len({kind for kind in errors.CLASSES.values()}))
        for code, kind in errors.CLASSES.items():
            self.assertEqual("".join(word.capitalize() for word in code.split("_")), kind.__name__)
            self.assertTrue(issubclass(kind, (errors.Refused, errors.Unavailable, errors.Failed)))

    def test_it_agrees_with_the_daemons_table(self) -> None:
        table = os.environ.get("COMBOT_ERROR_TABLE")
        if table is None:
            self.skipTest("COMBOT_ERROR_TABLE has the daemon's table: code=status, by spaces")
        statuses = dict(entry.split("=") for entry in table.split())
        self.assertEqual(sorted(set(errors.CLASSES) - set(statuses)), [])
        for code, kind in errors.CLASSES.items():
            family = errors.class_of("", int(statuses[code]))
            if code not in ("SOCKET_UNSAFE", "REPLY_INVALID"):
                self.assertTrue(issubclass(kind, family), f"{code} is {statuses[code]}")


if __name__ == "__main__":
    unittest.main()
