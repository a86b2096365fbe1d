"""For `manage.py check`, and with --deploy."""

from __future__ import annotations

from typing import Any, List

from django.core.checks import CheckMessage, Error, register

from .conf import double_of, faults_of, given


@register("combot")
def setting(**_more: Any) -> List[CheckMessage]:
    return [Error(fault, id="combot.E001") for fault in faults_of(given())]


@register("combot", deploy=True)
def double(**_more: Any) -> List[CheckMessage]:
    if faults_of(given()) or double_of() is None:
        return []
    told = "COMBOT: a test double answers, and no model."
    return [Error(told, hint="Take DOUBLE out of the setting COMBOT.", id="combot.E002")]
