"""A health check: `path("health/combot/", combot.django.views.health)`."""

from __future__ import annotations

from typing import Dict

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..errors import CombotError
from . import client

#: Whoever probes waits no longer.
TIMEOUT = 2.0


@never_cache
@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """200 where combot answers, degraded or not, else 503. Tells the status, and nothing of the machine."""
    asked = client()
    body: Dict[str, object] = {"double": True} if asked.is_double else {}
    try:
        told = asked.health(timeout=TIMEOUT)
    except CombotError as failure:
        body.update(status="unreachable", code=failure.code)
        return JsonResponse(body, status=503)
    body["status"] = told.status
    return JsonResponse(body, status=200 if told.is_serving else 503)
