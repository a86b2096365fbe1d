"""combot.django, in Django itself."""

from __future__ import annotations

import os
import unittest
from typing import Any

try:
    import django
except ImportError:
    raise unittest.SkipTest("Django is not installed") from None

from django.conf import settings

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        COMBOT={"TIMEOUT": 5},
        INSTALLED_APPS=["combot.django"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="of a test",
    )
    django.setup()

from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory, SimpleTestCase, override_settings
from django.test import Client as Browser
from django.urls import path

import combot.django
from combot import Client, errors
from combot.django.views import health
from combot.testing import AsyncClientDouble, ClientDouble

urlpatterns = [path("health/", health)]


def told(**_more: Any) -> Any:
    return [message.msg for message in run_checks()]


class Made(SimpleTestCase):
    def test_one_client_a_process_from_the_setting(self) -> None:
        made = combot.django.client()
        self.assertIs(made, combot.django.client())
        self.assertIsInstance(made, Client)
        self.assertFalse(made.is_double)
        self.assertIs(combot.django.async_client(), combot.django.async_client())
        with override_settings(COMBOT={"SOCKET": "/nowhere/combot.sock", "RESTART_WAIT": 0}):
            with self.assertRaises(errors.DaemonUnreachable):
                combot.django.client().classify("a")
            self.assertIsNot(combot.django.client(), made)

    def test_a_bad_setting_is_told_by_the_checks_and_made_nothing_of(self) -> None:
        self.assertEqual(told(), [])
        for setting, fault in (
            (3, "COMBOT: a dictionary is wanted"),
            ({"TIMEOUT": "5"}, "COMBOT: timeout: seconds, above 0"),
            ({"URL": "bot:8181"}, "COMBOT: url: http://HOST[:PORT] or https://HOST[:PORT]"),
            ({"TOKEN": "a", "TOKEN_FILE": "b"}, "COMBOT: give either TOKEN or TOKEN_FILE"),
            ({"TOKEN_FILE": "/no/such"}, "COMBOT: TOKEN_FILE: No such file or directory: /no/such"),
            ({"DOUBLE": "yes"}, "COMBOT: DOUBLE is True, or a dictionary of labels by text"),
        ):
            with override_settings(COMBOT=setting):
                self.assertEqual(told(), [fault])
                with self.assertRaisesMessage(ImproperlyConfigured, fault):
                    combot.django.client()
        with override_settings(COMBOT={"SOKET": "x"}):
            self.assertIn("there is no SOKET; there are SOCKET, URL,", told()[0])

    def test_the_health_check(self) -> None:
        answer = Browser().get("/health/")
        self.assertEqual((answer.status_code, answer.json()), (200, {"status": "ok"}))
        self.assertIn("no-cache", answer["Cache-Control"])
        self.assertEqual(Browser().post("/health/").status_code, 405)
        with override_settings(COMBOT={"SOCKET": "/nowhere/combot.sock"}):
            answer = Browser().get("/health/")
            body = {"status": "unreachable", "code": "DAEMON_UNREACHABLE"}
            self.assertEqual((answer.status_code, answer.json()), (503, body))


class Double(SimpleTestCase):
    def test_it_answers_as_it_was_told_and_says_what_it_is(self) -> None:
        with override_settings(COMBOT={"DOUBLE": {"where?": "order_status"}}):
            with self.assertLogs("combot", "WARNING") as logged:
                double = combot.django.client()
            self.assertIn("a test double answers, and no model", logged.output[0])
            result = double.classify("where?", user="1")
            self.assertEqual((result.label, result.model.name, result.raw), ("order_status", "test-double", {"double": True}))
            self.assertEqual(double.classify("else").label, "test-double")
            self.assertTrue(double.is_double and combot.django.async_client().is_double)
            body = Browser().get("/health/").json()
            self.assertEqual(body, {"status": "ok", "double": True})
            found = [message.msg for message in run_checks(include_deployment_checks=True)]
            self.assertIn("COMBOT: a test double answers, and no model.", found)

    def test_for_as_long_as_a_test_takes(self) -> None:
        real = combot.django.client()
        with combot.django.use(ClientDouble(lambda text: text[:1], otherwise="x")) as double:
            many = combot.django.client().classify_many(["ab", ("cd", "ef")], top_k=2, user="7")
            self.assertEqual([one.label for one in many], ["a", "c"])
            self.assertEqual((double.calls[1].text_pair, double.calls[1].options["user"]), ("ef", "7"))
            with self.assertRaises(TypeError):
                combot.django.client().classify("a", topk=2)
            with self.assertRaises(errors.InvalidText):
                combot.django.client().classify(" ")
            double.fail(errors.QueueFull("no room", status=503))
            with self.assertRaises(errors.QueueFull):
                combot.django.client().classify("a")
            answer = health(RequestFactory().get("/"))
            self.assertEqual(answer.status_code, 503)
        self.assertIs(combot.django.client(), real)

    def test_it_has_what_the_client_has(self) -> None:
        from combot.aio import AsyncClient

        for real, double in ((Client, ClientDouble), (AsyncClient, AsyncClientDouble)):
            missing = {name for name in vars(real) if not name.startswith("_")} - set(vars(double))
            self.assertEqual(missing, {"request"})


if __name__ == "__main__":
    os.environ.setdefault("COMBOT_SOCKET", "combot.sock")
    unittest.main()
